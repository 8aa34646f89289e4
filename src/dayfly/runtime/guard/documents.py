"""Has documents judged: XML and queries before they are read, requests and mails before they leave; loaded when there is one."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import sys

from dayfly.core.decodings import from_base64, unquote
from dayfly.core.structure.query import judge_query
from dayfly.runtime.guard import sinks
from dayfly.runtime.guard.clients import is_json
from dayfly.runtime.guard.places import text_of
from dayfly.runtime.guard.reentrancy import read_beginning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from dayfly.core.structure.query import Language
    from dayfly.runtime.guard.guarding import Guard

# What an XML document takes from other files, where the function has that done.
_INCLUDES = "http://www.w3.org/2001/XInclude"
_INCLUDE = re.compile(r"<[^<>]*\bhref[^<>]*>")
_STYLE = "http://www.w3.org/1999/XSL/Transform"
# Texts, and names of columns between backticks, in an expression of pandas'; and what reaches variables or internals.
_FRAME_LITERALS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`")
_BEYOND_COLUMNS = re.compile(r"@|\.\s*_")
_SIGNS = (
    (b"\0\0", "utf-32-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\0<", "utf-16-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"<\0", "utf-16-le"),
    # EBCDIC: "<?xm".
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
_ENCODING = re.compile(rb"""<\?xml[^<>]{0,64}\bencoding\s*=\s*["']([A-Za-z][\w.-]{0,32})["']""")
# A tag, with a ">" in its texts and to the next one where it has no end, or an entity that is no sign's. No parser reads "a < b".
_MARKUP = re.compile(
    r"<(?!\s)(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*(?:>|[^<]*)|&(?!\s|(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)[\w:.-]*"
)
# Of another setting, within one; of a variable of the environment's.
_SETTING = re.compile(r"%\(([^()]+)\)s|\$\{([^{}]+)\}|\$(\w+)")
# Of a document in a file.
_MANY_WRITTEN = 1_000_000
# Where an element ends or begins; what is empty does neither.
_TAG = re.compile(r"<(/?)[A-Za-z_][^<>]*?(/?)>")
_BEHIND_ATTRIBUTE = re.compile(r"[=>]")
# The first line of a request; and how much of its head is read.
_REQUEST = re.compile(rb"[A-Z]{3,10} \S+ HTTP/1\.[01]\r?\n")
_MANY_HEAD = 65_536
# RFC 5321, 4.1.1.4.
_END_OF_MAIL = "\r\n.\r\n"
_LENGTH_BEFORE = re.compile(r"\$[0-9]{1,9}\r\n\Z")
_COUNT = re.compile(rb"([*$])([0-9]{1,9})\r\n")
_EMPTY_LINE = re.compile(r"\n\r?\n")
# How a mail begins, and no message to a chat, whose lines end otherwise: RFC 5322, 2.1 and 2.2.
_FIELDS = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]{0,63}:[^\r\n]*\r\n){2}")
# A text in base64 that may hold as much.
_ENCODED = re.compile(r'"([A-Za-z0-9+/_-]{24,})')
# A form.
_FORM = re.compile(r"[\w.\[\]-]{1,64}=[^\s=]*(?:&|\Z)")
_EXTERNAL = re.compile(r"""\b(?:SYSTEM|PUBLIC)\s+["']""")
# What no parser reads is a picture's or the like (NDATA).
_LOCAL = re.compile(
    r"""\b(?:SYSTEM|PUBLIC\s+(?:"[^"]*"|'[^']*'))\s+(["'])(?:file:|/|[^"']*?\.\./)[^"']*\1(?!\s+NDATA)""",
    re.IGNORECASE,
)
_ENTITY = re.compile("<!ENTITY")
# Declarations of one document, and references to characters within references.
_MANY_ENTITIES, _MANY_ROUNDS = 1000, 4
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
# A quote or a separator, which stands in any.
_FEW_SIGNS = 2
# Of one document that are compared.
_MANY_SHAPES = 16
_MANY_REFERENCES = 100
_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')


