"""The checks of the family `secret`."""

from __future__ import annotations

from dayfly.scan.check import Check
from dayfly.scan.model import Severity

CHECKS: tuple[Check, ...] = (
    Check(
        id="secret.aws-key",
        title="AWS access key in the package",
        cwe=798,
        severity=Severity.CRITICAL,
        rule="Code, a template or a file contains an AWS access key.",
        attack=(
            "Anyone who can read the repository, the package or one file of a warm environment has the key.",
            "It works from anywhere and does not expire, unlike the credentials of the function's role.",
            "Calls with it are not attributed to the function.",
        ),
        fix="Deactivate the key, and give the function's role the permissions instead.",
        technique="T1552.001",
    ),
    Check(
        id="secret.private-key",
        title="Private key in the package",
        cwe=321,
        severity=Severity.HIGH,
        rule="Code, a template or a file contains a private key.",
        attack=(
            "A path traversal or a dump of the package is enough to take the key.",
            "With it an attacker signs tokens, decrypts traffic or logs in, from anywhere.",
        ),
        fix="Replace the key pair; keep the new key in Secrets Manager, or sign with KMS.",
        technique="T1552.004",
    ),
    Check(
        id="secret.token",
        title="Token of a service in the package",
        cwe=798,
        severity=Severity.HIGH,
        rule="Code, a template or a file contains a token with the format of a known service.",
        attack=(
            "Such tokens are searched for in public repositories and packages within minutes.",
            "The attacker acts as your account at that service.",
        ),
        fix="Revoke it at the issuer, and read its successor from Secrets Manager at run time.",
        technique="T1552.001",
    ),
    Check(
        id="secret.connection-string",
        title="Password in a URL",
        cwe=798,
        severity=Severity.HIGH,
        rule="The URL of a database or service contains its password.",
        attack=(
            "URLs appear in logs and error messages, including the password.",
            "Anyone who reads the code or a traceback can access the database.",
        ),
        fix="Keep the password in Secrets Manager and build the URL at run time, or use IAM authentication.",
        technique="T1552.001",
    ),
    Check(
        id="secret.password",
        title="Password in code",
        cwe=259,
        severity=Severity.HIGH,
        rule="A variable, argument or key that is named like a secret has a value in the code that looks like one.",
        attack=(
            "Everyone with the code, the package or a foothold in a warm environment reads it.",
            "It cannot be changed without a deployment, so it is not changed.",
        ),
        fix="Read it from Secrets Manager or Parameter Store at run time.",
        technique="T1552.001",
    ),
    Check(
        id="secret.default",
        title="Secret as a fallback",
        cwe=1392,
        severity=Severity.MEDIUM,
        rule="If a setting is missing, the code uses a hard-coded secret.",
        attack=(
            "One deployment forgets the variable, and nothing fails.",
            "Tokens are then signed with a key that everyone with the code knows.",
        ),
        fix="Read the setting without a default, so that its absence stops the function.",
        technique="T1552.001",
    ),
    Check(
        id="secret.environment",
        title="Secret in an environment block",
        cwe=526,
        severity=Severity.HIGH,
        rule="A template sets a function's variable to a secret in plain text.",
        attack=(
            "The value is in the template's history and visible to everyone who can read the configuration.",
            "In the function, one file read is enough: /proc/self/environ has it.",
            "Dependencies read the environment, too.",
        ),
        fix="Store it in Secrets Manager or Parameter Store, set the variable to its name, and read it at run time.",
        technique="T1552",
    ),
    Check(
        id="secret.file",
        title="Secret in a file beside the code",
        cwe=260,
        severity=Severity.MEDIUM,
        rule="A settings file that is committed or packed with the function has a secret in it.",
        attack=(
            "The file is in the package, under /var/task, readable by any path traversal.",
            "It is in the repository's history for everyone who ever cloned it.",
        ),
        fix="Remove the value, rotate it, and read it from Secrets Manager at run time.",
        technique="T1552.001",
    ),
)
