"""How the service is reached: addresses, names, proxies and TLS, and what of a request's words about itself holds."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from dayfly.errors import DayflyError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it reached the first machine that we trust."""

    scheme: str
    host: str
    address: str
    is_from_here: bool
    public_url: str = ""

    def is_ours(self, origin: str) -> bool:
        """Whether pages of this origin are ours; a proxy may have put another name into the Host header."""
        return bool(origin) and origin in (f"{self.scheme}://{self.host}", self.public_url)

    @property
    def is_secure(self) -> bool:
        """Whether the browser's connection is encrypted."""
        return self.scheme == "https"


@dataclass(frozen=True, slots=True)
class Front:
    """Where the service listens and under which names it is known.

    `public_url` is what browsers use where that is another address than ours; `proxies` are the machines whose
    X-Forwarded-For and X-Forwarded-Proto are believed, nobody's by default.
    """

    host: str
    port: int
    public_url: str = ""
    names: frozenset[str] = frozenset()
    proxies: tuple[Network, ...] = ()
    has_tls: bool = False

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def url(self) -> str:
        """The address to tell people."""
        if self.public_url:
            return self.public_url
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"{'https' if self.has_tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self.port}"

    def see(self, headers: Mapping[str, str], *, peer: str, scheme: str) -> Asked:
        """Say where a request came from; what it claims is believed only from a proxy that was named."""
        address, used = peer, scheme
        host = headers.get("host", "").lower()
        public = urlsplit(self.public_url)
        if self._is_proxy(peer):
            # Each proxy adds who spoke to it on the right; the first that is no proxy of ours is the caller.
            for part in reversed(headers.get("x-forwarded-for", "").split(",")):
                if (claimed := _address(part)) and self._is_proxy(address):
                    address = claimed
                else:
                    break
            if headers.get("x-forwarded-proto", "").strip().lower() in ("http", "https"):
                used = headers["x-forwarded-proto"].strip().lower()
        if public.scheme == "https" and host == public.netloc.lower():
            used = "https"
        return Asked(used, host, address, is_loopback(address) and not self.proxies, self.public_url)

    def is_name(self, host: str) -> bool:
        """Whether a Host header names us: a page whose own name was pointed at this address does not.

        https://owasp.org/www-community/attacks/DNS_Rebinding
        """
        try:
            parts = urlsplit(f"//{host}")
            name, _port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if "@" in host or "/" in host or not name:
            return False
        if host == urlsplit(self.public_url).netloc.lower() or name in self.names:
            return True
        if name in _LOOPBACK_NAMES:
            return True
        if self.is_loopback:
            return False
        # A name has to be resolved, a number not: nobody can point it elsewhere.
        return bool(_address(name)) or name in (socket.gethostname().lower(), self.host.lower())

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.proxies if network.version == parsed.version)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own; a name other than localhost is not, whatever it means today."""
    if host == "localhost":
        return True
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def parse_proxies(texts: Sequence[str]) -> tuple[Network, ...]:
    """Read addresses and networks; raises DayflyError for anything else."""
    found = []
    for text in (part.strip() for many in texts for part in many.split(",")):
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError as error:
            raise DayflyError(
                f"invalid proxy address {text!r}",
                hint="use an address or a network: --behind-proxy 10.0.0.5 or 10.0.0.0/24",
            ) from error
    return tuple(found)


def parse_public_url(text: str) -> str:
    """Return a public address without a path; raises DayflyError for anything else."""
    try:
        parts = urlsplit(text)
        is_right = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and not (parts.query or parts.fragment or parts.username)
            and parts.path in ("", "/")
            and parts.port != 0
        )
    except ValueError:
        is_right = False
    if text and not is_right:
        raise DayflyError(
            f"invalid public URL {text!r}", hint="example: --public-url https://dayfly.example.com"
        )
    return text.rstrip("/").lower()


def local_target(text: str) -> str:
    """Return `text` if it is a path on this service, else /: where to go on after a sign-in.

    Browsers read a backslash as a slash and drop tabs and line ends, so //, /\\ and what hides them lead elsewhere.
    """
    is_plain = text.isascii() and text.isprintable() and "\\" not in text
    return (
        text if is_plain and text.startswith("/") and not text.startswith("//") and len(text) <= 2000 else "/"
    )


def _address(text: str) -> str:
    text = text.strip()
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        return ""
