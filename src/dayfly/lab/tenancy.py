"""Tenant isolation: who must name a tenant, who must not, and what a function that keeps tenants apart cannot have.

https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html; that no environment serves two tenants is the pool's
work, which hands out environments by tenant.
"""

from __future__ import annotations

from dayfly.lab.model import FunctionConfig, InvokeRefusedError

# Recorded from AWS; the words of the other refusal are its mirror image and were not.
_MISSING = "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again."
_UNEXPECTED = "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again."


def check_tenant(config: FunctionConfig, tenant_id: str | None) -> None:
    """Raise InvokeRefusedError (400) for an invocation without the tenant it needs, or with one it must not have."""
    if bool(config.tenancy) == bool(tenant_id):
        return
    raise InvokeRefusedError(
        400, "InvalidParameterValueException", _MISSING if config.tenancy else _UNEXPECTED
    )


def refuse_together_with(config: FunctionConfig, what: str) -> None:
    """Raise InvokeRefusedError (400) where the function keeps tenants apart: SnapStart, provisioned concurrency,
    function URLs and event sources cannot name a tenant."""
    if config.tenancy:
        # The words are the lab's: AWS's were not recorded.
        message = f"{what} is not supported for functions with tenant isolation mode PER_TENANT."
        raise InvokeRefusedError(400, "InvalidParameterValueException", message)
