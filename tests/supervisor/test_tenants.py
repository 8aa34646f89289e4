"""Keys of tenants are good for comparing, and for nothing else."""

from __future__ import annotations

import json

from dayfly.supervisor.tenants import Tenants

HEADER = "lambda-runtime-aws-tenant-id"


def test_events_of_one_tenant_have_one_key_and_others_have_others() -> None:
    tenants = Tenants("lambda")
    keys = [tenants.key({HEADER: name}, b"") for name in ("anna", "anna", "berta", "Anna")]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_who_is_not_known_has_no_key() -> None:
    assert Tenants("lambda").key({}, b"") == b""
    assert Tenants("requestContext.authorizer.claims.sub").key({HEADER: "anna"}, b"{") == b""


def test_a_key_tells_nothing_outside_its_environment() -> None:
    """What is kept of a tenant is no hash that a list of customers could be tried against."""
    body = json.dumps({"requestContext": {"authorizer": {"claims": {"sub": "anna"}}}}).encode()
    keys = {Tenants("requestContext.authorizer.claims.sub").key({}, body) for _ in range(20)}
    assert len(keys) == 20
    assert all(b"anna" not in key and len(key) == 16 for key in keys)
