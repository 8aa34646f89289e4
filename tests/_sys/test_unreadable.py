"""An interpreter executed from memory: closed to its user, otherwise the same; and every way in which it cannot be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from tests.interpreters import Interpreter, found_interpreters
from tests.refused_calls import refusing
from tests.rie import ROOT
from tests.unprivileged import UID, as_user

from dayfly._sys import proc, unreadable

SCRIPT = """
import json, os, sys
sys.path.insert(0, SOURCE)
from dayfly._sys import proc, unreadable
arrival = unreadable.arrive(os.environ)
told = {
    "path": os.environ.get("LD_LIBRARY_PATH"),
    "mine": [name for name in os.environ if name.startswith("_DAYFLY")],
    "command": sys.orig_argv,
    "options": sys._xoptions,
    "program": os.readlink("/proc/self/exe"),
    "libraries": [line.split()[-1] for line in open("/proc/self/maps") if "libpython" in line],
}
if arrival is None:
    environ = {**os.environ, **json.loads(sys.argv[1])}
    exec(sys.argv[2])
    failure = unreadable.execute(["-s", "-X", "_MARK=1"], environ, message="told", hands_on=True)
    print(json.dumps({**told, "failure": failure}))
else:
    seals = None
    if told["program"].startswith("/memfd"):
        # F_GET_SEALS; the file's owner may let himself read it.
        os.chmod("/proc/self/exe", 0o755)
        import fcntl
        seals = fcntl.fcntl(os.open("/proc/self/exe", os.O_RDONLY), 1034)
    told |= {
        "failure": arrival.failure, "message": arrival.message, "is_open": unreadable.is_open(),
        "no_user_site": sys.flags.no_user_site, "seals": seals,
        "is_ours": os.read(arrival.interpreter, 4) == b"\\x7fELF" if arrival.interpreter >= 0 else None,
        "number": arrival.interpreter,
        "is_inherited": os.get_inheritable(arrival.interpreter) if arrival.interpreter >= 0 else None,
        "child": os.popen(sys.executable + " -c 'import os; print([n for n in os.environ if n.startswith(\\"_DAYFLY\\")])'").read(),
    }
    print(json.dumps(told))
"""
F_ALL_SEALS = 0xF


def run(
    interpreter: str,
    *,
    environ: Mapping[str, str] | None = None,
    passed: Mapping[str, str] | None = None,
    before: str = "",
    through: Sequence[str] = (),
    user: int | None = None,
) -> dict[str, object]:
    """What the script says: once, from the second interpreter or, where that could not be, from the first."""
    script = f"SOURCE = {str(ROOT / 'src')!r}\n{SCRIPT}"
    command = [*through, interpreter, "-c", script, json.dumps(dict(passed or {})), before]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", **(environ or {})},
        user=user,
        stdin=subprocess.DEVNULL,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    (line,) = done.stdout.splitlines()
    told = json.loads(line)
    assert isinstance(told, dict)
    assert told["command"][0] == interpreter
    assert told["mine"] == []
    return told


def user_pythons() -> list[str]:
    """Interpreters that an unprivileged user can run."""
    paths = [found.path for found in found_interpreters()]
    return [path for path in paths if as_user(lambda path=path: os.access(path, os.X_OK))]  # type: ignore[misc]


def user() -> int | None:
    return UID if os.geteuid() == 0 else None


def test_the_second_interpreter_is_closed_and_otherwise_the_same() -> None:
    pythons = user_pythons()
    assert pythons
    for python in pythons:
        told = run(python, user=user())
        assert told["failure"] == ""
        assert told["is_open"] is False
        assert str(told["program"]).startswith("/memfd:python")
        assert told["seals"] == F_ALL_SEALS
        assert told["message"] == "told"
        assert told["is_ours"] is True
        assert told["is_inherited"] is False
        # What was added to its options is in force and does not show.
        assert told["no_user_site"] == 1
        assert told["options"] == {}
        assert len(told["command"]) == 5  # type: ignore[arg-type]
        assert told["child"] == "[]\n"


@pytest.mark.parametrize("path", [None, "", "/nowhere:/elsewhere"])
def test_the_search_path_for_libraries_comes_back_as_it_was(path: str | None) -> None:
    for python in [found.path for found in found_interpreters()]:
        told = run(python, environ={} if path is None else {"LD_LIBRARY_PATH": path})
        assert told["failure"] == ""
        assert told["path"] == path


# ---- interpreters that look for libpython beside themselves --------------------------------------------------


def movable(tmp_path: Path, interpreter: Interpreter) -> Path:
    """A copy that finds its libpython relative to its own place, as python-build-standalone's do."""
    source = Path(os.path.realpath(interpreter.path))
    root = source.parent.parent
    written = f"{root}/lib".encode()
    program = source.read_bytes()
    if b"\0" + written + b"\0" not in program:
        pytest.skip("no interpreter here has a libpython of its own")
    own = b"$ORIGIN/../lib"
    home = tmp_path / f"movable-{interpreter.version}"
    (home / "bin").mkdir(parents=True)
    (home / "lib").mkdir()
    for path in (root / "lib").iterdir():
        if path.name.startswith("libpython"):
            shutil.copy(path, home / "lib" / path.name, follow_symlinks=False)
        else:
            (home / "lib" / path.name).symlink_to(path)
    target = home / "bin" / "python3"
    target.write_bytes(program.replace(written + b"\0", own + b"\0" * (len(written) - len(own) + 1)))
    target.chmod(0o755)
    return target


