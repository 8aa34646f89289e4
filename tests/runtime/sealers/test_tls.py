"""Libraries' own ways to a TLS connection parse no bundle in a worker, and verify all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest
from tests.real.certificates import Certificates, make_certificates
from tests.real.http_server import Call, HttpServer, Reply
from tests.runtime.sealers.serving import Run, run

from dayfly.runtime.sealers.tls import is_told_by_file

# `told(call)` returns how often C parsed certificates while `call` ran, and what came of it.
PROLOGUE = """
import os, ssl, sys

def told(call):
    seen = []
    def notice(frame, event, function):
        if event == "c_call" and function.__name__ in ("load_verify_locations", "set_default_verify_paths"):
            seen.append(function.__name__)
    sys.setprofile(notice)
    try:
        outcome = call()
    except Exception as error:
        text = str(error)
        outcome = "refused" if "CERTIFICATE_VERIFY_FAILED" in text or "SSL validation failed" in text else repr(error)
    finally:
        sys.setprofile(None)
    return [len(seen), outcome]
"""
BOTO3 = """
import boto3

def client(port=os.environ["PORT"], **options):
    return boto3.client(
        "dynamodb", region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b",
        endpoint_url=f"https://localhost:{port}", **options)

def put(made):
    made.put_item(TableName="t", Item={"id": {"S": "x"}})
    return "ok"
"""

ASK = """(
    connection := http.client.HTTPSConnection("localhost", int(os.environ["PORT"]), timeout=60),
    connection.request("GET", "/"), connection.getresponse().status)[2]"""


def answer(call: Call) -> Reply:
    return Reply(200, b"{}", (("Content-Type", "application/x-amz-json-1.0"),))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def bundle(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world's authorities and ours, as a company's bundle has them."""
    path = tmp_path_factory.mktemp("bundle") / "bundle.pem"
    path.write_bytes(Path(certifi.where()).read_bytes() + certificates.authority.read_bytes())
    return path


@pytest.fixture(scope="module")
def server(certificates: Certificates) -> Iterator[HttpServer]:
    with HttpServer(answer, context=certificates.server_context()) as serving:
        yield serving


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority that no bundle has."""
    return make_certificates(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="module")
def stranger(strange: Certificates) -> Iterator[HttpServer]:
    """A server of the authority that no bundle has."""
    with HttpServer(answer, context=strange.server_context()) as serving:
        yield serving


class Function:
    """Runs functions that find the servers and the bundle in their environment."""

    def __init__(self, server: HttpServer, stranger: HttpServer, bundle: Path) -> None:
        self.known = {"PORT": str(server.port), "STRANGER": str(stranger.port), "BUNDLE": str(bundle)}

    def __call__(self, source: str, **environment: str) -> Run:
        return run(PROLOGUE + source, environment={**self.known, **environment})


@pytest.fixture
def function(server: HttpServer, stranger: HttpServer, bundle: Path) -> Function:
    return Function(server, stranger, bundle)


def bundle_of(function: Function) -> str:
    return function.known["BUNDLE"]


def answers(ran: Run) -> list[object]:
    assert ran.reasons == [], ran
    assert not [fault for fault in ran.faults if fault.startswith("tls")], ran
    assert len(ran.answers) == 3, ran
    return ran.answers


@pytest.mark.parametrize("init", ["CLIENT = client()", "CLIENT = client(); put(CLIENT)"])
def test_boto3_client_of_init_parses_nothing(function: Function, init: str) -> None:
    ran = function(
        f"{BOTO3}\n{init}\ndef handler(n): return told(lambda: put(CLIENT))",
        AWS_CA_BUNDLE=bundle_of(function),
    )
    assert answers(ran) == [[0, "ok"]] * 3


def test_boto3_client_with_a_bundle_of_its_own_parses_nothing(function: Function) -> None:
    ran = function(
        f"{BOTO3}\nCLIENT = client(verify=os.environ['BUNDLE'])\ndef handler(n): return told(lambda: put(CLIENT))"
    )
    assert answers(ran) == [[0, "ok"]] * 3


def test_boto3_client_of_the_handler_parses_nothing(function: Function) -> None:
    ran = function(
        f"{BOTO3}\ndef handler(n): return told(lambda: put(client()))", AWS_CA_BUNDLE=bundle_of(function)
    )
    assert answers(ran) == [[0, "ok"]] * 3


def test_boto3_refuses_a_server_that_the_bundle_does_not_vouch_for(function: Function) -> None:
    options = "port=os.environ['STRANGER'], config=__import__('botocore.config').config.Config(retries={'max_attempts': 0})"
    ran = function(
        f"{BOTO3}\nCLIENT = client({options})\ndef handler(n): return told(lambda: put(CLIENT))",
        AWS_CA_BUNDLE=bundle_of(function),
    )
    assert answers(ran) == [[0, "refused"]] * 3


def test_boto3_without_our_authority_refuses(function: Function) -> None:
    options = "config=__import__('botocore.config').config.Config(retries={'max_attempts': 0})"
    ran = function(f"{BOTO3}\nCLIENT = client({options})\ndef handler(n): return told(lambda: put(CLIENT))")
    assert answers(ran) == [[0, "refused"]] * 3


@pytest.mark.parametrize(
    "get",
    [
        "SESSION.get(URL, timeout=60).status_code",
        "requests.get(URL, timeout=60).status_code",
        "OWN.get(URL, timeout=60).status_code",
    ],
)
def test_requests_parses_nothing_for_each_of_its_connections(function: Function, get: str) -> None:
    ran = function(
        f"""
