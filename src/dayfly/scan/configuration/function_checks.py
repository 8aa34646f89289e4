"""Checks of one function's settings, as its template has them. No I/O, no clock."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.configuration.layers import read_layer
from dayfly.scan.configuration.runtimes import LIFECYCLES
from dayfly.scan.model import Confidence, Finding, Severity
from dayfly.scan.template.draft import DAYFLY_WRAPPER, WRAPPER, referred
from dayfly.scan.template.model import Trigger, Unresolved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from dayfly.scan.model import Place
    from dayfly.scan.template.model import LambdaFunction, Source, Statement, Template

# Conditions that leave an invocation open to somebody in particular only.
_NARROWING = frozenset(
    {
        "aws:sourceaccount", "aws:sourcearn", "aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount",
        "aws:principalarn", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourceorgid",
        "lambda:eventsourcetoken", "aws:userid", "aws:principaltag", "aws:sourceorgpaths", "kms:calleraccount",
        "kms:viaservice", "s3:dataaccesspointaccount", "s3:resourceaccount", "aws:resourceaccount",
    }
)  # fmt: skip
_EARLY = 180  # days before deprecation that one wants to know
_STREAMS = frozenset({Trigger.KINESIS, Trigger.DYNAMODB, Trigger.KAFKA})
# Directories of these variables are searched, or their files run, before the function's own code.
_SEARCHED = {
    "PYTHONPATH": Severity.MEDIUM,
    "PYTHONHOME": Severity.MEDIUM,
    "PYTHONSTARTUP": Severity.MEDIUM,
    "PYTHONUSERBASE": Severity.MEDIUM,
    "PATH": Severity.MEDIUM,
    "LD_LIBRARY_PATH": Severity.HIGH,
    "LD_PRELOAD": Severity.HIGH,
    "LD_AUDIT": Severity.HIGH,
    "NODE_PATH": Severity.MEDIUM,
    WRAPPER: Severity.HIGH,
}
# Wrappers of layers whose publishers document them.
_WRAPPERS = frozenset(
    {
        DAYFLY_WRAPPER, "/opt/bootstrap", "/opt/otel-instrument", "/opt/otel-handler", "/opt/otel-proxy-handler",
        "/opt/otel-stream-handler", "/opt/otel-sqs-handler", "/opt/datadog_wrapper", "/opt/dynatrace",
        "/opt/lumigo_wrapper", "/opt/elastic-apm-handler", "/opt/newrelic-java-handler", "/opt/appsignals-instrument",
        "/opt/python/bin/newrelic-lambda-wrapper", "/opt/sentry-wrapper", "/opt/python/bin/elasticapm-lambda",
    }
)  # fmt: skip


def check_function(template: Template, function: LambdaFunction, *, today: date) -> Iterator[Finding]:
    """Every finding about one function's settings, secrets excepted; `today` decides what is out of date."""
    yield from _check_access(template, function)
    yield from _check_failures(template, function)
    yield from _check_runtime(function, today)
    yield from _check_layers(function)
    yield from _check_environment(function)
    yield from _check_dayfly(function)


def _finding(
    check: str,
    message: str,
    place: Place,
    severity: Severity,
    function: LambdaFunction,
    *,
    confidence: Confidence = Confidence.HIGH,
    harm: str = "",
    fix: str = "",
    **evidence: object,
) -> Finding:
    return Finding(check, message, place, severity, confidence, (), function.name, harm, fix, evidence)


def is_narrow(statement: Statement) -> bool:
    """Whether a statement's conditions leave it to somebody in particular; one that cannot be read counts."""
    return bool(set(statement.conditions) & _NARROWING) or (
        statement.has_condition and not statement.conditions
    )


