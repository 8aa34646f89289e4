"""Every route of the whole application says who may use it, and holds to that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.routes import ASGIRoute, HTTPRoute
from tests.fleet.service.running import Person, Served

from dayfly.fleet.service.assembling import assemble
from dayfly.fleet.service.front import Front
from dayfly.fleet.service.ledger import Ledger
from dayfly.fleet.service.passwords import Passwords
from dayfly.fleet.service.roles import PUBLIC, SENDER, Role, User, decision
from dayfly.fleet.service.service import Service
from dayfly.fleet.store.store import Store

# What nobody has to sign in for, all of it.
_PUBLIC = {"/sign-in", "/set-up", "/oidc/start", "/oidc/callback", "/static"}


@pytest.fixture
def application(store: Store, tmp_path: Path) -> Iterator[Litestar]:
    ledger = Ledger(tmp_path)
    with ExitStack() as stack:
        stack.callback(ledger.close)
        service = Service(tmp_path, store, ledger, Front("127.0.0.1", 0), Passwords())
        yield assemble(service, stack)


def _decisions(application: Litestar) -> dict[tuple[str, str], str]:
    found = {}
    for route in application.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods - {"OPTIONS"}:
                    found[route.path, str(method)] = decision(handler)
        else:
            assert isinstance(route, ASGIRoute)
            found[route.path, "*"] = decision(route.route_handler)
    return found


def test_every_route_has_a_decision(application: Litestar) -> None:
    decisions = _decisions(application)
    assert len(decisions) > 15
    assert [path for path, access in decisions.items() if access not in {*Role, PUBLIC, SENDER}] == []
    public = {path.split("{")[0].rstrip("/") for (path, _), access in decisions.items() if access == PUBLIC}
    assert public <= _PUBLIC
    assert all(path.startswith("/ingest/") for (path, _), access in decisions.items() if access == SENDER)
    unsafe = {
        path
        for (path, method), access in decisions.items()
        if method not in ("GET", "HEAD") and access == Role.VIEWER
    }
    # A viewer changes nothing but what is the viewer's own.
    assert unsafe <= {
        "/sign-out",
        "/account/password",
        "/account/sessions",
        "/api/v1/rules/check",
        "/api/v1/rules/test",
    }
    admins = {
        path for (path, _), access in decisions.items() if path.startswith("/admin") and access != Role.ADMIN
    }
    assert admins == set()


def test_nobody_gets_anything_from_a_route_that_is_not_public(application: Litestar, served: Served) -> None:
    with httpx.Client(base_url=served.url) as stranger:
        for (path, method), access in _decisions(application).items():
            if access == PUBLIC or method == "*":
                continue
            filled = (
                path.replace("{", "")
                .replace("}", "")
                .replace(":str", "")
                .replace(":path", "")
                .replace(":int", "")
            )
            answer = stranger.request(method, filled)
            refused = answer.status_code in (400, 401, 403) or answer.headers.get("location", "").startswith(
                "/sign-in"
            )
            assert refused, (method, path, answer.status_code)


def test_a_viewer_gets_nothing_that_is_for_others(application: Litestar, viewer: Person) -> None:
    page = viewer.get("/").text
    token = page.partition('name="_csrf_token" value="')[2].partition('"')[0]
    tried = 0
    for (path, method), access in _decisions(application).items():
        if access in (Role.RESPONDER, Role.ADMIN):
            filled = path.replace("{", "").replace("}", "").replace(":str", "")
            answer = viewer.request(method, filled, headers={"x-csrf-token": token})
            assert answer.status_code == 403, (method, path)
            tried += 1
    assert tried >= 2


@pytest.mark.parametrize("role", list(Role))
def test_roles_are_in_order(role: Role) -> None:
    user = User("ann", role)
    assert [user.may(one) for one in Role] == [
        list(Role).index(one) <= list(Role).index(role) for one in Role
    ]
    assert Role.parse(role.value) is role
    assert Role.parse("root") is None
