"""What stays in temporary directories and kernel objects after an invocation, and what goes."""

from __future__ import annotations

import ctypes
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.namespace import in_namespace
from tests.unprivileged import as_user, folder_of_user

from dayfly._sys import ipc, native, proc
from dayfly.supervisor.residue import KernelObjects, TemporaryFiles, _sparing_sockets, bound_paths, outlast


@pytest.fixture
def root() -> Iterator[Path]:
    with folder_of_user() as folder:
        yield folder


def always() -> bool:
    return True


def test_what_init_made_stays_until_it_is_forgotten(root: Path) -> None:
    def act() -> None:
        files = TemporaryFiles((str(root),), ())
        (root / "model").write_text("weights")
        files.remember()
        (root / "stash").write_text("card")
        done = files.clear(has_time=always)
        assert (done.files, done.changed, done.failed) == (1, 0, 0)
        assert os.listdir(root) == ["model"]
        files.forget()
        assert files.clear(has_time=always).files == 1
        assert os.listdir(root) == []

    as_user(act)


def test_a_change_to_what_init_made_is_counted_every_time_until_remembered_anew(root: Path) -> None:
    def act() -> None:
        files = TemporaryFiles((str(root),), ())
        (root / "model").write_text("weights")
        files.remember()
        (root / "model").write_text("WEIGHTS")
        assert files.clear(has_time=always).changed == 1
        assert files.clear(has_time=always).changed == 1
        files.remember()
        assert files.clear(has_time=always).changed == 0

    as_user(act)


def test_kept_globs_may_change_and_stay_even_when_init_is_forgotten(root: Path) -> None:
    def act() -> None:
        files = TemporaryFiles((str(root),), (f"{root}/cache/**",))
        (root / "cache").mkdir()
        (root / "cache/a").write_text("1")
        files.remember()
        (root / "cache/a").write_text("2")
        (root / "cache/b").write_text("new")
        (root / "stash").touch()
        done = files.clear(has_time=always)
        assert (done.files, done.changed) == (1, 0)
        files.forget()
        assert files.clear(has_time=always).files == 0
        assert sorted(os.listdir(root / "cache")) == ["a", "b"]

    as_user(act)


def test_what_did_not_fit_into_the_time_is_pending_until_it_is_done(root: Path) -> None:
    def act() -> None:
        files = TemporaryFiles((str(root),), ())
        files.remember()
        for number in range(10):
            (root / str(number)).touch()
        answers = iter([True, True, False])
        assert not files.clear(has_time=lambda: next(answers)).is_finished
        assert files.is_pending
        assert files.clear(has_time=always).files == 8
        assert not files.is_pending

    as_user(act)


def test_a_root_that_is_a_link_or_missing_or_not_ours_is_no_root(root: Path) -> None:
    def act() -> tuple[str, ...]:
        (root / "real").mkdir()
        (root / "link").symlink_to("real")
        (root / "closed").mkdir(mode=0)
        names = ("real", "link", "closed", "missing")
        return TemporaryFiles(tuple(str(root / name) for name in names), ()).roots

    expected = ("real",)
    assert as_user(act) == tuple(str(root / name) for name in expected)


def test_files_and_sockets_of_a_living_extension_stay(root: Path) -> None:
    def act() -> list[str]:
        files = TemporaryFiles((str(root),), ())
        files.remember()
        with open(root / "held", "w"), socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(root / "socket"))
            (root / "stash").touch()
            files.spare_files_of(lambda: [os.getpid()])
            assert files.clear(has_time=always).files == 1
            return sorted(os.listdir(root))

    assert as_user(act) == ["held", "socket"]


def make_shared_memory() -> int:
    return int(ctypes.CDLL(None).shmget(0, ctypes.c_size_t(4096), 0o600))


def test_objects_an_invocation_left_are_removed_and_those_of_init_stay() -> None:
    def act() -> None:
        objects = KernelObjects()
        of_init = make_shared_memory()
        objects.remember()
        for _ in range(50):
            make_shared_memory()
        queue = ctypes.CDLL(None).msgget(0, 0o600)
        assert queue >= 0
        assert objects.clear() == (51, 0)
        assert objects.clear() == (0, 0)
        assert ipc.list_objects(os.getuid()) == {("shm", of_init)}

    in_namespace(act)


