"""Puts recycling and the fleet together: clients of AWS or the lab, witnesses, and what the console's button calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dayfly.attach.aws.account import Account
from dayfly.attach.recycle.model import Order, RecycleError, Sightings, Witness
from dayfly.attach.recycle.recycling import PATIENCE_S, Recycler
from dayfly.errors import DayflyError
from dayfly.fleet.retirement.sightings import look
from dayfly.fleet.service.retiring import RetireStep

if TYPE_CHECKING:
    from dayfly.attach.recycle.survey import Survey
    from dayfly.fleet.service.client import Client
    from dayfly.fleet.service.retiring import Retirer
    from dayfly.fleet.store.store import Store


class StoreWitness:
    """Reads the store of the service that this process is."""

    def __init__(self, store: Store, found: Survey) -> None:
        self._store = store
        self._found = found

    def look(self, order: Order, *, timeout_s: float) -> Sightings:
        """Return what the store knows now."""
        account, region = account_of(self._found.arn)
        seen = look(
            self._store,
            function_of(self._found.arn),
            ordered=order.ordered,
            effective=order.effective,
            timeout_s=timeout_s,
            account=account,
            region=region,
            retired=order.retired,
            fresh=order.fresh,
        )
        return Sightings(**{field: getattr(seen, field) for field in seen.__struct_fields__})


class ServiceWitness:
    """Asks a running `dayfly fleet serve`."""

    def __init__(self, client: Client, found: Survey) -> None:
        self._client = client
        self._found = found

    def look(self, order: Order, *, timeout_s: float) -> Sightings:
        """Return what the service knows now; raises DayflyError where it does not answer."""
        account, region = account_of(self._found.arn)
        answer = self._client.get(
            "/retirement/sightings",
            {
                "function": function_of(self._found.arn),
                "ordered": order.ordered,
                "effective": order.effective,
                "timeout": timeout_s,
                "account": account,
                "region": region,
                "retired": ",".join(order.retired),
                "fresh": order.fresh,
            },
        )
        # A service of an earlier version tells less.
        told = [field.name for field in dataclasses.fields(Sightings) if field.name in answer]
        return Sightings(**{name: answer[name] for name in told})


class _LambdaRetirer:
    def __init__(self, store: Store, account: Account, *, patience_s: float) -> None:
        self._store = store
        self._account = account
        self._patience_s = patience_s

    def retire(
        self, function: str, *, environments: Sequence[int] | None, actor: str, reason: str
    ) -> Iterator[RetireStep]:
        """Recycle `function`; see Retirer."""
        try:
            recycler = Recycler(self._account.client("lambda"), self._witness, patience_s=self._patience_s)
            for step in recycler.recycle(function, environments=environments, reason=f"{actor}: {reason}"):
                yield RetireStep(step.text, step.done, step.total, step.error)
        except DayflyError as error:
            yield RetireStep(error.message, error=error.hint or error.message)

    def _witness(self, found: Survey) -> Witness:
        return StoreWitness(self._store, found)


def retirer(store: Store, account: Account | None = None, *, patience_s: float = PATIENCE_S) -> Retirer:
    """Return what the console's button calls: functions of `account`, proof from `store`."""
    return _LambdaRetirer(store, account or Account(), patience_s=patience_s)


def account_of(arn: str) -> tuple[str, str]:
    """Account and region of a function's ARN; raises RecycleError for what is none."""
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "lambda":
        raise RecycleError(
            f"{arn!r} is not a function ARN", hint="check which service answers at the endpoint"
        )
    return parts[4], parts[3]


def function_of(arn: str) -> str:
    """The name in a function's ARN, as log lines have it."""
    account_of(arn)
    return arn.split(":")[6]
