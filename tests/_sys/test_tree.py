"""Removing what an attacker made: every trick with modes, depth, links, names and time."""

from __future__ import annotations

import itertools
import mmap
import os
import socket
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.unprivileged import UID, as_user, folder_of_user

from dayfly._sys.tree import Cleaned, Stamp, bounded_snapshot, clean, holds_more, snapshot
from dayfly.core.keep import keep_rule

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's files")


@pytest.fixture
def root() -> Iterator[Path]:
    with folder_of_user() as folder:
        yield folder


def clean_root(
    root: Path,
    *,
    kept: Mapping[str, Stamp] | None = None,
    globs: tuple[str, ...] = (),
    held: set[tuple[int, int]] | None = None,
    has_time: Callable[[], bool] = lambda: True,
) -> Cleaned:
    """Clean as the test's user would, with nothing kept unless said."""
    keeps = keep_rule(globs)
    return clean(str(root), uid=UID, kept=kept or {}, keeps=keeps, held=held or set(), has_time=has_time)


def counts(done: Cleaned) -> tuple[int, int, int, bool]:
    return done.files, done.directories, done.failed, done.is_finished


def test_files_and_directories_are_removed_and_counted(root: Path) -> None:
    def act() -> Cleaned:
        (root / "a/b").mkdir(parents=True)
        (root / "a/b/file").write_bytes(b"x" * 10_000)
        (root / ".hidden").touch()
        return clean_root(root)

    done = as_user(act)
    assert counts(done) == (2, 2, 0, True)
    assert done.bytes_removed >= 10_000
    assert not list(root.iterdir())


def test_an_empty_directory_is_clean(root: Path) -> None:
    assert counts(as_user(lambda: clean_root(root))) == (0, 0, 0, True)


@pytest.mark.parametrize("mode", [0o000, 0o100, 0o200, 0o400, 0o500])
def test_directories_without_permissions_are_emptied(root: Path, mode: int) -> None:
    def act() -> Cleaned:
        directory = root
        made: list[Path] = []
        for name in "abcd":
            directory = directory / name
            directory.mkdir()
            (directory / "stash").write_text("4000 1234")
            (directory / "stash").chmod(0)
            made.append(directory)
        for directory in reversed(made):
            directory.chmod(mode)
        return clean_root(root)

    assert counts(as_user(act)) == (4, 4, 0, True)
    assert not list(root.iterdir())


def test_three_thousand_levels_are_removed_with_few_descriptors(root: Path) -> None:
    def act() -> tuple[Cleaned, list[str]]:
        here = os.open(root, os.O_RDONLY)
        for level in range(3000):
            os.mkdir("d", dir_fd=here)
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            if level % 100 == 0:
                os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=below))
            if level % 7 == 6:
                os.fchmod(here, 0)
            os.close(here)
            here = below
        os.close(here)
        before = os.listdir("/proc/self/fd")
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        done = clean_root(root)
        assert os.listdir("/proc/self/fd") == before
        return done, os.listdir(root)

    done, left = as_user(act)
    assert counts(done) == (30, 3000, 0, True)
    assert left == []


def test_nothing_is_followed_and_nothing_is_opened(root: Path) -> None:
    """Links lead to a bystander's files; a FIFO hangs whoever opens it."""
    with folder_of_user() as bystander:

        def act() -> Cleaned:
            (bystander / "photos").mkdir()
            (bystander / "photos/one").write_text("precious")
            (root / "to-directory").symlink_to(bystander / "photos")
            (root / "to-file").symlink_to(bystander / "photos/one")
            (root / "dangling").symlink_to("nowhere")
            (root / "loop").symlink_to("loop")
            (root / "sub").mkdir()
            (root / "sub/up").symlink_to("../..")
            (root / "sub/etc").symlink_to("/etc")
            os.link(bystander / "photos/one", root / "sub/hard")
            os.mkfifo(root / "fifo")
            os.mkfifo(root / "sub/fifo", 0)
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(root / "socket"))
            return clean_root(root)

        assert counts(as_user(act)) == (10, 1, 0, True)
        assert not list(root.iterdir())
        assert (bystander / "photos/one").read_text() == "precious"
        assert (bystander / "photos").stat().st_mode & 0o777 == 0o755


def test_a_link_in_place_of_the_directory_is_not_followed() -> None:
    with folder_of_user() as outer:

        def act() -> tuple[Cleaned, bool]:
            (outer / "bystander").mkdir()
            (outer / "bystander/file").touch()
            (outer / "tmp").symlink_to("bystander")
            return clean_root(outer / "tmp"), (outer / "bystander/file").exists()

        done, is_there = as_user(act)
        assert done.failed == 1
        assert is_there