def test_every_object_goes_before_another_init() -> None:
    """What an init finds must not be what an earlier life has left."""

    def act() -> None:
        libc = ctypes.CDLL(None)
        objects = KernelObjects()
        of_others = libc.shmget(0, 4096, 0o1600)
        assert of_others >= 0
        objects.begin(is_first_life=True)
        assert objects.made_by_init() == []
        assert libc.shmget(0, 4096, 0o1600) >= 0
        assert ["shared memory" in text for text in objects.made_by_init()] == [True]
        objects.remember()
        assert not objects.is_bare()
        assert not objects.has_more()
        assert libc.semget(0, 1, 0o1600) >= 0
        assert objects.has_more()
        assert objects.clear()[0] == 1
        assert objects.empty() == 0
        assert ipc.list_objects(os.getuid()) == {("shm", of_others)}
        objects.remember()
        assert objects.is_bare()
        assert KernelObjects().clear_all() == 1
        assert ipc.list_objects(os.getuid()) == set()

    in_namespace(act)


def test_init_left_nothing_where_all_that_is_there_is_kept_or_an_extensions(root: Path) -> None:
    def act() -> None:
        files = TemporaryFiles((str(root),), (f"{root}/cache/**",))
        assert files.is_bare()
        (root / "held").touch()
        files.remember()
        assert not files.is_bare()
        with (root / "held").open():
            files.spare_files_of(lambda: [os.getpid()])
            assert files.has_extensions()
            assert files.is_bare()
        assert not files.is_bare()
        (root / "held").unlink()
        (root / "cache").mkdir()
        (root / "cache/model").touch()
        files.spare_files_of(list)
        files.remember()
        assert not files.has_more()
        (root / "left").touch()
        assert files.has_more()

    as_user(act)


def test_keys_an_invocation_left_are_cleared() -> None:
    def act() -> str:
        add_key = {"x86_64": 248, "aarch64": 217}.get(os.uname().machine)
        if add_key is None or ipc.count_keys(os.getuid()) < 0:
            return "this kernel does not count keys"
        objects = KernelObjects()
        objects.remember()
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syscall(add_key, b"user", b"card", b"4000", ctypes.c_size_t(4), -4) < 0:
            return "keys are refused here"
        assert objects.clear()[0] == 1
        assert objects.keys_stay == ""
        assert libc.syscall(add_key + 2, 10, -4, b"user", b"card", 0) == -1
        assert objects.clear() == (0, 0)
        return ""

    refused = in_namespace(act)
    if refused:
        pytest.skip(refused)


def test_keys_that_stay_end_the_life_in_which_they_were_left_and_no_other() -> None:
    def act() -> str:
        add_key = {"x86_64": 248, "aarch64": 217}.get(os.uname().machine)
        libc = ctypes.CDLL(None, use_errno=True)
        uid = os.getuid()
        native.set_dumpable(True)
        # A user namespace has a register of keyrings of its own, which ends with it.
        if add_key is None or ipc.count_keys(uid) < 0 or libc.unshare(0x10000000) != 0:
            return "this kernel does not count keys, or gives no user namespace"
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        objects = KernelObjects()
        objects.begin(is_first_life=True)
        assert objects.clear() == (0, 0)
        if libc.syscall(add_key, b"user", b"card", b"4000", ctypes.c_size_t(4), -4) < 0:
            return "keys are refused here"
        revoke = 3
        assert libc.syscall(add_key + 2, revoke, -4) == 0
        assert objects.clear() == (0, 1)
        later = KernelObjects()
        later.begin(is_first_life=False)
        assert later.keys_stay
        assert later.clear() == (0, 0)
        return ""

    if refused := as_user(act):
        pytest.skip(refused)


def test_a_file_changed_right_after_init_bears_another_time(root: Path) -> None:
    def act() -> None:
        files = TemporaryFiles((str(root),), ())
        model = root / "model"
        for _ in range(30):
            model.write_bytes(b"weights")
            files.remember()
            model.write_bytes(b"WEIGHTS")
            assert files.clear(has_time=always).changed == 1

    as_user(act)


def test_a_file_from_the_future_does_not_hold_up_init(root: Path) -> None:
    def act() -> None:
        # Waiting for it would take an hour.
        outlast(time.time_ns() + 3_600_000_000_000)

    as_user(act)


def test_a_socket_somebody_bound_is_spared_and_no_file_that_only_passes_for_one(root: Path) -> None:
    """Its path may hold a line feed, and what follows then looks like a line of its own in /proc/net/unix."""

    def act() -> None:
        stash = root / "stash"
        stash.write_text("card")
        forged_path = f"x\n0: 0 0 0 0 0 0 {stash}"
        os.chdir(root)
        os.makedirs(os.path.dirname(forged_path))
        with socket.socket(socket.AF_UNIX) as honest, socket.socket(socket.AF_UNIX) as forged:
            honest.bind(str(root / "listens here"))
            forged.bind(forged_path)
            assert str(stash) in bound_paths(proc.read_file("/proc/net/unix"))
            keeps = _sparing_sockets(lambda _: "no")
            assert keeps(str(root / "listens here")) == "all"
            assert keeps(str(stash)) == "no"

    as_user(act)
