"""Says of a program in another language, on a command line, whether all that the event has in it are values there."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# A number in a program of awk's or jq's; what is no end of one; what a pattern may stand behind, where a quotient may not; and what
# takes files, commands or variables by their names.
_SUM = re.compile(
    r"[ \t]*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<opens>(?:(?P<name>[a-z][a-z0-9]*)[ \t]*)?\()|"
    r"(?P<closes>\))|(?P<comma>,)|(?P<operator>\*\*|[-+*/%^]))"
)
# Functions of awk's that compute a number of numbers.
_COMPUTE = frozenset(("atan2", "cos", "exp", "int", "log", "sin", "sqrt"))
_FIELD = re.compile(r"[0-9]+|\bF?N[FR]\b")
_KEYS = re.compile(r"\w+(?:\.\w+|\[[0-9]+\])*")
_PART_OF_NAME = frozenset("_.$0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_BEFORE_PATTERN = re.compile(r"(?:\A|[({\[,;!&|~=<>?:\n}]|\b(?:print|return|in|case|else|do))\Z")
USES_NAMES = {
    "awk": re.compile(
        r"\b(?:system|getline|close|fflush|ARGV|ENVIRON|PROCINFO|SYMTAB|FUNCTAB)\b|@|(?<!\|)\|(?!\|)|\bprintf?\b[^;}]*>"
    ),
    "jq": re.compile(r"\b(?:import|include|env|ENV|modulemeta)\b"),
    "node": re.compile(
        r"\b(?:require|import|process|eval|Function|constructor|exec\w*|spawn\w*|fork|fs|fetch|vm|open|set\w+|global\w*|this|"
        r"Reflect|read\w*|write\w*|load\w*|RegExp|WebAssembly)\b|\\u"
    ),
    "perl": re.compile(
        r"\b(?:system|exec|open\w*|q[qwxr]?|[my]|s|tr|eval|require|do|use|no|glob|unlink|kill|fork|sys\w+|read\w*|link|rename|"
        r"chmod|chown|mkdir|rmdir|truncate|utime|dbmopen|dump|tie)\b|[<>$@%&]\s*[{$'\"]"
    ),
    "ruby": re.compile(
        r"\b(?:system|exec|open|spawn|fork|eval|\w+_eval|\w+_exec|require\w*|load|\w*send|IO|File|Dir|Kernel|Process|Object|"
        r"Pathname|FileUtils|Open3|PTY|const_get|\w*method\w*|instance_\w+|test|trap|syscall|read\w*|write\w*|class_\w+|Marshal|"
        r"YAML|ERB|Regexp|Net|URI|Socket\w*|TCP\w+|to_sym|to_proc|intern)\b"
    ),
}
_MARKED = re.compile(rb"\x01+")
_WHOLE_NUMBER = re.compile(r"(?<![_.$0-9a-zA-Z\\])[0-9]+")
_WHOLE_NUMBERS = re.compile(r"(?<![_.$0-9a-zA-Z\\])[0-9][0-9,]*")
_MORE_OF_NUMBER = frozenset("0123456789.")
# What a text stands between, by language; for awk also patterns.
_QUOTES = {"awk": '"/', "jq": '"', "node": "'\"`", "perl": "'\"", "ruby": "'\""}
# How far back what stands before a sign is looked for.
_FAR = 64
# Where a comment, a pattern or a here-document may stand a quote is not told from the beginning of a text.
_UNCLEAR = re.compile(r"[/#`\\%]|<<|->")
# Of the shortest substitution, `s///`.
_DELIMITERS = 4


def stays_in_substitution(program: str, marked: list[bool]) -> bool:
    """Say whether the event's part of sed's `s/a/b/`, one or some in lines, ends neither of the two.

    A delimiter or a line does, and a backslash before one.
    """
    at = 0
    while at < len(program) - _DELIMITERS + 1 and program[at] == "s" and not any(marked[at : at + 2]):
        delimiter, ends = program[at + 1], 0
        at += 2
        while at < len(program) and ends < 2:
            sign, following = program[at], program[at + 1 : at + 2]
            if sign == "\\":
                if marked[at] and not (following == "\\" or any(marked[at + 1 : at + 2])):
                    return False
                at += 1
            elif marked[at] and sign in (delimiter, "\n"):
                return False
            elif sign == delimiter:
                ends += 1
            at += 1
        flags = at
        while at < len(program) and program[at] not in "\n;":
            at += 1
        if any(marked[flags : at + 1]):
            return False
        while at < len(program) and program[at] in "\n; ":
            at += 1
    return not any(marked[at:])


def are_keys(program: str, marked: list[bool]) -> bool:
    """Say whether all that the event has in a filter of jq's is keys behind the function's dots: `a.b[0]`."""
    return not marked[0] and all(
        program[start - 1] == "." and _KEYS.fullmatch(program, start, end) is not None
        for start, end in _runs(marked)
    )


def are_literals(program: str, marked: list[bool], language: str) -> bool:
    """Say whether all that the event has in a program are content of texts that only are values and, for awk and jq, numbers.

    A text may name a file, a command or a variable where the program takes those by name: there it may not be the event's.
    """
    has_numbers = language in ("awk", "jq")
    if language == "jq" and "\\(" in program:
        return False  # code within a text, with texts of its own
    bare = ""
    is_text = not has_numbers
    at, size = 0, len(program)
    while at < size:
        sign, start = program[at], at
        before = bare[-_FAR:].rstrip()
        if language == "awk" and sign == "/" and before[-1:] == ")":
            return False  # a quotient, or a pattern behind a condition
        if sign in _QUOTES[language] and (sign != "/" or _BEFORE_PATTERN.search(before)):
            at += 1
            # What the function escapes; it escapes backslashes, too, or lets none in.
            escaped: set[int] = set()
            while at < size and program[at] != sign:
                if program[at] == "\\" and not marked[at]:
                    escaped.add(at + 1)
                at += 1 + (program[at] == "\\")
            is_open, at = at >= size, min(at + 1, size)
            inside = {program[one] for one in range(start, at) if marked[one] and one not in escaped}
            if sign == "/" and (inside or program.count("[", start, at) != program.count("]", start, at)):
                return False
            is_plain = has_numbers or sign == "'" or (sign == '"' and language == "node")
            if not {sign, *"\\\n\r\u2028\u2029", *("" if is_plain else "$@#{")}.isdisjoint(inside):
                return False
            if has_numbers:
                if any(marked[one] and program[one - 1] == "\\" for one in range(start, at)):
                    return False
            elif (
                is_open
                or ("\n" in program[start:at] and sign != "`")
                or (inside and before[-1:] == "[")  # a member by its name
            ):
                return False
            is_text = is_text or bool(inside)
            bare += '""'
        elif marked[at]:
            while at < size and marked[at]:
                at += 1
            is_apart = _PART_OF_NAME.isdisjoint((bare[-1:], program[at : at + 1]))
            if not (
                has_numbers and is_apart and _is_sum(program[start:at], _COMPUTE if language == "awk" else ())
            ) or (
                program[start:at].lstrip(" \t")[:1] in ("+", "-")
                and not (before[-1:] in "*/%(" or _BEFORE_PATTERN.search(before))
            ):
                return False
            bare += "0"
        elif sign == "#" and has_numbers:
            end = program.find("\n", at)
            at = size if end < 0 else end
            if any(marked[start:at]):
                return False
        elif not has_numbers and _UNCLEAR.match(program, at):
            # In JavaScript alone what follows is read without knowing its texts; it may use names all the same.
            if any(marked[at:]) or language != "node":
                return False
            bare += program[at:]
            at = size
        else:
            bare += sign
            at += 1
    return not (is_text and USES_NAMES[language].search(bare))


def are_fields(program: str, marked: list[bool]) -> bool:
    """Say whether all that the event has in a program of awk's are numbers of fields, and counters: `$2`, `$NF`."""
    its = "".join(sign if one else "\0" for sign, one in zip(program, marked, strict=True))
    return not _FIELD.sub("", its).strip("\0")


