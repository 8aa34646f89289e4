"""The functions of tests/real/functions: what each needs and what its servers must have seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.real.servers import Kind


@dataclass(frozen=True)
class Sample:
    """One function in tests/real/functions/FOLDER/app.py and how it is run.

    `sees` says for each server how often the label of every invocation must arrive, and thereby which servers
    the function needs. `survives_idle` is False where the library as documented does not notice that a server
    closed its connection, so that the plain runtime fails, too. `logs` is how many lines of the log must hold
    each label.
    """

    name: str
    folder: str
    sees: Mapping[Kind, int] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    survives_idle: bool = True
    logs: int = 0
    is_slow: bool = False


SAMPLES: tuple[Sample, ...] = (
    Sample("boto3-https", "boto3_clients", {"aws-https": 3}, is_slow=True),
    Sample("boto3-http", "boto3_clients", {"aws-http": 3}, is_slow=True),
    Sample("requests", "requests_session", {"https": 2}),
    Sample("thread-pool-executor", "thread_pool_executor"),
)
