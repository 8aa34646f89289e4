"""Writes what a use is about without anything that an event supplied, so that it may stand in a finding and in a policy.

What came with the event becomes `*`; where nobody can tell, a path becomes its directory with `/*` and a host `?`.
"""

from __future__ import annotations

from dayfly.core import globs
from dayfly.core.destinations import AWS_SUFFIXES, is_aws, pack_address
from dayfly.core.policy import TASK, TEMPORARY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.runtime.guard.places import Places

    # Where of a text came with the event, and whether a text stands in the function's or a package's own code.
    Spans = Callable[[str], list[tuple[int, int]]]
    Own = Callable[[str], bool]

# What lies there is the image's: no name of it is a customer's.
_SYSTEM = tuple(
    "/bin/ /boot/ /dev/ /etc/ /lib/ /lib64/ /opt/ /proc/ /run/ /sbin/ /sys/ /usr/ /var/lang/ "
    "/var/runtime/".split()
)
_UNKNOWN_HOST = "?"
# Of AWS's names `service.region.amazonaws.com` is the same for everybody, and what stands before that is not.
_LABELS_OF_SERVICE = 2


def path(text: str, places: Places, spans: Spans, own: Own) -> str:
    """Return an absolute path with `*` for what is nobody's constant, and with `${TASK}` and `${TMP}`."""
    if text.startswith(places.task):
        return f"{TASK}/" + _marked_path(text, spans, len(places.task))
    if f"{text}/".startswith(_SYSTEM):
        return _marked_path(text, spans)
    prefix, size = "", 0
    for place in places.temporary:
        if text.startswith(place):
            prefix, size = TEMPORARY, len(place)
            break
    parts = _marked_path(text, spans, size).strip("/").split("/")
    kept = [part if part in ("*", "**") or own(part) else "*" for part in parts]
    # What is behind the last known directory says no more than `*` does.
    while len(kept) > 1 and kept[-1] in ("*", "**") and kept[-2] in ("*", "**"):
        kept.pop()
        kept[-1] = "**"
    return prefix + "/" + "/".join(kept)


def destination(text: str, spans: Spans, own: Own) -> str:
    """Return host:port with `*` or `?` for what is nobody's constant; addresses stay, for they are no customer's data."""
    if text.startswith("unix:"):
        return text if own(text[len("unix:") :]) else name(text, spans)
    if text.startswith("family:"):
        return text
    host, port = _host_and_port(text)
    if pack_address(host):
        return text if own(host) or not spans(host) else _UNKNOWN_HOST + port
    if is_aws(host):
        suffix = next(end for end in AWS_SUFFIXES if host.endswith(end))
        labels = host.removesuffix(suffix).split(".")
        service = ".".join(labels[-_LABELS_OF_SERVICE:])
        marked = name(service, spans)
        return ("*." if len(labels) > _LABELS_OF_SERVICE else "") + marked + suffix + port
    if own(host) and not spans(host):
        return text
    # What the event has of it and what the code has, if that is all of it.
    marked = name(host, spans)
    rest = [part for part in marked.split("*") if part]
    if marked != host and rest and all(own(part) or own(part.strip(".-")) for part in rest):
        return marked + port
    return _UNKNOWN_HOST + port


def _marked_path(text: str, spans: Spans, size: int = 0) -> str:
    """Return a path behind a prefix of this `size`, with `*` for each part of it that came with the event, and `**` for several."""
    characters = list(text)
    for start, end in spans(text):
        first = max(start, size)
        several = "/" in text[first:end]
        characters[first:end] = ["**" if several else "*", *[""] * (end - first - 1)][: max(0, end - first)]
    characters[:size] = []
    parts = "".join(characters).split("/")
    return "/".join("**" if "**" in part else part for part in parts)


def name(text: str, spans: Spans) -> str:
    """Return the name of a program, a library or a variable with `*` for each part that came with the event."""
    if len(text) > globs.MANY_CHARACTERS:
        return "*"
    parts: list[str] = []
    at = 0
    for start, end in spans(text):
        parts += [text[at:start], "*"]
        at = end
    parts.append(text[at:])
    joined = "".join(parts)
    while "**" in joined:
        joined = joined.replace("**", "*")
    return joined


def _host_and_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, port
    if text.count(":") > 1:
        return text, ""
    host, colon, port = text.partition(":")
    return host.lower(), colon + port