def are_numbers(program: str, marked: list[bool], *, are_lists: bool = False) -> bool:
    """Say whether all that the event has in a program are whole numbers, or lists of them, and something else stands there: `3,5p`."""
    pattern = _WHOLE_NUMBERS if are_lists else _WHOLE_NUMBER
    return not all(marked) and all(
        pattern.fullmatch(program, start, end) is not None and program[end : end + 1] not in _MORE_OF_NUMBER
        for start, end in _runs(marked)
    )


def _runs(marked: list[bool]) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _MARKED.finditer(bytes(marked)))


def _is_sum(text: str, functions: Collection[str]) -> bool:
    """Say whether a text is a whole expression of numbers, operators and functions that compute."""
    opened: list[bool] = []
    at, is_operand_next = 0, True
    while at < len(text):
        found = _SUM.match(text, at)
        if found is None:
            break
        match found.lastgroup:
            case "number" if is_operand_next:
                is_operand_next = False
            case "opens" if is_operand_next and (found["name"] is None or found["name"] in functions):
                opened.append(found["name"] is not None)
            case "closes" if not is_operand_next and opened:
                opened.pop()
            case "comma" if not is_operand_next and opened and opened[-1]:
                is_operand_next = True
            case "operator" if not is_operand_next or (
                # Of two in a row awk makes another one: `1--2`.
                found["operator"] in ("+", "-") and text[found.end() - 2 : found.end() - 1] not in ("+", "-")
            ):
                is_operand_next = True
            case _:
                return False
        at = found.end()
    return not (opened or is_operand_next or text[at:].strip(" \t"))
