"""What is known of other tools on functions in Python: their wrappers, layers and handlers, and what they lose.

Where a wrapper's source is public it was read (November 2026): `yes` means that it starts the command it is given.
`untried` wrappers are chained as well, with a warning, since nobody has shown that they do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_TRUE = frozenset({"1", "t", "true"})


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. `layers` is a pattern of layer names, `handlers` begin the handler that it redirects to.

    `chains`: whether its wrapper starts the command it is given; `sets` what else it does; `loses` what it cannot do any
    more, or does otherwise, where each invocation has a worker of its own. `proxies` maps variables to the values with
    which it puts itself between the runtime and the Runtime API.
    """

    name: str
    source: str
    wrappers: tuple[str, ...] = ()
    layers: str = ""
    handlers: tuple[str, ...] = ()
    chains: Literal["yes", "untried", "no"] = "yes"
    sets: str = ""
    loses: str = ""
    proxies: Mapping[str, frozenset[str]] | None = None

    def has_layer(self, name: str) -> bool:
        """Say whether a layer of this name is the tool's."""
        return bool(self.layers) and re.search(self.layers, name) is not None

    def has_handler(self, handler: str) -> bool:
        """Say whether this handler is the tool's, which calls the function's own."""
        return handler.startswith(self.handlers) if self.handlers else False

    def chaining(self, wrapper: str) -> str:
        """Return how its wrapper and Dayfly's go together."""
        if self.chains == "no":
            return f"{wrapper} {self.sets}, so Dayfly would never start"
        if self.chains == "untried":
            return (
                f"{wrapper} runs first, through DAYFLY_NEXT_WRAPPER. Its source is not public and it was not "
                "tested with Dayfly: check that the first log record is Dayfly's (`dayfly layer test` shows it "
                "before deployment)"
            )
        return f"{wrapper} runs first, through DAYFLY_NEXT_WRAPPER: it {self.sets}, then starts Dayfly"

    def proxied(self, variables: Mapping[str, str]) -> str:
        """Return what it means that the tool stands before the Runtime API, empty if these variables ask for no such thing."""
        asked = [
            name
            for name, values in (self.proxies or {}).items()
            if variables.get(name, "").strip().lower() in values
        ]
        if not asked:
            return ""
        return (
            f"{' and '.join(asked)}: the runtime, and so Dayfly, connects to a proxy of {self.name} "
            "instead of the Runtime API. This was not tested with Dayfly; set "
            "DAYFLY_API_LOCK to off if the first events of HTTP services fail, because the proxy may not hold a response open"
        )


_BATCH = (
    "buffered data is sent before a worker ends (DAYFLY_FORK_DELIVER, by default at most half a "
    "second); what takes longer is lost"
)