def about_markup(guard: Guard, document: object, frame: FrameType) -> None:
    """XML that is about to be parsed: an entity of it may name a file or a URL."""
    if isinstance(document, (io.BytesIO, io.StringIO)):
        document = document.getvalue()
    elif isinstance(document, (str, os.PathLike, io.IOBase)) and "<" not in str(document):
        document = _written(guard, document)
    text = _markup(document)
    if guard.own.is_constant(text):
        return
    if _INCLUDES in text and guard.own.has_word("xinclude"):
        for tag in _INCLUDE.finditer(text):
            by = next(
                (one for one in guard.contributed(text) if one.start < tag.end() and tag.start() < one.end),
                None,
            )
            if by is not None:
                guard.refuse("path.entity", frame, path=by.path, text=tag.group())
    if _STYLE in text and guard.own.has_word("XSLT"):
        # A program, which reads the document and files: within its tags, and by tags and entities of the event's.
        tags = [tag.span() for tag in _MARKUP.finditer(text)]
        if (span := sinks.find_in_tags(guard, text, tags, guard.contributed(text))) is not None:
            guard.refuse("template.source", frame, path=span.path, text=text)
    # Declarations stand in a document type (XML 1.0, 2.8), not in text that quotes one.
    if "<!ENTITY" not in text or "<!DOCTYPE" not in text:
        return
    spans = guard.contributed(text)
    # In an encoding of its own, which nobody has read the event in.
    whole = guard.provenance.holds_bytes(document) if type(document) is bytes else ""
    # From one declaration to the next, or to where the last may end: a value may hold any sign, and another declaration.
    starts = [found.start() for found in _ENTITY.finditer(text)][:_MANY_ENTITIES]
    last = text.rfind("]")
    ends = [*starts[1:], last if last > starts[-1] else len(text)]
    for start, end in zip(starts, ends, strict=True):
        declaration = text[start:end]
        for _ in range(_MANY_ROUNDS):
            # Of an entity's value another declaration may be made: with references to characters in it.
            before, declaration = declaration, _REFERENCE.sub(_character, declaration)
            if before == declaration:
                break
        path = whole or next((span.path for span in spans if span.start < end and start < span.end), "")
        # From any source: an honest document names files relative to itself.
        if (path and _EXTERNAL.search(declaration)) or _LOCAL.search(unquote(declaration)):
            guard.refuse("path.entity", frame, path=path, text=declaration)


def _written(guard: Guard, file: object) -> bytes:
    """Return a document that the function has written to a file before, empty for another one."""
    name = text_of(getattr(file, "name", file) if isinstance(file, io.IOBase) else file) or ""
    if not guard.places.is_temporary(name):
        return b""
    return read_beginning(name, _MANY_WRITTEN) or b""


def _character(reference: re.Match[str]) -> str:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return chr(number) if number <= sys.maxunicode else ""


def _markup(document: object) -> str:
    """Return an XML document as its parser reads it: by its first bytes (XML 1.0, appendix F), or by what it says.

    Parsers do not believe all that it says: where any reading has what is looked for, that one.
    """
    text = text_of(document) or ""
    if type(document) is not bytes:
        return text
    encodings = [name for sign, name in _SIGNS if document.startswith(sign)]
    if (said := _ENCODING.match(document)) is not None:
        encodings.append(said[1].decode("ascii"))
    for encoding in encodings:
        try:
            reading = document.decode(encoding, "replace")
        except (LookupError, UnicodeError):
            continue
        if any(sign in reading for sign in ("<!ENTITY", _INCLUDES, _STYLE)):
            return reading
    return text


def about_entity(guard: Guard, name: object, frame: FrameType) -> None:
    """What an entity of a document is about to be read from."""
    text = text_of(name) or ""
    if not guard.own.is_constant(text) and (spans := guard.contributed(text)):
        guard.refuse("path.entity", frame, path=spans[0].path, text=text)


def about_frame(guard: Guard, text: object, frame: FrameType) -> None:
    """An expression of pandas' over columns: what reaches beyond them are variables (`@name`) and attributes."""
    if type(text) is not str or guard.own.is_constant(text):
        return
    guard.act_on(judge_query(text, guard.provenance, guard.own, language="pandas"), text, frame)
    plain = _FRAME_LITERALS.sub(lambda found: " " * len(found.group()), text)
    for span in guard.contributed(text) if _BEYOND_COLUMNS.search(plain) else ():
        if _BEYOND_COLUMNS.search(plain, span.start, span.end):
            guard.refuse("python.structure", frame, path=span.path, text=text)
            return


def about_query(guard: Guard, text: object, language: Language, frame: FrameType) -> None:
    """An expression of XPath's or JMESPath's, or a filter of LDAP's, that is about to be evaluated."""
    if type(text) is str and not guard.own.is_constant(text):
        guard.act_on(judge_query(text, guard.provenance, guard.own, language=language), text, frame)


def about_command(guard: Guard, command: str, frame: FrameType) -> None:
    """A command of Redis' in one text, which the client cuts at its blanks: the event brings none."""
    for span in guard.contributed(command):
        if len(command[span.start : span.end].split()) > 1:
            guard.refuse("query.structure", frame, path=span.path, text=command)
            return


