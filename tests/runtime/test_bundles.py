"""Contexts take parsed bundles: they trust the same as ever, fail as ever, and share nothing.

Each test runs a program in an interpreter of its own, since `ssl.SSLContext` is changed for good.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
from tests.real.certificates import Certificates, make_certificates
from tests.real.http_server import HttpServer

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 60.0
# What each program begins with: `bundles` is in force, `settle` waits until a file can be told from its next
# state, `parses` counts how often C parses files while a function runs.
PROLOGUE = """
import json, os, shutil, socket, ssl, sys, time
from dayfly._sys.trust import open_trust
from dayfly.runtime import bundles as module

PLAIN = ssl.SSLContext.load_verify_locations
PLAIN_DEFAULTS = ssl.SSLContext.set_default_verify_paths
ours, other, port, folder = sys.argv[1:]
trust = open_trust(ssl) if hasattr(sys.modules["_ssl"], "__file__") else None
bundles = module.Bundles(ssl, trust)
bundles.serve()

def context():
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

def settle(path):
    end = time.monotonic() + 60
    while module.identify(path) is None and time.monotonic() < end:
        time.sleep(0.005)
    assert module.identify(path) is not None
    return str(path)

def parses(call):
    seen = []
    def notice(frame, event, function):
        if event == "c_call" and function.__name__ in ("load_verify_locations", "set_default_verify_paths"):
            seen.append(function.__name__)
    sys.setprofile(notice)
    try:
        call()
    finally:
        sys.setprofile(None)
    return len(seen)

def connect(context, name="localhost"):
    with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as raw:
        try:
            with context.wrap_socket(raw, server_hostname=name) as peer:
                return peer.version()
        except ssl.SSLCertVerificationError as error:
            return error.verify_message

def known(context):
    return sorted(der.hex()[-40:] for der in context.get_ca_certs(binary_form=True))

settle(ours), settle(other)
"""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority that has signed nothing the server shows."""
    return make_certificates(tmp_path_factory.mktemp("other"))


@pytest.fixture(scope="module")
def server(certificates: Certificates) -> Iterator[HttpServer]:
    with HttpServer(context=certificates.server_context()) as serving:
        yield serving


class Program:
    """Runs a program after PROLOGUE and returns what it assigned to `result`."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments

    def __call__(self, source: str, **environment: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", f"{PROLOGUE}\n{source}\nprint(json.dumps(result))", *self._arguments],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT / 'src'}", **environment},
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def program(certificates: Certificates, other: Certificates, server: HttpServer, tmp_path: Path) -> Program:
    return Program(str(certificates.authority), str(other.authority), str(server.port), str(tmp_path))


@pytest.fixture
def copying(program: Program) -> Program:
    """The same, where certificates can be copied: a statically linked ssl parses as ever."""
    if not hasattr(sys.modules["_ssl"], "__file__"):
        pytest.skip("this interpreter's ssl is linked statically: nothing is copied")
    return program


def test_parsed_bundle_is_copied_and_the_server_verified(copying: Program) -> None:
    result = copying("""
assert bundles.parse(ours)
c = context()
parsed = parses(lambda: c.load_verify_locations(ours))
plain = context(); PLAIN(plain, ours)
result = [parsed, connect(c), known(c) == known(plain), c.cert_store_stats() == plain.cert_store_stats()]
""")
    assert result == [0, "TLSv1.3", True, True]


def test_wrong_name_is_refused(program: Program) -> None:
    result = program("""
bundles.parse(ours)
c = context(); c.load_verify_locations(ours)
result = connect(c, name="example.com")
""")
    assert "example.com" in result
    assert "match" in result


def test_server_of_an_unknown_authority_is_refused(program: Program) -> None:
    result = program("""
bundles.parse(other), bundles.parse(ours)
c = context(); c.load_verify_locations(other)
result = connect(c)
""")
    assert result == "unable to get local issuer certificate"


def test_context_without_a_bundle_trusts_nobody(program: Program) -> None:
    result = program("""
bundles.parse(ours)
before = context(); before.load_verify_locations(ours)
c = context()
result = [connect(c), c.cert_store_stats()["x509"]]
""")
    assert result == ["unable to get local issuer certificate", 0]


@pytest.mark.parametrize("more", ["cafile=other", "cadata=open(other).read()", "capath=folder, cafile=other"])
def test_what_one_context_loads_later_reaches_no_other(program: Program, more: str) -> None:
    result = program(f"""
