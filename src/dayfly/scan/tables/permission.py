"""The checks of the family `permission`."""

from __future__ import annotations

from dayfly.scan.check import Check
from dayfly.scan.model import Severity

CHECKS: tuple[Check, ...] = (
    Check(
        id="permission.unused",
        title="A right that no line of the code uses",
        cwe=250,
        severity=Severity.MEDIUM,
        technique="T1078.004",
        rule="The template grants the function an action, or a resource, that its code never uses.",
        attack=(
            "One event gets code to run in the function, and the environment stays warm with the role's keys in it.",
            "The code that customers' requests run never deletes anything; the role may.",
            "The attacker does not call the function's code, he calls AWS, with whatever the role was ever given.",
            "Every right that nobody uses is his alone.",
        ),
        fix="Remove the action from the policy; `--suggest-policy` prints what the code needs, with the lines.",
    ),
    Check(
        id="permission.wildcard",
        title="Everything is granted where the code needs one thing",
        cwe=1220,
        severity=Severity.HIGH,
        technique="T1530",
        rule="The template grants `*`, as actions or as resources, where the code needs fewer and can name them.",
        attack=(
            "A function that writes one table is taken over by one event.",
            "With `dynamodb:*` on `*`, the keys in its environment read every table of the account,",
            "and other services' customers with them: the blast is the account, not the function.",
            "The keys stay valid for hours after the environment is gone.",
        ),
        fix="Name the actions the code calls and the resources it calls them on.",
    ),
    Check(
        id="permission.escalation",
        title="Rights that make more rights",
        cwe=266,
        severity=Severity.HIGH,
        technique="T1098.003",
        rule="The role can give itself or something it starts more rights, or change code that runs with other rights.",
        attack=(
            "The environment ends after minutes; an attacker in it looks for a way to stay.",
            "With lambda:UpdateFunctionCode he replaces the function: every new environment is his from its first event.",
            "With iam:PassRole and a service that runs code, or one call that writes a policy,",
            "he becomes administrator, and recycling environments no longer helps.",
        ),
        fix="Take the right away, or bind it to named roles and functions with iam:PassedToService and a boundary.",
    ),
    Check(
        id="permission.missing",
        title="The code calls what its role does not allow",
        cwe=280,
        severity=Severity.LOW,
        rule="The code calls an operation of AWS for which the template's policies grant no permission.",
        attack=(
            "Nobody attacks this: the call fails with AccessDenied when it is first made.",
            "It is how wildcards come about: the failure is met at night, and `*` makes it go away.",
        ),
        fix="Grant the one action on the one resource; `--suggest-policy` prints the statement.",
    ),
    Check(
        id="permission.managed",
        title="A managed policy for the whole account",
        cwe=272,
        severity=Severity.HIGH,
        technique="T1078.004",
        rule="The function has an AWS managed policy that covers every resource of a service, or every service.",
        attack=(
            "AmazonS3FullAccess was one line, and the function reads one bucket.",
            "One event that gets code to run in it lists, reads and deletes every bucket of the account,",
            "including backups and logs.",
        ),
        fix="Replace it by a policy of the function's own; `--suggest-policy` writes it.",
    ),
)
