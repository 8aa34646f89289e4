"""Has commands, programs and what these read judged; loaded when something is about to be started."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Mapping

from dayfly.core.structure.options import text_words
from dayfly.core.structure.programs import OBEYED, STARTERS, base_of, is_obeyed, script_of
from dayfly.core.structure.quotes import leaves_shell_quotes
from dayfly.core.structure.shell import commands_of, judge_argv, judge_input, judge_script, judge_shell
from dayfly.runtime.guard.places import text_of
from dayfly.runtime.guard.reentrancy import read_beginning
from dayfly.runtime.guard.sinks import MANY_READ, about_path, ask_shape, brought, refuse_left

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import Any

    from dayfly.runtime.guard.guarding import Guard

_WORD = re.compile(r"[A-Za-z_]\w*")
# What a shell reads a second time, to the end of the command.
_READ_AGAIN = re.compile(r"(?:\beval|(?<=\s)-c)\b([^;\n|&]{1,4096})")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
# What goes to another folder: commands of a shell's, and options of tar, make and git.
_MOVE = frozenset(("cd", "pushd"))
_MANY_FOLDERS = 16
_GO = ("--directory=", "--directory", "-C")
# Programs that take all that they are called with for texts: a path is one more of these.
_OPENS_NOTHING = frozenset(("basename", "dirname", "echo", "expr", "printf"))


def about_shell(
    guard: Guard, command: object, frame: FrameType, *, is_systems: bool = False, folder: object = None
) -> None:
    """A command line that a shell is about to read, in another `folder` perhaps; `is_systems`: /bin/sh, which reads nothing else."""
    text = text_of(command)
    if text is not None:
        judgement = judge_shell(text, guard.provenance, guard.own, is_systems=is_systems)
        guard.act_on(judgement, text, frame)
        if judgement.verdict != "refuse":
            refuse_left(guard, "shell.quotes", text, leaves_shell_quotes(text, guard.own), frame)
        commands = [words for words in commands_of(text) if words]
        # `cd` leads every command behind it elsewhere.
        folders = [words[1] for words in commands if words[0] in _MOVE and len(words) > 1][:_MANY_FOLDERS]
        for words in commands:
            _about_operands(guard, words, frame, folder=text_of(folder) or "", folders=folders)
        ask_shape(guard, "shell", text, frame, judgement)


def about_process(
    guard: Guard, executable: object, arguments: object, frame: FrameType, *, folder: object = None
) -> None:
    """A program that is about to be started, in another `folder` perhaps."""
    given = arguments if isinstance(arguments, (list, tuple)) else (arguments,)
    words = [word for word in map(text_of, given) if word is not None]
    program = text_of(executable) or (words[0] if words else "")
    judgement = judge_argv(program, words, guard.provenance, guard.written)
    guard.act_on(judgement, "\0".join(words), frame)
    _about_operands(guard, [program, *words[1:]], frame, folder=text_of(folder) or "")
    ask_shape(guard, "argv", "\0".join(words), frame, judgement)


def _about_operands(
    guard: Guard, words: Sequence[str], frame: FrameType, *, folder: str = "", folders: Sequence[str] = ()
) -> None:
    """What a program is started with: the files that it is given are there, and its script is a text that a shell reads.

    There: in its `folder`, or from where it goes, as `tar -C` does.
    """
    goes = [
        (one.removeprefix(_GO[0]),)
        for before, one in itertools.pairwise(words)
        if before in _GO or one.startswith(_GO[0])
    ][:_MANY_FOLDERS]
    texts = text_words(words)
    for index, word in enumerate(words) if words[0].rpartition("/")[2] not in _OPENS_NOTHING else ():
        if index == 0 or index in texts:
            continue
        name = word.rpartition("=")[2] if word[:1] == "-" else word
        places = (os.path.join(folder, *one, name) for one in ((), folders, *goes))
        if name[:1] == "/" or ".." in name.split("/"):
            if any(map(os.path.exists, places)):
                about_path(guard, name, frame)
        elif folder[:1] == "/":
            # Below its folder by name, and elsewhere where an archive has made a link of it.
            for place in filter(os.path.islink, places):
                about_path(guard, place, frame)
    _about_script(guard, words, [os.path.join(folder, *one) for one in ((), folders)], frame)


def _about_script(guard: Guard, words: Sequence[str], folders: Sequence[str], frame: FrameType) -> None:
    """What a program reads as commands, from one of the `folders`, where it is a script or an interpreter's."""
    while words and base_of(words[0]) in STARTERS:
        # What stands before the program it starts is an option's value or a number.
        at = next((at for at, word in enumerate(words[1:], 1) if _is_program(word, folders)), len(words))
        words = words[at:]
    number, name = script_of(words)
    if number == 0 and "/" not in name:
        # By its name alone, and of the function's own making: what is installed is no event's.
        folders = [one for one in os.get_exec_path() if guard.places.is_temporary(os.path.join(one, name))]
    script, text = _read(name, folders)
    if not text:
        return
    if text[:2] == "#!":
        line = text[2:].partition("\n")[0].split()
    elif number == 0 and "\0" in text:
        return
    else:
        # A shell that cannot have it executed reads it itself.
        line = []
    if guard.places.is_temporary(script):
        reader = [words[0]] if number else [word for word in line if word[:1] != "-"] or ["sh"]
        guard.act_on(judge_input(reader, text, guard.provenance, guard.written), text, frame)
    guard.act_on(judge_script(text, words[number + 1 :], guard.provenance, guard.written), text, frame)