bundles.parse(ours), bundles.parse(other)
one, two = context(), context()
one.load_verify_locations(ours), two.load_verify_locations(ours)
one.load_verify_locations({more})
three = context(); three.load_verify_locations(ours)
result = [len(known(c)) for c in (one, two, three)]
""")
    assert result == [2, 1, 1]


def test_changed_file_is_noticed(program: Program) -> None:
    result = program("""
path = shutil.copy(other, folder + "/bundle.pem"); settle(path)
bundles.parse(path)
c = context(); c.load_verify_locations(path)
before = connect(c)
with open(ours) as source, open(path, "w") as target:  # in place: the same inode
    target.write(source.read())
fresh = context(); fresh.load_verify_locations(path)
c.load_verify_locations(path)
result = [before, connect(fresh), connect(c), len(known(fresh)), len(known(c))]
""")
    assert result == ["unable to get local issuer certificate", "TLSv1.3", "TLSv1.3", 1, 2]


def test_replaced_file_is_noticed(program: Program) -> None:
    result = program("""
path = shutil.copy(other, folder + "/bundle.pem"); settle(path)
bundles.parse(path)
os.replace(shutil.copy(ours, folder + "/new.pem"), path)
fresh = context(); fresh.load_verify_locations(path)
result = [connect(fresh), len(known(fresh))]
""")
    assert result == ["TLSv1.3", 1]


def test_same_file_is_parsed_once_per_context_where_nothing_can_be_copied(program: Program) -> None:
    result = program("""
bare = module.Bundles(ssl, None)
assert not bare.parse(ours)
ssl.SSLContext.load_verify_locations = PLAIN
del ssl.SSLContext.load_verify_locations, ssl.SSLContext.set_default_verify_paths
bare.serve()
c, d = context(), context()
result = [parses(lambda: c.load_verify_locations(ours)), parses(lambda: c.load_verify_locations(ours)),
          parses(lambda: d.load_verify_locations(ours)), connect(c), len(known(c))]
""")
    assert result == [1, 0, 1, "TLSv1.3", 1]


def test_file_that_changed_a_moment_ago_is_parsed_again(program: Program) -> None:
    result = program("""
path = shutil.copy(ours, folder + "/bundle.pem")
c = context()
result = [bundles.parse(path), parses(lambda: c.load_verify_locations(path))]
""")
    assert result == [False, 1]


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "None, None, None",
        "folder + '/missing.pem'",
        "cafile=folder",
        "folder + '/empty.pem'",
        "folder + '/garbage.pem'",
        "'\\0'",
        "3.5",
        "object()",
        "99",
        "cadata='garbage'",
        "cadata=b''",
        "capath=3",
        "folder + '/closed.pem'",
    ],
)
def test_faults_are_the_same_as_ever(program: Program, arguments: str) -> None:
    result = program(f"""
bundles.parse(ours)
open(folder + "/empty.pem", "w").close()
with open(folder + "/garbage.pem", "w") as file: file.write("-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----")
os.symlink("closed.pem", folder + "/closed.pem")

def outcome(method, c):
    try:
        return repr(method(c, {arguments}))
    except Exception as error:
        return [type(error).__name__, str(error), getattr(error, "errno", 0)]
plain, served = outcome(PLAIN, context()), outcome(ssl.SSLContext.load_verify_locations, context())
result = [plain, served]
""")
    plain, served = result
    assert served == plain
    assert isinstance(plain, list), plain


def test_bytes_and_path_objects_name_the_same_file(copying: Program) -> None:
    result = copying("""
import pathlib
bundles.parse(ours)
result = [parses(lambda: context().load_verify_locations(path)) for path in (ours.encode(), pathlib.Path(ours))]
result.append(parses(lambda: ssl.create_default_context(cafile=ours)))
""")
    assert result == [0, 0, 0]


def test_bundle_with_a_revocation_list_is_loaded_as_ever(
    program: Program, certificates: Certificates, tmp_path: Path
) -> None:
    (tmp_path / "both.pem").write_bytes(certificates.authority.read_bytes() + revocation_list())
    result = program("""
path = settle(folder + "/both.pem")
c = context()
result = [bundles.parse(path), parses(lambda: c.load_verify_locations(path)), c.cert_store_stats()["crl"]]
""")
    assert result == [False, 1, 1]


def test_default_file_is_copied_and_trusted(copying: Program, certificates: Certificates) -> None:
    result = copying(
        """
