"""Settings of a function that the API takes and returns, and that start no environment differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TracingMode = Literal["PassThrough", "Active"]


@dataclass(frozen=True, slots=True)
class Declared:
    """Of one version of a function, part of its configuration; empty is as if never given.

    `runtime` is the name a request gave; without it the interpreter names it. `dead_letter_arn` is the target of
    asynchronous invocations that failed, `file_systems` are (access point, mount path).
    Members are the API's: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
    """

    role: str = ""
    runtime: str = ""
    tracing_mode: TracingMode = "PassThrough"
    system_log_level: str = "INFO"
    dead_letter_arn: str = ""
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    vpc_id: str = ""
    allows_ipv6: bool = False
    kms_key_arn: str = ""
    source_kms_key_arn: str = ""
    file_systems: tuple[tuple[str, str], ...] = ()
    # Were they given, if only to have none?
    has_environment: bool = False
    has_vpc: bool = False