TOOLS: tuple[Tool, ...] = (
    Tool(
        "Lambda Web Adapter",
        "https://github.com/awslabs/aws-lambda-web-adapter/blob/main/layer/bootstrap",
        wrappers=("/opt/bootstrap",),
        layers=r"^LambdaAdapterLayer",
        chains="no",
        sets="starts the web server in the handler setting (run.sh) instead of the runtime",
    ),
    Tool(
        "Datadog",
        "https://github.com/DataDog/datadog-lambda-extension/blob/main/scripts/datadog_wrapper",
        wrappers=("/opt/datadog_wrapper",),
        layers=r"^Datadog-(Python|Extension)",
        handlers=("datadog_lambda.handler.",),
        sets="sets variables of the tracer",
        loses=_BATCH,
        proxies={
            "DD_SERVERLESS_APPSEC_ENABLED": _TRUE,
            "DD_EXPERIMENTAL_ENABLE_PROXY": frozenset({"true"}),
        },
    ),
    Tool(
        "OpenTelemetry (AWS's and the community's distribution)",
        "https://github.com/aws-observability/aws-otel-python-instrumentation/blob/main/lambda-layer/src/otel-instrument",
        wrappers=("/opt/otel-instrument",),
        layers=r"^(AWSOpenTelemetryDistroPython|aws-otel-python|opentelemetry-(python|collector)|coralogix-python)",
        sets="sets PYTHONPATH, OTEL_ variables and its own handler, which calls yours (ORIG_HANDLER)",
        loses=_BATCH,
    ),
    Tool(
        "OpenTelemetry for Java and Node.js",
        "https://aws-otel.github.io/docs/getting-started/lambda",
        wrappers=(
            "/opt/otel-handler",
            "/opt/otel-proxy-handler",
            "/opt/otel-stream-handler",
            "/opt/otel-sqs-handler",
        ),
        chains="untried",
    ),
    Tool(
        "Elastic APM",
        "https://github.com/elastic/apm-agent-python/blob/main/elasticapm/contrib/serverless/aws_wrapper/elasticapm-run.py",
        wrappers=("/opt/python/bin/elasticapm-lambda",),
        layers=r"^elastic-apm-(python|extension)-",
        sets="sets its own handler, which calls yours (ELASTICAPM_ORIGINAL_HANDLER)",
        loses=_BATCH,
    ),
    Tool(
        "Lumigo",
        "https://docs.lumigo.io/docs/lambda-layers",
        wrappers=("/opt/lumigo_wrapper",),
        layers=r"^lumigo-python-tracer",
        handlers=("lumigo_tracer.",),
        chains="untried",
    ),
    Tool(
        "Dynatrace",
        "https://docs.dynatrace.com/docs/shortlink/aws-lambda-extension",
        wrappers=("/opt/dynatrace",),
        layers=r"^Dynatrace_",
        chains="untried",
        loses=_BATCH,
    ),
    Tool(
        "AppDynamics",
        "https://help.splunk.com/appdynamics-saas/application-performance-monitoring/25.5.0/install-app-server-agents/"
        "serverless-apm-for-aws-lambda",
        wrappers=("/opt/appdynamics-extension-script",),
        layers=r"^appdynamics-",
        chains="untried",
    ),
    Tool(
        "SolarWinds",
        "https://github.com/solarwinds/apm-python/tree/main/lambda",
        wrappers=("/opt/solarwinds-apm/wrapper",),
        layers=r"^solarwinds-apm-python",
        chains="untried",
        loses=_BATCH,
    ),
    Tool(
        "Amazon CodeGuru Profiler",
        "https://docs.aws.amazon.com/codeguru/latest/profiler-ug/python-lambda-layers.html",
        wrappers=("/opt/codeguru_profiler_lambda_exec",),
        layers=r"^AWSCodeGuruProfilerPythonAgent",
        handlers=("codeguru_profiler_agent.",),
        chains="untried",
        loses="it samples over minutes and many invocations: a worker that serves one event sends little or "
        "nothing. Use DAYFLY_ISOLATION=window if you need profiles",
    ),
    Tool(
        "New Relic",
        "https://docs.newrelic.com/docs/serverless-function-monitoring/aws-lambda-monitoring/instrument-lambda-function/"
        "env-variables-lambda/",
        layers=r"^NewRelicPython",
        handlers=("newrelic_lambda_wrapper.",),
        loses="it wraps the handler and has no exec wrapper; " + _BATCH,
    ),
    Tool(
        "Sentry",
        "https://docs.sentry.io/platforms/python/integrations/aws-lambda/",
        layers=r"^SentryPythonServerlessSDK",
        handlers=("sentry_sdk.integrations.init_serverless_sdk.",),
        loses="it wraps the handler and has no exec wrapper; " + _BATCH,
    ),
    Tool(
        "Powertools for AWS Lambda",
        "https://docs.aws.amazon.com/powertools/python/latest/utilities/parameters/",
        layers=r"^AWSLambdaPowertoolsPython",
        loses="it has no exec wrapper; what an invocation caches (parameters, idempotency, feature flags) is "
        "lost with the worker, so it calls those services more often. Fill the caches with [zygote] "
        "prime, or use a window",
    ),
    Tool(
        "AWS Parameters and Secrets extension",
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html",
        layers=r"^AWS-Parameters-and-Secrets-Lambda-Extension",
        loses="it has no exec wrapper; its cache is a separate process, which all workers use",
    ),
    Tool(
        "CloudWatch Lambda Insights",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights.html",
        layers=r"^LambdaInsightsExtension",
        loses="it has no exec wrapper; it measures the whole environment, including Dayfly's processes",
    ),
)
