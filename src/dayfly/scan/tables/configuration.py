"""The checks of the family `configuration`."""

from __future__ import annotations

from dayfly.scan.check import Check
from dayfly.scan.model import Severity

CHECKS: tuple[Check, ...] = (
    Check(
        id="configuration.public-url",
        title="Function URL without authentication",
        cwe=306,
        severity=Severity.MEDIUM,
        rule="The function has a URL with AuthType NONE, and a resource policy opens it to everyone.",
        attack=(
            "Anyone who learns the URL can send the function any event, without an account.",
            "No authorizer, throttle or firewall protects the code.",
            "A flaw in the handler then gives access to the warm environment,",
            "and injected code affects the next customer.",
        ),
        fix="Set AuthType AWS_IAM, or put an API with an authorizer or CloudFront with origin access control in front.",
        technique="T1190",
    ),
    Check(
        id="configuration.open-route",
        title="API route without authorizer",
        cwe=306,
        severity=Severity.LOW,
        rule="A route of an API invokes the function for callers without credentials.",
        attack=(
            "Strangers reach the handler through a route without an authorizer.",
            "Some routes are meant to be public; any other one exposes its data,",
            "and attackers can try injections on each of them.",
        ),
        fix=(
            "Give the route an authorizer (IAM, a user pool, a JWT, a Lambda authorizer), or document why "
            "it is open."
        ),
        technique="T1190",
    ),
    Check(
        id="configuration.open-policy",
        title="Resource policy open to everyone",
        cwe=732,
        severity=Severity.HIGH,
        rule="A resource policy allows the principal * without a restricting condition.",
        attack=(
            "Anyone with an AWS account can access the resource directly.",
            "This bypasses the API, its authorizer and its logs.",
            "A forged event reaches the warm environment as if it came from your own service.",
        ),
        fix="Name the service or account as principal, with aws:SourceArn or aws:PrincipalOrgID as a condition.",
        technique="T1190",
    ),
    Check(
        id="configuration.confused-deputy",
        title="Service principal without a source",
        cwe=441,
        severity=Severity.MEDIUM,
        rule="A resource policy allows an AWS service without restricting the source resource.",
        attack=(
            "An attacker uses a bucket, topic or API in their own account with your function's ARN.",
            "The service's call is allowed, because the policy names only the service.",
            "The handler treats the attacker's object or message as one of yours.",
        ),
        fix="Add aws:SourceArn with the calling resource, and aws:SourceAccount if its ARN has no account "
        "(S3).",
        technique="T1190",
    ),
    Check(
        id="configuration.no-concurrency-limit",
        title="No concurrency limit on a public function",
        cwe=770,
        severity=Severity.LOW,
        rule="A publicly invocable function has no reserved concurrency.",
        attack=(
            "A flood starts environments up to the account's limit, each billed.",
            "The account's other functions are throttled meanwhile.",
            "A slow input multiplies the cost by the timeout.",
        ),
        fix=(
            "Set reserved concurrency to the needs of legitimate traffic, and throttle in front of it if "
            "possible."
        ),
        technique="T1496.004",
    ),
    Check(
        id="configuration.no-dead-letter",
        title="Failed events are lost",
        cwe=392,
        severity=Severity.LOW,
        rule="A function that is invoked asynchronously has neither a dead-letter queue nor an on-failure "
        "destination.",
        attack=(
            "Lambda tries an asynchronous event three times, then drops it.",
            "An attacker who can make the handler fail, by a crafted upload or a poisoned warm environment,",
            "makes other customers' events disappear without notice.",
        ),
        fix="Configure an on-failure destination (EventInvokeConfig) or a dead-letter queue, and monitor it.",
        technique="T1499.003",
    ),
    Check(
        id="configuration.no-redrive",
        title="One bad record blocks the others",
        cwe=755,
        severity=Severity.LOW,
        rule="A stream or queue has no destination for records that keep failing.",
        attack=(
            "A record on which the handler fails is retried until it expires: for one or four days.",
            "On a stream, all later records of its shard wait.",
            "Each attempt is billed, and the whole batch fails, including other customers' records.",
        ),
        fix="Set an on-failure destination and a retry limit on the mapping, or a RedrivePolicy on the queue.",
        technique="T1499.003",
    ),
    Check(
        id="configuration.deprecated-runtime",
        title="Runtime without security patches",
        cwe=1104,
        severity=Severity.MEDIUM,
        rule="AWS no longer patches the function's runtime, or will stop soon.",
        attack=(
            "Later flaws in the interpreter or the operating system stay unpatched.",
            "An attacker can compromise the environment without a mistake in your code.",
            "Later, AWS also rejects updates of the function.",
        ),
        fix="Move to the runtime in the finding, and test with it.",
        technique="T1190",
    ),
    Check(
        id="configuration.no-dayfly",
        title="Dayfly is not attached",
        cwe=653,
        severity=Severity.INFORMATIONAL,
        rule=(
            "A Python function runs without Dayfly: its environment keeps changes from one invocation to the "
            "next."
        ),
        attack=(
            "Lambda sends the events of many customers to one warm process, one after the other.",
            "Code that one event injects stays: replaced functions, threads, files in /tmp.",
            "With Dayfly each event gets a fresh process without earlier changes.",
        ),
        fix="Add Dayfly's layer and set AWS_LAMBDA_EXEC_WRAPPER to /opt/dayfly.",
        technique="T1574",
    ),
    Check(
        id="configuration.unpinned-layer",
        title="Layer without a version",
        cwe=829,
        severity=Severity.MEDIUM,
        rule="A layer is referenced without a version: the deployment uses the latest one.",
        attack=(
            "The layer's publisher changes your function at its next deployment.",
            "A compromised account of the publisher is enough to run code with your function's role.",
        ),
        fix="Pin the version, and update it in a reviewed change.",
        technique="T1195.002",
    ),
    Check(
        id="configuration.unknown-layer",
        title="Layer of an unknown account",
        cwe=829,
        severity=Severity.LOW,
        rule="A layer comes from an account that is not a known publisher.",
        attack=(
            "A layer's code runs before and beside the handler, with its role and its events.",
            "Its search path comes before the runtime's own libraries.",
            "If the account is not yours, you trust its owner with all of that.",
        ),
        fix="Review the layer and publish it in your own account, or accept this account with a reason.",
        technique="T1195.002",
    ),
    Check(
        id="configuration.unknown-wrapper",
        title="Unknown exec wrapper",
        cwe=829,
        severity=Severity.LOW,
        rule="AWS_LAMBDA_EXEC_WRAPPER is set to a program that belongs to no known layer.",
        attack=(
            "The wrapper starts instead of the runtime, with the function's credentials.",
            "It decides what runs, and can intercept every event.",
        ),
        fix="Remove the variable, or accept the wrapper with a reason once you know which layer contains it.",
        technique="T1574",
    ),
    Check(
        id="configuration.writable-path",
        title="Code is loaded from a writable directory",
        cwe=426,
        severity=Severity.MEDIUM,
        rule="A variable makes the interpreter or the loader search /tmp or another writable directory.",
        attack=(
            "An event that can write one file puts a module or library there.",
            "The next import, process or restart of the environment loads it.",
            "/tmp survives a crash of the runtime, so the code returns for every later customer.",
        ),
        fix="Load code from the package (/var/task) or a layer (/opt), which are read-only at run time.",
        technique="T1574.007",
    ),
    Check(
        id="configuration.cors-credentials",
        title="CORS allows every origin with credentials",
        cwe=942,
        severity=Severity.MEDIUM,
        rule="CORS allows any origin to send the user's credentials.",
        attack=(
            "A signed-in user opens the attacker's page.",
            "Its script calls the function with the user's cookies.",
            "If the function reflects the origin, the browser gives the answer to the attacker.",
        ),
        fix="List the origins that may send credentials.",
        technique="T1185",
    ),
)