def about_elements(guard: Guard, document: object, frame: FrameType) -> None:
    """XML that is about to be parsed: a value of the event ends no element that it does not begin."""
    text = text_of(document) or ""
    for value, path in guard.provenance.values_in(text, "</") if "</" in text else ():
        depth = 0
        # What begins within a tag is a piece of a document.
        for tag in _TAG.finditer(value) if value.find("<") < value.find(">") else ():
            depth += -1 if tag[1] else not tag[2]
            if depth < 0:
                guard.refuse("query.structure", frame, path=path, text=value)
                return
    for quote in "\"'":
        for value, path in guard.provenance.values_in(text, quote):
            # An attribute's, which ends it before another one or the tag's end.
            if f"={quote}{value}" in text and _BEHIND_ATTRIBUTE.search(value, value.find(quote) + 1):
                guard.refuse("query.structure", frame, path=path, text=value)
                return


def about_head(guard: Guard, data: object, by_hand: bool, frame: FrameType) -> None:
    """What is about to be sent: the event breaks no line of a request's head, and ends no value of its body.

    Nor a line of another protocol's that has lines, if the function itself writes them (`by_hand`).
    """
    if type(data) is memoryview or type(data) is bytearray:
        data = bytes(data)
    if type(data) is not bytes:
        return
    if not _REQUEST.match(data[:_MANY_HEAD]):
        text = data[:_MANY_HEAD].decode("utf-8", "replace")
        if by_hand and data.endswith(b"\r\n"):
            _about_lines(guard, text, "query.structure", frame, counted=_counted(data), data=data)
        about_body(guard, text, frame)
        return
    _about_lines(guard, data[:_MANY_HEAD].decode("latin-1"), "url.structure", frame)


def about_settings(guard: Guard, text: object, parse: Callable[[str], object], frame: FrameType) -> None:
    """Settings that the function may have written by hand, as INI, TOML or JSON: a value of the event within a line is no more than that.

    What `parse` does not read has no effect.
    """
    if type(text) is not str or guard.own.is_constant(text):
        return
    # Between values of JSON's a line's end is a blank.
    for sign in '"' if is_json(text) else '\n"':
        for value, path in guard.provenance.values_in(text, sign):
            at = text.find(value)
            is_within = at > 0 and text[at - 1] != "\n"
            # Between three quotes of TOML's lines are a value's.
            if is_within and (_ends_text(text, value) if sign == '"' else '"""' not in text[:at]):
                try:
                    parse(text)
                except ValueError:
                    return
                guard.refuse("query.structure", frame, path=path, text=value)
                return


def about_references(guard: Guard, text: str, look_up: Callable[[str], object], frame: FrameType) -> None:
    """A setting that refers to others, or to variables of the environment: what the event refers to is in the event as well.

    So is what that refers to.
    """
    todo = [] if guard.own.is_constant(text) else [text]
    for one in todo:
        for span in guard.contributed(one):
            for found in _SETTING.finditer(one):
                if not (span.start < found.end() and found.start() < span.end):
                    continue
                value = text_of(look_up(found[found.lastindex or 1]))
                is_held = value and guard.provenance.holds_bytes(value.encode("utf-8", "surrogatepass"))
                if value and (not is_held or len(todo) > _MANY_REFERENCES):
                    guard.refuse("template.source", frame, path=span.path, text=text)
                    return
                if value and value not in todo:
                    todo.append(value)


def about_shape(guard: Guard, text: object, read: Callable[[str], list[object]], frame: FrameType) -> None:
    """YAML or CSV that the function may have written by hand: a value of the event within a line is no more than a text's content.

    `read` returns the kinds of its parts, or how many fields each row has: they are what they are with a plain word there. It raises
    ValueError for what the library does not read.
    """
    if type(text) is not str or guard.own.is_constant(text):
        return
    found = {value: path for sign in "\n\"'{[" for value, path in guard.provenance.values_in(text, sign)}
    shape: list[object] | None = None
    for value in sorted(found, key=len, reverse=True)[:_MANY_SHAPES]:
        before, _, after = text.partition(value)
        is_within = before[-1:] not in ("\n", "") or after[:1] not in ("\r", "\n", "")
        if is_within and len(value) > _FEW_SIGNS:
            try:
                shape = shape or read(text)
                is_same = shape == read(f"{before}x{after}")
            except ValueError:
                # What is no YAML: the one has no effect, the other says nothing. No other error, which may be the function's timeout.
                if shape is None:
                    return
                continue
            if not is_same:
                guard.refuse("query.structure", frame, path=found[value], text=value)
                return


def about_mail(guard: Guard, message: object, frame: FrameType) -> None:
    """A mail with its header, which the function may have written by hand: the event breaks no line of that."""
    _about_lines(guard, (text_of(message) or "")[:_MANY_HEAD], "query.structure", frame)


