"""Looks at this machine: the probes in a child process, the scope, and the tools Dayfly works with."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from dayfly._sys import proc
from dayfly.doctor.rows import Kind, Row, State, Survey
from dayfly.doctor.scope import HostFacts, ScopeDecision, decide_scope
from dayfly.errors import DayflyError, StartError
from dayfly.runtime import native
from dayfly.runtime.bytecode import FIX, judge_bytecode
from dayfly.runtime.flatsettings import read_settings

HANDLER = Path(__file__).with_name("handler.py")
# The probes bound themselves, three seconds each; most take milliseconds.
PROBES_LIMIT_S = 60.0
TOOL_LIMIT_S = 20.0
SUPPORTED_PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))
# Majors that the tests run: start.py knows the loop of each.
KNOWN_AWSLAMBDARIC = (3, 4)
_GROUP = "Functions and lab"


class HostError(DayflyError):
    """The probes could not be run."""


def survey_host() -> Survey:
    """What the probes find on this machine, in a child process; raises HostError if they cannot be run.

    The child runs the very file that `dayfly doctor --lambda` writes: what it does here is what it will
    do there.
    """
    # Not the tests' or a function's variables, and -I: nothing but the file itself is loaded.
    environ = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(HANDLER)],
            capture_output=True,
            timeout=PROBES_LIMIT_S,
            env=environ,
            check=True,
        )
        facts = json.loads(done.stdout)["facts"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as fault:
        raise HostError(
            f"the probes could not run: {fault}", hint="report this with the complete output"
        ) from fault
    # Better than what the file can see by itself: whether /tmp is older than PID 1.
    host = {**facts["host"], "tmp_is_mount": proc.tmp_is_own_mount()}
    return Survey(host, facts["calls"])


def observe_host() -> HostFacts:
    """Return what the process tree and the mounts show, as native/supervisor/host.c looks at them."""

    def command(pid: int) -> str:
        return (proc.command_line(pid) or [""])[0]

    parent = os.getppid()
    return HostFacts(
        pid_namespace=proc.pid_namespace(),
        init_command=command(1),
        parent_command=command(parent),
        parent_pid=parent,
        tmp_is_own_mount=proc.tmp_is_own_mount(),
    )


def scope_here(environ: Mapping[str, str]) -> ScopeDecision:
    """The scope that a function started from here would have; raises SettingError for a bad setting."""
    return decide_scope(read_settings(environ).scope, observe_host())


def closes_memory_here(environ: Mapping[str, str]) -> bool:
    """Whether the settings let a function started from here close its memory; raises SettingError for a bad one."""
    return read_settings(environ).close_memory != "off"


def tools() -> tuple[Row, ...]:
    """Which of the things that Dayfly works with are there; each is run, not only found."""
    return (_python(), _bytecode(), _supervisor(), _awslambdaric(), _bubblewrap(), _emulator(), _uv())


def _python() -> Row:
    version = sys.version_info[:2]
    is_known = version in SUPPORTED_PYTHONS and platform.python_implementation() == "CPython"
    return _tool(
        "python",
        "yes" if is_known else "unknown",
        f"functions run on CPython {platform.python_version()}",
        f"{platform.python_implementation()} {platform.python_version()} is not tested",
        "use CPython 3.11 to 3.14",
        kind="function",
    )


def _bytecode() -> Row:
    """Whether Dayfly's modules lie compiled here; the command's own process has loaded those that a function needs."""
    fault = judge_bytecode()
    return _tool(
        "bytecode",
        "no" if fault else "yes",
        "functions start without compiling Dayfly, which saves 140 ms",
        fault,
        FIX,
        kind="speed",
    )


def _supervisor() -> Row:
    """Whether the supervisor can be executed here; where it cannot, nothing protects a function."""
    fault = ""
    try:
        native.find()
    except StartError as found:
        fault = found.message
    except OSError as refused:
        fault = str(refused)
    return _tool(
        "supervisor",
        "no" if fault else "yes",
        "functions are protected at all",
        fault,
        "install dayfly-runtime from a wheel for this processor, on a file system that permits execution",
        kind="defence",
    )


def _awslambdaric() -> Row:
    try:
        version = metadata.version("awslambdaric")
    except metadata.PackageNotFoundError:
        return _tool(
            "awslambdaric",
            "no",
            "functions run in AWS's own event loop",
            "not installed",
            "pip install dayfly-runtime",
            kind="function",
        )
    major = version.partition(".")[0]
    is_known = major.isdigit() and int(major) in KNOWN_AWSLAMBDARIC
    return _tool(
        "awslambdaric",
        "yes" if is_known else "unknown",
        f"functions run in AWS's own event loop, {version}",
        f"version {version} is not tested",
        "use awslambdaric 3 or 4",
        kind="function",
    )


def _bubblewrap() -> Row:
    namespaces = ["--unshare-pid", "--unshare-ipc", "--ro-bind", "/", "/", "--proc", "/proc"]
    fault = _fault_of("bwrap", [*namespaces, "--tmpfs", "/tmp", "/bin/sh", "-c", "exit 0"])
    return _tool(
        "bubblewrap",
        "no" if fault else "yes",
        "functions in the lab get their own processes and /tmp",
        fault,
        "install the Debian package bubblewrap and permit it to create namespaces",
    )


def _uv() -> Row:
    fault = _fault_of("uv", ["--version"])
    return _tool(
        "uv",
        "no" if fault else "yes",
        "a source checkout can set itself up",
        fault,
        "nothing to do: scripts/uv downloads it",
    )


def _emulator() -> Row:
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), "")
    name = f"aws-lambda-rie-{machine}"
    inside = Path("samcli", "local", "rapid", name)
    candidates = [Path(folder) / inside for folder in sys.path if folder]
    # Where a checkout's tests keep it.
    candidates += [Path.cwd() / ".cache" / "rie" / name]
    candidates += [Path(found) for found in (shutil.which("aws-lambda-rie"), shutil.which(name)) if found]
    fault = "not found: neither aws-lambda-rie on PATH nor the package aws-sam-cli"
    for candidate in candidates:
        if candidate.is_file():
            # It has no --help: every other way to start it serves. This one ends before it listens.
            fault = _fault_of(str(candidate), ["--log-level", "none-such"], says="log level")
            break
    return _tool(
        "emulator",
        "no" if fault else "yes",
        "functions can be tried under AWS's own Runtime Interface Emulator",
        fault,
        "install it with pip install aws-sam-cli; `dayfly lab serve` does not need it",
    )


def _fault_of(program: str, arguments: list[str], *, says: str = "") -> str:
    """Why a program does not run; empty if it ends well, or complains in the words of `says`."""
    found = shutil.which(program)
    if found is None:
        return "not on PATH"
    try:
        done = subprocess.run(
            [found, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=TOOL_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        return f"does not run: {fault}"
    if done.returncode and not (says and says in done.stderr.decode(errors="replace")):
        words = done.stderr.decode(errors="replace").strip().splitlines()
        return f"ends with {done.returncode}: {words[-1][:120] if words else 'no message'}"
    return ""


def _tool(name: str, state: State, protects: str, reason: str, to_do: str, *, kind: Kind = "tool") -> Row:
    is_fine = state == "yes"
    return Row(
        name,
        _GROUP,
        kind,
        state,
        state,
        protects,
        "" if is_fine else reason,
        "" if is_fine else to_do,
    )
