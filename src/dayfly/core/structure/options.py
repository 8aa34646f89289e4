"""Says what a word of a command line is to its program: an option, an option's value, a script, or an operand."""

from __future__ import annotations

import re

from dayfly.core.structure.programs import AWKS, COMMAND_OPTIONS, PYTHONS, base_of
from dayfly.core.structure.shellwords import SHELLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    Place = Literal["value", "script", "operand"]

_FIND_TESTS = tuple(
    "-name -iname -path -ipath -wholename -iwholename -regex -iregex -type -xtype -size -mtime -atime "
    "-ctime -mmin -amin -cmin -user -group -newermt -newerat -newerct -maxdepth -mindepth".split()
)
_FIND_VALUES = (
    *"-newer -anewer -cnewer -samefile -perm -regextype -printf -fprint -fprint0 -fls -inum -links".split(),
    *"-lname -ilname -fstype -uid -gid -used -context -D -files0-from".split(),
    *(f"-newer{time}{other}" for time in "aBcm" for other in "aBcmt"),
)
_GREP = ("-e", "--regexp", "-m", "--max-count", "-A", "-B", "-C")
# Options whose value, the next word, is a text or a number and never a file, by program
# (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/contents.html and the manuals of GNU's).
_TEXT_OPTIONS = {
    "find": frozenset(_FIND_TESTS),
    **dict.fromkeys(("grep", "egrep", "fgrep", "zgrep"), frozenset(_GREP)),
    # Not -b and -e, which are other commands' flags: `git diff -b`.
    "git": frozenset(("-m", "--message", "--author", "--grep")),
    "cut": frozenset(("-b", "-c", "-d", "-f", "--bytes", "--characters", "--delimiter", "--fields")),
    **dict.fromkeys(("head", "tail"), frozenset(("-n", "-c", "--lines", "--bytes"))),
    "sort": frozenset(("-k", "-t", "--key", "--field-separator")),
    "uniq": frozenset(("-f", "-s", "-w")),
    "date": frozenset(("-d", "--date")),
    "curl": frozenset(("-H", "--header", "-A", "--user-agent", "-m", "--max-time", "--data-raw")),
}
_AWK_OPTIONS = frozenset("-F -v -l -i -W --field-separator --assign --include --load".split())
NAMED_BY_TWO = frozenset(("--arg", "--argjson", "--slurpfile", "--rawfile", "--argfile"))
# All options whose value is the next word.
_VALUE_OPTIONS = {
    **_TEXT_OPTIONS,
    "find": _TEXT_OPTIONS["find"].union(_FIND_VALUES, ("-fprintf",)),
    **dict.fromkeys(SHELLS, frozenset(("-o", "+o", "-O", "+O", "--rcfile", "--init-file", "--emulate"))),
    **dict.fromkeys(PYTHONS, frozenset(("-W", "-X", "--check-hash-based-pycs"))),
    "perl": frozenset(("-I", "-M")),
    "ruby": frozenset(("-I", "-r")),
    "node": frozenset(("-r", "--require", "--import")),
    **dict.fromkeys(AWKS, _AWK_OPTIONS),
    "lua": frozenset(("-l",)),
    "php": frozenset(("-d", "-c")),
    "fish": frozenset(("-C", "-d")),
    "sed": frozenset(("-l", "--line-length")),
    "jq": NAMED_BY_TWO.union(("--indent", "-L", "--library-path")),
}
# Programs whose options are one letter each, in groups perhaps; and other letters of theirs with a value, which is the
# rest of a group.
_GROUPS = SHELLS.union(("grep", "egrep", "fgrep", "zgrep", "cut", "head", "tail", "sort"))
_ENDING = {**dict.fromkeys(("grep", "egrep", "fgrep", "zgrep"), "dDf"), "sort": "oST", "tail": "s"}
# The last letter of options whose value is a script, or a script's file; a shell's is its first operand, behind whatever options.
_SCRIPT_LETTERS = {
    **dict.fromkeys(SHELLS, ""),
    **dict.fromkeys(PYTHONS, "cm"),
    **dict.fromkeys(AWKS, "feE"),
    "perl": "eE",
    "ruby": "e",
    "node": "ep",
    "lua": "e",
    "php": "rfBREF",
    "sed": "ef",
    "jq": "f",
}
# Letters whose value is the rest of a word, whatever that ends with: `ruby -rdate`, `sed -i.save`.
_GLUED = {
    **dict.fromkeys(PYTHONS, "cmWX"),
    **dict.fromkeys(AWKS, "FvfilWeE"),
    "perl": "IMmFixV",
    "ruby": "rIiFEKWxTCX",
    "node": "rC",
    "lua": "le",
    "php": "dczntSfrBREF",
    "sed": "lief",
    "jq": "L",
}
_SCRIPT_OPTIONS = frozenset("--eval --print --expression --file --from-file --source --exec".split())
# Interpreters that end at their first script: what follows are operands.
_ONE_SCRIPT = SHELLS.union(PYTHONS, ("jq",))
# sort's options that say how: no file, no program.
_ORDERS = re.compile(
    r"(?=-.)-[bdfgiMhnrVsu]*(?:k[0-9][0-9.,bdfgiMhnrV]*|t(?:\\0|.))?|"
    r"--(?:field-separator=(?:\\0|.)|key=[0-9][0-9.,bdfgiMhnrV]*|reverse|unique|stable|ignore-case|ignore-leading-blanks|"
    r"ignore-nonprinting|dictionary-order|(?:general-numeric|human-numeric|numeric|version|month)-sort)"
)
_FLAGS = frozenset(("-empty", "-readable", "-writable", "-executable"))
# Where one of these is, fewer files that one test finds may be more that another part of the expression acts on.
_ALTERNATIVES = frozenset(("-o", "-or", ",", "-prune", "(", "\\("))
_NOT = ("!", "-not")
# What begins no option, and changes what the function's own tests find.
FIND_SIGNS = frozenset("!(),")
_SIGNS = FIND_SIGNS.union(("\\!", "\\(", "\\)", ""))


