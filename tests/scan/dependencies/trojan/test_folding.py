"""Constants are computed as the interpreter would, and never more of them than is bounded."""

from __future__ import annotations

import ast
import base64
import bz2
import lzma
import zlib

import pytest

from dayfly.scan.dependencies.trojan import folding
from dayfly.scan.dependencies.trojan.values import ABSENT

TEXT = b"print('inert')"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("base64.b64decode", base64.b64encode(TEXT)),
        ("base64.b64decode", base64.b64encode(TEXT).decode()),
        ("base64.urlsafe_b64decode", base64.urlsafe_b64encode(TEXT)),
        ("base64.b32decode", base64.b32encode(TEXT)),
        ("base64.b16decode", base64.b16encode(TEXT)),
        ("base64.b85decode", base64.b85encode(TEXT)),
        ("base64.a85decode", base64.a85encode(TEXT)),
        ("binascii.unhexlify", TEXT.hex()),
        ("builtins.bytes.fromhex", TEXT.hex()),
        ("zlib.decompress", zlib.compress(TEXT)),
        ("bz2.decompress", bz2.compress(TEXT)),
        ("lzma.decompress", lzma.compress(TEXT)),
    ],
)
def test_what_is_encoded_is_decoded(name: str, data: str | bytes) -> None:
    assert folding.decode(name, [data]) == TEXT


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        ("rot13", "cevag('vareg')"),
        ("rot_13", "cevag('vareg')"),
        ("hex", TEXT.hex()),
        ("zlib", zlib.compress(TEXT)),
    ],
)
def test_codecs_are_known_by_their_names(codec: str, data: str | bytes) -> None:
    found = folding.decode("codecs.decode", [data, codec])
    assert found in (TEXT, TEXT.decode())


@pytest.mark.parametrize(
    "name",
    [
        "base64.b64decode",
        "zlib.decompress",
        "bz2.decompress",
        "lzma.decompress",
        "binascii.unhexlify",
        "nobody.knows",
    ],
)
@pytest.mark.parametrize("data", ["", "x", b"\xff\xff", 3, None, ABSENT, "é", "=" * 100])
def test_what_cannot_be_decoded_is_not_known(name: str, data: object) -> None:
    found = folding.decode(name, [data])  # type: ignore[list-item]
    assert found is ABSENT or found in (b"", b"x")


def test_a_bomb_is_unpacked_as_far_as_is_allowed() -> None:
    found = folding.decode("zlib.decompress", [zlib.compress(b"a" * 50_000_000)])
    assert isinstance(found, bytes)
    assert len(found) <= 4_000_000


@pytest.mark.parametrize(
    ("left", "operator", "right", "expected"),
    [
        ("ex", ast.Add(), "ec", "exec"),
        (b"a", ast.Add(), b"b", b"ab"),
        ("ab", ast.Mult(), 2, "abab"),
        ("%s-%d", ast.Mod(), ("a", 3), "a-3"),
        (5, ast.BitXor(), 1, 4),
        ("a", ast.Mult(), 10**9, ABSENT),
        (10**30, ast.Mult(), 10**30, ABSENT),
        ("%9999d", ast.Mod(), 1, ABSENT),
        ("%*d", ast.Mod(), (10**9, 1), ABSENT),
        ("a", ast.Add(), 1, ABSENT),
        (1, ast.FloorDiv(), 0, ABSENT),
        (2, ast.Pow(), 10**9, ABSENT),
        (1, ast.LShift(), 10**9, ABSENT),
    ],
)
def test_operators_are_computed_within_bounds(
    left: object, operator: ast.operator, right: object, expected: object
) -> None:
    assert folding.binary(operator, left, right) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "name", "arguments", "expected"),
    [
        ("a-b", "split", ["-"], ("a", "b")),
        ("", "join", [("e", "x")], "ex"),
        ("AB", "lower", [], "ab"),
        (b"ab", "decode", [], "ab"),
        ("a", "replace", ["a", "b" * 5_000_000], ABSENT),
        ("a", "zfill", [10**9], ABSENT),
        ("{:>9999999}", "format", ["a"], ABSENT),
        ("a", "__class__", [], ABSENT),
        ("a", "join", [3], ABSENT),
        (3, "lower", [], ABSENT),
    ],
)
def test_methods_of_text_are_computed_within_bounds(
    value: object, name: str, arguments: list[object], expected: object
) -> None:
    assert folding.method(value, name, arguments) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("chr", [101], "e"),
        ("chr", [10**9], ABSENT),
        ("ord", ["e"], 101),
        ("bytes", [(101, 120)], b"ex"),
        ("bytes", [(300,)], ABSENT),
        ("bytes", [10**9], ABSENT),
        ("int", ["ff", 16], 255),
        ("str", [b"ex", "ascii"], "ex"),
        ("reversed", ["ab"], ("b", "a")),
        ("eval", ["1"], ABSENT),
    ],
)
def test_builtins_are_computed_and_no_others(name: str, arguments: list[object], expected: object) -> None:
    assert folding.builtin(name, arguments) == expected  # type: ignore[arg-type]
