"""Parses the CA bundles that loaded libraries will use before the first fork, instead of once per connection.

Parsing one takes 3 to 11 ms of CPU; requests, urllib3 and http.client do it for every connection and botocore
for every new one. `dayfly.runtime.bundles` says how contexts come by them.
"""

from __future__ import annotations

import os
import sys

from dayfly._sys.trust import open_trust
from dayfly.runtime import heap
from dayfly.runtime.bundles import Bundles, default_file, is_untouched

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from dayfly.runtime.sealing import Sealing

_KINDS = (
    ("botocore.httpsession", "URLLib3Session"),
    ("requests.sessions", "Session"),
    ("requests.adapters", "HTTPAdapter"),
    ("urllib3.poolmanager", "PoolManager"),
    ("urllib3.connectionpool", "HTTPSConnectionPool"),
    ("httpx._client", "BaseClient"),
    ("redis.connection", "ConnectionPool"),
    ("redis.asyncio.connection", "ConnectionPool"),
)
_OF_REDIS = ("redis.connection", "redis.asyncio.connection")
# Under these names the function's own modules hold what opens HTTPS connections by OpenSSL's default paths.
_OPENERS = ("urlopen", "HTTPSConnection", "urllib", "http", "request", "client")
_TRUST_OPTIONS = ("ssl_context", "ca_certs", "ca_cert_dir", "ca_cert_data")


def kinds() -> tuple[type, ...]:
    """Return the classes whose instances know which bundle they will load."""
    return heap.classes(*_KINDS)


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Parse the bundles that loaded libraries would use, and have contexts take them from here."""
    # getaddrinfo encodes every name with it, and every worker would import it and its tables: 1 ms.
    "localhost".encode("idna")
    _ready_resolver()
    module = sys.modules["ssl"]
    if not is_untouched(module):
        return
    paths = list(dict.fromkeys(_bundles(found)))
    if _uses_default_paths(found):
        paths.append(default_file(module))
    bundles = Bundles(module, open_trust(module) if paths else None)
    for path in paths:
        bundles.parse(path)
    for session in found.named("botocore.httpsession", "URLLib3Session"):
        if path := _botocore_bundle(session):
            for context in _contexts(session):
                bundles.give(context, path)
    bundles.serve()


def _ready_resolver() -> None:
    """Have the C library read what it needs for look-ups, so that no worker does: 70 page faults, 0.3 ms.

    No server is asked: it might not be there. Answers are not kept for workers: docs/how-it-works.md says why.
    """
    import _socket

    host = (
        "localhost" if is_told_by_file("localhost", _text("/etc/hosts"), _text("/etc/nsswitch.conf")) else ""
    )
    try:
        _socket.getaddrinfo(host or "127.0.0.1", 443, 0, _socket.SOCK_STREAM)
    except OSError:
        return


def is_told_by_file(name: str, hosts: str, order: str) -> bool:
    """Say whether the C library answers for `name` from hosts(5) and asks nobody; `order` is nsswitch.conf(5)."""
    services = [line.split()[1:2] for line in order.splitlines() if line.startswith("hosts:")]
    names = [part for line in hosts.splitlines() for part in line.partition("#")[0].split()[1:]]
    return services == [["files"]] and name in names


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as opened:
            return opened.read(1 << 16)
    except OSError:
        return ""


def _bundles(found: heap.Found) -> Iterator[str]:
    """Yield the files that loaded libraries will load, the surest first."""
    yield from _of_botocore(found)
    yield from _of_requests(found)
    for pool in found.named("urllib3.connectionpool", "HTTPSConnectionPool"):
        yield from _path(getattr(pool, "ca_certs", None))
    for manager in found.named("urllib3.poolmanager", "PoolManager"):
        yield from _path(_option(manager, "connection_pool_kw", "ca_certs"))
    for module in _OF_REDIS:
        for pool in found.named(module, "ConnectionPool"):
            yield from _path(_option(pool, "connection_kwargs", "ssl_ca_certs"))
    if "httpx" in sys.modules and not found.named("httpx._client", "BaseClient"):
        # A client that init made has loaded its context; one made in the handler does it there.
        yield os.environ.get("SSL_CERT_FILE") or _certifi()


def _of_botocore(found: heap.Found) -> Iterator[str]:
    httpsession = sys.modules.get("botocore.httpsession")
    if httpsession is None:
        return
    for session in found.named("botocore.httpsession", "URLLib3Session"):
        if path := _botocore_bundle(session):
            yield path
    # Clients made in the handler, as botocore.endpoint chooses where nothing is set in code.
    chosen = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
    yield chosen or str(httpsession.get_cert_path(True))


def _of_requests(found: heap.Found) -> Iterator[str]:
    adapters = sys.modules.get("requests.adapters")
    if adapters is None:
        return
    for session in found.named("requests.sessions", "Session"):
        yield from _path(getattr(session, "verify", None))
    chosen = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    yield chosen or str(getattr(adapters, "DEFAULT_CA_BUNDLE_PATH", ""))


def _certifi() -> str:
    """Return the path of certifi's bundle; httpx imports it only when it makes a context."""
    import importlib.util  # in every interpreter that has loaded httpx

    spec = importlib.util.find_spec("certifi")
    return os.path.join(os.path.dirname(spec.origin or ""), "cacert.pem") if spec else ""


