"""The console over a planted store, as a process of its own: `python -m tests.fleet.console.serving FOLDER`, prints JSON.

The embedded engine must not be opened where a test forks. Standard input ends it; a line there adds a detection, so that
open pages have something new to show.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import uvicorn
from litestar import Litestar
from litestar.response import Response
from tests.fleet.console.planted import fill_console

from dayfly.fleet.console.console import Console
from dayfly.fleet.console.reading.rules import Rule, Threshold
from dayfly.fleet.console.routes import CONTENT_SECURITY_POLICY, failure, routes
from dayfly.fleet.detections.rules import load_rules
from dayfly.fleet.records.rows import Detection
from dayfly.fleet.store.schema import Deployment, migrate
from dayfly.fleet.store.store import Place, Store


def main() -> None:
    """Fill the folder unless it is filled, and serve it."""
    folder, invocations = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 40_000
    with Store(Place(folder=folder / "full")) as store:
        migrate(store, Deployment.SINGLE)
        planted = fill_console(store, invocations=invocations) if invocations else None
        health = {
            "queue_bytes": 0,
            "queue_batches": 0,
            "lag_s": 0.0,
            "lines_per_s": 12.5,
            "refused": {"full": 2},
            "is_alive": True,
            "store_fault": "",
        }
        console = Console(
            store,
            lambda: health,
            shown_rules,
            lambda: {"enumeration": {"last": time.time() - 12, "milliseconds": 21.0, "error": ""}},
        )
        server = uvicorn.Server(
            uvicorn.Config(
                application(console),
                port=int(sys.argv[3]) if len(sys.argv) > 3 else 0,
                log_level="warning",
                ws="none",
            )
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)  # a server says by this alone that it listens
        port = server.servers[0].sockets[0].getsockname()[1]
        about = {"port": port} | (
            {"function": planted.function, "burst": planted.burst, "finding": planted.finding}
            if planted
            else {}
        )
        print(json.dumps(about), flush=True)
        for number, _ in enumerate(sys.stdin):
            store.insert(
                "detections",
                [
                    Detection(
                        uid=f"{number:032x}",
                        updated=time.time(),
                        rule="enumeration",
                        title="Something new was seen",
                        severity=4,
                        reasons=["just now"],
                        story="It has just happened.",
                        functions=["checkout"],
                        events=3,
                        first_time=time.time() - 5,
                        last_time=time.time(),
                    )
                ],
            )
            print("written", flush=True)
        server.should_exit = True
        thread.join(60)
        console.close()


def application(console: Console) -> Litestar:
    """The console alone, with the service's policy."""

    def after(response: Response[object]) -> Response[object]:
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response

    return Litestar(
        [routes(console)], after_request=after, exception_handlers={Exception: failure}, openapi_config=None
    )


def shown_rules() -> list[Rule]:
    """Dayfly's own rules as the console shows them."""
    return [
        Rule(rule.name, rule.title, rule.severity, rule.technique, rule.every, rule.lookback, rule.story, rule.advice, rule.explain,
             tuple(Threshold(one.name, str(one.value), one.meaning) for one in rule.thresholds), sees=rule.sees, misses=rule.misses, evidence=rule.evidence)
        for rule in load_rules()
    ]  # fmt: skip


if __name__ == "__main__":
    main()
