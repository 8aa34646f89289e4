"""What the service is made of; everything in it is put together once, by `serving`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly.fleet.service.accounts import Accounts
from dayfly.fleet.service.audit import Audit
from dayfly.fleet.service.passwords import Passwords
from dayfly.fleet.service.sessions import Sessions
from dayfly.fleet.service.settings import Settings
from dayfly.fleet.service.throttle import Throttle

if TYPE_CHECKING:
    from dayfly.fleet.service.front import Asked, Front
    from dayfly.fleet.service.ledger import Ledger
    from dayfly.fleet.store.store import Store


@dataclass(slots=True)
class Service:
    """The parts that routes use. `health` has, by name of a part, a function that tells how it is."""

    folder: Path
    store: Store
    ledger: Ledger
    front: Front
    passwords: Passwords
    settings: Settings = field(default_factory=Settings)
    health: dict[str, Callable[[], dict[str, object]]] = field(default_factory=dict)
    # By name of a part: what is wrong with it, in words, nothing where all is well.
    faults: dict[str, Callable[[], list[str]]] = field(default_factory=dict)
    accounts: Accounts = field(init=False)
    sessions: Sessions = field(init=False)
    audit: Audit = field(init=False)
    throttle: Throttle = field(init=False)

    def __post_init__(self) -> None:
        self.accounts = Accounts(self.ledger, self.passwords)
        self.sessions = Sessions(self.ledger)
        self.audit = Audit(self.ledger)
        self.throttle = Throttle(self.ledger.clock)

    @property
    def provider_name(self) -> str:
        """What people call the OIDC provider, "" where none is set."""
        return self.settings.oidc.name if self.settings.oidc else ""

    def cookie_name(self, what: str, asked: Asked) -> str:
        """The name of a cookie. `__Host-` where it can be: no other name of the domain can then set it.

        https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
        """
        # Cookies know no ports, so two services on one machine would sign each other out.
        return f"__Host-dayfly-{what}" if asked.is_secure else f"dayfly-{self.front.port}-{what}"

    async def note(self, actor: str, action: str, subject: str = "", **more: object) -> None:
        """Write a row of the audit log without holding up other requests."""
        await asyncio.to_thread(self.audit.write, actor, action, subject, **more)  # type: ignore[arg-type]