import requests
SESSION, OWN = requests.Session(), requests.Session()
OWN.trust_env, OWN.verify = False, os.environ["BUNDLE"]
URL = "https://localhost:" + os.environ["PORT"]
def handler(n): return told(lambda: {get})
""",
        REQUESTS_CA_BUNDLE=bundle_of(function),
    )
    assert answers(ran) == [[0, 200]] * 3


def test_requests_refuses_a_stranger(function: Function) -> None:
    ran = function(
        """
import requests
SESSION = requests.Session()
def handler(n): return told(lambda: SESSION.get("https://localhost:" + os.environ["STRANGER"], timeout=60).status_code)
""",
        REQUESTS_CA_BUNDLE=bundle_of(function),
    )
    assert answers(ran) == [[0, "refused"]] * 3


@pytest.mark.parametrize("options", ["ca_certs=os.environ['BUNDLE']", ""])
def test_urllib3_parses_nothing(function: Function, options: str) -> None:
    ran = function(
        f"""
import urllib3
POOLS = urllib3.PoolManager({options})
def handler(n): return told(lambda: POOLS.request("GET", "https://localhost:" + os.environ["PORT"], timeout=60).status)
""",
        **({} if options else {"SSL_CERT_FILE": bundle_of(function)}),
    )
    assert answers(ran) == [[0, 200]] * 3


@pytest.mark.parametrize("init", ["", "CLIENT = httpx.Client()"])
def test_httpx_parses_nothing(function: Function, init: str) -> None:
    get = "CLIENT.get" if init else "httpx.get"
    ran = function(
        f"""
