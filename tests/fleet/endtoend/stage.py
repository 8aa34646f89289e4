"""A shop in a lab, a real `dayfly fleet serve` that watches it, and a browser: what the end-to-end tests play on."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, TypeVar

import httpx
from playwright.sync_api import Page, expect, sync_playwright

from dayfly.lab.demo.shop import FUNCTION, Isolation, Shop
from dayfly.lab.shipping import Shipper, Target

T = TypeVar("T")
DEADLINE_S = 60.0
_START_S = 60.0
PASSWORD = "correct horse battery staple"


class Loop:
    """An event loop in a thread of its own, for a lab beside a browser that blocks."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lab-loop", daemon=True)

    def __enter__(self) -> Loop:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60.0)
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T], *, timeout_s: float = DEADLINE_S) -> T:
        """Run to its end and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)


class Fleet:
    """`dayfly fleet serve` as a process, on a folder and a free port."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from dayfly.cli.main import main; main()",
                "fleet",
                "serve",
                str(folder),
                "--port",
                "0",
                "--json",
                *arguments,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "it did not start"
        told = json.loads(line)
        self.url: str = told["url"]
        self.set_up_url: str = told["set_up_url"]

    def __enter__(self) -> Fleet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.communicate(timeout=60.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    @property
    def key(self) -> str:
        """The key that proofs are made with."""
        return (self.folder / "fleet.key").read_text().split()[0]

    @property
    def token(self) -> str:
        """What senders and the command line sign in with."""
        return (self.folder / "cli.token").read_text().strip()


class Stage:
    """Shop, fleet and what ties them: the shop's lines go to the fleet, the fleet's orders to the shop's lab."""

    def __init__(self, loop: Loop, shop: Shop, fleet: Fleet, shipper: Shipper) -> None:
        self._loop = loop
        self.shop = shop
        self.fleet = fleet
        self.shipper = shipper
        self._selling: threading.Event | None = None
        self.said: list[str] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the shop."""
        return self._loop.run(work)

    def flush(self) -> None:
        """Wait until every line so far was acknowledged by the collector and is in the store."""
        assert self.shipper.flush(DEADLINE_S), self.shipper.counts()
        headers = {"authorization": f"Bearer {self.fleet.token}"}
        with httpx.Client(base_url=self.fleet.url, headers=headers, timeout=60.0) as api:
            until(
                lambda: api.get("/api/v1/status").json()["collector"]["queue_batches"] == 0,
                what="for the collector",
            )
        assert self.shipper.counts().dropped == 0
        assert self.shipper.counts().refused == 0

    @contextmanager
    def selling(self) -> Iterator[list[tuple[float, str]]]:
        """Customers come all the while; yields when and with which card they paid, as it happens."""
        stop = threading.Event()
        sold: list[tuple[float, str]] = []

        async def sell() -> None:
            while not stop.is_set():
                began = time.time()
                for customer, _ in await self.shop.sell(4):
                    sold.append((began, customer.card))
                await asyncio.sleep(0.1)

        task = asyncio.run_coroutine_threadsafe(sell(), self._loop._loop)
        try:
            yield sold
        finally:
            stop.set()
            task.result(DEADLINE_S)


@contextmanager
def staged(folder: Path, *, isolation: Isolation, environments: int = 6, seed: int = 1) -> Iterator[Stage]:
    """Open the shop under watch."""
    with Loop() as loop:
        shop = Shop(random=Random(seed), environments=environments, update_s=0.2)
        loop.run(shop.__aenter__())
        try:
            with Fleet(folder, "--lambda-endpoint", shop.url) as fleet:
                said: list[str] = []
                shipper = shop.ship_to(Target(fleet.url, fleet.token), warn=said.append, linger_s=0.05)
                loop.run(shop.open(isolation=isolation, variables={"DAYFLY_FLEET_KEY": fleet.key}))
                stage = Stage(loop, shop, fleet, shipper)
                stage.said = said
                yield stage
                stage.flush()
        finally:
            loop.run(shop.__aexit__(None, None, None))


@contextmanager
def browser_page(fleet: Fleet) -> Iterator[Page]:
    """A browser that made the first account by the one-time link and is signed in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(DEADLINE_S * 1000)
        expect.set_options(timeout=DEADLINE_S * 1000)
        page.goto(fleet.set_up_url)
        page.fill("#name", "ada")
        page.fill("#password", PASSWORD)
        page.click("button.primary")
        yield page
        browser.close()


def until(is_true: Callable[[], object], *, deadline_s: float = DEADLINE_S, what: str = "") -> None:
    """Poll until something holds; fails the test when it never does."""
    end = time.monotonic() + deadline_s
    while not is_true():
        assert time.monotonic() < end, f"waited in vain {what}"
        time.sleep(0.05)


__all__ = ["DEADLINE_S", "FUNCTION", "Fleet", "Loop", "Stage", "browser_page", "staged", "until"]
