"""`dayfly fleet serve`: collector, store, detections, alerts and console in one process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.fleet.service.front import Front, parse_proxies, parse_public_url
from dayfly.fleet.service.place import default_folder
from dayfly.fleet.service.serving import STORE, Options
from dayfly.fleet.service.serving import serve as run
from dayfly.fleet.store.retention import parse_keep
from dayfly.fleet.store.schema import Deployment
from dayfly.fleet.store.store import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.fleet.service.retiring import Retirer
    from dayfly.fleet.service.serving import Started
    from dayfly.fleet.store.store import Store

DEFAULT_PORT = 8710


def serve(
    store: str = "",
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    folder: Path | None = None,
    cluster: str = "",
    cloud: Annotated[bool, Parameter(negative="")] = False,
    public_url: str = "",
    name: Annotated[list[str] | None, Parameter(negative="")] = None,
    behind_proxy: Annotated[list[str] | None, Parameter(negative="")] = None,
    certificate: Path | None = None,
    key: Path | None = None,
    unsafe_plain_http: Annotated[bool, Parameter(negative="")] = False,
    keep: str = "30d",
    recycle: Annotated[bool, Parameter(negative="")] = False,
    lambda_endpoint: str = "",
    region: str = "",
    profile: str = "",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Collect what functions log, look for attacks across the fleet, and show both in a browser.

    One process; nothing else has to be installed. It listens to this machine alone until there is an account. The
    first lines say where it is, how to sign in and how to send the first lines. Ctrl-C ends it; what was acknowledged
    is on disk.

    Examples:

        dayfly fleet serve
        dayfly fleet serve /srv/dayfly --port 8080
        dayfly fleet serve env:CLICKHOUSE_URL --cluster main --folder /srv/dayfly
        dayfly fleet serve --host 0.0.0.0 --certificate chain.pem --key key.pem
        dayfly fleet serve --public-url https://dayfly.example.com --behind-proxy 127.0.0.1

    Parameters
    ----------
    store
        A folder to keep everything in, or the URL of a ClickHouse, or env:NAME for a variable that has it, so that no
        password is seen among this machine's processes; by default a folder of this user's.
    host
        Address to listen on; another than loopback needs an account first, and TLS.
    port
        Port to listen on; 0 takes a free one.
    folder
        Where accounts, keys and the spool are kept when the store is elsewhere.
    cluster
        Name of a self-managed ClickHouse cluster (system.clusters), for replicated and distributed tables.
    cloud
        The URL is one of ClickHouse Cloud.
    public_url
        The address that browsers use, where that is another.
    name
        Another name that this service goes by in the Host header; repeat for more.
    behind_proxy
        Address or network of a proxy whose X-Forwarded-For and X-Forwarded-Proto are believed.
    certificate
        PEM file with the certificate and its chain.
    key
        PEM file with the certificate's key.
    unsafe_plain_http
        Let others sign in without encryption, all the same.
    keep
        How many days of lines are kept, as 30d or 90d.
    recycle
        Let the retire button change functions with this machine's AWS credentials.
    lambda_endpoint
        The Lambda API to retire environments by, as the lab's; implies --recycle.
    region
        AWS region of the functions, by default as for awscli.
    profile
        AWS profile, by default as for awscli.
    json
        One JSON object when it serves, for programs.
    """
    output = Output(is_json=json)
    if store.startswith("env:") and not (store := os.environ.get(store[4:], "")):
        raise DayflyError(
            "the variable that names the store is not set",
            hint="set it to a URL, as https://user:password@host:8443",
        )
    is_url = "://" in store
    home = folder or (Path(store) if store and not is_url else default_folder(os.environ))
    if store and not is_url and folder is not None:
        raise DayflyError("--folder is for a store that is elsewhere", hint="name the folder once")
    if (cluster or cloud) and not is_url:
        raise DayflyError(
            "a cluster has a URL", hint="dayfly fleet serve https://user:password@host:8443 --cluster main"
        )
    if not 0 <= port <= 65535:
        raise DayflyError(f"there is no port {port}", hint="as --port 8080, or 0 for a free one")
    front = Front(
        host=host,
        port=port,
        public_url=parse_public_url(public_url),
        names=frozenset(one.lower() for one in name or ()),
        proxies=parse_proxies(behind_proxy or ()),
        has_tls=certificate is not None,
    )
    options = Options(
        folder=home,
        place=Place.parse(store) if is_url else Place(folder=home / STORE),
        front=front,
        cluster=cluster,
        deployment=Deployment.CLUSTER if cluster else Deployment.CLOUD if cloud else Deployment.SINGLE,
        certificate=certificate,
        key=key,
        is_plain_http_allowed=unsafe_plain_http,
        keep_days=parse_keep(keep),
        make_retirer=_retirer(lambda_endpoint, region, profile) if recycle or lambda_endpoint else None,
    )
    run(options, tell=lambda started: _announce(output, started))
    output.say("stopped; what was acknowledged is on disk")
    return 0


def _retirer(endpoint: str, region: str, profile: str) -> Callable[[Store], Retirer]:
    # boto3 takes half a second to import, which a service without the button does not need.
    from dayfly.attach.aws.account import Account
    from dayfly.cli.fleet_retiring import retirer

    account = Account(endpoint or None, region or None, profile or None)
    # A profile that is none is said now and not when somebody needs the button.
    account.client("lambda")
    return lambda store: retirer(store, account)


def _announce(output: Output, started: Started) -> None:
    if output.is_json:
        output.json(
            {
                "type": "serving",
                "url": started.url,
                "folder": str(started.folder),
                "set_up_url": started.set_up_url,
                "has_users": started.has_users,
                "migrations": started.migrations,
                "store_fault": started.store_fault,
            }
        )
        return
    output.say(f"serving {started.url}", style="bold green")
    output.say(f"  everything is kept in {started.folder}")
    if started.store_fault:
        output.warn(f"{started.store_fault}; what comes in waits on disk until it answers")
    if started.set_up_url:
        output.say("  make the first account (this link works once, for 30 minutes, on this machine):")
        output.say(f"    {started.set_up_url}")
    elif not started.has_users:
        output.say("  make the first account: dayfly fleet user add NAME --role admin")
    output.say(
        "  send the first lines: dayfly fleet import FILE, or see docs/fleet.md for Firehose and extensions"
    )
    output.say("Ctrl-C ends it")
