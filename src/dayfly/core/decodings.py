"""Undo what clients, queues and front ends do to a text or to bytes, without importing a decoder's package."""

from __future__ import annotations

import binascii
import re
import zlib

_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_SPACE = b" \t\r\n"
_URLSAFE = bytes.maketrans(b"-_", b"+/")
_CONTROL = bytes([*range(9), 11, 12, *range(14, 32), 127])
_HEX = b"0123456789abcdefABCDEF"
# Inside a longer text ("Bearer aaa.bbb.ccc", "data:...;base64,..."). Words in lower case are spared the attempt.
_EMBEDDED = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,}={0,2}")
_ENTITY = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));?")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'", "nbsp": "\xa0"}
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|([0-7]{1,3})|(.))",
    re.DOTALL,
)
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}
_LITERAL = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"?', re.DOTALL)
_XML = re.compile(r">([^<>]+)<|=\"([^\"<>]+)\"")
# The packages that read these are not asked for; what is in them is unknown, and is said to be.
OTHER_ARCHIVES = (b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_ZIP_MEMBER, _ZIP_ENTRY = b"PK\x03\x04", b"PK\x01\x02"
# Of one archive; a package has some thousands.
_MANY_MEMBERS = 2000
_TAR_BLOCK = 512


def unquote(text: str) -> str:
    """Return `text` with its percent-encoding undone; bytes that are no UTF-8 become U+FFFD, as in urllib.

    Quoted-printable is the same form with another sign, and the standard library decodes it in C: a body of 6 MB
    of escapes takes 20 ms, not a second. So the signs are exchanged, after those that begin no escape were escaped.
    """
    data = _PERCENT.sub(b"%25", text.encode("utf-8", "surrogatepass"))
    return binascii.a2b_qp(data.replace(b"=", b"%3D").replace(b"%", b"=")).decode("utf-8", "replace")


def from_base64(text: str) -> bytes:
    """Return what `text` says in base64, standard or for URLs, folded or not, padded or not; empty if it is none."""
    if not text.isascii():
        return b""
    data = text.encode()
    rest = data.translate(None, _BASE64)
    if rest:
        if rest.translate(None, _SPACE + b"="):
            return b""
        data = data.translate(None, _SPACE).rstrip(b"=")
        if b"=" in data:
            return b""
    if len(data) % 4 == 1:
        return b""
    try:
        return binascii.a2b_base64(data.translate(_URLSAFE) + b"=" * (-len(data) % 4))
    except binascii.Error:
        return b""


def from_hex(text: str) -> bytes:
    """Return what `text` says in hexadecimal, also after 0x or \\x; empty if it is none."""
    if not text.isascii():
        return b""
    data = text.encode()
    if data[:2] in (b"0x", b"0X", b"\\x"):
        data = data.replace(b"\\x", b"") if data[:1] == b"\\" else data[2:]
    if len(data) % 2 or len(data) < 4 or data.translate(None, _HEX):
        return b""
    return binascii.unhexlify(data)


def embedded_base64(text: str) -> list[str]:
    """Return the parts of `text` that could be base64 of text, at most 64."""
    found: list[str] = []
    for match in _EMBEDDED.finditer(text):
        token = match[0]
        parts = (token, *(token.split("/") if "/" in token else ()))
        found += (one for one in parts if len(one) >= 8 and not one[1:].islower() and not one.isdigit())
        if len(found) >= 64:
            break
    return found


def is_textual(data: bytes) -> bool:
    """Say whether `data` is UTF-8 with next to no control characters: what a false decoding never is."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return len(data) - len(data.translate(None, _CONTROL)) <= len(data) // 16


def members(data: bytes, limit: int) -> tuple[list[tuple[str, bytes]], bool]:
    """Return the members of a ZIP or TAR archive, names and contents, links' targets for theirs, and whether that is all.

    Nothing for other data.
    """
    if data[:4] == _ZIP_MEMBER:
        return _zip_members(data, limit)
    if data[257:262] == b"ustar":
        return _tar_members(data)
    return [], True


def _zip_members(data: bytes, limit: int) -> tuple[list[tuple[str, bytes]], bool]:
    found: list[tuple[str, bytes]] = []
    at = data.find(_ZIP_ENTRY)
    while at >= 0:
        method, size = _number(data, at + 10, 2), _number(data, at + 20, 4)
        name_size = _number(data, at + 28, 2)
        start = _number(data, at + 42, 4)
        name = data[at + 46 : at + 46 + name_size].decode("utf-8", "replace")
        start += 30 + _number(data, start + 26, 2) + _number(data, start + 28, 2)
        content = data[start : start + size]
        if len(found) >= _MANY_MEMBERS or limit <= 0:
            return found, False
        if method == zlib.DEFLATED:
            try:
                content = zlib.decompressobj(-15).decompress(content, limit)
            except zlib.error:
                content = b""
        limit -= len(content)
        found.append((name, content))
        at = data.find(_ZIP_ENTRY, at + 46 + name_size)
    return found, bool(found)


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _tar_members(data: bytes) -> tuple[list[tuple[str, bytes]], bool]:
    found: list[tuple[str, bytes]] = []
    at = 0
    while data[at + 257 : at + 262] == b"ustar":
        if len(found) >= _MANY_MEMBERS:
            return found, False
        prefix, name, link = (
            data[at + start : at + end].partition(b"\0")[0].decode("utf-8", "replace")
            for start, end in ((345, 500), (0, 100), (157, 257))
        )
        digits = data[at + 124 : at + 136].strip(b" \0")
        if not digits.isdigit() or digits.strip(b"01234567"):
            return found, False
        size = int(digits, 8)
        at += _TAR_BLOCK
        found.append((f"{prefix}/{name}" if prefix else name, link.encode() or data[at : at + size]))
        at += -(-size // _TAR_BLOCK) * _TAR_BLOCK
    return found, True


def to_text(data: bytes) -> tuple[str, str]:
    """Return how `data` is read as text, and that text; UTF-8 has no label, and bytes of no text give none."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ">utf16", data.decode("utf-16", "replace")
    if data[:4].count(0) >= 2 and len(data) % 4 == 0 and data.count(0) * 2 > len(data):
        return ">utf32", data.decode("utf-32-le" if data[1] == 0 else "utf-32-be", "replace")
    if b"\0" in data[:64] and len(data) % 2 == 0 and data.count(0) * 3 > len(data):
        return ">utf16", data.decode("utf-16-le" if data[1] == 0 else "utf-16-be", "replace")
    if is_textual(data):
        return "", data.decode()
    # An image of 4 MB would be 8 MB of letters.
    if len(data) <= 262_144 and len(data) - len(data.translate(None, _CONTROL)) <= len(data) // 16:
        return ">latin1", data.decode("latin-1")
    return "", ""


def unpack(data: bytes, limit: int) -> tuple[str, bytes, bool]:
    """Return how `data` was packed, at most `limit` bytes of what is in it, and whether that is all."""
    if data[:2] == b"\x1f\x8b":
        label, kind = ">gzip", 31
    elif data[:1] == b"\x78" and len(data) > 6 and int.from_bytes(data[:2], "big") % 31 == 0:
        label, kind = ">zlib", 15
    else:
        return "", b"", True
    parts: list[bytes] = []
    for _ in range(16):
        reader = zlib.decompressobj(kind)
        try:
            part = reader.decompress(data, max(limit, 1))
        except zlib.error:
            return (label if parts else "", b"".join(parts), not parts)
        parts.append(part)
        limit -= len(part)
        data = reader.unused_data
        if not reader.eof or limit <= 0:
            return label, b"".join(parts), not reader.unconsumed_tail and not data
        if data[:2] != b"\x1f\x8b":
            return label, b"".join(parts), True
    return label, b"".join(parts), False


def unescape_html(text: str) -> str:
    """Return `text` with character references undone, as `html.unescape` would."""
    return _ENTITY.sub(_entity, text)


def _entity(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        value = _ENTITIES.get(name)
        if value is None:
            # 1 ms and 2,231 names, for an event with a name beyond the common six.
            from html.entities import html5

            value = html5.get(name + ";", match[0])
        return value
    number = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(number) if 0 < number < 0x110000 else "\ufffd"


def unescape(text: str) -> str:
    """Return `text` with backslash escapes of JSON, Python, JavaScript and C undone."""
    text = _ESCAPE.sub(_escape, text)
    if text.isascii():
        return text
    # Two escapes may be one character, and a half of one stays what it is.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _escape(match: re.Match[str]) -> str:
    braces, short, long, byte, octal, plain = match.groups()
    if plain is not None:
        return _PLAIN_ESCAPES.get(plain, plain)
    number = int(octal, 8) if octal else int(braces or short or long or byte, 16)
    return chr(number) if number < 0x110000 else "\ufffd"


def xml_texts(text: str) -> list[str]:
    """Return what stands between the tags and in the quotes of the attributes of XML."""
    return [found for pair in _XML.findall(text) for found in pair if found.strip()]


def literals(text: str, limit: int) -> tuple[list[str], bool]:
    """Return the double-quoted strings of what looks like JSON and is none, and whether these are all.

    A last one may lack its end: to look for it from each quote again would take quadratic time.
    """
    found: list[str] = []
    for match in _LITERAL.finditer(text):
        if len(found) == limit:
            return found, False
        found.append(match[1])
    return found, True


def pairs(text: str, separator: str) -> list[tuple[str, str]]:
    """Return the names and values of form data, a query or a cookie, still encoded; quotes around a value go."""
    found: list[tuple[str, str]] = []
    for part in text.split(separator):
        name, equals, value = part.partition("=")
        if equals:
            value = value.strip()
            if len(value) > 1 and value[0] == value[-1] == '"':
                value = value[1:-1]
            # "https://example.com/?page=2" has one name, "page".
            found.append((name.rpartition("?")[2].strip(), value))
    return found


def multipart(data: bytes, limit: int) -> tuple[list[tuple[str, bytes]], bool]:
    """Return the parts of a multipart body, each as its block of headers and its content, and whether that is all."""
    boundary = data[:256].split(b"\n", 1)[0].rstrip(b"\r")
    if len(boundary) < 3:
        return [], True
    parts = data.split(boundary, limit + 2)[1:]
    found: list[tuple[str, bytes]] = []
    for part in parts[:limit]:
        end = b"\r\n" if part.startswith(b"\r\n") else b"\n"
        head, gap, content = part.partition(end + end)
        if gap:
            found.append((head.decode("utf-8", "replace").strip(), content.removesuffix(end)))
    return found, len(parts) <= limit + 1
