"""Reads a command line as a POSIX shell does: which characters are plain parts of a word, and where words begin."""

from __future__ import annotations

import re

from dayfly.core.structure.judgement import Unreadable

# Programs that read this grammar, behind -c or from a file.
SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ksh", "ash"))
# Words after which a command is still to come.
_RESERVED = frozenset(("if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "function"))
# Words between which commands have one input and one output.
_OPENS = frozenset(("if", "while", "until", "for", "select", "case", "{"))
_CLOSES = frozenset(("fi", "done", "esac", "}"))

# What a character is to the shell.
ACTIVE, PLAIN, QUOTED, BLANK, MARK = range(5)

_OPERATORS = frozenset(";&|<>()\n")
# Plain in every shell, wherever in a word they stand; all else that is not quoted may mean something.
_SAFE = frozenset("@%+:,./-_")
_RAW = re.compile(r"\S*")
# Of a here-document that nothing is computed for.
_HERE = re.compile(r"<<(-)?[ \t]*(?:(['\"]|\\)(\w+)(?(2)['\"]?)|(\w+))(?=[\s;|&)<>]|\Z)")
# What stands behind a dollar sign.
_VARIABLE = re.compile(r"\{[^}]*\}?|[@*]|\w*")
# What makes several words of a command's output, unless that is put between double quotes.
SPLITTING = frozenset(" \t\n*?[")
# How deep commands within commands, $(a $(b)), are read.
_MANY_NESTED = 8
_MANY_GROUPS = 50
# Of a variable that is looked at.
_LONGEST_NAME = 200
# Within a word, with which braces may be more than characters.
_EXPANDING = frozenset(",'\"\\$`<>")


class Word:
    """command[start:end]; `value` is what the program gets, `origin` where each of its characters stood.

    `expansions` are where variables stand in it, and whether between double quotes; `splits` is where the event splits it,
    or -1.
    """

    __slots__ = (
        *("_expands", "end", "expansions", "is_command", "origin", "redirects"),
        *("splits", "start", "value"),
    )

    def __init__(self, start: int, *, is_command: bool, redirects: bool) -> None:
        self.start = start
        self.end = start
        self.is_command = is_command
        self.redirects = redirects
        self.value: list[str] = []
        self.origin: list[int] = []
        self.expansions: list[tuple[int, int, bool]] = []
        self.splits = -1
        self._expands: bool | None = None

    def expands_braces(self, command: str) -> bool:
        """Say whether a shell may make several words of this one, or end a block with it."""
        if self._expands is None:
            raw = _RAW.match(command, self.start)[0]  # type: ignore[index]
            self._expands = raw in ("{", "}", "{}") or ".." in raw or not _EXPANDING.isdisjoint(raw)
        return self._expands

    def text(self) -> str:
        return "".join(self.value)

    def part(self, start: int, end: int | None = None) -> Word:
        part = Word(self.start, is_command=self.is_command, redirects=self.redirects)
        part.end, part.value, part.origin = self.end, self.value[start:end], self.origin[start:end]
        return part

    def take(self, other: Word) -> None:
        self.value += other.value
        self.origin += other.origin


class Reading:
    """`kinds` has one of the constants above for each character; `commands` the words of each simple command.

    `passes` has commands with one that reads what they print, `blocks` the commands between parentheses or reserved words
    with what stands at their end: `done` and its redirections. `inputs` has commands with what a here-document or a
    here-string gives them to read, `outputs` the commands whose output is put in before a place.
    """

    __slots__ = ("blocks", "commands", "inputs", "kinds", "outputs", "passes")

    def __init__(self, size: int) -> None:
        self.kinds = bytearray(size)
        self.commands: list[list[Word]] = [[]]
        self.passes: list[tuple[list[list[Word]], list[Word]]] = []
        self.blocks: list[tuple[list[Word], list[list[Word]]]] = []
        self.inputs: list[tuple[list[Word], Word]] = []
        self.outputs: dict[int, list[list[Word]]] = {}


class _Group:
    """Commands with one input: `reads` are those whose output it is, `opened` the sign or word that began the group."""

    __slots__ = ("element", "feeds", "is_piped", "members", "opened", "read_by", "reads")

    def __init__(self, opened: str, reads: list[list[Word]], read_by: list[Word] | None = None) -> None:
        self.opened = opened
        self.reads = reads
        # Of <( ): the command that has it for a file.
        self.read_by = read_by
        self.members: list[list[Word]] = []
        # The part of a pipeline that is read, whose output it reads, and whether it has begun with a pipe.
        self.element: list[list[Word]] = []
        self.feeds = reads
        self.is_piped = False


class _Pipes:
    """Finds which command reads what another one prints, by the operators and reserved words between them."""

    def __init__(self, reading: Reading) -> None:
        self._passes = reading.passes
        self._blocks = reading.blocks
        self._groups = [_Group("", [])]
        self._reader: list[Word] = []

    def add(self, words: list[Word]) -> None:
        """A simple command has ended."""
        if words:
            group = self._groups[-1]
            group.element.append(words)
            group.is_piped = False
            if group.feeds:
                self._passes.append((group.feeds, words))

    def operate(self, command: str, at: int, words: list[Word], following: list[Word]) -> None:
        """The operator at `at` ends a simple command, `words`, and `following` begins."""
        sign, before, group = command[at], command[at - 1 : at], self._groups[-1]
        if len(self._groups) > _MANY_GROUPS:
            raise Unreadable("commands in commands in commands")
        if sign == "(":
            if before == "<":
                # Behind another one there are no words before it.
                self._reader = words or self._reader
                self._groups.append(_Group("(", [], self._reader))
            else:
                self._groups.append(_Group("(", [words] if before == ">" else group.feeds))
        elif sign == ")":
            if group.opened == "(":
                self._close(following)
        elif sign == "|":
            if before == "|":
                return
            if command.startswith("||", at):
                self._end(group)
            else:
                group.feeds, group.element, group.is_piped = group.element, [], True
                group.members += group.feeds
        elif sign == "&" and before == "|":
            return
        elif not (sign == "\n" and group.is_piped):
            self._end(group)

    def reserve(self, word: str, words: list[Word]) -> None:
        """A word was read where a command's name would stand, one of `words`."""
        group = self._groups[-1]
        if word in _OPENS:
            self._groups.append(_Group(word, group.feeds))
        elif word in _CLOSES and group.opened in _OPENS:
            self._close(words)

    def _end(self, group: _Group) -> None:
        group.members += group.element
        group.element, group.feeds = [], group.reads

    def _close(self, end: list[Word]) -> None:
        group = self._groups.pop()
        self._end(group)
        if group.read_by is not None:
            self._passes.append((group.members, group.read_by))
        else:
            self._groups[-1].element += group.members
            self._groups[-1].is_piped = False
            self._blocks.append((end, group.members))


def read_shell(command: str, *, depth: int = 0) -> Reading:
    """Read `command`; raises Unreadable where a quote or a here-document is open at the end, and for nulls.

    Commands whose output is put into this one are among its commands; `depth` says how deep in others it stands.
    """
    if "\0" in command:
        raise Unreadable("a null character")
    return _Reader(command, depth).read()


def is_assignment(word: Word) -> bool:
    """Say whether this word sets a variable for the command after it."""
    name, equals, _ = "".join(word.value[:_LONGEST_NAME]).partition("=")
    return bool(equals) and name.isidentifier()


class _Reader:
    """Reads one command line; its methods return where reading goes on."""

    __slots__ = ("_command", "_depth", "_documents", "_reading")

    def __init__(self, command: str, depth: int) -> None:
        self._command = command
        self._depth = depth
        self._reading = Reading(len(command))
        # Those that begin behind this line.
        self._documents: list[tuple[list[Word], re.Match[str]]] = []

    def read(self) -> Reading:
        command, reading = self._command, self._reading
        pipes = _Pipes(reading)
        word: Word | None = None
        expects_command, redirects, is_array = True, False, False
        at, size = 0, len(command)
        while at < size:
            character = command[at]
            if word is None and character == "#":
                end = command.find("\n", at)
                at = self._set(ACTIVE, at, at + 1)
                at = self._set(QUOTED, at, size if end < 0 else end)
                continue
            if word is None and command.startswith("\\\n", at):
                at = self._set(ACTIVE, at, at + 2)
                continue
            if character in " \t" or character in _OPERATORS:
                if word is not None:
                    word.end = at
                    words = reading.commands[-1]
                    if word.is_command:
                        pipes.reserve(command[word.start : at], words)
                    if character in "<>" and command[word.start : at].isdigit() and not word.redirects:
                        words.pop()  # a descriptor
                    else:
                        expects_command = expects_command and (
                            word.redirects
                            or is_assignment(word)
                            or word.text() in _RESERVED
                            or word.text()[:1] == "-"  # an option of `time`
                            or (len(words) > 1 and words[-2].text() == "function")
                        )
                    redirects = False
                    word = None
                if command.startswith("<<", at):
                    at = self._set(ACTIVE, at, self._read_here(at))
                    redirects = command[at - 1] == "<"
                    continue
                self._set(BLANK if character in " \t" else ACTIVE, at, at + 1)
                if character in "<>":
                    redirects = True
                elif (character in "&|" and command[at - 1 : at] in ("<", ">")) or command.startswith(
                    "&>", at
                ):
                    pass  # one sign with it
                elif character not in " \t" and not (is_array and character == "\n"):
                    is_array = character == "(" and command[at - 1 : at] == "="
                    expects_command, redirects = not is_array, False
                    pipes.add(reading.commands[-1])
                    following: list[Word] = []
                    pipes.operate(command, at, reading.commands[-1], following)
                    reading.commands.append(following)
                at += 1
                if character == "\n":
                    for words, document in self._documents:
                        at = self._read_document(at, words, document)
                    self._documents = []
                continue
            if word is None:
                word = Word(at, is_command=expects_command and not redirects, redirects=redirects)
                reading.commands[-1].append(word)
            at = self._read_part(at, word)
        if word is not None:
            word.end = size
            if word.is_command:
                pipes.reserve(command[word.start :], reading.commands[-1])
        pipes.add(reading.commands[-1])
        if self._documents:
            raise Unreadable("a here-document without its text")
        self._take_strings()
        return reading

    def _set(self, kind: int, start: int, end: int) -> int:
        """Say what command[start:end] is to the shell, and return the end."""
        self._reading.kinds[start:end] = bytes((kind,)) * (end - start)
        return end

    def _take(self, word: Word, kind: int, start: int, end: int) -> int:
        """Take command[start:end] for a part of a word, and return the end."""
        word.value.extend(self._command[start:end])
        word.origin.extend(range(start, end))
        return self._set(kind, start, end)

    def _read_here(self, at: int) -> int:
        """Read `<<END`, or `<<<` before a word, from "<" on."""
        if self._command.startswith("<<<", at):
            return at + 3
        found = _HERE.match(self._command, at)
        if found is None:
            raise Unreadable("a here-document whose last line is not known")
        self._documents.append((self._reading.commands[-1], found))
        return found.end()

    def _read_document(self, at: int, words: list[Word], document: re.Match[str]) -> int:
        """Read the lines of a here-document that a command reads, to where the next command may begin."""
        command = self._command
        is_indented, _, quoted, plain = document.groups()
        begin, size = at, len(command)
        while True:
            end = command.find("\n", at)
            end = size if end < 0 else end
            line = command[at:end]
            if (line.lstrip("\t") if is_indented else line) == (quoted or plain):
                break
            if end == size:
                raise Unreadable("a here-document that does not end")
            at = end + 1
        text = Word(begin, is_command=False, redirects=True)
        self._reading.inputs.append((words, text))
        self._set(QUOTED, begin, at)
        self._set(ACTIVE, at, end)
        inside = begin
        while not quoted and inside < at:
            if command[inside] in "$`":
                inside = self._expand(inside, text, is_quoted=True)
            else:
                if command[inside] == "\\":
                    self._set(ACTIVE, inside, inside + 1)
                inside += 1
        text.end, text.value, text.origin = at, list(command[begin:at]), list(range(begin, at))
        return end

    def _take_strings(self) -> None:
        """Take the words behind `<<<` for what they are: neither operands nor files."""
        command, reading = self._command, self._reading
        if "<<<" not in command:
            return
        for words in reading.commands:
            for word in list(words):
                at = word.start
                while word.redirects and command[at - 1] in " \t":
                    at -= 1
                if word.redirects and command.startswith("<<<", at - 3):
                    reading.inputs.append((words, word))
                    words.remove(word)

    def _read_part(self, at: int, word: Word) -> int:
        command, character = self._command, self._command[at]
        if character == "'":
            end = command.find("'", at + 1)
            if end < 0:
                raise Unreadable("an unterminated quote")
            self._take(word, QUOTED, at + 1, end)
            self._set(MARK, at, at + 1)
            return self._set(MARK, end, end + 1)
        if character == '"':
            return self._read_double(at, word)
        if character == "\\":
            self._set(MARK, at, at + 1)
            if at + 1 >= len(command):
                raise Unreadable("a backslash at the end")
            if command[at + 1] == "\n":
                return self._set(ACTIVE, at + 1, at + 2)
            return self._take(word, QUOTED, at + 1, at + 2)
        if character in "$`":
            return self._expand(at, word)
        is_plain = (
            (character.isascii() and character.isalnum())
            or character in _SAFE
            # a=b is an assignment where a command is expected, a plain argument elsewhere
            or (character == "=" and not word.is_command)
            # behind a word's first character the one begins no comment
            or character == "#"
            or (character in "{}" and not word.expands_braces(command))
            or not (character.isascii() or not character.isprintable() or character.isspace())
        )
        return self._take(word, PLAIN if is_plain else ACTIVE, at, at + 1)

    def _read_double(self, at: int, word: Word) -> int:
        command, size = self._command, len(self._command)
        at = self._set(MARK, at, at + 1)
        while at < size:
            character = command[at]
            if character == '"':
                return self._set(MARK, at, at + 1)
            if character == "\\" and at + 1 < size and command[at + 1] in '$`"\\\n':
                self._set(MARK, at, at + 1)
                at = self._take(word, QUOTED, at + 1, at + 2)
            elif character in "$`":
                at = self._expand(at, word, is_quoted=True)
            else:
                # A backslash is alive before what follows.
                at = self._take(word, ACTIVE if character == "\\" else QUOTED, at, at + 1)
        raise Unreadable("an unterminated quote")

    def _expand(self, at: int, word: Word, *, is_quoted: bool = False) -> int:
        """Read $name, ${...} and what else the shell computes; a command whose end is not found makes all that follows active.

        `echo $X{}` with "_SECRET" names another variable: the name's characters are the shell's, too.
        """
        command, size = self._command, len(self._command)
        if command[at] == "`" or command.startswith("$(", at):
            begin = at + 2 if command[at] == "$" else at + 1
            end = _closing(command, begin, self._depth)
            if end < 0:
                return self._take(word, ACTIVE, at, size)
            self._take(word, ACTIVE, at, end + 1)
            if command[begin] != "(":
                self._read_inner(begin, end, word, is_quoted=is_quoted)
            return end + 1
        if command.startswith("$'", at):
            raise Unreadable("a string syntax that only some shells support")
        end = _VARIABLE.match(command, at + 1).end()  # type: ignore[union-attr]
        word.expansions.append((at, at + 2 if command[at + 1 : at + 2].isdigit() else end, is_quoted))
        return self._take(word, ACTIVE, at, end)

    def _read_inner(self, begin: int, end: int, word: Word, *, is_quoted: bool) -> None:
        """Read command[begin:end], whose output is put into the word that is being read, between double quotes or not."""
        command, reading = self._command, self._reading
        is_quoted = is_quoted or (word.is_command and is_assignment(word))
        inner = read_shell(command[begin:end], depth=self._depth + 1)
        for at, kind in enumerate(inner.kinds, begin):
            is_split = not is_quoted and kind == QUOTED and command[at] in SPLITTING
            reading.kinds[at] = ACTIVE if is_split else kind
        found: set[tuple[int, int, bool]] = set()
        for one in [*(one for words in inner.commands for one in words), *(one for _, one in inner.inputs)]:
            one.start += begin
            one.end += begin
            one.origin = [at + begin for at in one.origin]
            one.expansions = [(at + begin, stop + begin, quoted) for at, stop, quoted in one.expansions]
            found.update((at, stop, is_quoted) for at, stop, _ in one.expansions)
        # What is put into its commands may be in what they print.
        word.expansions += [*sorted(found), (end + 1, end + 1, is_quoted)]
        reading.outputs |= {at + begin: commands for at, commands in inner.outputs.items()}
        reading.outputs[end + 1] = inner.commands
        # The last one is still being read.
        reading.commands[-1:-1] = inner.commands
        reading.passes += inner.passes
        # It is a block itself: what it assigns is gone at its end.
        reading.blocks += [*inner.blocks, ([], inner.commands)]
        reading.inputs += inner.inputs


def _closing(command: str, at: int, depth: int) -> int:
    """Return where the command that begins at `at`, behind "$(" or a backtick, ends; -1 where that cannot be told."""
    if depth >= _MANY_NESTED:
        return -1
    if command[at - 1] == "`":
        end = command.find("`", at)
        return end if "\\" not in command[at:end] else -1
    opened, is_double = 0, False
    while at < len(command):
        character = command[at]
        if character == "\\":
            at += 1
        elif command.startswith("$(", at):
            at = _closing(command, at + 2, depth + 1)
            if at < 0:
                return -1
        elif character == '"':
            is_double = not is_double
        elif is_double:
            pass
        elif character == "'":
            at = command.find("'", at + 1)
            if at < 0:
                return -1
        elif character == "#" and command[at - 1] in " \t\n;":
            return -1  # what a comment holds is no quote
        elif character == ")":
            if opened == 0:
                return at
            opened -= 1
        elif character == "(":
            opened += 1
        at += 1
    return -1
