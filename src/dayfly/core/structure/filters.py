"""Reads a filter in jq's language: whether it only computes with its input."""

from __future__ import annotations

import re

# jq's tokens (https://github.com/jqlang/jq/blob/master/src/lexer.l); a text's content; and what is none of them.
_TOKEN = re.compile(
    r"(?P<blank>[ \t\r\n]+)|(?P<text>\")|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|"
    r"(?P<sign>\.\.|[|,:;=<>!+*/%?-])|(?P<field>\.[A-Za-z_][A-Za-z0-9_]*|\.)|(?P<variable>\$[A-Za-z_][A-Za-z0-9_]*)|"
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<format>@[a-z0-9]+)|(?P<opens>[(\[{])|(?P<closes>[)\]}])"
)
_TEXT = re.compile(r'(?:[^"\\]|\\[^(])*')
_NO_TOKENS = frozenset("'`&^~")
_CLOSED_BY = {")": ("(", "\\("), "]": ("[",), "}": ("{",)}
_KEY_END = re.compile(r"[ \t\r\n]*[:,}]")
_LONGEST_FILTER = 4096
# Functions and words of jq's that read nothing but their input, and end.
_COMPUTES = frozenset(
    "and or not if then elif else end as try catch reduce foreach empty error null true false map "
    "map_values select keys keys_unsorted values length utf8bytelength has in inside contains any all "
    "add first last nth limit flatten sort sort_by group_by unique unique_by min max min_by max_by "
    "reverse join split splits test match capture scan sub gsub ascii_downcase ascii_upcase ltrimstr "
    "rtrimstr trimstr startswith endswith trim ltrim rtrim tostring tonumber tojson fromjson type "
    "to_entries from_entries with_entries del delpaths paths path leaf_paths getpath setpath pick floor "
    "ceil round sqrt pow log log2 log10 exp exp2 exp10 fabs abs nulls booleans numbers strings arrays "
    "objects iterables scalars index rindex indices implode explode transpose todate fromdate now date "
    "dateadd datesub strftime strptime mktime gmtime toboolean toarray isnan isinfinite isnormal "
    "infinite nan walk INDEX IN".split()
)


def is_filter(program: str, *, has_variables: bool) -> bool:
    """Say whether a whole filter of jq's does no more than compute with its input, or cannot be read by any jq.

    Names are of functions that compute, of fields and keys, of formats and, unless the function `has_variables`, of its own.
    """
    if len(program) > _LONGEST_FILTER:
        return False
    is_known = True
    # What is open: brackets, and within texts the code of "\\(".
    opened: list[str] = []
    at, before, is_text = 0, "", False
    while at < len(program):
        if is_text:
            at = _TEXT.match(program, at).end()  # type: ignore[union-attr]
            if program.startswith("\\(", at):
                opened.append("\\(")
                before, at = "(", at + 2
            elif program.startswith('"', at):
                before, at = '"', at + 1
            else:
                return False
            is_text = False
            continue
        found = _TOKEN.match(program, at)
        if found is None:
            # Of these no jq makes anything, and so it runs nothing.
            return program[at] in _NO_TOKENS
        sign, at = found[0], found.end()
        match found.lastgroup:
            case "blank":
                continue
            case "text":
                is_text = True
            case "opens":
                opened.append(sign)
            case "closes":
                if not opened or opened[-1] not in _CLOSED_BY[sign]:
                    return False
                is_text = opened.pop() == "\\("
            case "variable":
                is_known = is_known and not has_variables and sign not in ("$ENV", "$ARGS") and sign[1] != "_"
            case "name":
                is_key = opened[-1:] == ["{"] and before in ("{", ",") and _KEY_END.match(program, at)
                if sign == "if" and not is_key:
                    opened.append(sign)  # what stands between commas there is no key
                elif sign == "end" and not is_key and (not opened or opened.pop() != "if"):
                    return False
                is_known = is_known and (sign in _COMPUTES or bool(is_key))
        before = sign
    return is_known and not opened