def test_a_giant_sparse_file_costs_nothing_and_counts_what_it_holds(root: Path) -> None:
    def act() -> Cleaned:
        with open(root / "giant", "wb") as file:
            file.truncate(1 << 42)
            file.write(b"x")
        return clean_root(root)

    done = as_user(act)
    assert counts(done) == (1, 0, 0, True)
    assert 0 < done.bytes_removed < 1 << 20


def test_no_name_is_too_odd(root: Path) -> None:
    names = [b"new\nline", b"\xff\xfe", b"-rf", b" ", b"*", b"n" * 255, b"\x01", "ü\u2028".encode(), b"..."]

    def act() -> Cleaned:
        for name in names:
            (root / os.fsdecode(name)).mkdir()
            (root / os.fsdecode(name) / os.fsdecode(name)).write_bytes(name)
        return clean_root(root)

    assert counts(as_user(act)) == (len(names), len(names), 0, True)
    assert not list(root.iterdir())


def test_thousands_of_files_are_all_removed(root: Path) -> None:
    """A directory that is read while it is emptied may skip entries: none may stay."""

    def act() -> Cleaned:
        for place in (root, root / "sub"):
            place.mkdir(exist_ok=True)
            for number in range(2000):
                (place / f"{number:0200d}").touch()
        return clean_root(root)

    done = as_user(act)
    assert done.failed == 0
    assert not list(root.iterdir())
    assert counts(done) == (4000, 1, 0, True)


@pytest.mark.parametrize("mode", [0o000, 0o500])
def test_a_root_that_lost_its_permissions_is_cleaned_all_the_same(root: Path, mode: int) -> None:
    def act() -> Cleaned:
        (root / "file").touch()
        root.chmod(mode)
        return clean_root(root)

    assert counts(as_user(act)) == (1, 0, 0, True)
    assert not list(root.iterdir())


# ---- what stays -----------------------------------------------------------------------------------


def make_init(root: Path) -> dict[str, Stamp]:
    """Lay out what a function's init left, and return its stamps."""
    (root / "cache/models").mkdir(parents=True)
    (root / "cache/models/m").write_text("weights")
    (root / "config").write_text("colour=blue")
    (root / "link").symlink_to("config")
    return snapshot(str(root))


def test_what_init_made_stays_unchanged_while_the_rest_goes(root: Path) -> None:
    def act() -> tuple[Cleaned, list[str]]:
        kept = make_init(root)
        (root / "new").touch()
        (root / "cache/models/new").touch()
        (root / "cache/stash/deep").mkdir(parents=True)
        done = clean_root(root, kept=kept)
        return done, sorted(os.path.relpath(path, root) for path in snapshot(str(root)))

    done, left = as_user(act)
    assert counts(done) == (2, 2, 0, True)
    assert done.changed == 0
    assert left == ["cache", "cache/models", "cache/models/m", "config", "link"]


def poke_same_size_and_time(root: Path) -> None:
    status = (root / "config").stat()
    (root / "config").write_text("colour=pink")
    os.utime(root / "config", ns=(status.st_atime_ns, status.st_mtime_ns))


def replace_by_rename(root: Path) -> None:
    (root / "other").write_text("colour=blue")
    (root / "other").rename(root / "config")


def move_directory_away(root: Path) -> None:
    (root / "cache").rename(root / "elsewhere")


def swap_directory_for_a_link(root: Path) -> None:
    (root / "cache").rename(root / "elsewhere")
    (root / "cache").symlink_to("elsewhere")


def point_link_elsewhere(root: Path) -> None:
    (root / "link").unlink()
    (root / "link").symlink_to("/etc")


