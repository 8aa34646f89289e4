"""What is broken around Dayfly, not in its layer's shape: a function starts as without it, or is told why not."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interpreters import found_interpreters
from tests.layer.managed import HERE, Image, ManagedRuntime, look, reason_of, started_as
from tests.native.test_unprotected import UNPROTECTED

FUNCTIONS = HERE / "functions"
NEWEST = found_interpreters()[-1]
IMAGE = Image(NEWEST, ">=4,<5")
pytestmark = pytest.mark.usefixtures("confined")

TMP = {
    "full": ("--perms", "1777", "--size", "65536", "--tmpfs", "/tmp"),
    "read-only": ("--perms", "0555", "--tmpfs", "/tmp", "--remount-ro", "/tmp"),
    "not to be entered": ("--perms", "0000", "--tmpfs", "/tmp"),
}
# As another layer's wrapper might leave it.
FILLS = '#!/bin/sh\ndd if=/dev/zero of=/tmp/fill bs=1024 count=1000 2>/dev/null\nexec "$@"\n'


def _members(path: Path, change: Callable[[str, bytes], bytes]) -> None:
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, change(name, data))


def other_magic(opt: Path) -> None:
    """Bytecode of an early release of the same Python: the tag is the same, its number is not."""
    for path in opt.glob("dayfly.d/cpython-*/dayfly/attach/enter.pyc"):
        path.write_bytes(b"\x01\x0c" + path.read_bytes()[2:])


def no_bytecode(opt: Path) -> None:
    for path in opt.glob("dayfly.d/cpython-*/dayfly/attach/enter.pyc"):
        path.write_bytes(path.read_bytes()[:16] + b"\xff" * 200)


def late_other_magic(opt: Path) -> None:
    for path in opt.glob("dayfly.d/cpython-*.late.zip"):
        _members(path, lambda _name, data: b"\x01\x0c" + data[2:])


def late_spoilt(opt: Path) -> None:
    """Bytes of the compressed members, as a bad disk might change them: the directory at the end stays whole."""
    for path in opt.glob("dayfly.d/cpython-*.late.zip"):
        data = bytearray(path.read_bytes())
        directory = int.from_bytes(data[-6:-2], "little")
        for place in range(60, directory, 97):
            data[place] ^= 0x5A
        path.write_bytes(data)


def late_cut(opt: Path) -> None:
    for path in opt.glob("dayfly.d/cpython-*.late.zip"):
        path.write_bytes(path.read_bytes()[:5000])


def unreadable(opt: Path) -> None:
    for path in opt.glob("dayfly.d/cpython-*/dayfly/runtime/startup.pyc"):
        path.chmod(0)


def unreadable_boot(opt: Path) -> None:
    (opt / "dayfly.d/boot.py").chmod(0)


def closed(opt: Path) -> None:
    (opt / "dayfly.d").chmod(0)


DAMAGES = {
    one.__name__: one
    for one in (
        other_magic,
        no_bytecode,
        unreadable,
        unreadable_boot,
        closed,
    )
}


@pytest.fixture
def copied_opt(opt: Path, tmp_path: Path) -> Path:
    return shutil.copytree(opt, tmp_path / "opt")


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_member_leaves_the_function_as_it_was_and_is_told(
    damage: Callable[[Path], None], copied_opt: Path
) -> None:
    damage(copied_opt)
    plain = ManagedRuntime(FUNCTIONS, "managed.view", IMAGE, opt=copied_opt, wrapper="", telemetry=True)
    dayfly = ManagedRuntime(FUNCTIONS, "managed.view", IMAGE, opt=copied_opt, telemetry=True)
    try:
        with plain, dayfly:
            plain.api.wait_until_ready()
            dayfly.api.wait_until_ready()
            said = dayfly.new_output()
            expected, seen = look(plain, dayfly)
    finally:
        (copied_opt / "dayfly.d").chmod(0o755)
    assert reason_of(said, UNPROTECTED)
    assert seen == expected


@pytest.mark.parametrize("damage", [late_other_magic, late_spoilt, late_cut], ids=lambda one: one.__name__)
def test_what_a_damaged_archive_of_late_modules_holds_is_missed_only_where_it_is_needed_and_told(
    damage: Callable[[Path], None], copied_opt: Path
) -> None:
    damage(copied_opt)
    for handler, isolation, told in (
        ("managed.view", "invocation", False),
        ("pair.view", "process", True),
    ):
        with ManagedRuntime(FUNCTIONS, handler, IMAGE, opt=copied_opt, telemetry=True) as runtime:
            runtime.api.wait_until_ready()
            assert runtime.api.invoke({}).kind == "response"
            started = started_as(runtime)
        limits = started["not_promised"]
        assert isinstance(limits, list)
        assert started["isolation"] == isolation
        assert (
            any("a library could not be prepared for forking (pairs: " in limit for limit in limits) == told
        )


@pytest.mark.parametrize("damage", [other_magic, unreadable_boot, closed], ids=lambda one: one.__name__)
def test_a_damaged_member_stops_where_that_was_asked_for(
    damage: Callable[[Path], None], copied_opt: Path
) -> None:
    damage(copied_opt)
    environment = {"DAYFLY_ON_FAILURE": "stop"}
    try:
        with ManagedRuntime(
            FUNCTIONS, "managed.view", IMAGE, opt=copied_opt, environment=environment
        ) as runtime:
            assert runtime.wait_exit() == 1
            assert runtime.api.requests == []
            said = runtime.output()
    finally:
        (copied_opt / "dayfly.d").chmod(0o755)
    assert reason_of(said, "dayfly: cannot start, and DAYFLY_ON_FAILURE is stop: ")


def test_managed_instances_stop_where_that_was_asked_for(opt: Path) -> None:
    environment = {"DAYFLY_ON_FAILURE": "stop", "AWS_LAMBDA_MAX_CONCURRENCY": "4"}
    with ManagedRuntime(FUNCTIONS, "managed.view", IMAGE, opt=opt, environment=environment) as runtime:
        assert runtime.wait_exit() == 1
        assert (
            reason_of(runtime.output(), "dayfly: cannot start, and DAYFLY_ON_FAILURE is stop: ")
            == "AWS_LAMBDA_MAX_CONCURRENCY (Managed Instances) is not supported"
        )


def test_an_interpreter_that_is_missing_is_the_images_fault_as_without_dayfly(opt: Path) -> None:
    environment = {"IMAGE_PYTHON": "3.9"}
    statuses = []
    for wrapper in ("", "/opt/dayfly"):
        with ManagedRuntime(
            FUNCTIONS, "managed.view", IMAGE, opt=opt, wrapper=wrapper, environment=environment
        ) as runtime:
            statuses.append(runtime.wait_exit())
            assert "/var/lang/bin/python3.9" in runtime.output()
    assert statuses == [127, 127]


@pytest.mark.parametrize("tmp", ["read-only", "not to be entered"])
def test_a_tmp_that_nobody_can_use_is_no_reason_not_to_start(tmp: str, opt: Path) -> None:
    runtime = ManagedRuntime(
        FUNCTIONS,
        "managed.handler",
        IMAGE,
        opt=opt,
        environment={"DAYFLY_SCOPE": "environment"},
        tmp=TMP[tmp],
        telemetry=True,
    )
    with runtime:
        answers = [runtime.invoke({}).payload for _ in range(2)]
        started = started_as(runtime)
    assert [answer["calls"] for answer in answers if isinstance(answer, dict)] == [1, 1]
    assert (started["isolation"], started["scope"]) == ("invocation", "environment")


def test_where_a_private_directory_is_needed_and_cannot_be_made_the_runtime_ends(opt: Path) -> None:
    """Scope `descendants`, which is none of Lambda's."""
    environment = {"DAYFLY_SCOPE": "descendants"}
    with ManagedRuntime(
        FUNCTIONS, "managed.handler", IMAGE, opt=opt, environment=environment, tmp=TMP["read-only"]
    ) as runtime:
        assert runtime.wait_exit() == 2
        said = runtime.output()
    assert (
        "dayfly: error: no temporary directory can be made in /tmp: Read-only file system\n  hint: set TMPDIR"
        in said
    )
    assert UNPROTECTED not in said


@pytest.mark.parametrize("setting", ["scrub", "keep"])
@pytest.mark.parametrize("scope", ["environment", "descendants"])
def test_a_full_tmp_is_no_reason_not_to_start(setting: str, scope: str, copied_opt: Path) -> None:
    (copied_opt / "fills").write_text(FILLS)
    (copied_opt / "fills").chmod(0o755)
    environment = {"DAYFLY_NEXT_WRAPPER": "/opt/fills", "DAYFLY_TMP": setting, "DAYFLY_SCOPE": scope}
    runtime = ManagedRuntime(
        FUNCTIONS,
        "managed.handler",
        IMAGE,
        opt=copied_opt,
        environment=environment,
        tmp=TMP["full"],
        telemetry=True,
    )
    with runtime:
        answers = [runtime.invoke({}).payload for _ in range(2)]
        started = started_as(runtime)
    assert [answer["calls"] for answer in answers if isinstance(answer, dict)] == [1, 1]
    assert started["isolation"] == "invocation"
