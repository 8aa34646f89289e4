"""Computes constants as the interpreter would: joined, reversed, decoded, unpacked; bounded, and nothing else is run."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import zlib
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.trojan.values import ABSENT, Constant

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Sequence

    from dayfly.scan.dependencies.trojan.values import Absent

_MAX = 4_000_000  # characters or bytes of a constant
_MAX_ITEMS = 200_000

# What turns encoded data into other data. Values: whether it is computed here.
DECODERS = re.compile(
    r"^(?:base64\.\w*decode\w*|binascii\.(?:unhexlify|a2b_\w+)|codecs\.(?:decode|getdecoder\(\))|builtins\.(?:bytes|bytearray)\.fromhex"
    r"|(?:zlib|gzip|bz2|lzma)\.decompress|(?:zlib|bz2|lzma)\.\w+\(\)\.decompress|marshal\.loads|pickle\.loads"
    r"|(?:cryptography|Crypto|Cryptodome|nacl)\..*\.(?:decrypt|update|finalize)|html\.unescape|urllib\.parse\.unquote\w*|uu\.decode)$"
)
_TEXT_METHODS = frozenset(
    {"lower", "upper", "strip", "lstrip", "rstrip", "replace", "title", "swapcase", "split", "rsplit", "splitlines",
     "removeprefix", "removesuffix", "zfill", "encode", "decode", "format", "translate", "join", "partition", "hex"}
)  # fmt: skip
_PLAIN_CODECS = frozenset(
    {"utf-8", "utf8", "ascii", "latin-1", "latin1", "iso-8859-1", "utf-16", "utf-32", "cp1252"}
)


def binary(operator: ast.operator, left: Constant | Absent, right: Constant | Absent) -> Constant | Absent:
    """The result of `+ * ^ - % | & << >>` on two constants; ABSENT where it is none or too large."""
    name = type(operator).__name__
    if isinstance(left, int) and isinstance(right, int):
        table: dict[str, Callable[[int, int], int]] = {
            "Add": lambda a, b: a + b,
            "Sub": lambda a, b: a - b,
            "BitXor": lambda a, b: a ^ b,
            "BitOr": lambda a, b: a | b,
            "BitAnd": lambda a, b: a & b,
        }
        if name in table and abs(left) < 2**64 and abs(right) < 2**64:
            return table[name](left, right)
        if name == "Mult" and abs(left) < 2**40 and abs(right) < 2**20:
            return left * right
        if name in ("FloorDiv", "Mod") and right:
            return left // right if name == "FloorDiv" else left % right
        return ABSENT
    if name == "Add":
        if isinstance(left, str) and isinstance(right, str) and len(left) + len(right) < _MAX:
            return left + right
        if isinstance(left, bytes) and isinstance(right, bytes) and len(left) + len(right) < _MAX:
            return left + right
        if isinstance(left, tuple) and isinstance(right, tuple) and len(left) + len(right) < _MAX_ITEMS:
            return left + right
    if (
        name == "Mult"
        and isinstance(left, str | bytes)
        and isinstance(right, int)
        and len(left) * right < _MAX
    ):
        return left * right
    if name == "Mod" and isinstance(left, str) and "*" not in left and not re.search(r"%\d{4,}", left):
        try:
            return left % right if isinstance(right, tuple | str | int | float) else ABSENT
        except (TypeError, ValueError, KeyError):
            return ABSENT
    return ABSENT


def subscript(value: Constant | Absent, index: Constant | slice | Absent) -> Constant | Absent:
    if (
        isinstance(value, str | bytes | tuple)
        and isinstance(index, int | slice)
        and not isinstance(index, bool)
    ):
        try:
            return value[index]  # type: ignore[return-value]
        except (IndexError, ValueError):
            return ABSENT
    return ABSENT


def method(value: Constant | Absent, name: str, arguments: Sequence[Constant | Absent]) -> Constant | Absent:
    """The result of a method of a text or bytes constant."""
    if (
        not isinstance(value, str | bytes)
        or name not in _TEXT_METHODS
        or any(one is ABSENT for one in arguments)
    ):
        return ABSENT
    if name == "decode" and isinstance(value, bytes):
        codec = str(arguments[0]) if arguments else "utf-8"
        return decode("codecs.decode", [value, codec])
    if name == "encode" and isinstance(value, str):
        codec = str(arguments[0]) if arguments else "utf-8"
        return decode("codecs.encode", [value, codec])
    if name == "join":
        items = arguments[0] if arguments else ()
        if not isinstance(items, tuple | str) or sum(map(_size, items)) > _MAX:
            return ABSENT
    if name == "replace" and (not arguments or _size(value) * max(map(_size, arguments), default=1) > _MAX):
        return ABSENT
    if name in ("zfill", "format") and (
        any(isinstance(one, int) and one > 1_000 for one in arguments) or _has_width(value)
    ):
        return ABSENT
    try:
        result = getattr(value, name)(*arguments)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError):
        return ABSENT
    if isinstance(result, list):
        return tuple(result) if len(result) < _MAX_ITEMS else ABSENT
    return result if isinstance(result, str | bytes | tuple) and _size(result) <= _MAX else ABSENT


def _has_width(value: str | bytes) -> bool:
    return bool(re.search(r"\{[^}]*:[^}]*\d{4,}", value)) if isinstance(value, str) else False


def decode(name: str, arguments: Sequence[Constant | Absent]) -> Constant | Absent:
    """What a decoder returns for constants; ABSENT where it fails, is unknown or its result too large."""
    data = arguments[0] if arguments else ABSENT
    if not isinstance(data, str | bytes) or len(data) > _MAX:
        return ABSENT
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    short = name.rpartition(".")[2]
    try:
        if name.startswith("base64."):
            return _base64(short, raw)
        if name.startswith("binascii."):
            return binascii.a2b_base64(raw) if short == "a2b_base64" else binascii.unhexlify(raw)
        if short == "fromhex":
            return bytes.fromhex(raw.decode("ascii"))
        if short == "decompress":
            return _unpack(name, raw)
        if name in ("codecs.decode", "codecs.encode"):
            return _codec(short, data, arguments[1] if len(arguments) > 1 else "utf-8")
    except (ValueError, binascii.Error, zlib.error, OSError, EOFError, LookupError, TypeError, UnicodeError):
        return ABSENT
    return ABSENT


def _base64(short: str, raw: bytes) -> Constant | Absent:
    functions: dict[str, Callable[[bytes], bytes]] = {
        "b64decode": base64.b64decode,
        "standard_b64decode": base64.b64decode,
        "decodebytes": base64.decodebytes,
        "decodestring": base64.decodebytes,
        "urlsafe_b64decode": base64.urlsafe_b64decode,
        "b32decode": base64.b32decode,
        "b16decode": lambda data: base64.b16decode(data, casefold=True),
        "b85decode": base64.b85decode,
        "a85decode": base64.a85decode,
    }
    return functions[short](raw) if short in functions else ABSENT


def _unpack(name: str, raw: bytes) -> Constant | Absent:
    import bz2
    import lzma

    if name.startswith(("zlib", "gzip")):
        result = zlib.decompressobj(47).decompress(raw, _MAX)
    elif name.startswith("bz2"):
        result = bz2.BZ2Decompressor().decompress(raw, _MAX)
    else:
        try:
            result = lzma.LZMADecompressor(memlimit=64_000_000).decompress(raw, _MAX)
        except lzma.LZMAError:
            return ABSENT
    return result


def _codec(way: str, data: str | bytes, codec: Constant | Absent) -> Constant | Absent:
    if not isinstance(codec, str):
        return ABSENT
    plain = codec.lower().replace("_", "-")
    if plain in _PLAIN_CODECS:
        if isinstance(data, str):
            return data.encode(plain) if way == "encode" else ABSENT
        return data.decode(plain) if way == "decode" else ABSENT
    if plain.replace("-", "") == "rot13":
        return str(codecs.encode(data if isinstance(data, str) else data.decode("latin-1"), "rot13"))
    raw = data.encode("latin-1") if isinstance(data, str) else data
    if way == "decode" and plain in ("hex", "hex-codec"):
        return binascii.unhexlify(raw)
    if way == "decode" and plain in ("base64", "base-64", "base64-codec"):
        return base64.b64decode(raw)
    if way == "decode" and plain in ("zip", "zlib", "zlib-codec"):
        return zlib.decompressobj().decompress(raw, _MAX)
    if way == "decode" and plain in ("unicode-escape", "raw-unicode-escape"):
        return raw.decode(plain)
    return ABSENT


def is_plain_codec(codec: object) -> bool:
    return not isinstance(codec, str) or codec.lower().replace("_", "-") in _PLAIN_CODECS


def builtin(name: str, arguments: Sequence[Constant | Absent]) -> Constant | Absent:
    """chr, ord, bytes, str, int, len, reversed, tuple and list of constants."""
    first = arguments[0] if arguments else ABSENT
    if first is ABSENT or (isinstance(first, tuple | str | bytes) and len(first) > _MAX_ITEMS):
        return ABSENT
    try:
        if name == "chr" and isinstance(first, int):
            return chr(first)
        if name == "ord" and isinstance(first, str | bytes) and len(first) == 1:
            return ord(first)
        if name in ("bytes", "bytearray") and isinstance(first, tuple):
            return bytes(one for one in first if isinstance(one, int))
        if name in ("bytes", "bytearray") and isinstance(first, str | bytes):
            return first.encode() if isinstance(first, str) else first
        if name == "str" and isinstance(first, bytes) and len(arguments) > 1:
            return first.decode(str(arguments[1]))
        if name == "str" and isinstance(first, str | int):
            return str(first)
        if name == "int" and isinstance(first, str | int):
            base = arguments[1] if len(arguments) > 1 else None
            return int(str(first), base) if isinstance(base, int) else int(first)
        if name == "reversed" and isinstance(first, str | bytes | tuple):
            return tuple(reversed(first))
        if name in ("tuple", "list", "iter") and isinstance(first, str | bytes | tuple):
            return tuple(first)
    except (ValueError, TypeError, LookupError, OverflowError, UnicodeError):
        return ABSENT
    return ABSENT


def _size(value: object) -> int:
    return len(value) if isinstance(value, str | bytes | tuple) else 1
