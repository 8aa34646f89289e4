"""Writable places outside temporary directories: which are compared, what goes, what is reported."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.namespace import in_namespace
from tests.unprivileged import as_user, folder_of_user

from dayfly._sys.mounts import Mount, read_mounts
from dayfly.core.keep import keep_rule
from dayfly.supervisor.places import Places, find_places


@pytest.fixture
def place() -> Iterator[Path]:
    with folder_of_user() as folder:
        yield folder


def always() -> bool:
    return True


def places_of(place: Path, *, globs: tuple[str, ...] = (), limit: int = 100, code: str = "code") -> Places:
    places = Places(code_roots=(str(place / code),), keeps=keep_rule(globs), limit=limit)
    places.cover(str(place))
    return places


def lay_image(place: Path) -> None:
    (place / "code").mkdir()
    (place / "code/app.py").write_text("x = 1")
    (place / "data").write_text("image's")


def test_what_is_new_goes_and_what_the_image_and_init_made_stays(place: Path) -> None:
    def act() -> None:
        lay_image(place)
        places = places_of(place)
        (place / "of-init").write_text("x")
        places.remember()
        (place / "code/new.py").touch()
        (place / "stash/deep").mkdir(parents=True)
        found = places.compare(has_time=always)
        assert (found.done.files, found.done.directories, found.done.changed, found.code) == (1, 2, 0, 0)
        assert sorted(os.listdir(place)) == ["code", "data", "of-init"]
        assert places.empty().done.files == 1
        assert sorted(os.listdir(place)) == ["code", "data"]

    as_user(act)


def test_a_link_on_the_way_to_code_counts_as_code(place: Path) -> None:
    """A later life would follow it to wherever an earlier one put its own."""

    def act() -> None:
        (place / "home").mkdir()
        (place / "home/code").symlink_to("/mnt/elsewhere")
        places = Places(code_roots=(str(place / "home/code/lib"), "/mnt/elsewhere/lib"))
        places.cover(str(place))
        assert places.clear_earlier(0.0).code == 1

    as_user(act)


def test_compiled_modules_that_are_kept_apart_go_at_the_start_of_a_later_life(place: Path) -> None:
    def act() -> None:
        (place / "cache/usr/lib").mkdir(parents=True)
        (place / "cache/usr/lib/json.cpython-313.pyc").touch()
        places = Places(caches=str(place / "cache"))
        places.cover(str(place))
        earlier = places.clear_earlier(0.0)
        assert (earlier.removed, earlier.code) == (1, 0)

    as_user(act)


@pytest.mark.parametrize(
    ("name", "code"),
    [("code/app.py", 1), ("data", 0), ("of-init", 0), ("code/of-init.py", 0)],
)
def test_a_change_counts_as_codes_where_python_may_run_it_and_init_cannot_make_it_again(
    place: Path, name: str, code: int
) -> None:
    def act() -> None:
        lay_image(place)
        places = places_of(place)
        (place / "of-init").write_text("x")
        (place / "code/of-init.py").write_text("x")
        places.remember()
        (place / name).write_text("changed")
        found = places.compare(has_time=always)
        assert (found.done.changed, found.code) == (1, code)

    as_user(act)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("code/a.py", True),
        ("code/pkg/b.cpython-313-x86_64-linux-gnu.so", True),
        ("code/libx.so.1.2", True),
        ("code/__pycache__/a.pyc", True),
        ("code/x.dist-info/entry_points.txt", True),
        ("code/model.bin", False),
        ("elsewhere/a.py", True),
        ("elsewhere/a.json", False),
        (".cache/model", False),
        (".aws/config", True),
        (".config/tool/settings", True),
        (".netrc", True),
        ("elsewhere/usercustomize.py", True),
        ("elsewhere/sitecustomize.py", True),
        ("elsewhere/evil.pth", True),
    ],
)
def test_what_python_may_run_is_told_by_its_name(name: str, expected: bool) -> None:
    places = Places(code_roots=("/p/code",))
    assert places.is_code(f"/p/{name}") is expected


def test_kept_globs_and_mount_points_are_left_alone(place: Path) -> None:
    def act() -> None:
        (place / "mounted").mkdir()
        (place / "cache").mkdir()
        places = Places(keeps=keep_rule((f"{place}/cache/**",)), stops=frozenset({f"{place}/mounted"}))
        assert places.cover(str(place))
        places.remember()
        for name in ("cache/a", "mounted/b", "c"):
            (place / name).write_text("x")
        assert places.compare(has_time=always).done.files == 1
        assert (place / "cache/a").exists()
        assert (place / "mounted/b").exists()

    as_user(act)


def test_a_place_with_too_much_in_it_is_not_covered_and_named(place: Path) -> None:
    def act() -> None:
        for number in range(20):
            (place / str(number)).touch()
        places = places_of(place, limit=10)
        assert places.covered == ()
        assert len(places.not_covered) == 1
        assert str(place) in places.not_covered[0]
        small = places_of(place, limit=30)
        for number in range(200):
            (place / f"more{number}").touch()
        assert small.remember() == [str(place)]

    as_user(act)


def test_what_does_not_fit_into_the_time_is_pending(place: Path) -> None:
    def act() -> None:
        places = places_of(place)
        places.remember()
        for number in range(10):
            (place / str(number)).touch()
        answers = iter([True, False])
        places.compare(has_time=lambda: next(answers))
        assert places.is_pending
        assert places.compare(has_time=always).done.files == 9
        assert not places.is_pending

    as_user(act)


def test_of_a_later_life_compiled_modules_go_and_the_rest_is_counted(place: Path) -> None:
    def act() -> None:
        lay_image(place)
        (place / "code/__pycache__").mkdir()
        began = time.time()
        while time.time() - began < 0.02:
            pass
        (place / "code/__pycache__/app.cpython-313.pyc").touch()
        (place / "code/legacy.pyc").touch()
        (place / "code/app.py").write_text("poison")
        (place / "data").write_text("changed")
        earlier = places_of(place).clear_earlier(began + 0.01)
        assert (earlier.removed, earlier.code, earlier.data) == (1, 2, 1)
        assert os.listdir(place / "code/__pycache__") == []

    as_user(act)


def found_in(environ: dict[str, str], table: list[Mount] | None = None) -> Places:
    return find_places(
        environ,
        scratch=("/tmp", "/var/tmp"),
        keeps=keep_rule(()),
        started=time.time() - 60,
        table=read_mounts() if table is None else table,
    )


def test_nothing_is_looked_for_where_only_temporary_directories_can_be_written() -> None:
    """As on Lambda, whose root file system is read-only."""
    table = [
        Mount("/", "/", "ext4", is_read_only=True),
        Mount("/", "/tmp", "ext4", is_read_only=False),
        Mount("/", "/proc", "proc", is_read_only=False),
    ]
    places = found_in({"HOME": "/tmp/home"}, table)
    assert (places.covered, places.not_covered) == ((), [])


def test_homes_and_code_are_found_and_shared_places_named() -> None:
    """/tmp of this namespace stands for a container's own file system, the machine's root for a shared one."""

    def act() -> tuple[list[str], list[str]]:
        os.makedirs("/tmp/home/.local")
        os.makedirs("/tmp/task")
        os.makedirs("/tmp/cache")
        os.symlink("/tmp/cache", "/tmp/home/linked")
        environ = {"HOME": "/tmp/home", "LAMBDA_TASK_ROOT": "/tmp/task", "XDG_CACHE_HOME": "/tmp/home/linked"}
        places = find_places(
            environ,
            scratch=("/var/tmp",),
            keeps=keep_rule(()),
            started=time.time() - 60,
            table=[mount for mount in read_mounts() if mount.point in ("/", "/tmp", "/proc")],
        )
        others = find_places(
            environ,
            scratch=("/var/tmp",),
            keeps=keep_rule(()),
            started=time.time() + 60,
            table=[mount for mount in read_mounts() if mount.point in ("/", "/tmp", "/proc")],
        )
        return list(places.covered), others.not_covered

    covered, shared = in_namespace(act)
    # /tmp itself is a writable mount here, and holds them all.
    assert covered == ["/tmp"]
    assert any(text.startswith("/tmp/home (shared with") for text in shared)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can own what an unprivileged user may write")
def test_a_file_that_may_be_written_in_a_directory_that_may_not_is_not_seen() -> None:
    """A limit that docs/security-evidence.md states."""

    def lay() -> None:
        os.chmod("/tmp", 0o755)
        os.mkdir("/tmp/home", 0o755)
        Path("/tmp/home/data").touch()
        os.chmod("/tmp/home/data", 0o666)

    def act() -> tuple[tuple[str, ...], list[str]]:
        Path("/tmp/home/data").write_text("card")
        places = find_places(
            {"HOME": "/tmp/home"},
            scratch=("/var/tmp",),
            keeps=keep_rule(()),
            started=time.time() - 60,
            table=[mount for mount in read_mounts() if mount.point == "/tmp"],
        )
        return places.covered, places.not_covered

    assert in_namespace(act, before=lay) == ((), [])