def _counted(data: bytes) -> list[bytes]:
    """Return the texts that are sent with their lengths before them, where all that is sent is (RESP's arrays)."""
    # https://redis.io/docs/latest/develop/reference/protocol-spec/
    found: list[bytes] = []
    at = 0
    while at < len(data):
        head = _COUNT.match(data, at)
        if head is None:
            return []
        at = head.end()
        if head[1] == b"$":
            end = at + int(head[2])
            found.append(data[at:end])
            if data[end : end + 2] != b"\r\n":
                return []
            at = end + 2
    return found


def _about_lines(
    guard: Guard, text: str, rule: str, frame: FrameType, *, counted: Sequence[bytes] = (), data: bytes = b""
) -> None:
    """A head, up to an empty line: a value within a line of it holds no line; one that begins a line is of a head that is handed on.

    Nor does one end a mail, which a line with a dot does. What is `counted` may hold lines.
    """
    end = _EMPTY_LINE.search(text)
    for value, path in guard.provenance.values_in(text, "\n"):
        # All of them: what one text has may stand in another one that is too short.
        sent = value.encode() if counted else b""
        if counted and sum(one.count(sent) for one in counted) == data.count(sent):
            continue
        at = text.find(value)
        is_within = text[at - 1] != "\n" or _LENGTH_BEFORE.search(text, max(at - 12, 0), at)
        is_head = 0 < at < (end.start() if end else len(text)) and is_within
        if is_head or (_END_OF_MAIL in value and text.endswith(_END_OF_MAIL)):
            guard.refuse(rule, frame, path=path, text=value)
            return


def about_body(guard: Guard, text: str, frame: FrameType) -> None:
    """A body that the function may have written by hand: JSON, XML, a form or a mail."""
    if text[:1] == "<":
        about_elements(guard, text, frame)
        return
    if _FIELDS.match(text):
        about_mail(guard, text, frame)
        return
    sign = '"' if is_json(text) else "&" if _FORM.match(text) else ""
    for encoded in _ENCODED.finditer(text) if sign == '"' else ():
        # As Gmail takes it; its end may be cut off.
        mail = from_base64(encoded[1][: len(encoded[1]) & ~3]).decode("utf-8", "replace")
        if _FIELDS.match(mail):
            about_mail(guard, mail, frame)
    has_statement = sinks.may_hold_statement(text)
    if sign == '"' and (has_statement or '"query"' in text):
        _about_document(guard, text, frame)
    elif has_statement and sign:
        guard.late("statements").about_fields(guard, text, frame)
    elif has_statement:
        guard.late("statements").about_statement(guard, text, frame)
    for value, path in guard.provenance.values_in(text, sign) if sign else ():
        # Within a text of JSON's, or as the value of a field: what begins outside of one is a part that the event has as such.
        at = text.find(value)
        if text[at - 1 : at] == "=" if sign == "&" else _ends_text(text, value) or _is_no_value(text, value):
            guard.refuse("query.structure", frame, path=path, text=value)
            return


def _about_document(guard: Guard, text: str, frame: FrameType) -> None:
    """A document of JSON's: a value of the event changes no statement in it, and ends no text of one of GraphQL's."""
    try:
        body = json.loads(text)
    except ValueError:
        return
    todo = [body]
    for one in todo:
        if isinstance(one, str):
            guard.late("statements").about_statement(guard, one, frame)
        elif isinstance(one, (dict, list)):
            todo += one.values() if isinstance(one, dict) else one
    document = body.get("query") if isinstance(body, dict) else None
    if not isinstance(document, str):
        return
    for value, path in guard.provenance.values_in(document, '"') + guard.provenance.values_in(document, "}"):
        if _ends_text(document, value) or (_closes(value) and not document.startswith(value)):
            guard.refuse("query.structure", frame, path=path, text=value)
            return


def _closes(value: str) -> bool:
    return min(itertools.accumulate((sign == "{") - (sign == "}") for sign in value)) < 0


def _ends_text(document: str, value: str) -> bool:
    """Say whether a value begins within a text between double quotes, and ends it."""
    at = document.find(value)
    return _QUOTE.search(document, at, at + len(value)) is not None and _is_in_text(document, at)


def _is_in_text(document: str, at: int) -> bool:
    return len(_QUOTE.findall(document, 0, at)) % 2 == 1


def _is_no_value(document: str, value: str) -> bool:
    """Say whether what stands behind a key of JSON's, outside of a text, is more than one value: `0, "approved": true`."""
    at = document.find(value)
    if document[:at].rstrip()[-1:] != ":" or _is_in_text(document, at):
        return False
    try:
        json.loads(value)
    except ValueError:
        return True
    return False