def _is_program(word: str, folders: Sequence[str]) -> bool:
    places = folders if "/" in word else os.get_exec_path()
    paths = [os.path.join(place, word) for place in places]
    return any(os.access(path, os.X_OK) and os.path.isfile(path) for path in paths)


def _read(name: str, folders: Sequence[str]) -> tuple[str, str]:
    """Return the path of a file in one of the `folders`, and how it begins; nothing where it cannot be read."""
    for folder in folders if name else ():
        path = os.path.join(folder, name)
        beginning = read_beginning(path, MANY_READ)
        if beginning is not None:
            return path, beginning.decode("utf-8", "replace")
    return "", ""


def about_variables(guard: Guard, script: object, variables: object, frame: FrameType) -> None:
    """A script of a shell's that reads variables as code: `eval "$RULE"`, `sh -c "$RULE"`, `$(( COUNT * 2 ))`."""
    given = os.environ if variables is None else variables
    if type(script) is not str or not isinstance(given, Mapping):
        return
    if variables is not None and len(script) <= MANY_READ:
        values = [text_of(given[name]) or "" for name in set(_WORD.findall(script)).intersection(given)]
        judgement = judge_script(script, values, guard.provenance, guard.written, are_variables=True)
        guard.act_on(judgement, script, frame)
    for found in _READ_AGAIN.finditer(script):
        plain = found[1].strip(" \"'")
        text = _VARIABLE.sub(lambda name: str(given.get(name[1] or name[2], name[0])), plain)
        if text != plain:
            guard.act_on(judge_shell(text, guard.provenance, guard.own), text, frame)


def about_environment(guard: Guard, variables: object, frame: FrameType) -> None:
    """Variables for a program, the process's own if None: the event names none that makes programs execute something.

    But for what the environment began with: code may have put the others into `os.environ` in this event.
    """
    # The policy is asked by who reads them, which a child that has them in any case is not.
    watched = guard.capabilities.variables if guard.capabilities is not None else None
    given: Mapping[Any, Any] = os.environ if watched is None else watched
    if isinstance(variables, Mapping) and variables is not os.environ:
        given = variables
    for name in given:
        text, value = text_of(name) or "", text_of(given[name]) or ""
        if (text, value) in guard.first_variables:
            continue
        is_named = text.startswith(OBEYED) and not guard.own.is_constant(text)
        if is_named and guard.provenance.is_leaf(text):
            guard.refuse("argv.option", frame, path=brought(guard, text), text=text)
        elif is_obeyed(text, value) and not guard.own.is_constant(value) and guard.provenance.is_leaf(value):
            # The function names the variable, or makes its name: the program or file that it names is the event's.
            guard.refuse("argv.option", frame, path=brought(guard, value), text=value)


def about_input(guard: Guard, arguments: object, data: object, frame: FrameType) -> None:
    """What a program is about to be given to read."""
    text = text_of(data)
    if isinstance(arguments, str):
        # A shell's line.
        arguments = ("sh", "-c", arguments)
    if text and isinstance(arguments, (list, tuple)) and not guard.own.is_constant(text):
        words = [word for word in map(text_of, arguments) if word is not None]
        guard.act_on(judge_input(words, text, guard.provenance, guard.written), text, frame)
