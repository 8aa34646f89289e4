"""Concurrency: reserved for a function, provisioned for its versions and aliases, and the account's.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from dayfly.lab import tenancy
from dayfly.lab.control import names, pages, refusals
from dayfly.lab.control.registry import FunctionState, Provisioned, Registry
from dayfly.lab.control.shapes import ProvisionedRequest, ReservedRequest, parse
from dayfly.lab.control.stamps import stamp
from dayfly.lab.model import VERSION, InvokeRefusedError
from dayfly.lab.throttling import ACCOUNT_CONCURRENCY

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: an account's, by default. The lab's own
# bound on environments is beside it.
_MIN_UNRESERVED = 100
UNPUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
_MAX_ITEMS = 50
_MAX_INTEGER = 2**31 - 1


class Concurrency:
    """Reserves and provisions concurrency for the functions in `registry`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def get_reserved(self, name: str) -> dict[str, object]:
        self._registry.state(name)
        limit = self._registry.lab.reservation(name).limit
        return {} if limit is None else {"ReservedConcurrentExecutions": limit}

    def reserve(self, name: str, qualifier: str | None, body: bytes) -> dict[str, object]:
        """PutFunctionConcurrency: effective at once, for all versions together; nobody is interrupted."""
        if qualifier is not None:
            raise refusals.invalid(
                "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
                "operation. Please specify either a function name or an unqualified function ARN."
            )
        wanted = parse(body, ReservedRequest).reserved_concurrent_executions
        _check_number(wanted, "reservedConcurrentExecutions", least=0)
        assert wanted is not None
        # Named with $LATEST where it is not there, by this operation alone (LocalStack's suite).
        state = self._registry.state(name, VERSION)
        if self._unreserved(except_for=name) - wanted < _MIN_UNRESERVED:
            raise refusals.invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                f"below its minimum value of [{_MIN_UNRESERVED}].",
                is_typed=False,
            )
        provisioned = sum(config.wanted for config in state.provisioned.values())
        if provisioned > wanted:
            raise refusals.invalid(
                f" ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned "
                f"concurrency [{provisioned}].",
                is_typed=False,
            )
        self._registry.lab.reservation(name).limit = wanted
        return {"ReservedConcurrentExecutions": wanted}

    def release(self, name: str) -> None:
        """DeleteFunctionConcurrency."""
        self._registry.state(name)
        self._registry.lab.reservation(name).limit = None

    def provision(self, name: str, qualifier: str | None, body: bytes) -> dict[str, object]:
        """PutProvisionedConcurrencyConfig: environments are started ahead, from now on."""
        wanted = parse(body, ProvisionedRequest).provisioned_concurrent_executions
        _check_number(wanted, "provisionedConcurrentExecutions", least=1)
        assert wanted is not None
        state, qualifier = self._target(name, qualifier, latest=UNPUBLISHED)
        config = self._registry.lab.function(name)
        tenancy.refuse_together_with(config, "Provisioned concurrency")
        version = self._registry.lab.function(name, self._registry.version_of(name, qualifier))
        if version.snap_start != "None":
            # https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html names what it does not go with.
            raise refusals.invalid("Provisioned concurrency is not supported for functions with SnapStart.")
        self._check_rivals(state, qualifier)
        others = sum(config.wanted for other, config in state.provisioned.items() if other != qualifier)
        reserved = self._registry.lab.reservation(name).limit
        if reserved is not None and reserved < others + wanted:
            raise refusals.invalid(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
            )
        if reserved is None and wanted > self._unreserved():
            raise refusals.invalid(
                "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
                f"[{self._unreserved()}].",
                is_typed=False,
            )
        if reserved is None and wanted > self._unreserved() - _MIN_UNRESERVED:
            raise refusals.invalid(
                "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
                f"minimum value of [{_MIN_UNRESERVED}].",
                is_typed=False,
            )
        state.provisioned[qualifier] = Provisioned(wanted, time.time())
        self._registry.reconcile(name)
        return self._body(name, qualifier)

    def get_provisioned(self, name: str, qualifier: str | None) -> dict[str, object]:
        state, qualifier = self._target(name, qualifier)
        if qualifier not in state.provisioned:
            raise InvokeRefusedError(
                404,
                "ProvisionedConcurrencyConfigNotFoundException",
                "No Provisioned Concurrency Config found for this function",
            )
        return self._body(name, qualifier)

    def list_provisioned(self, name: str, query: Mapping[str, str]) -> dict[str, object]:
        state = self._registry.state(name)
        page, marker = pages.cut(sorted(state.provisioned), query, limit=_MAX_ITEMS)
        configs = [{"FunctionArn": names.function_arn(name, q), **self._body(name, q)} for q in page]
        answer: dict[str, object] = {"ProvisionedConcurrencyConfigs": configs}
        return answer if marker is None else answer | {"NextMarker": marker}

    def unprovision(self, name: str, qualifier: str | None) -> None:
        """DeleteProvisionedConcurrencyConfig; one that is not there is no error."""
        state, qualifier = self._target(name, qualifier)
        if state.provisioned.pop(qualifier, None) is not None:
            self._registry.reconcile(name)

    def account(self) -> dict[str, object]:
        """GetAccountSettings."""
        return {
            "AccountLimit": {
                "TotalCodeSize": 80_530_636_800,
                "CodeSizeUnzipped": 262_144_000,
                "CodeSizeZipped": 52_428_800,
                "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
                "UnreservedConcurrentExecutions": self._unreserved(),
            },
            "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": len(self._registry.lab.functions())},
        }

    def _unreserved(self, *, except_for: str = "") -> int:
        lab = self._registry.lab
        limits = [lab.reservation(c.name).limit or 0 for c in lab.functions() if c.name != except_for]
        return ACCOUNT_CONCURRENCY - sum(limits)

    def _target(
        self,
        name: str,
        qualifier: str | None,
        *,
        latest: str = "The function resource provided must be an alias or a published version.",
    ) -> tuple[FunctionState, str]:
        if qualifier is None:
            raise refusals.violation(None, "qualifier", "Member must not be null")
        if qualifier == VERSION:
            raise refusals.invalid(latest)
        self._registry.check_alias_there(name, qualifier)
        state = self._registry.state(name, qualifier)
        if self._registry.version_of(name, qualifier) == VERSION:
            raise refusals.invalid(UNPUBLISHED)
        return state, qualifier

    @staticmethod
    def _check_rivals(state: FunctionState, qualifier: str) -> None:
        alias = state.aliases.get(qualifier)
        if alias is not None and alias.version in state.provisioned:
            raise refusals.conflict(
                "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
            )
        if any(a.version == qualifier and a.name in state.provisioned for a in state.aliases.values()):
            raise refusals.conflict("Version is pointed by a Provisioned Concurrency alias")

    def _body(self, name: str, qualifier: str) -> dict[str, object]:
        config = self._registry.state(name).provisioned[qualifier]
        provisioning = self._registry.lab.provisioning(name, self._registry.version_of(name, qualifier))
        ready = min(provisioning.ready, config.wanted)
        body: dict[str, object] = {
            "RequestedProvisionedConcurrentExecutions": config.wanted,
            "AvailableProvisionedConcurrentExecutions": ready,
            "AllocatedProvisionedConcurrentExecutions": ready,
            "Status": provisioning.status,
            "LastModified": stamp(config.modified_at),
        }
        if provisioning.status == "FAILED":
            body["StatusReason"] = provisioning.failure
        return body


def _check_number(value: int | None, at: str, *, least: int) -> None:
    if value is None:
        raise refusals.violation(None, at, "Member must not be null")
    if value < least:
        raise refusals.violation(value, at, f"Member must have value greater than or equal to {least}")
    if value > _MAX_INTEGER:
        raise refusals.violation(value, at, f"Member must have value less than or equal to {_MAX_INTEGER}")
