"""Database servers for tests of sealers, each started once per test process."""

from __future__ import annotations

import atexit
import contextlib
import functools
import tempfile
from pathlib import Path

import pytest
from tests.real.daemons import ServerUnavailableError
from tests.real.databases import DATABASES, Database, DatabaseKind


@functools.cache
def database(kind: DatabaseKind) -> Database:
    """The server, empty but for tests/real's tables; skips the test where it cannot be installed."""
    stack = contextlib.ExitStack()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="peers-")))
    folder.chmod(0o755)
    try:
        server = stack.enter_context(DATABASES[kind](folder / kind))
    except ServerUnavailableError as reason:
        stack.close()
        pytest.skip(str(reason))
    atexit.register(stack.close)
    return server
