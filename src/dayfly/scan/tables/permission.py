"""The checks of the family `permission`."""

from __future__ import annotations

from dayfly.scan.check import Check
from dayfly.scan.model import Severity

CHECKS: tuple[Check, ...] = (
    Check(
        id="permission.unused",
        title="Unused permission",
        cwe=250,
        severity=Severity.MEDIUM,
        technique="T1078.004",
        rule="The template grants the function an action, or a resource, that its code never uses.",
        attack=(
            "One event runs the attacker's code in the function, and the environment stays warm with the role's keys in it.",
            "The function's code never deletes anything, but the role may.",
            "The attacker does not need the function's code, but calls AWS directly with all permissions of the role.",
            "Unused permissions help only the attacker.",
        ),
        fix="Remove the action from the policy; `--suggest-policy` prints what the code needs, with the lines.",
    ),
    Check(
        id="permission.wildcard",
        title="Wildcard permission that the code does not need",
        cwe=1220,
        severity=Severity.HIGH,
        technique="T1530",
        rule="The template grants `*`, as actions or as resources, where the code needs fewer and can list them.",
        attack=(
            "One event compromises a function that writes one table.",
            "With `dynamodb:*` on `*`, the keys in its environment can read every table of the account,",
            "including data of other services' customers: the whole account is affected, not only the function.",
            "The keys stay valid for hours after the environment has ended.",
        ),
        fix="List the actions that the code calls and the resources on which it calls them.",
    ),
    Check(
        id="permission.escalation",
        title="Privilege escalation",
        cwe=266,
        severity=Severity.HIGH,
        technique="T1098.003",
        rule="The role can give more permissions to itself or to something it starts, or change code that runs with other permissions.",
        attack=(
            "An environment ends after minutes or hours; an attacker looks for a way to persist.",
            "With lambda:UpdateFunctionCode, the attacker replaces the function and controls every new environment.",
            "With iam:PassRole and a service that runs code, or with one call that writes a policy,",
            "the attacker becomes an administrator, and recycling environments no longer helps.",
        ),
        fix="Remove the permission, or restrict it to certain roles and functions with iam:PassedToService and a permissions boundary.",
    ),
    Check(
        id="permission.missing",
        title="Missing permission",
        cwe=280,
        severity=Severity.LOW,
        rule="The code calls an AWS operation for which the template's policies grant no permission.",
        attack=(
            "This is not an attack: the call fails with AccessDenied when it is first made.",
            "Such failures are often fixed in a hurry with `*`.",
        ),
        fix="Grant the one action on the one resource; `--suggest-policy` prints the statement.",
    ),
    Check(
        id="permission.managed",
        title="AWS managed policy for the whole account",
        cwe=272,
        severity=Severity.HIGH,
        technique="T1078.004",
        rule="The function has an AWS managed policy that covers every resource of a service, or every service.",
        attack=(
            "AmazonS3FullAccess is quickly attached, although the function reads one bucket.",
            "If one event runs an attacker's code, it can list, read and delete every bucket of the account,",
            "including backups and logs.",
        ),
        fix="Replace it with a policy for this function; `--suggest-policy` prints it.",
    ),
)
