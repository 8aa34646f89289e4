"""Puts what is about to happen before the judge of its kind, in the form that the judge reads."""

from __future__ import annotations

import os

from dayfly.core.structure.arithmetic import parse_arithmetic
from dayfly.core.structure.imports import judge_global
from dayfly.core.structure.judgement import Judgement
from dayfly.core.structure.path import judge_path
from dayfly.core.structure.python import judge_python
from dayfly.core.structure.shell import judge_argv, judge_shell
from dayfly.core.structure.sql import judge_sql
from dayfly.core.structure.template import judge_template
from dayfly.core.structure.url import host_of, judge_url
from dayfly.core.triggers import SERVICES_URLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from dayfly.runtime.guard.guarding import Guard

# What evaluates hints of types that are written as texts.
_HINTS = ("typing", "annotationlib")
# A whole host of so many is one of the event's all the same.
_FEW_CHARACTERS = 2
# Where AWS answers: which of its hosts it is says a bucket's, a region's or a queue's name.
_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".aws.dev")


def about_python(guard: Guard, source: str | bytes, frame: FrameType) -> None:
    """Code that is about to be compiled."""
    own = guard.written if guard.is_writer(frame) else guard.own
    by_library, names_fields = guard.is_installed(frame), guard.names_fields(frame)
    judgement = judge_python(source, guard.provenance, own, by_library=by_library, names_fields=names_fields)
    if judgement.verdict != "allow":
        if guard.places.is_importing(frame):
            # What runs while a module of the deployment is loaded knows nothing of the event: a library's dataclass.
            return
        if words := guard.words_of_caller(frame):
            judgement = judge_python(
                source, guard.provenance, words, by_library=by_library, names_fields=names_fields
            )
        if judgement.verdict == "unknown" and frame.f_globals.get("__name__") in _HINTS:
            # A hint in a library's text: nobody keeps those in a database.
            return
        if judgement.verdict != "allow" and _is_arithmetic(guard, judgement, source, frame):
            return
    guard.act_on(judgement, source, frame)


def _is_arithmetic(guard: Guard, judgement: Judgement, source: str | bytes, frame: FrameType) -> bool:
    """Say whether source that is not allowed is plain arithmetic all the same, and report it then."""
    found = parse_arithmetic(source)
    if found is None or (judgement.verdict == "refuse" and not guard.takes_over(found.texts())):
        return False
    place = guard.places.name(frame)
    guard.tell("computed", "python.arithmetic", place=place, path=judgement.path, text=source)
    return True


def about_template(guard: Guard, text: str, environment: object, frame: FrameType) -> None:
    """A template of jinja2's: what stands between its marks is code, and so are the marks."""
    if guard.own.is_constant(text):
        # The function's very own, though a number in it is one of the event's.
        return
    marks = [
        (
            str(getattr(environment, kind + "_start_string", "")),
            str(getattr(environment, kind + "_end_string", "")),
        )
        for kind in ("variable", "block", "comment")
    ]
    marks += [
        (prefix, "\n")
        for kind in ("line_statement_prefix", "line_comment_prefix")
        if type(prefix := getattr(environment, kind, None)) is str
    ]
    spans = guard.provenance.spans(text)
    if not spans:
        guard.act_on(judge_template(text, guard.provenance, guard.own), text, frame)
        return
    for start, end in _between(text, marks) if spans else ():
        for span in spans:
            part = text[max(span.start, start) : min(span.end, end)].strip()
            # A variable of the function's may well be called as a key of the event's.
            if part and not (part.isidentifier() and guard.own.has_word(part) and span.start > start):
                guard.refuse("template.source", frame, path=span.path, text=text)
                return


def _between(text: str, marks: list[tuple[str, str]]) -> list[tuple[int, int]]:
    """Return where tags of a template begin and end, their marks included."""
    found: list[tuple[int, int]] = []
    at = 0
    while True:
        starts = [(text.find(start, at), start, end) for start, end in marks if start]
        starts = [one for one in starts if one[0] >= 0]
        if not starts:
            return found
        first, start, end = min(starts)
        last = text.find(end, first + len(start))
        at = len(text) if last < 0 else last + len(end)
        found.append((first, at))


def about_bytes(
    guard: Guard, rule: str, data: object, frame: FrameType, *, tells_unknown: bool = True
) -> None:
    """Byte code, which nobody writes by hand: it is the event's or it is not."""
    if type(data) is bytes and (path := guard.provenance.holds_bytes(data)):
        guard.refuse(rule, frame, path=path, text=data)
    elif tells_unknown:
        guard.act_on(Judgement("unknown", rule, "bytecode from another source"), b"", frame)