def _botocore_bundle(session: object) -> str:
    verify = getattr(session, "_verify", None)
    if verify is True:
        return str(sys.modules["botocore.httpsession"].get_cert_path(True))
    return verify if isinstance(verify, str) else ""


def _contexts(session: object) -> Iterator[ssl.SSLContext]:
    """Yield the contexts that botocore has made already: it loads the bundle when it connects."""
    proxies = getattr(session, "_proxy_managers", None)
    managers = list(proxies.values()) if isinstance(proxies, dict) else []
    kind = sys.modules["ssl"].SSLContext
    for manager in (getattr(session, "_manager", None), *managers):
        context = _option(manager, "connection_pool_kw", "ssl_context")
        if isinstance(context, kind):
            yield context


def _uses_default_paths(found: heap.Found) -> bool:
    """Say whether something here opens connections that trust OpenSSL's default file."""
    for module in _OF_REDIS:
        for pool in found.named(module, "ConnectionPool"):
            if "SSL" in getattr(getattr(pool, "connection_class", None), "__name__", ""):
                return True
    adapters = found.named("requests.adapters", "HTTPAdapter")
    owned = {id(getattr(adapter, "poolmanager", None)) for adapter in adapters}
    # urllib3 2 makes one when it is imported, for urllib3.request().
    idle = getattr(sys.modules.get("urllib3"), "_DEFAULT_POOL", None)
    for manager in found.named("urllib3.poolmanager", "PoolManager"):
        if id(manager) in owned or (manager is idle and not len(getattr(manager, "pools", ()))):
            continue
        if not any(_option(manager, "connection_pool_kw", name) for name in _TRUST_OPTIONS):
            return True
    return _opens_by_standard_library()


def _opens_by_standard_library() -> bool:
    """Say whether a module of the function's own, by where it lies, holds urllib.request or http.client."""
    request, client = sys.modules.get("urllib.request"), sys.modules.get("http.client")
    openers = [client, request, getattr(request, "urlopen", None), getattr(client, "HTTPSConnection", None)]
    openers += [sys.modules.get("urllib") if request else None, sys.modules.get("http") if client else None]
    wanted = {id(opener) for opener in openers if opener is not None}
    root = os.environ.get("LAMBDA_TASK_ROOT") or os.getcwd()
    package = os.environ.get("_HANDLER", "").replace("/", ".").partition(".")[0]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str):
            continue
        if name.partition(".")[0] != package and file.rpartition("/")[0] != root:
            continue
        if any(id(vars(module).get(opener)) in wanted for opener in _OPENERS):
            return True
    return False


def _option(owner: object, attribute: str, name: str) -> object:
    options = getattr(owner, attribute, None)
    return options.get(name) if isinstance(options, dict) else None


def _path(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield os.path.expanduser(value)
