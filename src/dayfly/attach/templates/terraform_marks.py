"""What attach writes into Terraform's language lies between comments, so that taking it out needs no memory. No I/O.

On lines of its own between `# dayfly:begin` and `# dayfly:end`; within a line between `/* dayfly:begin */` and
`/* dayfly:end */`. An expression that attach put a call around is preceded by `/* dayfly:wrap */`, and what follows it
begins with `/* dayfly:more */`. `chained` says that the key behind the mark was AWS_LAMBDA_EXEC_WRAPPER. python-hcl2
takes no comment right behind `=`, so what opens a call stands before its mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dayfly.attach.templates.hcl import Comment, HclFile
from dayfly.attach.templates.model import Gap, TemplateError
from dayfly.attach.wrappers import NEXT_VARIABLE, WRAPPER, WRAPPER_VARIABLE

BEGIN, END = "/* dayfly:begin */", "/* dayfly:end */"
BEGIN_CHAINED = "/* dayfly:begin chained */"
WRAP, MORE = "/* dayfly:wrap */", "/* dayfly:more */"
# Whether a name may be null has to be asked before it: python-hcl2 loses a comment before an operator.
GUARD = "{} == null ? [] : "
WAS = "/* dayfly:was "
FORCED = "[true] "

_MARK = re.compile(r"(?:#|/\*) dayfly:(begin|end|wrap|more|was)\b( chained)?")
_WRAPPED = re.compile(
    r'(?:merge\((?:try\()?|concat\((?:[\w.\[\]"-]+ == null \? \[\] : )?|coalesce\(|\[try\(\()\Z'
)
# No name that attach repeats is longer.
_LONGEST_OPENING = 700
_RENAMED = re.compile(rf'(\s*"?){NEXT_VARIABLE}(?=["\s=:])')
_OURS = re.compile(
    rf'\s*(?:(?:{WRAPPER_VARIABLE}\s*=\s*"{WRAPPER}"|DAYFLY_\w+\s*=\s*.*|layers\s*=\s*\[[^,]*\]),?'
    r"|aws_lambda_layer_version\.dayfly(?:_python\w+)?\.arn,)?\s*"
)
_ITEM = re.compile(r"\s*[^\s=#{},]+,\s*")
_NAMES = re.compile(r'(?:^|[{,]) *"?(\w+)"? *[=:] *"')
_OPENING = re.compile(r"\s*(?:environment|variables\s*=|environment_variables\s*=)\s*\{\s*")


def block_lines(indent: str, lines: Sequence[str], eol: str, *, is_chained: bool = False) -> str:
    """Lines with the marks around them; `lines` are without indentation but for what is nested."""
    marked = [f"# dayfly:begin{' chained' if is_chained else ''}", *lines, "# dayfly:end"]
    return "".join((indent + line if line else "") + eol for line in marked)


def hcl_string(text: str) -> str:
    """A string of Terraform's language that means the text."""
    escaped = (
        text.replace("\\", "\\\\")
        .replace('"', '\\"')
        .replace("\n", "\\n")
        .replace("\r", "\\r")
        .replace("\t", "\\t")
    )
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: str
    is_chained: bool
    comment: Comment

    @property
    def is_line(self) -> bool:
        return self.comment.text.startswith("#")


def marks_of(file: HclFile) -> list[_Mark]:
    """Every mark of Dayfly's: comments alone, not what looks like one in a text."""
    found = []
    for comment in file.comments:
        match = _MARK.match(comment.text)
        if match is not None:
            found.append(_Mark(match[1], bool(match[2]), comment))
    return found


def unmarked(file: HclFile) -> tuple[str, list[Gap], list[int]]:
    """The text without what lies between marks, what of it had to stay, and where something was taken away.

    Raises TemplateError where a mark has lost its other half: nothing is certain then.
    """
    gaps: list[Gap] = []
    places: list[int] = []
    edits: list[tuple[int, int, str]] = []
    waiting: _Mark | None = None
    wraps: list[_Mark] = []
    for mark in marks_of(file):
        if mark.kind == "wrap":
            wraps.append(mark)
            edits.append(_opening(file, mark))
        elif mark.kind == "was":
            edits.append(_was(file, mark))
        elif mark.kind in ("begin", "more"):
            if waiting is not None:
                raise _torn(file, waiting)
            if mark.kind == "more" and not wraps:
                raise _torn(file, mark)
            waiting = mark
        elif waiting is None or waiting.is_line != mark.is_line:
            raise _torn(file, mark)
        else:
            if waiting.kind == "more":
                wraps.pop()
            edits += _between(file, waiting, mark, gaps)
            places.append(waiting.comment.start)
            waiting = None
    if waiting is not None or wraps:
        raise _torn(file, waiting or wraps[-1])
    text, position, parts = file.text, 0, []
    for start, end, new in sorted(edits):
        if start < position:
            raise TemplateError(
                f"{file.path}:{file.line(start)} Dayfly's marks overlap",
                hint="remove Dayfly manually, or restore the file from version control",
            )
        parts += [text[position:start], new]
        position = end
    return "".join([*parts, text[position:]]), gaps, places


