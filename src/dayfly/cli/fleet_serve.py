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
    """Run the fleet service: collector, detections and web console.

    The service is one process and needs no other installation. It listens on loopback only until an account
    exists. It prints its URL, how to sign in and how to send the first log records. Ctrl-C stops it;
    acknowledged records are on disk.

    Examples:

        dayfly fleet serve
        dayfly fleet serve /srv/dayfly --port 8080
        dayfly fleet serve env:CLICKHOUSE_URL --cluster main --folder /srv/dayfly
        dayfly fleet serve --host 0.0.0.0 --certificate chain.pem --key key.pem
        dayfly fleet serve --public-url https://dayfly.example.com --behind-proxy 127.0.0.1

    Parameters
    ----------
    store
        A data folder, or the URL of a ClickHouse server, or env:NAME for an environment variable that holds
        the URL, which keeps the password out of the process list (default: a folder of this user).
    host
        Address to listen on; an address other than loopback needs an account and TLS.
    port
        Port to listen on; 0 selects a free port.
    folder
        Folder for accounts, keys and the spool, if STORE is not a folder.
    cluster
        Name of a self-managed ClickHouse cluster (system.clusters), for replicated and distributed tables.
    cloud
        The URL belongs to ClickHouse Cloud.
    public_url
        The URL that browsers use, if it differs.
    name
        Another host name to accept in the Host header; repeatable.
    behind_proxy
        Address or network of a trusted proxy (X-Forwarded-For and X-Forwarded-Proto); repeatable.
    certificate
        PEM file with the certificate and its chain.
    key
        PEM file with the private key.
    unsafe_plain_http
        Allow sign-in from other machines without TLS.
    keep
        How long to keep log records, for example 30d or 90d.
    recycle
        Let the console's recycle button change functions with this machine's AWS credentials.
    lambda_endpoint
        Lambda API endpoint for recycling environments, for example the lab's; implies --recycle.
    region
        AWS region of the functions (default: as for the AWS CLI).
    profile
        AWS profile (default: as for the AWS CLI).
    json
        Print one JSON object when the service is ready.
    """
    output = Output(is_json=json)
    if store.startswith("env:") and not (store := os.environ.get(store[4:], "")):
        raise DayflyError(
            "the environment variable given as env:NAME is not set",
            hint="set it to a URL, for example https://user:password@host:8443",
        )
    is_url = "://" in store
    home = folder or (Path(store) if store and not is_url else default_folder(os.environ))
    if store and not is_url and folder is not None:
        raise DayflyError("--folder and a STORE folder were both given", hint="use only one of them")
    if (cluster or cloud) and not is_url:
        raise DayflyError(
            "--cluster and --cloud need the URL of a ClickHouse server",
            hint="dayfly fleet serve https://user:password@host:8443 --cluster main",
        )
    if not 0 <= port <= 65535:
        raise DayflyError(f"port {port} is out of range", hint="use 1 to 65535, or 0 for a free port")
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
    output.say("stopped; all acknowledged records are on disk")
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
    output.say(f"  data folder: {started.folder}")
    if started.store_fault:
        output.warn(f"{started.store_fault}; incoming records wait on disk until the store answers")
    if started.set_up_url:
        output.say("  create the first account (this link works once, for 30 minutes, on this machine):")
        output.say(f"    {started.set_up_url}")
    elif not started.has_users:
        output.say("  create the first account: dayfly fleet user add NAME --role admin")
    output.say(
        "  send the first log records: dayfly fleet import FILE, or see docs/fleet.md for Firehose and "
        "extensions"
    )
    output.say("press Ctrl-C to stop")