def _check_access(template: Template, function: LambdaFunction) -> Iterator[Finding]:
    is_url_open = False
    if function.url_auth == "NONE" and function.url_place is not None:
        confidence = _url_confidence(template, function)
        is_url_open = confidence is not None
        if confidence is not None:
            yield _finding(
                "configuration.public-url",
                f"{function.name} can be invoked by anyone who knows its URL: AuthType is NONE",
                function.url_place,
                Severity.MEDIUM,
                function,
                confidence=confidence,
                harm="strangers can send the code any event, at your cost",
                fix="set AuthType AWS_IAM, or use an API with an authorizer, or CloudFront with origin access control",
            )
    cors = function.url_cors
    if cors is not None and cors.allows_credentials and "*" in cors.origins:
        yield _finding(
            "configuration.cors-credentials",
            f"the URL of {function.name} allows every origin to send requests with the user's credentials",
            cors.place,
            Severity.MEDIUM,
            function,
            confidence=Confidence.MEDIUM,
            harm="any page that a signed-in user visits can invoke the function as that user and read the answer",
        )
    open_routes = [
        source
        for source in function.sources
        if source.is_public and source.trigger is not Trigger.FUNCTION_URL
    ]
    if open_routes:
        first, count = open_routes[0], len(open_routes)
        more = f" and {count - 1} more" if count > 1 else ""
        yield _finding(
            "configuration.open-route",
            f"{function.name} accepts callers without credentials on {first.name or first.trigger}{more}",
            first.place,
            Severity.LOW,
            function,
            harm="only you know whether this is intended: a sign-up page is public, an order history is not",
            routes=count,
        )
    if (open_routes or is_url_open) and function.reserved_concurrency is None:
        yield _finding(
            "configuration.no-concurrency-limit",
            f"strangers can start as many environments of {function.name} as the account allows",
            function.place,
            Severity.MEDIUM if is_url_open else Severity.LOW,
            function,
            harm="a flood of requests costs money and uses up the concurrency of the account's other functions"
            + (": a function URL has no throttling" if is_url_open else ""),
        )


def _url_confidence(template: Template, function: LambdaFunction) -> Confidence | None:
    """How sure an open URL is reachable: it takes a permission for everybody as well.

    SAM, the Serverless Framework, CDK and Terraform's provider add that permission; a bare template must say it.
    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """
    granted = [
        one
        for one in function.resource_policy
        if "*" in one.principals
        and any(action.lower() in ("lambda:invokefunctionurl", "lambda:*", "*") for action in one.actions)
    ]
    if granted:
        return None if all(is_narrow(one) for one in granted) else Confidence.HIGH
    return Confidence.MEDIUM if template.kind == "CloudFormation" else Confidence.HIGH


def _check_failures(template: Template, function: LambdaFunction) -> Iterator[Finding]:
    if function.is_asynchronous and not function.has_dead_letter:
        unsaved = [
            source
            for source in function.sources
            if source.trigger
            in (Trigger.S3, Trigger.SNS, Trigger.EVENTBRIDGE, Trigger.IOT, Trigger.LOGS, Trigger.SCHEDULE)
        ]
        names = sorted({str(source.trigger) for source in unsaved})
        is_only_schedule = names == [str(Trigger.SCHEDULE)]
        yield _finding(
            "configuration.no-dead-letter",
            f"events from {', '.join(names)} are lost if {function.name} fails on them three times",
            unsaved[0].place if unsaved else function.place,
            # The next run of a schedule does what this one did not; a customer's upload comes once.
            Severity.INFORMATIONAL if is_only_schedule else Severity.LOW,
            function,
            harm="an attacker who can make it fail can make orders, uploads or alarms disappear",
        )
    for source in function.sources:
        if source.trigger in _STREAMS and not source.has_failure_destination:
            yield _stuck(
                function,
                source,
                f"one record on which {function.name} fails blocks its shard of {source.source or source.name}",
            )
        elif source.trigger is Trigger.SQS and not source.has_failure_destination:
            queues = referred(source.source) & template.resources.keys()
            if queues and not queues & template.redriven:
                yield _stuck(
                    function,
                    source,
                    f"a message on which {function.name} fails is retried until {sorted(queues)[0]} drops it",
                )


def _stuck(function: LambdaFunction, source: Source, message: str) -> Finding:
    return _finding(
        "configuration.no-redrive",
        message,
        source.place,
        Severity.LOW,
        function,
        harm="one crafted event delays the events of other customers, and every attempt is billed",
    )