bundles.parse(module.default_file(ssl))
c = context()
parsed = parses(c.load_default_certs)
plain = context(); PLAIN_DEFAULTS(plain)
result = [parsed, connect(c), known(c) == known(plain), connect(ssl.create_default_context())]
""",
        SSL_CERT_FILE=str(certificates.authority),
    )
    assert result == [0, "TLSv1.3", True, "TLSv1.3"]


def test_default_directory_is_still_searched(
    copying: Program, certificates: Certificates, tmp_path: Path
) -> None:
    by_hash = tmp_path / "hashed"
    by_hash.mkdir()
    name = subject_hash(certificates.authority)
    (by_hash / f"{name:08x}.0").write_bytes(certificates.authority.read_bytes())
    result = copying(
        """
default = module.default_file(ssl)
bundles.parse(default)
c = context()
parsed = parses(c.load_default_certs)
result = [parsed, connect(c), connect(ssl.create_default_context(cafile=default))]
""",
        SSL_CERT_FILE=certifi.where(),
        SSL_CERT_DIR=str(by_hash),
    )
    assert result == [0, "TLSv1.3", "unable to get local issuer certificate"]


def test_default_file_that_appears_later_is_loaded(program: Program, tmp_path: Path) -> None:
    result = program(
        """
bundles.parse(module.default_file(ssl))
before = context(); before.load_default_certs()
shutil.copy(ours, os.environ["SSL_CERT_FILE"])
after = context(); after.load_default_certs()
result = [connect(before), connect(after)]
""",
        SSL_CERT_FILE=str(tmp_path / "late.pem"),
        SSL_CERT_DIR=str(tmp_path),
    )
    assert result == ["unable to get local issuer certificate", "TLSv1.3"]


def test_forked_processes_verify_and_stay_apart(copying: Program) -> None:
    result = copying("""
bundles.parse(ours)
made = context(); bundles.give(made, ours)
result = []
for number in range(5):
    reader, writer = os.pipe()
    if os.fork() == 0:
        mine = context()
        parsed = parses(lambda: (mine.load_verify_locations(ours), made.load_verify_locations(ours)))
        if number % 2:
            made.load_verify_locations(other)
        os.write(writer, json.dumps([parsed, connect(mine), connect(made), len(known(made))]).encode())
        os._exit(0)
    os.close(writer)
    result.append(json.loads(os.read(reader, 9999)))
    os.wait()
""")
    assert result == [[0, "TLSv1.3", "TLSv1.3", 1 + number % 2] for number in range(5)]


def test_threads_may_take_the_same_bundle_at_once(copying: Program) -> None:
    result = copying("""
import threading
bundles.parse(ours), bundles.parse(other)
shared = context()
def work():
    for _ in range(50):
        mine = context(); mine.load_verify_locations(ours); mine.load_verify_locations(other)
        shared.load_verify_locations(ours); shared.load_verify_locations(other)
threads = [threading.Thread(target=work) for _ in range(8)]
for t in threads: t.start()
for t in threads: t.join()
result = [connect(shared), len(known(shared))]
""")
    assert result == ["TLSv1.3", 2]


def test_class_of_another_tool_is_left_alone(program: Program) -> None:
    result = program("""
del ssl.SSLContext.load_verify_locations, ssl.SSLContext.set_default_verify_paths
result = [module.is_untouched(ssl)]
class Other(ssl.SSLContext):
    def load_verify_locations(self, *arguments): pass
original, ssl.SSLContext = ssl.SSLContext, Other
result.append(module.is_untouched(ssl))
ssl.SSLContext = original
bundles.serve()
result.append(module.is_untouched(ssl))
""")
    assert result == [True, False, False]


def test_no_more_bundles_are_kept_than_allowed(copying: Program) -> None:
    result = copying("""
paths = [shutil.copy(ours, f"{folder}/{number}.pem") for number in range(module.MAX_BUNDLES + 1)]
result = [bundles.parse(settle(path)) for path in paths]
""")
    assert result == [True] * 4 + [False]


def revocation_list() -> bytes:
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Dayfly tests")])
    builder = x509.CertificateRevocationListBuilder().issuer_name(name).last_update(now)
    signed = builder.next_update(now + datetime.timedelta(days=1)).sign(
        ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()
    )
    return signed.public_bytes(serialization.Encoding.PEM)


def subject_hash(authority: Path) -> int:
    """The number that a certificate has as a name in a directory, asked of the same libssl."""
    import ctypes

    from dayfly._sys.trust import open_trust

    trust = open_trust(ssl)
    assert trust is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority)
    library = ctypes.PyDLL(sys.modules["_ssl"].__file__)
    library.X509_subject_name_hash.argtypes = [ctypes.c_void_p]
    library.X509_subject_name_hash.restype = ctypes.c_ulong
    (certificate,) = trust.certificates(context)
    return int(library.X509_subject_name_hash(certificate))
