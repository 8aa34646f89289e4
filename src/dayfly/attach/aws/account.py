"""Makes clients: of AWS as boto3 finds it, or of a lab or moto on this machine."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, overload
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_signer import SignerClient
    from mypy_boto3_sts import STSClient

_LAB_REGION = "us-east-1"


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """Whose functions: AWS's as boto3 finds it, or a lab's at `endpoint_url`.

    An endpoint on this machine is a lab or moto, and serves every client; another one serves Lambda alone.
    """

    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None

    @property
    def is_lab(self) -> bool:
        """Say whether the endpoint is on this machine, where nobody checks signatures."""
        try:
            host = urlsplit(self.endpoint_url or "").hostname
        except ValueError:
            host = None
        return host in ("127.0.0.1", "localhost", "::1")

    @overload
    def client(self, service: Literal["lambda"], *, connections: int = ...) -> LambdaClient: ...
    @overload
    def client(self, service: Literal["logs"], *, connections: int = ...) -> CloudWatchLogsClient: ...
    @overload
    def client(self, service: Literal["cloudwatch"], *, connections: int = ...) -> CloudWatchClient: ...
    @overload
    def client(self, service: Literal["events"], *, connections: int = ...) -> EventBridgeClient: ...
    @overload
    def client(self, service: Literal["iam"], *, connections: int = ...) -> IAMClient: ...
    @overload
    def client(self, service: Literal["kms"], *, connections: int = ...) -> KMSClient: ...
    @overload
    def client(self, service: Literal["signer"], *, connections: int = ...) -> SignerClient: ...
    @overload
    def client(self, service: Literal["sts"], *, connections: int = ...) -> STSClient: ...
    def client(self, service: str, *, connections: int = 10) -> Any:
        """Return a client of boto3, which threads may share; `connections` is how many of them call at once.

        Raises DayflyError for an endpoint, a profile or a region that is none. Credentials are not tried yet.
        """
        config = Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=max(10, connections),
        )
        try:
            session = boto3.Session(region_name=self.region, profile_name=self.profile)
            if self.is_lab:
                # Whatever credentials this machine has are nothing to a lab.
                return session.client(
                    service,  # type: ignore[call-overload]
                    endpoint_url=self.endpoint_url,
                    region_name=self.region or session.region_name or _LAB_REGION,
                    aws_access_key_id="lab",
                    aws_secret_access_key="lab",
                    config=config.merge(Config(proxies={})),
                )
            endpoint = self.endpoint_url if service == "lambda" else None
            return session.client(service, endpoint_url=endpoint, config=config)  # type: ignore[call-overload]
        except (BotoCoreError, ValueError) as error:
            raise DayflyError(
                f"cannot reach AWS: {error}",
                hint="set a region and a profile: --region eu-central-1 --profile payments",
            ) from error
