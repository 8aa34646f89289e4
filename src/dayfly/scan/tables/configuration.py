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
        rule="The function has a URL with AuthType NONE that a resource policy opens to everyone.",
        attack=(
            "Anyone who learns the URL sends the function any event they like, without an account.",
            "No authorizer, throttle or firewall protects the code.",
            "A flaw in the handler is then a way into the warm environment,",
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
            "Strangers reach the handler over a route that has no authorizer.",
            "Some routes are meant to be open; any other one exposes its data,",
            "and each open one is a place to try injections at.",
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
        rule="A resource policy allows the principal * without a condition that narrows it.",
        attack=(
            "Anyone with an AWS account of their own calls the resource directly.",
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
            "An attacker aims a bucket, topic or API in their own account at your function's ARN.",
            "The service's call is allowed, because the policy names only the service.",
            "The handler takes the attacker's object or message for one of yours.",
        ),
        fix="Add aws:SourceArn with the resource that calls, and aws:SourceAccount where its ARN has no account (S3).",
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
            "A slow input multiplies the bill by the timeout.",
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
        rule="A function that is invoked asynchronously has neither a dead-letter queue nor an on-failure destination.",
        attack=(
            "Lambda tries an asynchronous event three times, then drops it.",
            "An attacker who can make the handler fail, by a crafted upload or a poisoned warm environment,",
            "makes other customers' events disappear without notice.",
        ),
        fix="Name an on-failure destination (EventInvokeConfig) or a dead-letter queue, and watch it.",
        technique="T1499.003",
    ),
    Check(
        id="configuration.no-redrive",
        title="One bad record blocks the others",
        cwe=755,
        severity=Severity.LOW,
        rule="A stream or queue has no destination for a record that keeps failing.",
        attack=(
            "A record that the handler fails on is tried again until it expires: a day, four days.",
            "On a stream everything behind it on its shard waits.",
            "Each attempt is billed, and a batch fails with it, other customers' records included.",
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
            "A flaw found in the interpreter or the operating system after that day stays open.",
            "An attacker needs no mistake in your code to get into the environment.",
            "Some time later AWS refuses updates of the function as well.",
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
            "A Python function runs without Dayfly: its environment keeps changes from one invocation to "
            "the next."
        ),
        attack=(
            "Lambda gives many customers' events to one warm process, one after the other.",
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
        rule="A layer is named without a version: the deployment uses the latest one.",
        attack=(
            "The layer's publisher changes your function at its next deployment.",
            "A stolen publisher's account is enough to run code with your function's role.",
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
            "If the account is not one of yours, its owner was trusted with all of that.",
        ),
        fix="Publish the layer from an account of your own after reading it, or accept this account with a reason.",
        technique="T1195.002",
    ),
    Check(
        id="configuration.unknown-wrapper",
        title="Unknown exec wrapper",
        cwe=829,
        severity=Severity.LOW,
        rule="AWS_LAMBDA_EXEC_WRAPPER names a program of no known layer.",
        attack=(
            "The wrapper is started in the runtime's place, with the function's credentials.",
            "It decides what runs, and can stand between the runtime and every event.",
        ),
        fix="Remove the variable, or accept the wrapper with a reason once you know which layer contains it.",
        technique="T1574",
    ),
    Check(
        id="configuration.writable-path",
        title="Code is loaded from a writable directory",
        cwe=426,
        severity=Severity.MEDIUM,
        rule="A variable makes the interpreter or the loader look in /tmp or another writable place.",
        attack=(
            "An event that can write one file puts a module or library there.",
            "The next import, process or restart of the environment loads it.",
            "/tmp outlives a crash of the runtime, so the code comes back for every later customer.",
        ),
        fix="Load code from the package (/var/task) or a layer (/opt), which are read-only at run time.",
        technique="T1574.007",
    ),
    Check(
        id="configuration.cors-credentials",
        title="CORS allows every origin with credentials",
        cwe=942,
        severity=Severity.MEDIUM,
        rule="CORS allows any origin together with the user's credentials.",
        attack=(
            "A signed-in user opens the attacker's page.",
            "Its script calls the function with the user's cookies.",
            "Where the origin is reflected, the browser hands the answer to the attacker.",
        ),
        fix="Name the origins that may send credentials.",
        technique="T1185",
    ),
)
