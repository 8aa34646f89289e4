"""Reads filters in the languages of jq, sed and awk: whether they only compute with their input."""

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
# sed's commands that take an address and nothing more (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/sed.html): none
# reads or writes another file, executes anything or jumps.
_EDITS = re.compile(r"[dpPhHgGxnN=]|[qQ] *[0-9]*")
_ADDRESS = r"(?:[0-9]+(?:~[0-9]+)?|\$|/((?:[^/\\\n]|\\[^\n])*)/[IM]*)"
_ADDRESSES = re.compile(rf"(?:{_ADDRESS}(?: *, *(?:[+~][0-9]+|{_ADDRESS}))?)?[ !]*")
_PUT = re.compile(r"[aic](?:\\\n| +(?=[^ \n]))[^\n\\]*")
_FLAGS = re.compile(r"[gpiIM0-9]*")
# What a set of signs is closed by is told alike by all seds, unless it holds what ends the pattern.
_SET = re.compile(r"\[\^?+\]?+[^]]*+\]")
_REFERENCE = re.compile(r"\\[0-9]|(?<!\\)&")
_LONGEST_EDIT, _MANY_EDITS, _MANY_REFERENCES = 1000, 16, 3
# awk's tokens (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/awk.html), without those of pipes.
_AWK_TOKEN = re.compile(
    r"(?P<blank>[ \t]+)|(?P<end>[;\n}]|\#[^\n]*)|(?P<text>\"(?:[^\"\\\n]|\\[^\n])*\")|(?P<number>[0-9]+\.?[0-9]*|\.[0-9]+)|"
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>\|\||&&|[-+*%^!=<>]=|\+\+|--|!~|[-+*%^!=<~?:,$(){\[\]])|(?P<more>>)|(?P<slash>/)"
)
_AWK_PATTERN = re.compile(r"/(?:[^/\\\n\[]|\\[^\n]|\[\^?+\]?+[^]/\\\n]*+\])*/")
_AWK_FUNCTIONS = frozenset(
    "length substr index split sub gsub match tolower toupper sprintf int sqrt log exp sin cos atan2".split()
)
_AWK_WORDS = frozenset(
    "BEGIN END NR NF FNR FS OFS ORS RS SUBSEP RSTART RLENGTH if else in next exit delete print printf".split()
)
_AWK_KNOWN = _AWK_WORDS | _AWK_FUNCTIONS
_BEFORE_PATTERN = frozenset(("", "(", ",", "{", "}", ";", "\n", "!", "~", "!~", "&&", "||"))
_AWK_KEYWORDS = frozenset(
    "while for do function func getline system nextfile switch return break continue".split()
)


def is_edit(script: str) -> bool:
    """Say whether a script of sed's does no more than change what it reads: no file, no program, no jump."""
    if len(script) > _LONGEST_EDIT:
        return False
    at = depth = edits = 0
    while at < len(script):
        if script[at] in " \t\n;":
            at += 1
            continue
        edits += 1
        addresses: re.Match[str] = _ADDRESSES.match(script, at)  # type: ignore[assignment]
        if not all(_is_told_alike(pattern or "", "/") for pattern in addresses.groups()):
            return False
        at = addresses.end()
        command = script[at : at + 1]
        if command in ("{", "}"):
            depth += 1 if command == "{" else -1
            at += 1
            if depth < 0:
                return False
            continue
        if command in ("s", "y"):
            at = _end_of_substitution(script, at)
            if at < 0:
                return False
        elif found := _EDITS.match(script, at) or _PUT.match(script, at):
            at = found.end()
        elif command != "#":
            return False
        if command == "#":
            at = (script + "\n").index("\n", at)
        while script[at : at + 1] == " ":
            at += 1
        if script[at : at + 1] not in ("", ";", "\n", "}", "#") or edits > _MANY_EDITS:
            return False
    return depth == 0 and edits > 0


def _is_told_alike(pattern: str, delimiter: str) -> bool:
    """Say whether a pattern ends where it does for each sed: some take what ends it for a sign of a set, `[/]`."""
    return "[" not in _SET.sub("", pattern) and not ("[" in pattern and "\\" + delimiter in pattern)


def _end_of_substitution(script: str, at: int) -> int:
    """Return where `s/a/b/g` or `y/a/b/` ends; -1 where it does not, or does more than to replace."""
    command, delimiter = script[at], script[at + 1 : at + 2]
    if delimiter in ("", "\\", "\n") or delimiter.isalnum():
        return -1
    parts: list[str] = []
    begin = at = at + 2
    while len(parts) < 2:
        sign = script[at : at + 1]
        if sign in ("", "\n") or (sign == "\\" and script[at + 1 : at + 2] in ("", "\n")):
            return -1
        if sign == delimiter:
            parts.append(script[begin:at])
            begin = at + 1
        at += 2 if sign == "\\" else 1
    if not _is_told_alike(parts[0], delimiter) or len(_REFERENCE.findall(parts[1])) > _MANY_REFERENCES:
        return -1
    return _FLAGS.match(script, at).end() if command == "s" else at  # type: ignore[union-attr]


def is_report(program: str, *, has_variables: bool) -> bool:
    """Say whether a program of awk's only computes with the fields of its input, and prints: no file, no program, no loop.

    Its names are its own, unless the function `has_variables` for it.
    """
    if len(program) > _LONGEST_EDIT:
        return False
    at, before, is_printing, is_operand = 0, "", False, False
    opened: list[str] = []
    while at < len(program):
        found = _AWK_TOKEN.match(program, at)
        if found is None:
            return False
        sign, kind = found[0], found.lastgroup
        at = found.end()
        if kind == "blank":
            continue
        if kind == "slash" and is_operand:
            # Divided.
            pass
        elif kind == "slash":
            # Where a pattern or a quotient may stand awks tell by the grammar.
            if before not in _BEFORE_PATTERN:
                return False
            pattern = _AWK_PATTERN.match(program, at - 1)
            if pattern is None:
                return False
            at, sign = pattern.end(), "//"
        elif kind == "more" and (is_printing or program.startswith(">", at)):
            return False
        elif kind == "name":
            is_called = program[at:].lstrip(" \t")[:1] == "("
            is_own = not (sign.isupper() or has_variables or sign in _AWK_KEYWORDS or is_called)
            if not (is_own or sign in _AWK_KNOWN):
                return False
            is_printing = is_printing or sign in ("print", "printf")
        elif sign in ("(", "[", "{"):
            opened.append(sign)
        elif sign in (")", "]", "}") and (not opened or opened.pop() + sign not in ("()", "[]", "{}")):
            return False
        if kind == "end":
            is_printing = False
        is_operand = (
            kind == "number" or sign == "]" or (kind == "name" and sign.islower() and sign not in _AWK_KNOWN)
        )
        before = sign
    return not opened


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