@pytest.fixture
def python(tmp_path: Path) -> Path:
    for interpreter in reversed(found_interpreters()):
        if b"libpython" in Path(os.path.realpath(interpreter.path)).read_bytes()[: 1 << 16]:
            return movable(tmp_path, interpreter)
    pytest.skip("no interpreter here has a libpython of its own")


@pytest.mark.parametrize("path", [None, "/nowhere"])
def test_an_interpreter_that_was_moved_finds_its_library(python: Path, path: str | None) -> None:
    told = run(str(python), environ={} if path is None else {"LD_LIBRARY_PATH": path})
    assert told["failure"] == ""
    assert str(told["program"]).startswith("/memfd:python")
    libraries = told["libraries"]
    assert isinstance(libraries, list)
    assert {os.path.dirname(library) for library in libraries} == {str(python.parent.parent / "lib")}
    assert told["path"] == path


def test_an_interpreter_whose_library_is_not_found_stays_readable(python: Path) -> None:
    library = next(path for path in (python.parent.parent / "lib").glob("libpython3.*.so.*"))
    told = run(str(python), before=f"os.rename({str(library)!r}, {str(library) + '-gone'!r})")
    assert told["failure"] == "its libraries cannot be found when it runs from a memory file"
    assert told["program"] == str(python)


def test_an_interpreter_that_finds_another_library_is_executed_readable(python: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(
        python.parent.parent / "lib",
        other,
        symlinks=True,
        ignore=lambda _folder, names: [name for name in names if not name.startswith("libpython")],
    )
    told = run(str(python), passed={"LD_LIBRARY_PATH": str(other), "EXTRA": "stays"})
    assert told["failure"] == "it finds different libraries when it runs from a memory file"
    assert told["program"] == str(python)
    assert told["message"] == "told"


# ---- hosts that refuse ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["memfd_create", "fchmod"])
def test_without_a_memory_file_it_goes_on_readable_and_says_why(call: str) -> None:
    told = run(user_pythons()[-1], through=refusing(call, user_pythons()[-1]), user=user())
    assert told["failure"] == "Operation not permitted (creating a memory file)"
    assert not str(told["program"]).startswith("/memfd")


def test_where_execveat_is_refused_the_file_is_executed_by_its_name() -> None:
    told = run(user_pythons()[-1], through=refusing("execveat", user_pythons()[-1]), user=user())
    assert told["failure"] == ""
    assert told["is_open"] is False


def test_without_standard_input_nothing_takes_its_place() -> None:
    python = user_pythons()[-1]
    told = run(python, through=["/bin/sh", "-c", 'exec "$@" <&-', "sh"], user=user())
    assert told["failure"] == ""
    assert isinstance(told["number"], int)
    assert told["number"] > 2


def test_a_command_line_that_is_too_long_is_a_reason_too() -> None:
    before = "environ['LONG'] = 'x' * (1 << 18)"
    told = run(user_pythons()[-1], before=before, user=user())
    assert told["failure"] == "Argument list too long (executing a memory file)"


# ---- belief --------------------------------------------------------------------------------------------------


def test_nobody_takes_himself_for_executed_whom_it_was_not_meant_for() -> None:
    environ = {"_DAYFLY_EXECUTED": "\x1f".join(["1,1", "", "0", "-1", "", "told", ""]), "OTHER": "x"}
    assert unreadable.arrive(environ) is None
    assert environ == {"OTHER": "x"}


LOOK = """
import resource, sys
sys.path.insert(0, SOURCE)
from dayfly._sys import native, proc, unreadable
seen = [unreadable.is_open(), proc.opens_memory("self")]
if native.set_dumpable(False):
    seen += [unreadable.is_open(), proc.opens_memory("self")]
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limit))
    # Whoever has no descriptor left has not been refused.
    seen.append(proc.opens_memory("self"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    native.set_dumpable(True)
    seen.append(unreadable.is_open())
print(seen)
"""


def test_an_ordinary_process_of_a_user_is_open_and_one_that_is_not_dumpable_is_closed() -> None:
    done = subprocess.run(
        [user_pythons()[-1], "-c", f"SOURCE = {str(ROOT / 'src')!r}\n{LOOK}"],
        user=user(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd="/",
    )
    seen = json.loads(done.stdout.lower())
    if not seen[0]:
        pytest.skip("this kernel closes every process's memory (Yama)")
    assert seen in ([True, True], [True, True, False, False, True, True])


def test_the_memory_of_what_is_gone_opens_to_nobody() -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert not proc.opens_memory(done.pid)
