"""One function's needs beside its role: what every comparison starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.permissions.arns import is_whole_account
from dayfly.scan.permissions.catalogue import Action, load_catalogue
from dayfly.scan.permissions.granting import (
    Role,
    meets,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.permissions.needs import Need
    from dayfly.scan.permissions.usage import Usage
    from dayfly.scan.template.model import LambdaFunction, Statement

# Reading these is reading what the function's whole account keeps secret.
SECRET = (
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "kms:Decrypt",
)


@dataclass(frozen=True)
class Facts:
    """One function: what it needs, what it is granted. `usage` is None where its code was not found."""

    function: LambdaFunction
    role: Role
    usage: Usage | None
    needs: tuple[Need, ...]
    kinds: Mapping[str, str]

    @property
    def is_complete(self) -> bool:
        return self.usage is not None and self.usage.is_complete and "*" not in self.usage.open_prefixes

    def is_used(self, action: Action, statement: Statement) -> bool:
        """A line of code needs it on a resource that the statement may mean, or something of the function does."""
        return any(
            need.action == action.name and meets(statement, need.resource, self.kinds) for need in self.needs
        )

    def is_open(self, prefix: str) -> bool:
        """More of this service may be used than was seen."""
        return self.usage is None or bool({prefix, "*"} & self.usage.open_prefixes)


def named(facts: Sequence[Facts]) -> str:
    """The functions of a shared role."""
    return ", ".join(dict.fromkeys(one.function.name for one in facts))


def names_nothing(need: Need) -> bool:
    """The code does not say which resource it means, so that it cannot be told how narrow the grant could be."""
    action = load_catalogue().action(need.action)
    if action is None or not need.unknown:
        return False
    shapes = [load_catalogue().arn(action.prefix, kind) for kind in action.resource_types]
    return any(shape is not None and is_whole_account(need.resource, shape) for shape in shapes)