TAMPERINGS: dict[str, Callable[[Path], object]] = {
    "content with the time set back": poke_same_size_and_time,
    "appended": lambda root: (root / "config").open("a").write("x"),
    "removed": lambda root: (root / "cache/models/m").unlink(),
    "replaced by a rename": replace_by_rename,
    "mode": lambda root: (root / "config").chmod(0o777),
    "second name": lambda root: os.link(root / "config", root / "cache/second"),
    "directory moved away": move_directory_away,
    "directory swapped for a link": swap_directory_for_a_link,
    "link pointed elsewhere": point_link_elsewhere,
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_a_change_to_what_init_made_is_noticed(root: Path, how: str) -> None:
    def act() -> Cleaned:
        kept = make_init(root)
        TAMPERINGS[how](root)
        done = clean_root(root, kept=kept)
        assert set(snapshot(str(root))) <= set(kept)
        return done

    done = as_user(act)
    assert done.changed > 0
    assert (done.failed, done.is_finished) == (0, True)


@pytest.mark.parametrize("mode", [0o000, 0o500, 0o300])
def test_a_stash_in_a_kept_directory_goes_whatever_its_mode_was_made(root: Path, mode: int) -> None:
    def act() -> tuple[Cleaned, int]:
        kept = make_init(root)
        (root / "cache/stash").touch()
        (root / "cache").chmod(mode)
        done = clean_root(root, kept=kept)
        assert not (root / "cache/stash").exists()
        return done, stat.S_IMODE((root / "cache").stat().st_mode)

    done, mode_after = as_user(act)
    assert counts(done) == (1, 0, 0, True)
    assert mode_after & 0o700 == 0o700


def test_globs_keep_what_they_match_and_the_way_to_it(root: Path) -> None:
    def act() -> tuple[Cleaned, list[str]]:
        for name in ("a/keep.json", "a/drop.txt", "b/c/keep.json", "top.txt"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        done = clean_root(root, globs=(f"{root}/**/*.json",))
        return done, sorted(os.path.relpath(path, root) for path in snapshot(str(root)))

    done, left = as_user(act)
    assert counts(done) == (2, 0, 0, True)
    assert left == ["a", "a/keep.json", "b", "b/c", "b/c/keep.json"]


def test_a_directory_on_the_way_that_holds_no_match_goes(root: Path) -> None:
    def act() -> tuple[Cleaned, list[str]]:
        (root / "4000-1234" / "below").mkdir(parents=True)
        (root / "models" / "deep").mkdir(parents=True)
        (root / "models" / "deep" / "x.bin").write_text("kept")
        done = clean_root(root, globs=(f"{root}/**/*.bin",))
        return done, sorted(str(path.relative_to(root)) for path in root.rglob("*"))

    done, left = as_user(act)

    assert left == ["models", "models/deep", "models/deep/x.bin"]
    assert counts(done)[:2] == (0, 2)


def test_a_directory_that_could_hold_a_match_is_removed_when_no_path_can_name_it(root: Path) -> None:
    """Otherwise three thousand empty directories would make cleaning fail for ever."""

    def act() -> Cleaned:
        here = os.open(root, os.O_RDONLY)
        for _ in range(3000):
            os.mkdir("dd", dir_fd=here)
            below = os.open("dd", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)
        return clean_root(root, globs=(f"{root}/**/*.json",))

    done = as_user(act)
    assert (done.failed, done.is_finished) == (0, True)
    assert done.directories > 1000


def test_a_file_that_an_extension_holds_open_stays(root: Path) -> None:
    def act() -> tuple[Cleaned, list[str]]:
        (root / "held").write_text("x")
        (root / "other").write_text("x")
        status = (root / "held").stat()
        done = clean_root(root, held={(status.st_dev, status.st_ino)})
        return done, os.listdir(root)

    done, left = as_user(act)
    assert counts(done) == (1, 0, 0, True)
    assert left == ["held"]


@needs_root
def test_other_users_files_stay_and_their_locked_directories_are_no_failure(root: Path) -> None:
    root.chmod(0o1777)
    (root / "theirs").write_text("x")
    (root / "locked").mkdir(mode=0o700)
    (root / "locked/secret").touch()

    def act() -> Cleaned:
        (root / "mine").touch()
        kept = snapshot(str(root))
        first = clean_root(root)
        second = clean_root(root, kept={path: stamp for path, stamp in kept.items() if "mine" not in path})
        assert (second.failed, second.changed) == (0, 0)
        return first

    assert counts(as_user(act)) == (1, 0, 0, True)
    assert sorted(os.listdir(root)) == ["locked", "theirs"]
    assert (root / "locked/secret").exists()


@needs_root
def test_the_users_files_in_another_users_open_directory_are_removed(root: Path) -> None:
    (root / "shared").mkdir()
    (root / "shared").chmod(0o1777)
    (root / "shared/theirs").touch()
    os.chown(root / "shared", 0, 0)

    def act() -> Cleaned:
        (root / "shared/stash/deep").mkdir(parents=True)
        (root / "shared/stash/deep/card").touch()
        return clean_root(root)

    assert counts(as_user(act)) == (1, 2, 0, True)
    assert os.listdir(root) == ["shared"]
    assert os.listdir(root / "shared") == ["theirs"]


# ---- directories that stay ------------------------------------------------------------------------


def test_a_directory_that_stays_gets_mode_and_times_back_and_loses_attributes(root: Path) -> None:
    """Sixteen digits fit into a time: what an owner may set of a directory could carry a card number."""

    def act() -> None:
        kept = make_init(root)
        kept[str(root)] = Stamp(root.stat())
        for directory in (root, root / "cache", root / "cache/models"):
            directory.chmod(0o2711)
            try:
                os.setxattr(directory, "user.stash", b"4000 1234")
            except OSError:
                assert not os.listxattr(directory)
            (directory / "stash").touch()
            os.utime(directory, ns=(4111111111111111, 4222222222222222))
        assert counts(clean_root(root, kept=kept)) == (3, 0, 0, True)
        for directory in (root, root / "cache", root / "cache/models"):
            status, before = directory.stat(), kept[str(directory)]
            assert (status.st_mtime_ns, stat.S_IMODE(status.st_mode)) == (before.modified, before.mode)
            assert not os.listxattr(directory)

    as_user(act)


def test_a_root_that_nothing_is_known_of_carries_no_times_on(root: Path) -> None:
    def act() -> float:
        os.utime(root, ns=(4111111111111111, 4222222222222222))
        clean_root(root)
        return root.stat().st_mtime

    assert as_user(act) > 4222222.3


def move_into_kept(root: Path) -> None:
    (root / "evil/deep").mkdir(parents=True)
    (root / "evil/deep/stash").touch()
    (root / "evil").rename(root / "cache/evil")


def move_kept_into_new(root: Path) -> None:
    (root / "new").mkdir()
    (root / "cache").rename(root / "new/cache")


def swap_kept_directories(root: Path) -> None:
    (root / "cache/models").rename(root / "aside")
    (root / "cache").rename(root / "aside/cache")
    (root / "aside").rename(root / "cache")


def hard_link_kept_into_new(root: Path) -> None:
    (root / "new").mkdir()
    os.link(root / "config", root / "new/config")


RENAMINGS: dict[str, tuple[Callable[[Path], object], bool]] = {
    "a new directory into a kept one": (move_into_kept, False),
    "a kept directory into a new one": (move_kept_into_new, True),
    "kept directories into each other": (swap_kept_directories, True),
    "a second name of a kept file in a new directory": (hard_link_kept_into_new, True),
}


@pytest.mark.parametrize("how", RENAMINGS)
def test_what_is_moved_about_leaves_nothing_new_and_is_noticed_where_it_was_kept(
    root: Path, how: str
) -> None:
    move, changes = RENAMINGS[how]

    def act() -> Cleaned:
        kept = make_init(root)
        move(root)
        done = clean_root(root, kept=kept)
        assert set(snapshot(str(root))) <= set(kept)
        return done

    done = as_user(act)
    assert (done.failed, done.is_finished, done.changed > 0) == (0, True, changes)


def test_mount_points_and_other_stops_are_no_part_of_it(root: Path) -> None:
    def act() -> tuple[Cleaned, int, bool]:
        (root / "mounted/deep").mkdir(parents=True)
        (root / "mounted/deep/of-others").touch()
        (root / "mine").touch()
        stops = {f"{root}/mounted"}
        assert list(snapshot(str(root), stops=stops)) == [f"{root}/mine"]
        done = clean(
            str(root),
            uid=UID,
            kept={},
            keeps=keep_rule(()),
            held=set(),
            has_time=lambda: True,
            stops=stops,
        )
        more = holds_more(str(root), uid=UID, kept={}, keeps=keep_rule(()), held=set(), stops=stops)
        return done, len(os.listdir(root / "mounted/deep")), more

    done, left, more = as_user(act)
    assert (counts(done), left, more) == ((1, 0, 0, True), 1, False)


def test_open_mapped_and_deleted_files_are_no_obstacle(root: Path) -> None:
    def act() -> Cleaned:
        with open(root / "mapped", "w+b") as file, open(root / "deleted", "w+b"):
            file.truncate(4096)
            with mmap.mmap(file.fileno(), 4096) as area:
                area[:4] = b"card"
                os.unlink(root / "deleted")
                os.mkdir(root / "working")
                os.chdir(root / "working")
                return clean_root(root)

    assert counts(as_user(act)) == (1, 1, 0, True)
    assert not list(root.iterdir())


@needs_root
def test_what_another_user_put_into_a_new_directory_is_a_failure_and_said(root: Path) -> None:
    """As a file that cannot be removed at all: nothing is served from a place that is not clean."""

    def prepare() -> None:
        (root / "new").mkdir()

    as_user(prepare)
    (root / "new/of-root").mkdir()
    (root / "new/of-root/file").touch()
    done = as_user(lambda: clean_root(root))
    assert done.failed > 0


def test_more_entries_than_allowed_are_no_snapshot(root: Path) -> None:
    def act() -> tuple[bool, bool]:
        for number in range(10):
            (root / str(number)).touch()
        return (
            bounded_snapshot(str(root), stops=(), limit=9) is None,
            bounded_snapshot(str(root), stops=(), limit=10) is None,
        )

    assert as_user(act) == (True, False)


# ---- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["flat", "one directory", "many directories", "deep"])
def test_what_does_not_fit_into_the_time_is_left_and_finished_later(root: Path, shape: str) -> None:
    def act() -> tuple[int, int]:
        where = root if shape == "flat" else root / "d"
        for number in range(500):
            if shape in ("many directories", "deep"):
                where = where / "d" if shape == "deep" else root / f"d{number}"
            where.mkdir(parents=True, exist_ok=True)
            (where / f"f{number}").touch()
        looks = itertools.count()
        first = clean_root(root, has_time=lambda: next(looks) < 20)
        assert not first.is_finished
        assert first.failed == 0
        assert first.files < 500
        assert os.listdir(root)
        second = clean_root(root)
        assert second.is_finished
        assert second.failed == 0
        assert not os.listdir(root)
        return first.files + second.files, next(looks)

    files, looks = as_user(act)
    assert files == 500
    assert looks == 21  # never asked again after the first no


def test_a_stamp_of_a_directory_allows_other_entries_but_no_other_directory(root: Path) -> None:
    def act() -> tuple[bool, bool]:
        (root / "d").mkdir()
        before = Stamp((root / "d").stat())
        (root / "d/new").touch()
        same = before.is_same(Stamp((root / "d").stat()))
        (root / "d").rename(root / "old")
        (root / "d").mkdir()
        return same, before.is_same(Stamp((root / "d").stat()))

    assert as_user(act) == (True, False)


def holds(root: Path, *, kept: Mapping[str, Stamp] | None = None, globs: tuple[str, ...] = ()) -> bool:
    return holds_more(str(root), uid=UID, kept=kept or {}, keeps=keep_rule(globs), held=set())


MADE: dict[str, Callable[[Path], object]] = {
    "a file": lambda root: (root / "left").touch(),
    "a hidden directory": lambda root: (root / ".left").mkdir(),
    "a directory closed to its owner": lambda root: (root / "left").mkdir(mode=0),
    "a link to nowhere": lambda root: (root / "left").symlink_to("/nowhere"),
    "a link to a kept file": lambda root: (root / "left").symlink_to("kept"),
    "a FIFO": lambda root: os.mkfifo(root / "left"),
    "a file in a kept directory": lambda root: (root / "directory/left").touch(),
    "a file on the way to a glob": lambda root: (root / "way/left").touch(),
    "a change to a kept file": lambda root: (root / "kept").write_text("y"),
    "a mode of a kept file": lambda root: (root / "kept").chmod(0o600),
    "another file in a kept one's place": lambda root: os.replace(root / "directory/other", root / "kept"),
    "a kept file removed": lambda root: (root / "kept").unlink(),
    "a kept directory closed": lambda root: (root / "directory").chmod(0),
}


@pytest.mark.parametrize("name", MADE)
def test_a_look_sees_what_cleaning_would_remove_or_find_changed_and_touches_nothing(
    name: str, root: Path
) -> None:
    def act() -> None:
        globs = (f"{root}/way/cache/**",)
        (root / "directory").mkdir()
        (root / "directory/other").touch()
        (root / "kept").write_text("x")
        kept = snapshot(str(root))
        (root / "way/cache/deep").mkdir(parents=True)
        (root / "way/cache/deep/model").touch()
        assert not holds(root, kept=kept, globs=globs)
        MADE[name](root)
        before = {path: stamp.changed for path, stamp in snapshot(str(root)).items()}
        assert holds(root, kept=kept, globs=globs)
        assert {path: stamp.changed for path, stamp in snapshot(str(root)).items()} == before
        (root / "directory").chmod(0o700)

    as_user(act)


def test_a_look_at_a_directory_that_is_gone_says_that_it_could_not_look(root: Path) -> None:
    assert as_user(lambda: holds(root / "gone"))


@needs_root
def test_a_look_minds_nobody_elses_files(root: Path) -> None:
    (root / "of-root").touch()
    assert not as_user(lambda: holds(root))
