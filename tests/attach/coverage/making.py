"""Facts about functions as tests need them."""

from __future__ import annotations

from typing import Any

from dayfly.attach.aws.facts import AliasFact, Environment, FunctionFacts, LayerFact, VersionFact

ACCOUNT, REGION = "123456789012", "eu-central-1"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:payments"
LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:dayfly-python312:7"
WRAPPED = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"}
NOW = 1_796_000_000.0
# Long before NOW, in Lambda's words.
CHANGED = "2026-11-01T00:00:00.000+0000"


def facts(**more: Any) -> FunctionFacts:
    """Return a function of Python without Dayfly, of which everything could be read."""
    return FunctionFacts(
        **{
            "name": "payments",
            "arn": ARN,
            "region": REGION,
            "account": ACCOUNT,
            "runtime": "python3.12",
            "handler": "app.handler",
            "last_modified": CHANGED,
            **more,
        }
    )


def attached(variables: dict[str, str] | None = None, **more: Any) -> FunctionFacts:
    """Return the same with Dayfly on it, and with all that it can do by default."""
    return facts(
        **{
            "layers": (LayerFact(LAYER, 400_000),),
            "environment": Environment({**WRAPPED, "DAYFLY_API_LOCK": "on", **(variables or {})}),
            **more,
        }
    )


def version(number: str, *, is_on: bool, **more: Any) -> VersionFact:
    """Return a published version with or without Dayfly."""
    if not is_on:
        return VersionFact(number, **more)
    return VersionFact(number, (LayerFact(LAYER, 1),), Environment(WRAPPED), **more)


def alias(name: str, number: str, **weights: float) -> AliasFact:
    """Return an alias; `v2=0.1` gives a tenth to version 2."""
    return AliasFact(name, number, {key.removeprefix("v"): value for key, value in weights.items()})