def _between(file: HclFile, begin: _Mark, end: _Mark, gaps: list[Gap]) -> list[tuple[int, int, str]]:
    text = file.text
    if not begin.is_line:
        # What stands before something else is followed by a blank, too.
        content = text[begin.comment.end : end.comment.start].rstrip()
        if not _is_ours(content):
            raise _changed(file, begin)
        behind = end.comment.end + (content.endswith(",") and text.startswith(" ", end.comment.end))
        edits = [(begin.comment.start, behind, "")]
        return edits + (_renamed(file, behind, begin, gaps) if begin.is_chained else [])
    first = text.rfind("\n", 0, begin.comment.start) + 1
    inner = text.find("\n", begin.comment.start) + 1
    last = text.rfind("\n", 0, end.comment.start) + 1
    behind = text.find("\n", end.comment.end) + 1 or len(text)
    if text[first : begin.comment.start].strip(" \t\ufeff") or text[last : end.comment.start].strip(" \t"):
        raise _torn(file, begin)
    first += text.startswith("\ufeff") and first == 0
    if text[inner:last].lstrip().startswith("resource "):
        # The blank line that separated it from what follows.
        blank = re.compile(r"[ \t]*\r?\n").match(text, behind)
        return [(first, blank.end() if blank else behind, "")]
    kept = _kept(text[inner:last].splitlines(keepends=True))
    if kept is None:
        raise _changed(file, begin)
    if kept:
        reason = "text that was added between Dayfly's marks stays"
        gaps.append(Gap("", file.line(inner), reason, "check that it is in the right place"))
    edits = [(first, behind, kept)]
    return edits + (_renamed(file, behind, begin, gaps) if begin.is_chained else [])


def _kept(lines: list[str]) -> str | None:
    """What is not Dayfly's of such lines; what opens and closes around it as well.

    None where that cannot be told apart.
    """
    if len(lines) == 1 and _ITEM.fullmatch(lines[0]):
        return ""
    frames: list[tuple[str, list[str]]] = [("", [])]
    depth = 0
    for line in lines:
        if depth == 0 and _OPENING.fullmatch(line):
            frames.append((line, []))
        elif depth == 0 and line.strip() == "}" and len(frames) > 1:
            opening, inner = frames.pop()
            if inner:
                frames[-1][1].extend([opening, *inner, line])
        elif depth > 0 or not _OURS.fullmatch(line):
            depth += sum(line.count(sign) for sign in "{[(") - sum(line.count(sign) for sign in "}])")
            frames[-1][1].append(line)
    if len(frames) > 1 or depth != 0:
        return None
    return "".join(frames[0][1])


def _renamed(file: HclFile, offset: int, begin: _Mark, gaps: list[Gap]) -> list[tuple[int, int, str]]:
    match = _RENAMED.match(file.text, offset)
    if match is None:
        line = file.line(begin.comment.start)
        gaps.append(
            Gap(
                "",
                line,
                f"{NEXT_VARIABLE} is not where attach put it",
                "check which wrapper the function has",
            )
        )
        return []
    return [(match.end(1), match.end(), WRAPPER_VARIABLE)]


def _opening(file: HclFile, mark: _Mark) -> tuple[int, int, str]:
    start = mark.comment.start
    match = _WRAPPED.search(file.text, max(0, start - _LONGEST_OPENING), start)
    if match is not None:
        return (match.start(), mark.comment.end, "")
    raise _torn(file, mark)


def _was(file: HclFile, mark: _Mark) -> tuple[int, int, str]:
    start = mark.comment.start
    if not file.text.endswith(FORCED, 0, start):
        raise _torn(file, mark)
    kept = mark.comment.text.removeprefix(WAS).removesuffix(" */")
    return (start - len(FORCED), mark.comment.end, kept)


def _is_ours(content: str) -> bool:
    """Whether what lies between marks within a line is what attach writes: one layer, or variables of Dayfly's."""
    names = _NAMES.findall(content)
    if names:
        return all(name == WRAPPER_VARIABLE or name.startswith("DAYFLY_") for name in names)
    return content.strip(" ,)").count(",") <= (1 if "null" in content else 0)


def _changed(file: HclFile, mark: _Mark) -> TemplateError:
    return TemplateError(
        f"{file.path}:{file.line(mark.comment.start)} the text between Dayfly's marks was edited",
        hint="move your changes after `dayfly:end`, or restore the file from version control",
    )


def _torn(file: HclFile, mark: _Mark) -> TemplateError:
    line = file.line(mark.comment.start)
    return TemplateError(
        f"{file.path}:{line} Dayfly's mark (dayfly:{mark.kind}) was edited",
        hint="remove Dayfly manually, or restore the file from version control",
    )
