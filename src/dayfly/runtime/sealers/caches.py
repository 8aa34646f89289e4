"""Disconnects clients of Redis, Valkey and Memcached: each worker connects anew at first use, as they do by themselves.

redis-py's pools notice a fork by the process's number and start empty; what is left to do is to say goodbye
to the server in the zygote, and to refuse what would be shared: a lock that init holds, a subscription.
"""

from __future__ import annotations

import sys

from dayfly.runtime import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from dayfly.runtime.sealing import Sealing

_PACKAGES = ("redis", "valkey")
# Module below the package, class.
_CLASSES = (
    ("connection", "AbstractConnection"),
    ("connection", "Connection"),
    ("client", "PubSub"),
    ("client", "Monitor"),
    ("client", "Pipeline"),
    ("lock", "Lock"),
)


def kinds() -> tuple[type, ...]:
    """Return the classes of connections and of what may hold one."""
    redis = ((f"{package}.{module}", name) for package in _PACKAGES for module, name in _CLASSES)
    return heap.classes(*redis, ("pymemcache.client.base", "Client"))


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Refuse what is in use, then disconnect what is idle."""
    for package in _PACKAGES:
        module = sys.modules.get(f"{package}.connection")
        if module is not None:
            _seal_package(package, module, found, sealing)
    for client in found.named("pymemcache.client.base", "Client"):
        if getattr(client, "sock", None) is not None:
            # It says quit to nobody's surprise and connects again when it is next asked something.
            sys.modules["pymemcache.client.base"].Client.quit(client)


def _seal_package(package: str, module: ModuleType, found: heap.Found, sealing: Sealing) -> None:
    held: set[int] = set()
    for name, what, fix in (
        ("PubSub", "subscription", "subscribe in the handler"),
        ("Monitor", "monitor", "monitor in the handler"),
        ("Pipeline", "pipeline that watches keys", "execute or reset it at the end of init"),
    ):
        for holder in found.named(f"{package}.client", name):
            connection = getattr(holder, "connection", None)
            if connection is None or not _is_in_use(holder, name):
                continue
            held.add(id(connection))
            sealing.refuse(f"a {package} {what} started at init on {_where(connection)} is in use: {fix}")
    for item in found.named(f"{package}.lock", "Lock"):
        if getattr(getattr(item, "local", None), "token", None) is not None:
            sealing.refuse(
                f"the {package} lock {getattr(item, 'name', '')!r} taken at init would be held by every worker at once: take it in the handler"
            )
    base = getattr(module, "AbstractConnection", module.Connection)
    for connection in found.of(base):
        if id(connection) not in held and getattr(connection, "_sock", None) is not None:
            connection.disconnect()


def _is_in_use(holder: object, name: str) -> bool:
    if name == "PubSub":
        return bool(getattr(holder, "channels", None) or getattr(holder, "patterns", None))
    if name == "Pipeline":
        return bool(getattr(holder, "watching", False))
    return True


def _where(connection: object) -> str:
    host = getattr(connection, "host", None)
    if host is None:
        return str(getattr(connection, "path", "a server"))
    return f"{host}:{getattr(connection, 'port', '')}"
