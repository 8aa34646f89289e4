"""Destinations of network connections as a policy names them: names, addresses, networks, sockets of this machine.

"api.example.com:443", "*.example.com", "10.0.0.0/8:5432", "[fd00::/8]:443", "192.0.2.7", "unix:/run/x", "@aws", "*"
"""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_pton

from dayfly.core import globs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

AWS = "@aws"
_LOCAL = "unix:"
AWS_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".aws.dev")
# Below AWS's names, but machines, balancers and interfaces of customers: of anybody's.
_CUSTOMERS = frozenset(
    "airflow aoss cache compute compute-1 docdb elb es execute-api memorydb neptune rds redshift "
    "redshift-serverless vpce".split()
)
# Where the platform itself answers a function: X-Ray's daemon and containers' credentials.
_AWS_ADDRESSES = frozenset("169.254.79.129 169.254.100.1 169.254.170.2 169.254.170.23 fd00:ec2::23".split())
_NO_URL = "use a host or an address with an optional port, without scheme and path"
_MANY_PORTS = 65536
_MAPPED = bytes(10) + b"\xff\xff"


class Destination:
    """One entry of a policy's `allow`. `network` and `bits` where it is an address, `port` 0 where any will do."""

    __slots__ = ("bits", "name", "network", "port", "text")

    def __init__(self, text: str, name: str, port: int, network: bytes = b"", bits: int = 0) -> None:
        self.text = text
        self.name = name
        self.port = port
        self.network = network
        self.bits = bits


def parse_destination(text: str) -> Destination:
    """Return what an entry means; raises ValueError, saying why, for one that means nothing."""
    if text == AWS or text == "*":
        return Destination(text, text, 0)
    if text.startswith("@"):
        raise ValueError(f"the only supported group is {AWS}")
    if text.startswith(_LOCAL):
        path = text[len(_LOCAL) :]
        if not path.startswith(("/", "@", "*", "${")):
            raise ValueError("write a Unix socket as unix:/path, or unix:@name for an abstract one")
        return Destination(text, text, 0)
    if "://" in text:
        raise ValueError(_NO_URL)
    host, port = _split(text)
    address, slash, length = host.partition("/")
    packed = pack_address(address)
    if not packed:
        if slash or not host or not _is_name(host):
            raise ValueError(_NO_URL)
        return Destination(text, host.lower().rstrip("."), port)
    bits = len(packed) * 8
    if slash:
        if not (length.isascii() and length.isdigit() and len(length) <= 3 and int(length) <= bits):
            raise ValueError(f"the prefix length must be at most {bits}")
        bits = int(length)
    return Destination(text, "", port, _masked(packed, bits), bits)


def pack_address(text: str) -> bytes:
    """Return an address as 4 or 16 bytes, b"" for what is none; one of IPv4 within IPv6 as that of IPv4."""
    if not text[:1].isalnum() and text[:1] != ":":
        return b""
    try:
        return inet_pton(AF_INET, text)
    except (OSError, ValueError):
        pass
    try:
        packed = inet_pton(AF_INET6, text.partition("%")[0])
    except (OSError, ValueError):
        return b""
    return packed[12:] if packed.startswith(_MAPPED) else packed


class Destinations:
    """The destinations that a policy allows."""

    __slots__ = ("_all", "_aws", "_entries")

    def __init__(self, entries: Sequence[str]) -> None:
        self._entries = [parse_destination(entry) for entry in entries]
        self._all = any(entry.name == "*" for entry in self._entries)
        self._aws = any(entry.name == AWS for entry in self._entries)

    def find(self, target: str) -> str:
        """Return the entry that means `target`, "" where none does.

        `target` as host:port, [address]:port, unix:path, or a host without a port, for which any port's entry will do.
        """
        if self._all:
            return "*"
        if target.startswith(_LOCAL):
            return next(
                (e.text for e in self._entries if e.name.startswith(_LOCAL) and _means_path(e.name, target)),
                "",
            )
        try:
            host, port = _split(target)
        except ValueError:
            return ""
        host = host.lower().rstrip(".")
        packed = pack_address(host)
        if self._aws and is_aws(host):
            return AWS
        for entry in self._entries:
            if entry.port and port and entry.port != port:
                continue
            if packed:
                if (
                    entry.network
                    and len(packed) == len(entry.network)
                    and _masked(packed, entry.bits) == entry.network
                ):
                    return entry.text
            elif entry.name and not entry.name.startswith(_LOCAL) and globs.matches(entry.name, host):
                return entry.text
        return ""


def is_aws(host: str) -> bool:
    """Say whether AWS itself answers at `host`, and no customer of theirs."""
    if host in _AWS_ADDRESSES:
        return True
    if not host.endswith(AWS_SUFFIXES):
        return False
    # Of buckets' sites, s3-website-REGION, only the older ones have the region in the same label.
    return _CUSTOMERS.isdisjoint(host.split(".")) and ".s3-website" not in host


def _means_path(name: str, target: str) -> bool:
    pattern = name[len(_LOCAL) :]
    path = target[len(_LOCAL) :]
    return (
        bool(globs.Paths((pattern,)).find(path)) if pattern.startswith("/") else globs.matches(pattern, path)
    )


def _split(text: str) -> tuple[str, int]:
    """Return host and port (0: none) of `host:port`, `[address]:port` or either without a port."""
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError("write an address in brackets as [address] or [address]:port")
        return host, _port(rest[1:]) if rest else 0
    if text.count(":") > 1:
        return text, 0
    host, colon, port = text.partition(":")
    return host, _port(port) if colon and port != "*" else 0


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < _MANY_PORTS):
        raise ValueError("use a port number up to 65535, or * for any port")
    return int(text)


def _is_name(text: str) -> bool:
    return len(text) <= 253 and all(char.isalnum() or char in "-_.*?" for char in text)


def _masked(packed: bytes, bits: int) -> bytes:
    whole = len(packed) * 8
    number = int.from_bytes(packed, "big") >> (whole - bits) << (whole - bits)
    return number.to_bytes(len(packed), "big")
