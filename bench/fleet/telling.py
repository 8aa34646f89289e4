"""`python -m bench.fleet.telling`: what an environment pays for telling a fleet of each of its invocations.

Plain awslambdaric and Dayfly without lines, with lines, and with lines that bear proofs are alive together and invoked in
alternating bursts of five, so a busy machine is busy for all of them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.alternating import Deadline, Failed, Function, Pace, race
from bench.contestants import FUNCTIONS, INVOCATION, PLAIN, WINDOW, Contestant
from bench.machine import this_machine

_TELLS = {"DAYFLY_LOG_INVOCATIONS": "on"}
_PROVES = {**_TELLS, "DAYFLY_FLEET_KEY": "5a" * 32}
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "de-DE,de;q=0.9,en;q=0.8",
    "Content-Type": "application/json",
    "Host": "abcdefghij.execute-api.eu-west-1.amazonaws.com",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}


def event(label: str, number: int) -> object:
    """An order by API Gateway, 2 kB."""
    order = {
        "id": label,
        "customer": f"Ada O'Brien {number}",
        "note": "please leave it at the door (blue one)",
    }
    lines = [{"sku": f"sku-{n}", "count": n, "price": n / 4} for n in range(10)]
    return {
        "n": number,
        "resource": "/orders/{id}",
        "path": f"/orders/{number}",
        "httpMethod": "POST",
        "headers": _HEADERS,
        "multiValueHeaders": {name: [value] for name, value in _HEADERS.items()},
        "queryStringParameters": {"express": "true"},
        "pathParameters": {"id": str(number)},
        "body": json.dumps({**order, "lines": lines}),
        "isBase64Encoded": False,
        "requestContext": {
            "resourcePath": "/orders/{id}",
            "requestId": label,
            "authorizer": {"claims": {"sub": f"user-{number % 7}"}},
            "identity": {"sourceIp": "203.0.113.9"},
        },
    }


def contestants() -> list[Contestant]:
    """Plain, and each isolation that forks: silent, telling, proving."""
    return [
        PLAIN,
        *(
            Contestant(f"{base.name}{name}", base.runtime, {**base.settings, **more})
            for base in (INVOCATION, WINDOW)
            for name, more in (("", {}), (", lines", _TELLS), (", lines with proofs", _PROVES))
        ),
    ]


def main(arguments: Sequence[str]) -> int:
    """Run by the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.fleet.telling", description=__doc__)
    parser.add_argument("--invocations", type=int, default=400)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--function", default="medium")
    options = parser.parse_args(arguments)
    function = Function(options.function, FUNCTIONS, f"{options.function}.handler", event)
    outcomes = race(
        function,
        contestants(),
        Pace(invocations=options.invocations, warm_up=20, starts=options.starts),
        python_of=lambda _: Path(sys.executable),
        deadline=Deadline(600),
    )
    write = sys.stdout.write
    write(f"{this_machine(pinned_to=None)}\n")
    write(f"{'':34}{'answer p50':>12}{'cycle p50':>12}{'CPU':>9}{'init p50':>11}   milliseconds\n")
    for name, outcome in outcomes.items():
        if isinstance(outcome, Failed):
            write(f"{name:34} failed: {outcome.reason}\n")
            continue
        median = statistics.median
        write(
            f"{name:34}{median(outcome.answer_ms):12.3f}{median(outcome.cycle_ms):12.3f}"
            f"{outcome.processor_ms:9.2f}{median(outcome.init_ms):11.1f}\n"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