def _check_runtime(function: LambdaFunction, today: date) -> Iterator[Finding]:
    if not isinstance(function.runtime, str) or function.runtime not in LIFECYCLES:
        return
    life = LIFECYCLES[function.runtime]
    place = function.places.get("runtime", function.place)
    left = (life.deprecated - today).days
    if left > _EARLY or (function.is_image and left > 0):
        return
    if left > 0:
        message = f"{function.runtime} of {function.name} gets no security patches after {life.deprecated}"
        severity = Severity.INFORMATIONAL
    else:
        message = f"{function.runtime} of {function.name} has had no security patches since {life.deprecated}"
        is_blocked = life.update_blocked is not None and today >= life.update_blocked
        severity = Severity.HIGH if is_blocked else Severity.MEDIUM
        if is_blocked:
            message += ", and the function's code cannot be updated"
    yield _finding(
        "configuration.deprecated-runtime",
        message,
        place,
        severity,
        function,
        fix=f"use {life.successor}",
        runtime=function.runtime,
        deprecated=str(life.deprecated),
    )


def _check_layers(function: LambdaFunction) -> Iterator[Finding]:
    for layer, place in zip(function.layers, function.layer_places, strict=False):
        written = layer.expression if isinstance(layer, Unresolved) else layer
        parsed = read_layer(written)
        if parsed is None:
            continue
        if not parsed.is_pinned:
            yield _finding(
                "configuration.unpinned-layer",
                f"{function.name} uses the latest published version of the layer {parsed.name}",
                place,
                Severity.MEDIUM,
                function,
                harm="the layer's publisher decides which code runs with your customers' data",
                layer=parsed.name,
            )
        if parsed.publisher is None:
            yield _finding(
                "configuration.unknown-layer",
                f"{function.name} uses the layer {parsed.name} of account {parsed.account}",
                place,
                Severity.LOW,
                function,
                confidence=Confidence.LOW,
                harm="its code runs with the function's role; if the account is not yours, you trust its owner",
                account=parsed.account,
                layer=parsed.name,
            )


def _check_environment(function: LambdaFunction) -> Iterator[Finding]:
    for name, value in function.environment.items():
        place = function.environment_places.get(name, function.place)
        if name not in _SEARCHED or not isinstance(value, str):
            continue
        writable = [part for part in re.split(r"[:;\s]+", value) if _is_writable(part)]
        if writable:
            yield _finding(
                "configuration.writable-path",
                f"{name} of {function.name} contains {writable[0]}, a directory that every invocation can "
                "write",
                place,
                _SEARCHED[name],
                function,
                harm="code that one event writes there is loaded for every later customer",
                variable=name,
            )
        elif name == WRAPPER and value and value not in _WRAPPERS:
            yield _finding(
                "configuration.unknown-wrapper",
                f"{value} starts before {function.name} and decides what runs",
                place,
                Severity.LOW,
                function,
                confidence=Confidence.MEDIUM,
                harm="it has access to the function's credentials and every event",
                wrapper=value,
            )


def _is_writable(part: str) -> bool:
    return part == "/tmp" or part.startswith(("/tmp/", "/dev/shm", "/mnt/")) or part == "."


def _check_dayfly(function: LambdaFunction) -> Iterator[Finding]:
    runtime = function.runtime if isinstance(function.runtime, str) else ""
    if function.has_dayfly or not (runtime.startswith("python") or (function.is_image and function.command)):
        return
    if runtime in ("python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "python3.10"):
        return  # Dayfly needs 3.11; the check of runtimes says what comes first
    wrapper = function.environment.get(WRAPPER)
    if isinstance(wrapper, Unresolved) or function.environment.get("DAYFLY_NEXT_WRAPPER") is not None:
        return
    has_layer = any("dayfly" in str(layer).lower() for layer in function.layers)
    if function.is_image:
        fix = 'start it with `ENTRYPOINT ["python", "-I", "-m", "dayfly.runtime"]`'
    elif has_layer:
        fix = f"set {WRAPPER} to {DAYFLY_WRAPPER}: the layer alone has no effect"
    elif wrapper:
        fix = f"add the layer, set {WRAPPER} to {DAYFLY_WRAPPER} and DAYFLY_NEXT_WRAPPER to {wrapper}"
    else:
        fix = f"add the layer from `dayfly layer build` and set {WRAPPER} to {DAYFLY_WRAPPER}"
    yield _finding(
        "configuration.no-dayfly",
        f"an environment of {function.name} keeps one customer's data while it serves the next",
        function.place,
        Severity.INFORMATIONAL,
        function,
        harm="an attacker who compromises one invocation also controls the following ones",
        fix=fix,
    )