def _values_of(base: str, option: str) -> int:
    """Return how many words behind an option are its values; a group such as `-euo` has those of its last letter."""
    options = _VALUE_OPTIONS.get(base, frozenset())
    if option in options:
        return 1 + (option in NAMED_BY_TWO or option == "-fprintf")
    if base in SHELLS and option[1:].isalpha():
        # Each of them takes a word: `-oe pipefail`.
        return sum(option[0] + letter in options for letter in option[1:])
    return int(
        base in _GROUPS
        and option[:1] in ("-", "+")
        and option[1:].isalpha()
        and option[0] + option[-1] in options
        and not any(
            option[0] + letter in options or letter in _ENDING.get(base, "") for letter in option[1:-1]
        )
    )


def _names_script(base: str, option: str) -> bool:
    letters = _SCRIPT_LETTERS.get(base, "ceEmn")
    is_short = len(option) > 1 and option[:1] == "-" != option[1]
    glued = _GLUED.get(base, "")
    return option in _SCRIPT_OPTIONS or (
        is_short and option[-1] in letters and not any(letter in glued for letter in option[1:-1])
    )


def places_of(arguments: Sequence[str]) -> list[Place]:
    """Say what each word, and one more behind them, is to an interpreter: an option's value, the script or an option before it, or
    the script's operand.
    """
    base, size = base_of(arguments[0]), len(arguments)
    places: list[Place] = ["script"] * (size + 1)
    is_one, is_given = base in _ONE_SCRIPT, False
    at = 2 if base in ("bun", "deno") and arguments[1:2] in (["eval"], ["run"]) else 1
    while at < size:
        argument = arguments[at]
        values = _values_of(base, argument)
        if is_given:
            places[at] = "operand"
        if values:
            values = min(values, size - at)
            places[at + 1 : at + values + 1] = ["value"] * values
            at += values
        elif _names_script(base, argument):
            is_given = True
            at += 1
            if is_one:
                break
        elif not (argument[:1] == "-" or (argument[:1] == "+" and base in SHELLS)):
            break
        at += 1
    for later in range(at + 1, size + 1):
        if is_one or not _names_script(base, arguments[later - 1]):
            places[later] = "operand"
    if is_given and at == size:
        places[size] = "operand"
    return places