def about_global(guard: Guard, module: str, name: str, frame: FrameType) -> None:
    """A name that a deserialiser is about to look up and perhaps to call."""
    guard.act_on(judge_global(module, name, guard.provenance, guard.own), f"{module}.{name}", frame)


def about_name(guard: Guard, named: str, frame: FrameType) -> None:
    """The same, where what is deserialised spells it as one text: `os.system`."""
    for span in guard.provenance.spans(named):
        if span.start == 0 and span.end == len(named):
            guard.refuse("global.named", frame, path=span.path, text=named)
            return
    module, _, name = named.rpartition(".")
    about_global(guard, module or "builtins", name, frame)


def about_import(guard: Guard, name: str, frame: FrameType) -> None:
    """A module whose name is not in the code that imports it."""
    spans = guard.provenance.spans(name)
    if not spans or spans[0].start > 0 or guard.own.is_constant(name):
        # A choice among the modules of a package, or among those whose names begin in a way, that the code names.
        return
    guard.refuse("import.named", frame, path=spans[0].path, text=name)


def about_shell(guard: Guard, command: object, frame: FrameType) -> None:
    """A command line that a shell is about to read."""
    text = _text(command)
    if text is not None:
        guard.act_on(judge_shell(text, guard.provenance, guard.own), text, frame)


def about_process(guard: Guard, executable: object, arguments: object, frame: FrameType) -> None:
    """A program that is about to be started."""
    if isinstance(arguments, (list, tuple)):
        words = [word for word in map(_text, arguments) if word is not None]
    else:
        word = _text(arguments)
        words = [] if word is None else [word]
    program = _text(executable) or (words[0] if words else "")
    guard.act_on(judge_argv(program, words, guard.provenance, guard.written), "\0".join(words), frame)


def about_sql(guard: Guard, sql: object, dialect: str, frame: FrameType) -> None:
    """A statement that is about to be sent."""
    if (type(sql) is str and not guard.own.is_constant(sql)) or type(sql) is bytes:
        guard.act_on(judge_sql(sql, guard.provenance, guard.written, dialect=dialect), sql, frame)


def about_path(guard: Guard, path: object, frame: FrameType) -> None:
    """A file or directory that is about to be opened, listed or changed."""
    text = _text(path)
    if text and not guard.own.is_constant(text):
        roots, deployed = guard.places.temporary, guard.places.roots
        judgement = judge_path(text, guard.provenance, guard.written, roots=roots, deployed=deployed)
        if judgement.verdict == "allow" and judgement.path:
            # Only now: links cost a system call for each part of a path.
            resolved = os.path.realpath(text)
            judgement = judge_path(
                text, guard.provenance, guard.written, resolved=resolved, roots=roots, deployed=deployed
            )
        guard.act_on(judgement, text, frame)


def about_url(guard: Guard, url: object, frame: FrameType) -> None:
    """A URL that is about to be fetched."""
    text = _text(url)
    if text and not guard.own.is_constant(text) and not _is_services(guard, text):
        guard.act_on(judge_url(text, guard.provenance, guard.written), text, frame)


def about_host(guard: Guard, host: object, frame: FrameType) -> None:
    """A host that is about to be looked up or connected to."""
    text = _text(host)
    if not text or guard.own.is_constant(text):
        return
    if len(text) <= _FEW_CHARACTERS and (spans := guard.provenance.spans(text)):
        # "0" and "::" are this very machine; in a longer text they would be nobody's.
        guard.refuse("url.target", frame, path=spans[0].path, text=text)
        return
    suffix = next((suffix for suffix in _AWS if text.endswith(suffix)), "")
    if suffix and not _is_chosen(guard, text, len(text) - len(suffix)):
        return
    about_url(guard, f"//{text}/", frame)


def _is_services(guard: Guard, url: str) -> bool:
    """Say whether a service of AWS wrote where this goes: CloudFormation's ResponseURL, say, and to AWS it goes."""
    if not host_of(url).endswith(_AWS):
        return False
    spans = guard.provenance.spans(url)
    return bool(spans) and all(span.path.partition(">")[0] in SERVICES_URLS for span in spans)


def _is_chosen(guard: Guard, host: str, at: int) -> bool:
    """Say whether the event has AWS's own part of a host, other than where the platform says under which it was called."""
    for span in guard.provenance.spans(host):
        if span.start <= at < span.end and span.path.rpartition(".")[2].lower() not in ("domainname", "host"):
            return True
    return False


def _text(value: object) -> str | None:
    """Return what the operating system would take a value for; a subclass says nothing of its own here."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, bytes):
        return bytes(value).decode("utf-8", "surrogateescape")
    return str.__str__(value) if isinstance(value, str) else None
