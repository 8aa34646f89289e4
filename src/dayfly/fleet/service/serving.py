"""Runs the whole fleet side as one process: store, collector, detections, alerts and console, until it is told to end."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from dayfly.errors import DayflyError
from dayfly.fleet.service.accounts import SETUP_SECONDS
from dayfly.fleet.service.assembling import assemble
from dayfly.fleet.service.front import Front
from dayfly.fleet.service.gate import Gate
from dayfly.fleet.service.ledger import Ledger
from dayfly.fleet.service.passwords import Passwords
from dayfly.fleet.service.protocol import MOST_CONNECTIONS, BoundedProtocol
from dayfly.fleet.service.retiring import Retirer
from dayfly.fleet.service.service import Service
from dayfly.fleet.service.settings import load_settings
from dayfly.fleet.store.retention import let_go
from dayfly.fleet.store.schema import Deployment, migrate
from dayfly.fleet.store.store import Place, Store

LOCK = "serving.json"
CLI_TOKEN = "cli.token"
STORE = "store"
_END_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Options:
    """How `serve` was asked to run. `folder` holds everything but a store that is elsewhere."""

    folder: Path
    place: Place
    front: Front
    cluster: str = ""
    deployment: Deployment = Deployment.SINGLE
    certificate: Path | None = None
    key: Path | None = None
    is_plain_http_allowed: bool = False
    # Days that lines are kept; 0 for ever.
    keep_days: int = 30
    make_retirer: Callable[[Store], Retirer] | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """What to tell whoever started it."""

    url: str
    folder: Path
    set_up_url: str
    has_users: bool
    migrations: list[str]
    # Why the store cannot be reached yet; batches are acknowledged and wait in the spool.
    store_fault: str = ""


def serve(options: Options, *, tell: Callable[[Started], None]) -> None:
    """Serve until SIGINT or SIGTERM; `tell` is called once it answers.

    Raises DayflyError where the port or the folder cannot be had, the store cannot be opened, or others could reach it
    without having to sign in.
    """
    with ExitStack() as stack:
        stack.enter_context(_folder_of_ours(options.folder))
        ledger = Ledger(options.folder)
        stack.callback(ledger.close)
        settings = load_settings(options.folder)
        context = _tls(options)
        bound = stack.enter_context(_bind(options.front))
        front = _with_port(options.front, bound)
        service_is_reachable = not front.is_loopback
        passwords = Passwords()
        _check_exposure(
            ledger,
            front,
            has_provider=settings.oidc is not None,
            is_plain_http_allowed=options.is_plain_http_allowed,
        )
        done: list[str] = []

        def prepare(store: Store) -> None:
            done.extend(migrate(store, options.deployment, cluster=options.cluster))

        store = stack.enter_context(Store(options.place, prepare=prepare))
        service = Service(options.folder, store, ledger, front, passwords, settings)
        app = assemble(
            service,
            stack,
            retirer=options.make_retirer(store) if options.make_retirer else None,
            let_go=lambda: _let_go(options, store),
        )
        _leave_token(options.folder, service)
        stack.callback(_take_away, options.folder / CLI_TOKEN)
        started = Started(
            url=front.url,
            folder=options.folder,
            set_up_url="" if service_is_reachable else _set_up_url(service),
            has_users=bool(service.accounts.all()) or bool(service.provider_name),
            migrations=done,
            store_fault=store.fault,
        )
        config = uvicorn.Config(
            Gate(app, service),
            http=BoundedProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_END_SECONDS,
            limit_concurrency=MOST_CONNECTIONS,
            backlog=2048,
        )
        config.load()
        # A line for every request that is none would let strangers fill the service's own output.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        config.ssl = context
        asyncio.run(_until_signal(config, bound, lambda: tell(started), options.folder, front))


async def _until_signal(
    config: uvicorn.Config, bound: socket.socket, tell: Callable[[], None], folder: Path, front: Front
) -> None:
    server = uvicorn.Server(config)
    loop = asyncio.get_running_loop()

    def end() -> None:
        # The second signal is somebody who does not want to wait.
        server.force_exit = server.should_exit
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    # `_serve` rather than `serve`: the latter takes the signals over and raises them again at the end.
    serving = asyncio.create_task(server._serve(sockets=[bound]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    if server.started:
        _write_private(
            folder / LOCK, json.dumps({"url": front.url, "local": _local_url(front), "pid": os.getpid()})
        )
        tell()
    await serving


def _let_go(options: Options, store: Store) -> None:
    if options.keep_days:
        let_go(
            store,
            options.keep_days,
            now=datetime.now(UTC),
            deployment=options.deployment,
            cluster=options.cluster,
        )


def _local_url(front: Front) -> str:
    return Front(front.host, front.port, has_tls=front.has_tls).url


def _check_exposure(ledger: Ledger, front: Front, *, has_provider: bool, is_plain_http_allowed: bool) -> None:
    if front.is_loopback and not front.proxies:
        return
    row = None if has_provider else ledger.one("SELECT count(*) FROM users")
    if row is not None and row[0] == 0:
        raise DayflyError(
            f"{front.host} is reachable from other hosts, but no user exists yet",
            hint=f"create a user first: dayfly fleet user add NAME --role admin --folder {ledger.path.parent}",
        )
    if not front.has_tls and not front.public_url.startswith("https:") and not is_plain_http_allowed:
        raise DayflyError(
            f"connections to {front.host} would not be encrypted",
            hint="use --certificate and --key, or --public-url https://… and --behind-proxy if a proxy terminates TLS",
        )


def _set_up_url(service: Service) -> str:
    service.accounts.revoke("setup", "first")
    if service.accounts.all() or service.provider_name:
        return ""
    token = service.accounts.give_token("setup", "first", "admin", seconds=SETUP_SECONDS)
    return f"{_local_url(service.front)}/set-up?token={token}"


def _leave_token(folder: Path, service: Service) -> None:
    """Leave a key for the command line; whoever can read it can read the store beside it, too."""
    _write_private(folder / CLI_TOKEN, service.accounts.give_token("local", "cli", "admin"))


def _take_away(path: Path) -> None:
    path.unlink(missing_ok=True)


def _write_private(path: Path, text: str) -> None:
    # Truncated in place for the lock, which must stay the same file; never through a link.
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as file:
        os.fchmod(handle, 0o600)
        file.write(text)


@contextmanager
def _folder_of_ours(folder: Path) -> Iterator[None]:
    """Hold the folder: one process owns it, and a second is told so before it opens anything."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise DayflyError(
            f"cannot use {folder}: {error.strerror}",
            hint="use a writable folder on a disk with free space",
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            known = os.read(handle, 4096).decode("utf-8", "replace")
            raise DayflyError(
                f"{folder} is in use by another `dayfly fleet serve`{_whom(known)}",
                hint="stop that one, or use another folder",
            ) from error
        os.ftruncate(handle, 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _whom(text: str) -> str:
    try:
        told = json.loads(text)
        return f", at {told['url']} (process {told['pid']})"
    except (ValueError, KeyError, TypeError):
        return ""


@contextmanager
def _bind(front: Front) -> Iterator[socket.socket]:
    try:
        # asyncio sets TCP_NODELAY only where the protocol is said: else the end of an answer waits 40 ms for an acknowledgement.
        found = socket.getaddrinfo(
            front.host, front.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )
    except (OSError, OverflowError, UnicodeError) as error:
        raise DayflyError(
            f"{front.host} is not an address of this host", hint="example: --host 127.0.0.1"
        ) from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(address)
            bound.listen(2048)
        except OSError as error:
            raise DayflyError(
                f"cannot listen on {front.host}:{front.port}: {error.strerror}",
                hint="another program may use that port; choose one with --port, or 0 for any free port",
            ) from error
        bound.setblocking(False)
        yield bound


def _with_port(front: Front, bound: socket.socket) -> Front:
    port = int(bound.getsockname()[1])
    return Front(front.host, port, front.public_url, front.names, front.proxies, front.has_tls)


def _tls(options: Options) -> ssl.SSLContext | None:
    if options.certificate is None and options.key is None:
        return None
    if options.certificate is None:
        raise DayflyError("--key needs --certificate", hint="use --certificate chain.pem --key key.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(options.certificate, options.key)
    except (OSError, ssl.SSLError) as error:
        raise DayflyError(
            f"cannot use the certificate {options.certificate}: {error.strerror or error}",
            hint="use PEM files: the certificate with its chain, and the key without a passphrase",
        ) from error
    return context
