"""Makes few patterns of many targets, none of them wider than what was seen asks for; pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from dayfly.core.destinations import AWS, is_aws
from dayfly.core.policy import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# So many files of one directory, or directories of one, become a pattern.
_MANY_FILES = 3
_MANY_FOLDERS = 3
_MANY_NAMES = 5
# So many ports of one host, and one from there on of this machine, are drawn anew each time: a test's server has them.
_MANY_PORTS = 3
_FIRST_DRAWN_PORT = 32768
# Directories of the system: what lies in them has nothing in common.
_SHARED = frozenset(
    ("", "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/mnt", "/opt", "/proc", "/root", "/run",
     "/sbin", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/var", "/var/lib",
     "${TASK}", "..", ".")
)  # fmt: skip
_SCRATCH = f"{TEMPORARY}/"
# Of one process's own, by number.
_PROC = "/proc/"


def split_port(target: str) -> tuple[str, str]:
    """Return host and port of a destination; "" for no port. `[::1]:80` is an address of IPv6."""
    if target.startswith("unix:"):
        return target, ""
    if target.startswith("["):
        host, _, rest = target.partition("]")
        return host + "]", rest.removeprefix(":")
    host, separator, port = target.rpartition(":")
    if not separator or ":" in host or not (port.isdigit() or port == "*"):
        return target, ""
    return host, port


def generalise(kind: str, targets: Iterable[str]) -> tuple[str, ...]:
    """Return the patterns for the targets of one kind that one phase was seen to use, sorted."""
    known = sorted({target for target in targets if target})
    if kind == "network":
        return _hosts(known)
    if kind in ("read", "write"):
        # What a function keeps there is its own, and gone with the worker: which names it has today says nothing.
        kept = [target for target in known if not target.startswith(_SCRATCH)]
        return _paths(kept if kept == known else [*kept, _SCRATCH + "**"])
    if kind == "native":
        return _paths(known)
    if kind == "environment":
        return _names(known)
    if kind == "threads":
        # Which package starts one is in the packages' table.
        return ("*",) if known else ()
    return tuple(known)


def matches_everything(kind: str, pattern: str) -> bool:
    """Say whether a pattern excludes nothing that is worth excluding."""
    if kind == "threads":
        return False
    bare = pattern.rstrip("/")
    if kind == "network":
        host, _ = split_port(bare)
        if host.endswith("/0") or host in ("unix:*", "unix:/*", "unix:/**"):
            return True
        # `*.com` is everything as well.
        fixed = [label for label in host.split(".") if label.strip("*?")]
        return host[:1] in ("*", "?") and len(fixed) <= 1
    return bare in ("*", "**", "/*", "/**", "/**/*", "*/**", "")


def _hosts(targets: Sequence[str]) -> tuple[str, ...]:
    ports: dict[str, set[str]] = defaultdict(set)
    for target in targets:
        host, port = split_port(target)
        ports[host].add(port)
    aws = {host for host in ports if is_aws(host)}
    is_many = len(aws) > 1 and _are_alike(aws)
    chosen: set[str] = set()
    for host, found in ports.items():
        if host in aws and (is_many or "*" in host):
            chosen.add(AWS)
        elif len(found) >= _MANY_PORTS or "" in found or (is_loopback(host) and any(map(_is_drawn, found))):
            chosen.add(host)
        else:
            chosen |= {f"{host}:{port}" for port in found}
    return tuple(sorted(chosen))


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    return host in ("localhost", "[::1]", "::1") or host.startswith("127.")


def _is_drawn(port: str) -> bool:
    return port.isdigit() and int(port) >= _FIRST_DRAWN_PORT


def _are_alike(hosts: set[str]) -> bool:
    """Say whether hosts differ in one label only: a bucket's, an account's, a region's."""
    shapes: dict[str, int] = defaultdict(int)
    for host in hosts:
        labels = host.split(".")
        for index in range(len(labels)):
            shapes[".".join([*labels[:index], "*", *labels[index + 1 :]])] += 1
    return any(count > 1 for count in shapes.values())


def _paths(targets: Sequence[str]) -> tuple[str, ...]:
    chosen = set(targets)
    folders: dict[str, set[str]] = defaultdict(set)
    for target in targets:
        folder, _, name = target.rpartition("/")
        # A whole tree is no file of its directory.
        if name != "**":
            folders[folder].add(target)
    for folder, files in folders.items():
        if folder not in _SHARED and not folder.startswith(_PROC) and len(files) >= _MANY_FILES:
            chosen = (chosen - files) | {folder + "/*"}
    wide: dict[str, set[str]] = defaultdict(set)
    for pattern in chosen:
        if pattern.endswith("/*"):
            wide[pattern[:-2].rpartition("/")[0]].add(pattern)
    for parent, patterns in wide.items():
        if parent not in _SHARED and not parent.startswith(_PROC) and len(patterns) >= _MANY_FOLDERS:
            below = parent + "/"
            chosen = {one for one in chosen if not one.startswith(below)} | {parent + "/**"}
    return tuple(sorted(one for one in chosen if not _is_covered(one, chosen)))


def _is_covered(path: str, patterns: Iterable[str]) -> bool:
    return any(other != path and covers_path(other, path) for other in patterns)


def covers_path(pattern: str, path: str) -> bool:
    """Say whether a pattern that ends in `/*` or `/**` has all that `path`, itself perhaps a pattern, has."""
    if pattern.endswith("/**"):
        return path.startswith(pattern[:-2])
    if pattern.endswith("/*") and path.startswith(pattern[:-1]):
        return "/" not in path[len(pattern) - 1 :] and not path.endswith("**")
    return False


def _names(targets: Sequence[str]) -> tuple[str, ...]:
    chosen = set(targets)
    groups: dict[str, set[str]] = defaultdict(set)
    for name in targets:
        prefix = name.partition("_")[0]
        # Names of AWS's are secrets and harmless things side by side.
        if prefix not in ("AWS", name):
            groups[prefix].add(name)
    for prefix, names in groups.items():
        if len(names) >= _MANY_NAMES:
            chosen = (chosen - names) | {prefix + "_*"}
    return tuple(sorted(chosen))
