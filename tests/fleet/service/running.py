"""A real service in a process of its own, and a browser's manners without a browser."""

from __future__ import annotations

import functools
import json
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import httpx

from dayfly.fleet.service.accounts import Accounts
from dayfly.fleet.service.ledger import Ledger
from dayfly.fleet.service.passwords import Passwords
from dayfly.fleet.service.roles import Role

COMMAND = [sys.executable, "-c", "from dayfly.cli.main import main; main()", "fleet"]
PASSWORD = "correct horse battery"
_START_SECONDS = 60.0
_FORM_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')


class Served:
    """A running `dayfly fleet serve`."""

    def __init__(self, folder: Path, *options: str, store: str = "") -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [
                *COMMAND,
                "serve",
                *([store, "--folder"] if store else []),
                str(folder),
                "--port",
                "0",
                "--json",
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        is_ready, _, _ = select.select([self.process.stdout], [], [], _START_SECONDS)
        line = self.process.stdout.readline() if is_ready else ""
        self.told = json.loads(line) if line else {}
        self.url = str(self.told.get("url", ""))

    def __enter__(self) -> Served:
        if not self.url:
            self.process.kill()
            raise AssertionError(self.process.communicate()[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def token(self) -> str:
        return (self.folder / "cli.token").read_text().strip()

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal and return the exit code and what was said on standard error."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors

    def api(self) -> httpx.Client:
        """A program with the local token."""
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {self.token}"}, timeout=60)


class Person(httpx.Client):
    """Somebody with a browser: keeps cookies, takes the form's token from the page, sends where a form goes to."""

    def __init__(self, url: str) -> None:
        super().__init__(base_url=url, timeout=60, follow_redirects=False)

    def submit(self, page: str, action: str, /, **fields: str) -> httpx.Response:
        """Load `page`, then post its form's token with `fields` to `action`."""
        token = _FORM_TOKEN.search(self.get(page).text)
        assert token is not None, f"{page} has no form"
        return self.post(
            action,
            data={"_csrf_token": token[1], **fields},
            headers={"origin": str(self.base_url).rstrip("/")},
        )

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return self.submit("/sign-in", "/sign-in", name=name, password=password, next="/")


def until(condition: Callable[[], object], *, seconds: float = 60.0) -> object:
    """Wait for something to become true; fails where it does not in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return value


class _Once(Passwords):
    """Hashes a password once for all tests of a process: each time costs a processor a fifth of a second."""

    @functools.cache  # noqa: B019 (there is one of it)
    def make(self, password: str) -> str:
        return super().make(password)


_passwords = functools.cache(_Once)


def add_people(folder: Path) -> None:
    """Make ann (admin), rob (responder) and vic (viewer)."""
    ledger = Ledger(folder)
    for name, role in (("ann", Role.ADMIN), ("rob", Role.RESPONDER), ("vic", Role.VIEWER)):
        Accounts(ledger, _passwords()).add(name, role, PASSWORD)
    ledger.close()
