"""The functions of tests/real/functions: what each needs and what its servers must have seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.real.environment import REQUIREMENTS
from tests.real.servers import Kind

FUNCTIONS = Path(__file__).parent / "functions"

MakeEvent = Callable[[str, int, bool], object]


def plain_event(label: str, number: int, is_failing: bool) -> object:
    """What most functions are sent."""
    return {"n": number, "label": label, "fail": is_failing}


def sqs_event(label: str, number: int, is_failing: bool) -> object:
    """Two records from a queue, of which only the first holds the label: both fail, or every third time the second."""
    amounts = (-1, -1) if is_failing else (number, -1 if number % 3 == 0 else number)
    return {
        "Records": [
            {
                "messageId": f"{index}",
                "receiptHandle": "handle",
                "body": json.dumps({"id": identifier, "amount": amount}),
                "attributes": {},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:orders",
                "awsRegion": "eu-central-1",
            }
            for index, (identifier, amount) in enumerate(
                zip((label, f"{number} again"), amounts, strict=True)
            )
        ]
    }


@dataclass(frozen=True)
class Sample:
    """One function in tests/real/functions/FOLDER/MODULE.py and how it is run.

    `sees` says for each server how often the label of every invocation must arrive, and thereby which servers
    the function needs; `sees_failing` where it is another number for invocations that fail. `survives_idle` is
    False where the library as documented does not notice that a server closed its connection, so that the
    plain runtime fails, too. `leaves_work` says that something goes on after the answer, which Dayfly ends and
    reports. `logs` is how many lines of the log must hold each label. `count` is the number of invocations by day, by
    default three windows, and `count_at_night` that of the default isolation at night, 0 for none. `processors` is how many
    it needs where one would do by turns.
    """

    name: str
    folder: str
    sees: Mapping[Kind, int] = field(default_factory=dict)
    sees_failing: Mapping[Kind, int] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    make_event: MakeEvent = plain_event
    survives_idle: bool = True
    leaves_work: bool = False
    logs: int = 0
    is_slow: bool = False
    count: int = 60
    count_at_night: int = 200
    module: str = "app"
    processors: int = 0

    @property
    def requirements(self) -> Path:
        """Those of the function, or of all that have none of their own."""
        own = FUNCTIONS / self.folder / "requirements.txt"
        return own if own.exists() else REQUIREMENTS


# OpenMP's threads spin while they wait; with tests on the other processor that takes a minute instead of a second.
PATIENT_OPENMP = {"OMP_WAIT_POLICY": "passive"}
# Libraries have as many threads as processors; of one alone there is nothing to see.
TWO_THREADS = {"POLARS_MAX_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "RAYON_NUM_THREADS": "2"}

# The order is that of the tests: a test worker takes what stands together, and with it the plain run's record.
SAMPLES: tuple[Sample, ...] = (
    Sample("boto3-https", "boto3_clients", {"aws-https": 3}, is_slow=True),
    Sample("boto3-http", "boto3_clients", {"aws-http": 3}, is_slow=True),
    Sample("boto3-resource", "boto3_resource", {"aws-https": 2}, is_slow=True),
    Sample("requests", "requests_session", {"https": 2}),
    Sample("httpx", "httpx_client", {"https": 2}, is_slow=True),
    Sample("httpx-async", "httpx_async", {"https": 2}, is_slow=True),
    # Below requests.
    Sample("urllib3", "urllib3_pool", {"https": 2}, is_slow=True),
    Sample("aiohttp", "aiohttp_session", {"https": 2}, survives_idle=False),
    Sample("http.client", "http_client", {"https": 2}),
    Sample("grpc", "grpc_channel", {"grpc": 1}),
    Sample("x-ray", "xray_sdk", {"xray": 1, "https": 1, "aws-https": 0}, is_slow=True),
    Sample("powertools-observability", "powertools_observability", {"xray": 1}, logs=2, is_slow=True),
    Sample("powertools-data", "powertools_data", {"aws-https": 1}, {"aws-https": 0}, is_slow=True),
    Sample(
        "powertools-batch",
        "powertools_batch",
        {"aws-https": 1},
        {"aws-https": 0},
        make_event=sqs_event,
        is_slow=True,
    ),
    Sample(
        "opentelemetry",
        "opentelemetry_sdk",
        {"otlp": 3},
        environment={"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta"},
        is_slow=True,
    ),
    Sample("sentry", "sentry", {"sentry": 1}, {"sentry": 2}, is_slow=True),
    Sample(
        "datadog", "datadog", {"statsd": 1}, environment={"DD_FLUSH_TO_LOG": "true"}, logs=1, is_slow=True
    ),
    Sample("sqlalchemy-psycopg", "sqlalchemy_engine", {"postgres": 1}, is_slow=True),
    Sample("sqlalchemy-pymysql", "sqlalchemy_engine", {"mariadb": 1}, is_slow=True),
    Sample(
        "sqlalchemy-connection-psycopg",
        "sqlalchemy_connection",
        {"postgres": 1},
        survives_idle=False,
        is_slow=True,
    ),
    Sample(
        "sqlalchemy-connection-pymysql",
        "sqlalchemy_connection",
        {"mariadb": 1},
        survives_idle=False,
        is_slow=True,
    ),
    Sample("psycopg", "psycopg_connection", {"postgres": 1}, survives_idle=False),
    Sample("psycopg-pool", "psycopg_pool", {"postgres": 1}, is_slow=True),
    Sample("psycopg2", "psycopg2_connection", {"postgres": 1}, survives_idle=False, is_slow=True),
    Sample("psycopg2-pool", "psycopg2_pool", {"postgres": 1}, survives_idle=False, is_slow=True),
    Sample("pymysql", "pymysql_connection", {"mariadb": 1}),
    Sample("redis", "redis_client", {"redis": 1}),
    Sample("redis-asyncio", "redis_asyncio", {"redis": 1}, survives_idle=False, is_slow=True),
    Sample("logging-queue", "logging_queue", logs=1),
    Sample("asyncio-loop", "asyncio_loop"),
    Sample("asyncio-run", "asyncio_run"),
    Sample("asyncio-loop-in-a-thread", "loop_in_a_thread", {"https": 2}, {"https": 1}, is_slow=True),
    Sample("thread-pool-executor", "thread_pool_executor"),
    Sample("thread-asked", "thread_asked"),
    Sample("thread-timed-wait", "thread_timed_wait", leaves_work=True, is_slow=True),
    Sample("refresher", "refresher", leaves_work=True, is_slow=True),
    Sample("timer-refresh", "timer_refresh", leaves_work=True, is_slow=True),
    Sample("timer-tick", "timer_tick", leaves_work=True, is_slow=True),
    Sample("numpy", "numpy_blas", is_slow=True),
    Sample("scikit-learn", "scikit_learn", environment=PATIENT_OPENMP, is_slow=True),
    Sample("igraph", "igraph_pagerank", environment=PATIENT_OPENMP, is_slow=True),
    Sample("files-and-signals", "files_and_signals"),
    Sample("open-files", "open_files"),
    Sample("multiprocessing", "multiprocessing_pipe", is_slow=True),
)

FEW, THOUSANDS = 12, 2_000


def used(library: str, *servers: Kind, leaves_work: bool = False) -> Iterator[Sample]:
    """A library of functions/libraries, used at init and first in the handler."""
    for moment in ("init", "handler"):
        yield Sample(
            f"{library}-{moment}",
            "libraries",
            sees=dict.fromkeys(servers, 0),
            environment={"USED": moment, **PATIENT_OPENMP, **TWO_THREADS},
            leaves_work=leaves_work,
            is_slow=True,
            count=FEW,
            count_at_night=THOUSANDS if moment == "init" else 0,
            module=f"use_{library}",
            processors=2,
        )


# Of the most downloaded packages of PyPI: those that start threads, share memory, keep connections or loops, load modules
# late, or are compiled; each used at init and first in the handler.
LIBRARIES: tuple[Sample, ...] = (
    *used("polars"),
    *used("pandas"),
    *used("pyarrow"),
    *used("numpy"),
    *used("scipy"),
    *used("lightgbm"),
    *used("onnxruntime"),
    *used("tokenizers"),
    *used("opencv"),
    *used("duckdb"),
    *used("joblib"),
    *used("confluent_kafka", "kafka"),
    *used("pymongo", "mongodb", leaves_work=True),
    *used("aiobotocore", "aws-http"),
    *used("uvloop"),
    *used("gevent"),
    *used("newrelic"),
    *used("protobuf"),
    *used("fastapi"),
    *used("flask"),
    *used("web_parts"),
    replace(
        next(used("confluent_kafka", "kafka")),
        name="confluent_kafka_idempotent-init",
        environment={"USED": "init", "IDEMPOTENT": "true"},
    ),
)
SAMPLES_AND_LIBRARIES = (*SAMPLES, *LIBRARIES)
# Those of which native threads of init are copied into every worker: thousands of workers are needed to judge that.
COPIED = (
    *("polars-init", "polars-handler", "pandas-init", "pandas-handler", "pyarrow-init", "pyarrow-handler"),
    *("scipy-init", "lightgbm-init", "lightgbm-handler", "onnxruntime-init", "onnxruntime-handler"),
    *("tokenizers-init", "opencv-init", "duckdb-init", "datadog"),
    "confluent_kafka-init",
)
# Those that still run in `process` isolation, each with words of the reason; docs/compatibility.md has the fixes. At night a
# test tells which of them work now.
FALL_BACK: Mapping[str, str] = {
    "confluent_kafka_idempotent-init": "without enable.idempotence",
    "uvloop-init": "io_uring descriptor",
}
