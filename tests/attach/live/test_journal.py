"""The journal is on the disk before a call, is nobody else's to read, and survives whatever a crash leaves of it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dayfly.attach.live.journal import Journal, JournalError, default_journal, digest, new_salt


def test_it_may_be_read_by_nobody_else_also_where_it_could_before(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "attach.jsonl"
    path.parent.mkdir()
    path.write_text("")
    path.chmod(0o644)
    with Journal(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_one_that_others_may_have_written_is_not_believed(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "attach.jsonl"
    path.write_text('{"v":1,"kind":"begin"}\n')
    path.chmod(mode)
    with pytest.raises(JournalError, match="other users can write"):
        Journal(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_what_keeps_nothing_is_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "attach.jsonl"
    os.mkfifo(path)
    with pytest.raises(JournalError, match="is not a file"):
        Journal(path)


def test_a_second_run_on_this_machine_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "attach.jsonl"
    with Journal(path), pytest.raises(JournalError, match="another run uses"):
        Journal(path)
    with Journal(path) as journal:
        journal.write("begin")


def test_the_lock_goes_with_a_process_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "attach.jsonl"
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom dayfly.attach.live.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]))\njournal.write('begin', run='r')\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert ended.returncode == -9
    with Journal(path) as journal:
        assert [record["kind"] for record in journal.records()] == ["begin"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "attach.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalError, match="cannot open"):
        Journal(tmp_path / "attach.jsonl")


def test_half_a_line_is_counted_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "attach.jsonl"
    path.write_bytes(b'{"v":1,"kind":"begin"}\n{"v":1,"ki')
    with Journal(path) as journal:
        journal.write("end")
        assert [record["kind"] for record in journal.records()] == ["begin", "end"]
        assert journal.damage() == 1


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b"\x00" * 50,
        b"[]",
        b'{"v":1}',
        b'{"v":2,"kind":"begin"}',
        b"\xff",
        b'{"v":1,"kind":"intend","arn":"a","set":["x"]}',
        b'{"v":1,"kind":"intend","arn":"a","salt":"zz"}',
        b'{"v":1,"kind":"intend","arn":"a","former":{"A":1}}',
        b'{"v":1,"kind":"begin","run":7}',
        b'{"v":1,"kind":"begin","run":"7","request":{"settings":{"A":1}}}',
    ],
)
def test_a_line_that_is_no_record_is_left_out(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "attach.jsonl"
    path.write_bytes(line + b"\n")
    with Journal(path) as journal:
        assert list(journal.records()) == []
        assert journal.damage() == 1


def test_a_full_disk_is_an_error_before_anything_is_called() -> None:
    journal = Journal.__new__(Journal)
    journal.path, journal._clock = Path("/dev/full"), lambda: 0.0
    import threading

    journal._lock = threading.Lock()
    journal._descriptor = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(JournalError, match="No space left"):
        journal.write("begin")
    journal.close()


def test_equal_values_look_different_in_two_records() -> None:
    one, two = new_salt(), new_salt()
    assert digest(one, "A", "x") == digest(one, "A", "x")
    assert len({digest(one, "A", "x"), digest(two, "A", "x"), digest(one, "B", "x")}) == 3


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"DAYFLY_JOURNAL": "/x/j", "HOME": "/h"}, "/x/j"),
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/dayfly/attach.jsonl"),
        ({"HOME": "/h"}, "/h/.local/state/dayfly/attach.jsonl"),
    ],
)
def test_it_lies_where_this_user_keeps_state(variables: dict[str, str], expected: str) -> None:
    assert default_journal(variables) == Path(expected)
