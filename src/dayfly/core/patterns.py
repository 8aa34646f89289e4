"""What a request looks like: its shape, the pattern of its values, and what it asks for; pure and bounded.

Three questions that only a fleet can ask, of three texts that are hashed before anybody sees them. The shape has names and
types. The pattern is what one exploit has in common however it is aimed: the punctuation that makes a value code, a
statement, a command, with words, numbers and quoted arguments taken out; requests of plain values have their shape for a
pattern. The subject has the values themselves, less what changes with every request.
"""

from __future__ import annotations

import re

# Where a walk ends, and what of a text it reads: the beginning of an exploit tells it apart.
MAX_NODES = 1500
MAX_DEPTH = 12
MAX_ITEMS = 40
MAX_TEXT = 512
# Texts that are not plain at first sight, each of which may take 0.2 ms.
MAX_TEXTS = 80
_MAX_NESTED = 65536
_MAX_SKELETON = 64
_MAX_NOTABLE = 12
_MAX_NAME = 48

_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_PLAIN = re.compile(r"[\w.:@+~=-]*", re.ASCII)
# A pickle's beginning and an address, which are plain otherwise.
_NOT_PLAIN = ("gA", "169.254.")
_UP = re.compile(r"(?:\.\.[/\\])+")
# After what a quotation opens; after a word it closes one that the sender did not see, which is an exploit's mark.
_QUOTED = re.compile(r"(?<![^\s(,\[={:+])(?:'[^']*'|\"[^\"]*\")")
_ATOM = re.compile(r"\w+(?:(?:[./:@%+~&#=?*-]+|(?<=[^\W\d_])['’](?=[^\W\d_]))\w+)*")
_EDGE = re.compile(r"(?:(?<=\s)|^)[./:@%+~&#=?*,!-]+|[./:@%+~&#=?*,!-]+(?=\s|$)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_WORDS = re.compile(r"W(?:[\s,]+W)+")
_QUOTES = re.compile(r"Q(?:\s*,\s*[QW])+")
_IN_PROSE = re.compile(r"(?:(?<=\s)|^)(?:\(W\)|\[W\]|Q)(?=[\s,.!?]|$)")
_SPACE = re.compile(r"\s+")
_ARGUMENTS = re.compile(r"\([WQ+,.\s]*\)")
_ADDRESSEE = re.compile(r"<[^<>\s]+@[^<>\s]+>")
_PROSE_SEMICOLON = re.compile(r"(?<=[\w.)]);(?=\s)")
# What no punctuation gives away: statements, commands behind a separator, schemes, the interpreter's own names, pickles in
# base64, where credentials are.
_MARKS = (
    (
        "sql",
        re.compile(
            r"\bunion\s+(?:all\s+)?select\b|['\"]\s*(?:or|and)\b[^,.]{0,40}(?:=|like|\()|;\s*drop\s|\bsleep\s*\(\s*\d|"
            r"\b(?:or|and)\s+(?:\d+|'[^']*'|\"[^\"]*\")\s*(?:=|like)\s*['\"\d]",
            re.I,
        ),
    ),
    (
        "command",
        re.compile(
            r"(?:[;&|`\n]|\$\()\s*(?:cat|ls|id|curl|wget|nc|ncat|bash|sh|python3?|perl|rm|echo|env|printenv|whoami|uname|ping|"
            r"sleep|nslookup|dig|chmod|cp|mv|base64|aws|touch|tee|dd|ps|kill|export|eval|exec)\b"
        ),
    ),
    (
        "dunder",
        re.compile(r"__(?:class|globals|builtins|import|subclasses|mro|bases|init|proto|reduce)\w*__"),
    ),
    ("scheme", re.compile(r"^(?:file|gopher|dict|jar|ldaps?|rmi|phar|expect|php|data)://?", re.I)),
    ("pickle", re.compile(r"^gA[JNRSV][A-Za-z0-9+/_-]{12}")),
    ("metadata", re.compile(r"169\.254\.(?:169\.254|170\.2)|fd00:ec2::254|/latest/meta-data")),
)
_VOLATILE = re.compile(
    r"(?:^|[_-])(?:ts|time|timestamp|date|now|nonce|csrf|xsrf|sig|signature|hmac|request_?id|requestid|trace|span|"
    r"correlation|idempotency|cache_?buster|rand|random|seq|etag)(?:$|[_-])|timestamp|^_$|"
    r"(?:request|trace|span|correlation|message|event|session)_?id$",
    re.I,
)
# What says of itself that it is one of many of its kind, where a name of the function's own was to be expected.
_IS_DATA = re.compile(rf"\d|^.{{{_MAX_NAME + 1}}}", re.S)


class Looks:
    """The three texts of one request, to be hashed; `pattern` is empty where all its values are plain."""

    __slots__ = ("pattern", "shape", "subject")

    def __init__(self, shape: str, pattern: str, subject: str) -> None:
        self.shape = shape
        self.pattern = pattern
        self.subject = subject


def look(content: object) -> Looks:
    """Return what a value looks like that was read from JSON, whatever it holds."""
    walk = _Walk()
    shape = walk.visit(content, 0, is_asked=True)
    return Looks(shape, "|".join(sorted(walk.notable)[:_MAX_NOTABLE]), "\n".join(walk.asked))


def is_plain(text: str) -> bool:
    """Say whether a text is a word, a number, an address or a name, as by far the most are."""
    return (
        _PLAIN.fullmatch(text, 0, MAX_TEXT) is not None
        and ".." not in text
        and "__" not in text
        and not text.startswith(_NOT_PLAIN)
    )


def skeleton(text: str) -> str:
    """Return what is left of a text without words, numbers and quoted arguments; empty for plain text and prose."""
    text = text[:MAX_TEXT]
    if is_plain(text):
        return ""
    if "%" in text:
        text = _PERCENT.sub(lambda found: chr(int(found[1], 16)), text)
    # Of a command that is an argument of something else, the something else is the exploit.
    unquoted = _QUOTED.sub("\x02", text)
    marks = [name for name, found in _MARKS if found.search(unquoted if name == "command" else text)]
    if "sql" in marks:
        # What is injected into a statement has as many forms as statements: it is one exploit.
        return "+".join(marks)
    rest = _CONTROL.sub("\x01", _UP.sub("^", _ADDRESSEE.sub("W", text)))
    if "command" not in marks:
        rest = _PROSE_SEMICOLON.sub(",", rest)
    rest = _ATOM.sub("W", _QUOTED.sub("\x02", rest)).replace("\x02", "Q")
    rest = _QUOTES.sub("Q", _WORDS.sub("W", _EDGE.sub(" ", rest)))
    rest = _WORDS.sub("W", _IN_PROSE.sub("W", rest))
    if "(" in rest:
        # Of a call in a call, too.
        rest = _ARGUMENTS.sub("()", _ARGUMENTS.sub("()", rest))
    rest = _SPACE.sub("", rest)
    if not rest.strip("WQ"):
        rest = ""
    return "+".join([*marks, rest[:_MAX_SKELETON]]) if marks or rest else ""


class _Walk:
    """One walk over a value, which ends after MAX_NODES of its parts."""

    def __init__(self) -> None:
        self.left = MAX_NODES
        self.texts_left = MAX_TEXTS
        self.notable: set[str] = set()
        self.asked: list[str] = []

    def visit(self, value: object, depth: int, *, is_asked: bool) -> str:
        """Return the shape of a value; note what is notable in it, and, where `is_asked`, the value."""
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            return "…"
        if isinstance(value, str):
            return self._text(value, depth, is_asked=is_asked)
        if isinstance(value, dict):
            return self._object(value, depth, is_asked=is_asked)
        if isinstance(value, list):
            kinds = {self.visit(item, depth + 1, is_asked=is_asked) for item in value[:MAX_ITEMS]}
            return f"[{','.join(sorted(kinds))}]"
        if is_asked:
            self.asked.append(str(value)[:MAX_TEXT])
        if value is None:
            return "0"
        return "b" if isinstance(value, bool) else "n"

    def _text(self, value: str, depth: int, *, is_asked: bool) -> str:
        if value[:1] in ("{", "[") and len(value) <= _MAX_NESTED:
            nested = read_json(value)
            if isinstance(nested, dict | list):
                return "j" + self.visit(nested, depth + 1, is_asked=is_asked)
        self._note("", value)
        if is_asked:
            self.asked.append(value[: MAX_TEXT * 8])
        return "s"

    def _note(self, place: str, text: str) -> None:
        if is_plain(text) or self.texts_left <= 0:
            return
        self.texts_left -= 1
        if found := skeleton(text):
            self.notable.add(place + found)

    def _object(self, value: dict[object, object], depth: int, *, is_asked: bool) -> str:
        parts: dict[str, None] = {}
        for name in sorted(map(str, value))[: MAX_ITEMS * 4]:
            wanted = is_asked and not _VOLATILE.search(name[:_MAX_NAME])
            if wanted:
                self.asked.append(name[:MAX_TEXT] + "=")
            if name[:1] == "$" or name.startswith("__"):
                self.notable.add("name:" + name[:_MAX_NAME])
            else:
                self._note("name:", name)
            shape = self.visit(value.get(name), depth + 1, is_asked=wanted)
            parts[f"{'*' if _IS_DATA.search(name) else name}:{shape}"] = None
        return "{" + ",".join(parts) + "}"


def read_json(text: str) -> object:
    """Return what a JSON text holds, None where it is none that can be read."""
    import json

    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError, MemoryError):
        return None
    return found
