"""Runs tests on a native supervisor under the sanitizers: `python -m tests.native.sanitized tests/attacks`.

`python -m tests.native.sanitized --soak --invocations 20000` runs tests.soak with these arguments instead.

Debian's gcc builds it, since neither musl nor zig has AddressSanitizer. It stands in the checkout's place of the supervisor
for as long as the tests run; no setting and no variable leads to another program. What breaks a rule ends the supervisor, and
this command lists it even where the test went on.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from native.build import BINARIES, NATIVE, STAMP, update
from tests.native.compiled import compile_program, supervisor_library

PROGRAM = BINARIES / platform.machine() / "supervisor"
# As native/tests/sanitizers.c has it.
LISTENER = "\0dayfly-sanitizers"
# What talks to a supervisor from outside; what the quick tests leave out, too.
SUITES = (
    "-m",
    "not nightly",
    "tests/conformance",
    "tests/attacks",
    "tests/fuzz/test_hostile_platform.py",
    "tests/native/test_clerk.py",
)
# What is about the processor time and the memory of a supervisor without sanitizers.
LEFT_OUT = ("take_no_memory", "linear")
# Without address space AddressSanitizer ends the process by itself.
DESELECTED = "tests/attacks/test_limits.py::test_what_is_done_to_the_supervisor_costs_no_customer_an_answer[native-address space"


@contextmanager
def reports() -> Iterator[list[str]]:
    """Collect what sanitized processes of this machine report."""
    found: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(LISTENER)

        def listen() -> None:
            while report := listener.recv(4096):
                found.append(report.decode(errors="replace"))

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield found
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"", LISTENER)
            thread.join()


@contextmanager
def in_place(program: Path) -> Iterator[None]:
    """Put a program into the place of the supervisor's; afterwards that is built anew."""
    # First: whatever happens, the next build replaces it.
    STAMP.unlink(missing_ok=True)
    part = PROGRAM.with_suffix(".part")
    shutil.copy(program, part)
    os.replace(part, PROGRAM)
    try:
        yield
    finally:
        update()


def see_that_reports_arrive() -> None:
    """Fail where what a sanitizer reports would be lost."""
    with reports() as found:
        subprocess.run([compile_program([NATIVE / "tests" / "probe_report.c"])], capture_output=True)
    assert found


def main(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments (SUITES without), or a soak; its exit code, or 1 where a sanitizer has reported."""
    see_that_reports_arrive()
    update()
    program = compile_program([NATIVE / "supervisor" / "main.c"], library=supervisor_library())
    chosen = ["--deselect", DESELECTED, "-k", " and ".join(f"not {name}" for name in LEFT_OUT)]
    command = ["pytest", "-q", "-p", "no:cacheprovider", *chosen, *(arguments or SUITES)]
    if arguments[:1] == ["--soak"]:
        command = ["tests.soak", *arguments[1:]]
    with reports() as found, in_place(program):
        done = subprocess.run([sys.executable, "-m", *command])
    for report in found:
        sys.stdout.write(f"\n{report}\n")
    sys.stdout.write(f"{len(found)} reports of sanitizers\n")
    return done.returncode or int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