import httpx
{init}
def handler(n): return told(lambda: {get}("https://localhost:" + os.environ["PORT"], timeout=60).status_code)
""",
        SSL_CERT_FILE=bundle_of(function),
    )
    assert answers(ran) == [[0, 200]] * 3


@pytest.mark.parametrize(
    ("imports", "get"),
    [
        ("import urllib.request", "urllib.request.urlopen(URL, timeout=60).status"),
        ("from urllib.request import urlopen", "urlopen(URL, timeout=60).status"),
        ("import http.client", ASK),
    ],
)
def test_standard_library_parses_nothing_where_the_function_itself_uses_it(
    function: Function, tmp_path: Path, imports: str, get: str
) -> None:
    # A module on disk: where it lies says that it is the function's.
    (tmp_path / "app.py").write_text(
        f"import os\n{imports}\nURL = 'https://localhost:' + os.environ['PORT']\ndef get(): return {get}\n"
    )
    ran = function(
        f"sys.path.insert(0, {str(tmp_path)!r})\nimport app\ndef handler(n): return told(app.get)",
        SSL_CERT_FILE=bundle_of(function),
        LAMBDA_TASK_ROOT=str(tmp_path),
        _HANDLER="app.handler",
    )
    assert answers(ran) == [[0, 200]] * 3


def test_bundle_that_a_worker_changed_is_parsed_again_by_the_next(function: Function, tmp_path: Path) -> None:
    own = tmp_path / "bundle.pem"
    ran = function(
        f"""
import shutil, time
import requests
OWN = shutil.copy(os.environ["BUNDLE"], {str(own)!r})
while time.time_ns() - os.stat(OWN).st_ctime_ns < 60_000_000: time.sleep(0.005)
SESSION = requests.Session()
def get(): return SESSION.get("https://localhost:" + os.environ["PORT"], timeout=60).status_code
def handler(n):
    result = told(get)
    if n == 0: shutil.copy({certifi.where()!r}, OWN)  # without our authority
    return result
""",
        REQUESTS_CA_BUNDLE=str(own),
    )
    assert answers(ran) == [[0, 200], [1, "refused"], [1, "refused"]]


def test_a_truststore_of_another_tool_stays_in_charge(function: Function) -> None:
    ran = function(
        """
class Context(ssl.SSLContext):
    def load_verify_locations(self, cafile=None, capath=None, cadata=None):
        raise ssl.SSLError("nobody is trusted here")
ssl.SSLContext = Context
def handler(n): return told(lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(os.environ["BUNDLE"]))
"""
    )
    assert answers(ran) == [[0, "SSLError('nobody is trusted here')"]] * 3


def test_an_authority_that_one_worker_adds_is_unknown_to_the_next(
    function: Function, strange: Certificates
) -> None:
    ran = function(
        f"""
{BOTO3}
from botocore.config import Config
CLIENT = client(port=os.environ["STRANGER"], config=Config(retries={{"max_attempts": 0}}))
def handler(n):
    if n == 1:
        session = CLIENT._endpoint.http_session
        session._manager.connection_pool_kw["ssl_context"].load_verify_locations({str(strange.authority)!r})
    return told(lambda: put(CLIENT))
""",
        AWS_CA_BUNDLE=bundle_of(function),
    )
    assert answers(ran) == [[0, "refused"], [0, "ok"], [0, "refused"]]


LOOK_UP = """
import resource, socket, _socket
{more}
WORKERS = 5
def handler(number):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    _socket.getaddrinfo("{host}", 443)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_worker_finds_the_resolver_ready(host: str) -> None:
    # Loading its configuration writes to pages; a worker that need not touches fewer.
    unready, ready = (run(LOOK_UP.format(more=more, host=host)).answers for more in ("", "import ssl"))
    assert len(unready) == len(ready) == 5
    assert max(ready) < min(unready)


HOSTS = "# ours\n127.0.0.1 localhost localhost.localdomain # named\n"


@pytest.mark.parametrize(
    ("hosts", "order", "expected"),
    [
        (HOSTS, "passwd: files\nhosts:\tfiles dns myhostname\n", True),
        (HOSTS, "hosts: dns files\n", False),
        (HOSTS, "hosts: resolve [!UNAVAIL=return] files\n", False),
        (HOSTS, "hosts:\n", False),
        (HOSTS, "", False),
        ("127.0.0.1 here # localhost\n", "hosts: files dns\n", False),
        ("localhost\n", "hosts: files\n", False),
        ("", "hosts: files dns\n", False),
    ],
)
def test_no_server_is_asked_for_a_name_to_get_ready(hosts: str, order: str, expected: bool) -> None:
    assert is_told_by_file("localhost", hosts, order) is expected
