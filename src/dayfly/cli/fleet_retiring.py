"""Puts recycling and the fleet together: clients of AWS or the lab, witnesses, and what the console's button calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from dayfly.attach.recycle.model import Order, RecycleError, Sightings, Witness
from dayfly.attach.recycle.recycling import PATIENCE_S, Recycler
from dayfly.errors import DayflyError
from dayfly.fleet.retirement.sightings import look
from dayfly.fleet.service.retiring import RetireStep

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

    from dayfly.attach.recycle.survey import Survey
    from dayfly.fleet.service.client import Client
    from dayfly.fleet.service.retiring import Retirer
    from dayfly.fleet.store.store import Store

_LAB_REGION = "us-east-1"


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """Whose functions: AWS's as boto3 finds it, or a lab at `endpoint_url`."""

    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None

    def lambda_client(self) -> LambdaClient:
        """Raises DayflyError for an endpoint, a profile or a region that is none."""
        client: LambdaClient = self._client("lambda", self.endpoint_url)
        return client

    def logs_client(self) -> CloudWatchLogsClient:
        """CloudWatch Logs of the same account; raises DayflyError likewise."""
        client: CloudWatchLogsClient = self._client("logs", None)
        return client

    @property
    def is_lab(self) -> bool:
        """Say whether the endpoint is on this machine, where nobody checks signatures."""
        try:
            host = urlsplit(self.endpoint_url or "").hostname
        except ValueError:
            host = None
        return host in ("127.0.0.1", "localhost", "::1")

    def _client(self, service: str, endpoint_url: str | None):  # type: ignore[no-untyped-def]  # of either service
        config = Config(
            connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3}
        )
        try:
            session = boto3.Session(region_name=self.region, profile_name=self.profile)
            if self.is_lab:
                # Whatever credentials this machine has are nothing to a lab.
                return session.client(
                    service,  # type: ignore[call-overload]
                    endpoint_url=endpoint_url,
                    region_name=self.region or session.region_name or _LAB_REGION,
                    aws_access_key_id="lab",
                    aws_secret_access_key="lab",
                    config=config.merge(Config(proxies={})),
                )
            return session.client(service, endpoint_url=endpoint_url, config=config)  # type: ignore[call-overload]
        except (BotoCoreError, ValueError) as error:
            raise DayflyError(
                f"cannot speak to AWS: {error}",
                hint="set a region and a profile: --region eu-central-1 --profile payments",
            ) from error


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
            },
        )
        return Sightings(**{field.name: answer[field.name] for field in dataclasses.fields(Sightings)})


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
            recycler = Recycler(self._account.lambda_client(), self._witness, patience_s=self._patience_s)
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
        raise RecycleError(f"{arn!r} is no function's ARN", hint="see what answers at the endpoint")
    return parts[4], parts[3]


def function_of(arn: str) -> str:
    """The name in a function's ARN, as log lines have it."""
    account_of(arn)
    return arn.split(":")[6]
