"""Broken ciphers and modes: `weak.cipher`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from dayfly.scan.weak.names import FileNames

_PACKAGES = ("Crypto", "Cryptodome")
# SP 800-131A rev. 2 (two- and three-key TDEA), RFC 7465 (RC4), https://sweet32.info (64-bit blocks).
_BROKEN = {
    **{
        f"{package}.Cipher.{name}.new": name
        for package in _PACKAGES
        for name in ("DES", "DES3", "ARC2", "ARC4", "Blowfish", "CAST", "XOR")
    },
    **{
        f"cryptography.hazmat.{module}.{name}": name
        for module in ("primitives.ciphers.algorithms", "decrepit.ciphers.algorithms")
        for name in ("ARC4", "RC2", "Blowfish", "CAST5", "SEED", "IDEA", "TripleDES", "DES")
    },
    "pyDes.des": "DES",
    "pyDes.triple_des": "DES3",
    "des.DesKey": "DES",
}
_ECB_MODES = frozenset(
    {
        *(
            f"{package}.Cipher.{name}.MODE_ECB"
            for package in _PACKAGES
            for name in ("AES", "DES", "DES3", "Blowfish")
        ),
    }
)
_ECB_CALL = "cryptography.hazmat.primitives.ciphers.modes.ECB"


def find_ciphers(names: FileNames) -> Iterator[tuple[ast.Call, str]]:
    """Calls that make a broken cipher, or a good one in a mode that shows patterns."""
    for call in names.calls:
        called = names.dotted(call.func)
        if called in _BROKEN:
            yield call, _BROKEN[called]
        elif called == _ECB_CALL:
            yield call, "ECB"
        elif called in {f"{package}.Cipher.AES.new" for package in _PACKAGES}:
            modes = [*call.args[1:2], *(one.value for one in call.keywords if one.arg == "mode")]
            if any(names.dotted(mode) in _ECB_MODES or names.constants(mode) == [1] for mode in modes):
                yield call, "AES in ECB mode"