def is_script_given(arguments: Sequence[str]) -> bool:
    """Say whether an interpreter has a script, or inline code, so that it does not read that from its input."""
    return places_of(arguments)[-1] == "operand"


def is_value(arguments: Sequence[str], events: Sequence[Sequence[bool]], index: int) -> bool:
    """Say whether an option of the function's takes a word for its value, whatever that begins with."""
    base, at = base_of(arguments[0]), index
    if base == "git" and "grep" in arguments[1:index]:
        base = "grep"
    while at > 1 and not any(events[at - 1]) and _values_of(base, arguments[at - 1]):
        at -= 1
    # `-e -e x`: the first one has the second one for its value.
    if (index - at) % 2 == 1:
        return True
    # The second of two: `--arg NAME x`.
    has_two = index > 2 and not any(events[index - 2]) and _values_of(base, arguments[index - 2]) > 1
    return has_two and not is_value(arguments, events, index - 2)


def text_words(arguments: Sequence[str]) -> set[int]:
    """Return which words are values of options that take a text, and so name no file."""
    base, found, at = base_of(arguments[0]), set[int](), 1
    while base in _TEXT_OPTIONS and at < len(arguments) and arguments[at] != "--":
        values = _values_of(base, arguments[at])
        if arguments[at] in _TEXT_OPTIONS[base]:
            found.add(at + 1)
        at += values + 1
    return found


def chosen_words(arguments: Sequence[str], events: Sequence[Sequence[bool]]) -> set[int]:
    """Return which words of the event choose how rows are sorted or which files are wanted, and do nothing else.

    A choice is complete: it has no word of the function's for its value. Of what the function finds it finds a part.
    """
    base, found = base_of(arguments[0]), set[int]()
    own = {one for one, marked in zip(arguments, events, strict=True) if not any(marked)}
    if base not in ("find", "sort") or (base == "find" and not own.isdisjoint(_ALTERNATIVES)):
        return found
    # Of the last word of the event's in a row of them nothing follows.
    words = [one if marked and all(marked) else "" for one, marked in zip(arguments, events, strict=True)]
    words.append("")
    # Behind these stands another program's command line.
    commands = [
        number for number, one in enumerate(arguments) if one in COMMAND_OPTIONS and not words[number]
    ]
    at = 1
    has_path = base == "sort"
    while at < (commands[0] if commands else len(arguments)):
        begin = at
        if not words[at]:
            # What an option of the function's takes is no choice, whatever it looks like.
            has_path = has_path or arguments[at] not in ("-H", "-L", "-P")
            at += 1 + _values_of(base, arguments[at])
            continue
        while base == "find" and words[at] in _NOT:
            at += 1
        # A value that the function has as well, "1", is not marked: no word of an expression of its own looks like one.
        following = "".join(arguments[at + 1 : at + 2])
        is_complete = words[at] and (
            words[at + 1] or (has_path and not (following[:1] == "-" or following in _SIGNS))
        )
        size = _choice_of(base, words[at], following if is_complete else "", own)
        if size and arguments[begin - 1] not in _NOT:
            found.update(range(begin, at + size))
        at += size or 1
    return found


def _choice_of(base: str, option: str, following: str, own: set[str]) -> int:
    """Return of how many words a choice is that begins with an option, 0 for all else."""
    if base == "sort":
        is_apart = option in ("-k", "-t")
        return (1 + is_apart) * bool(_ORDERS.fullmatch(option + following if is_apart else option))
    if option in _FLAGS:
        return 1
    is_own_depth = option in ("-maxdepth", "-mindepth") and option in own
    return 2 if option in _FIND_TESTS and following and not is_own_depth else 0
