"""What invocations keep outside the interpreter: connections, files, tracing and extensions; pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from dayfly.lab.plan.model import Loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.lab.plan.masking import Mask
    from dayfly.lab.plan.sightings import SeenConnection, Sighting

_RUNTIME_API = "Runtime API"
_TLS_PORT = "443"
# https://docs.aws.amazon.com/lambda/latest/dg/with-secrets-manager.html: the extension's default port.
_SECRETS_EXTENSION_PORT = "2773"
_LOOPBACK = ("localhost", "127.0.0.1", "sandbox.localdomain")

# Module that is loaded when a tracer is in use: what a fresh worker means for it.
_TRACERS = {
    "aws_xray_sdk": ("AWS X-Ray SDK", "segments go out by UDP within the invocation: nothing is lost"),
    "opentelemetry.sdk": (
        "OpenTelemetry SDK",
        (
            "spans that a batch processor has not exported before the response are lost: flush before the "
            "response"
        ),
    ),
    "ddtrace": ("Datadog tracer", "spans that were not flushed before the response are lost"),
    "sentry_sdk": ("Sentry SDK", "events still queued after the response are lost unless its Lambda integration flushes"),
}  # fmt: skip


def find_connections(sightings: Sequence[Sighting], *, mask: Mask) -> list[Loss]:
    """Return one loss per destination whose connections later invocations used again."""
    count = len(sightings) - 1
    reused: dict[str, int] = defaultdict(int)
    example: dict[str, SeenConnection] = {}
    opened: dict[str, int] = defaultdict(int)
    for sighting in sightings:
        names: set[str] = set()
        for connection in sighting.connections:
            if connection.is_datagram or connection.destination == _RUNTIME_API:
                continue
            name = _hide(connection.destination, mask)
            known = example.setdefault(name, connection)
            if (connection.is_encrypted, bool(connection.site)) > (known.is_encrypted, bool(known.site)):
                example[name] = connection
            if connection.invocation == sighting.number:
                opened[name] += 1
            is_kept = connection.destination.startswith("unix:") and connection.is_open
            if connection.is_reused or (is_kept and 0 <= connection.invocation < sighting.number):
                names.add(name)
        for name in names:
            reused[name] += 1
    losses: list[Loss] = []
    for name, uses in sorted(reused.items(), key=lambda item: -item[1]):
        one = example[name]
        is_tls = one.is_encrypted or name.rpartition(":")[2] == _TLS_PORT
        when = "at init" if one.invocation == 0 else "by the first invocation that needs it"
        losses.append(
            Loss(
                kind="connection",
                what=f"{name}{' (TLS)' if is_tls else ''}",
                where=one.site,
                uses=uses,
                invocations=count,
                consequence=f"opened {opened[name]} × ({when}), then reused; every worker opens its own",
            )
        )
    return losses


def _hide(destination: str, mask: Mask) -> str:
    """Return a destination without data in its host or path; a port tells none."""
    host, separator, port = destination.rpartition(":")
    return mask.hide(host) + separator + port if port.isdecimal() else mask.hide(destination)


def find_files(sightings: Sequence[Sighting], *, mask: Mask) -> list[Loss]:
    """Return files under /tmp that one invocation wrote and a later one read, by folder."""
    count = len(sightings) - 1
    writer: dict[str, int] = {}
    uses: dict[str, set[int]] = defaultdict(set)
    appended: dict[str, set[int]] = defaultdict(set)
    where: dict[str, str] = {}
    for sighting in sightings:
        for path, what, site in sighting.files:
            glob = keep_glob(mask.hide(path))
            if what == "append":
                if 0 < writer.get(path, 0) < sighting.number:
                    appended[glob].add(sighting.number)
                    where.setdefault(glob, site)
                writer[path] = sighting.number
            elif what == "write":
                writer[path] = sighting.number
            elif 0 < writer.get(path, 0) < sighting.number:
                uses[glob].add(sighting.number)
                where.setdefault(glob, site)
    losses = [
        Loss(
            "tmp", glob, where[glob], len(numbers), count, "written by one invocation and read by later ones; removed with each worker"
        )
        for glob, numbers in sorted(uses.items())
    ]  # fmt: skip
    losses += [
        Loss(
            "tmp", glob, where[glob], len(numbers), count, "collects over invocations; every worker starts with an empty file"
        )
        for glob, numbers in sorted(appended.items())
        if glob not in uses
    ]  # fmt: skip
    return losses


def keep_glob(path: str) -> str:
    """Return the glob that keeps a file with what lies beside it: its first folder under the scratch root."""
    parts = path.split("/")
    depth = 3 if parts[1] in ("var", "dev") else 2
    if len(parts) > depth + 1:
        return "/".join(parts[: depth + 1]) + "/**"
    return path


def find_tracing(sightings: Sequence[Sighting]) -> list[Loss]:
    """Return tracers that the function loaded."""
    modules = {name for sighting in sightings for name in sighting.modules}
    count = len(sightings) - 1
    return [
        Loss("tracing", title, "", count, count, consequence)
        for module, (title, consequence) in _TRACERS.items()
        if module in modules
    ]


def find_extensions(sightings: Sequence[Sighting]) -> list[Loss]:
    """Return use of extensions by the function's own process."""
    count = len(sightings) - 1
    losses: list[Loss] = []
    seen: set[str] = set()
    for connection in sightings[-1].connections:
        host, _, port = connection.destination.rpartition(":")
        if connection.destination == _RUNTIME_API and connection.site and _RUNTIME_API not in seen:
            seen.add(_RUNTIME_API)
            losses.append(
                Loss(
                    "extension", "an extension inside the function's process", connection.site, count, count,
                    (
                        "registered at the Extensions API; workers do not have the thread that waits for its "
                        "events"
                    ),
                )
            )  # fmt: skip
        elif port == _SECRETS_EXTENSION_PORT and host in _LOOPBACK and port not in seen:
            seen.add(port)
            losses.append(
                Loss(
                    "extension", "AWS Parameters and Secrets extension", connection.site, count, count,
                    "its cache lives in its own process and stays; nothing is lost",
                )
            )  # fmt: skip
    return losses
