"""Who may do what: three roles, and the decision that every route carries."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from litestar.exceptions import NotAuthorizedException, PermissionDeniedException

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection
    from litestar.handlers.base import BaseRouteHandler

# The key under `opt` of a route, router or application part; the nearest decision holds.
ACCESS = "access"
# Routes that need nobody: the sign-in pages and what they look like.
PUBLIC = "public"
# Routes whose callers are machines that bring a key, which the route itself checks.
SENDER = "sender"


class Role(StrEnum):
    """What a person or token may do; each may do all that those before it may."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    ADMIN = "admin"

    @classmethod
    def parse(cls, text: str) -> Role | None:
        """Return the role of a name, None where it names none."""
        return cls.__members__.get(text.upper()) if text.islower() else None

    @property
    def rank(self) -> int:
        """How much it may, against others."""
        return list(Role).index(self)


@dataclass(frozen=True, slots=True)
class User:
    """Who asks. `csrf` is the token that forms of this session carry; `session` and `token` (its kind) say by what they came."""

    name: str
    role: Role
    csrf: str = ""
    session: str = ""
    token: str = ""

    def may(self, role: Role) -> bool:
        """Whether this user's role reaches `role`."""
        return self.role.rank >= role.rank

    def is_right_csrf(self, sent: str) -> bool:
        """Whether `sent` is the token of this session; false where there is no session."""
        return bool(self.csrf) and hmac.compare_digest(self.csrf.encode(), sent.encode("utf-8", "replace"))


def needs(role: Role) -> dict[str, Any]:
    """The `opt` of routes that need `role`."""
    return {ACCESS: role.value}


def decision(handler: BaseRouteHandler) -> str:
    """The access rule of a route, from its nearest layer; "" without one."""
    if handler.opt.get("public") is True:
        return PUBLIC
    access = handler.opt.get(ACCESS)
    return access if isinstance(access, str) else ""


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Allow or deny a request; a route without an access rule is denied to everyone."""
    access = decision(handler)
    if access in (PUBLIC, SENDER):
        return
    needed = Role.parse(access)
    if needed is None:
        raise PermissionDeniedException("access denied: this route has no access rule")
    user = connection.scope.get("user")
    if not isinstance(user, User):
        raise NotAuthorizedException("not signed in")
    if not user.may(needed):
        raise PermissionDeniedException(f"access denied: needs role {needed}, your role is {user.role}")
