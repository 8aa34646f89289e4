"""A planted store and its two shards for the read models, and the console in a process of its own for a browser."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.fleet.console.planted import Planted, fill_console
from tests.fleet.console.serving import shown_rules
from tests.fleet.sharded import shard

from dayfly.fleet.console.console import Console
from dayfly.fleet.store.schema import Deployment, migrate
from dayfly.fleet.store.store import Place, Store

# The whole folder runs in one process, whose browser and stores are made once.
NOW = 1_795_600_000.0


@dataclass(frozen=True, slots=True)
class Filled:
    """The console over one store, twice: whole and as two shards."""

    whole: Console
    shards: Console
    planted: Planted

    @property
    def both(self) -> tuple[Console, Console]:
        """One after the other."""
        return self.whole, self.shards


@pytest.fixture(scope="session")
def filled(clickhouse_url: str) -> Iterator[Filled]:
    """Hours of traffic with attacks, small enough for a test."""
    place = Place.parse(clickhouse_url)
    with Store(place, database="console") as store, Store(place, database="console_shards") as shards:
        migrate(store, Deployment.SINGLE)
        planted = fill_console(store, invocations=4_000, now=NOW)
        shard(shards, of=store)
        consoles = [Console(one, _health, shown_rules, dict, lambda: moment(NOW)) for one in (store, shards)]
        yield Filled(consoles[0], consoles[1], planted)
        for console in consoles:
            console.close()


def moment(stamp: float) -> datetime:
    """Seconds since the epoch as the store's times are: naive and UTC."""
    return datetime.fromtimestamp(stamp, UTC).replace(tzinfo=None)


def _health() -> dict[str, object]:
    return {"is_alive": True, "lag_s": 0.0, "store_fault": ""}


@dataclass(frozen=True, slots=True)
class Served:
    """A console that serves: `url`, and what was planted."""

    url: str
    function: str
    burst: str
    finding: str
    process: subprocess.Popen[str]

    def add(self) -> None:
        """Let something new happen."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "written\n"


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The console in a process of its own, over an engine that is its own."""
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.fleet.console.serving",
            str(tmp_path_factory.mktemp("console")),
            "4000",
        ],
        cwd=Path(__file__).parents[3],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        about = json.loads(process.stdout.readline())
        yield Served(
            f"http://127.0.0.1:{about['port']}", about["function"], about["burst"], about["finding"], process
        )
        process.communicate("")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, no longer than a module: Playwright's loop runs meanwhile, and others start their own."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield started
        started.close()
