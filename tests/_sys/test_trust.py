"""Certificates are copied by reference, whole, and each context keeps a store of its own."""

from __future__ import annotations

import gc
import ssl
import sys
from pathlib import Path

import pytest
from tests.real.certificates import make_certificates

from dayfly._sys.trust import Trust, open_trust


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three authorities nobody else knows."""
    return [make_certificates(tmp_path_factory.mktemp(f"authority-{n}")).authority for n in range(3)]


@pytest.fixture
def trust() -> Trust:
    """This interpreter's libssl; the tests need one that is linked dynamically."""
    if not hasattr(sys.modules["_ssl"], "__file__"):
        pytest.skip("this interpreter's ssl is linked statically: there is nothing to open")
    found = open_trust(ssl)
    assert found is not None, (ssl.OPENSSL_VERSION, sys.modules["_ssl"])
    return found


def context_with(*authorities: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for authority in authorities:
        context.load_verify_locations(authority)
    return context


def known(context: ssl.SSLContext) -> set[bytes]:
    return set(context.get_ca_certs(binary_form=True))


def test_copy_is_what_the_original_has(trust: Trust, authorities: list[Path]) -> None:
    original, copy = context_with(*authorities), context_with()
    certificates = trust.certificates(original)
    assert len(certificates) == len(authorities)
    assert trust.add(copy, certificates)
    assert known(copy) == known(original)
    assert copy.cert_store_stats() == original.cert_store_stats()


def test_what_is_there_already_is_not_added_twice(trust: Trust, authorities: list[Path]) -> None:
    original = context_with(*authorities)
    copy = context_with(authorities[0])
    assert trust.add(copy, trust.certificates(original))
    assert copy.cert_store_stats()["x509"] == len(authorities)


def test_a_later_authority_of_one_context_reaches_no_other(trust: Trust, authorities: list[Path]) -> None:
    original = context_with(authorities[0])
    one, other = context_with(), context_with()
    for copy in (one, other):
        assert trust.add(copy, trust.certificates(original))
    one.load_verify_locations(authorities[1])
    other.load_verify_locations(cadata=authorities[2].read_text())
    assert known(original) == known(context_with(authorities[0]))
    assert known(one) == known(context_with(authorities[0], authorities[1]))
    assert known(other) == known(context_with(authorities[0], authorities[2]))


def test_flags_stay_with_their_context(trust: Trust, authorities: list[Path]) -> None:
    original, copy = context_with(authorities[0]), context_with()
    assert trust.add(copy, trust.certificates(original))
    copy.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_CHAIN
    assert not original.verify_flags & ssl.VerifyFlags.VERIFY_CRL_CHECK_CHAIN


def test_copies_outlive_their_original_and_each_other(trust: Trust, authorities: list[Path]) -> None:
    expected = known(context_with(*authorities))
    original = context_with(*authorities)
    copies = [context_with() for _ in range(200)]
    for copy in copies:
        assert trust.add(copy, trust.certificates(original))
    del original, copy
    last = copies.pop()
    copies.clear()
    gc.collect()
    assert known(last) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENSSL_VERSION", "OpenSSL 3.0.0 1 Jan 2000"),  # another library than _ssl is linked with
        ("OPENSSL_VERSION", "LibreSSL 3.8.2"),
        ("OPENSSL_VERSION", "OpenSSL 4.0.0 1 Jan 2030"),
    ],
)
def test_nothing_is_done_with_another_library(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl, name, value)
    assert open_trust(ssl) is None


def test_nothing_is_done_where_ssl_is_linked_statically(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sys.modules["_ssl"], "__file__", raising=False)
    assert open_trust(ssl) is None


@pytest.mark.parametrize("version", [(3, 10, 0), (3, 15, 0)])
def test_nothing_is_done_with_an_interpreter_of_unknown_structures(
    version: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    assert open_trust(ssl) is None
