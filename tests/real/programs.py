"""Servers that are programs of ours, run with the interpreter of the functions that talk to them."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator

from tests.real.environment import LIBRARIES, real_python


@contextlib.contextmanager
def program_server(name: str) -> Iterator[str]:
    """The address at which NAME.py, beside those functions, serves until the end."""
    # It ends with its standard input, so also when this process is killed.
    with subprocess.Popen(
        [str(real_python(LIBRARIES)), str(LIBRARIES.with_name(f"{name}.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address, f"{name} did not start"
            yield address
        finally:
            process.kill()
