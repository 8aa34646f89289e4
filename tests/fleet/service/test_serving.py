"""`dayfly fleet serve` starts in seconds, says what it refuses, and ends cleanly."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.fleet.service.running import COMMAND, PASSWORD, Person, Served, add_people

_PIDFD_GETFD = 438


def _refusal(*arguments: str) -> str:
    done = subprocess.run([*COMMAND, "serve", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    assert "hint:" in done.stderr
    return done.stderr


def test_a_folder_has_one_service(served: Served) -> None:
    said = _refusal(str(served.folder), "--port", "0")
    assert "in use" in said
    assert served.url in said


@pytest.mark.slow
def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "cannot listen" in _refusal(str(tmp_path), "--port", str(taken.getsockname()[1]))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "Permission denied" in _refusal(str(tmp_path / "in"), "--port", "0")


@pytest.mark.slow
def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot use" in _refusal(str(tmp_path / "file"), "--port", "0")


def test_the_end_of_an_answer_does_not_wait_for_an_acknowledgement(served: Served) -> None:
    """asyncio sets TCP_NODELAY on connections only where the listening socket's protocol is said."""
    with httpx.Client(base_url=served.url) as client:
        assert client.get("/sign-in").status_code == 200
        with client.stream("GET", "/sign-in") as answer:
            ours = answer.extensions["network_stream"].get_extra_info("socket").getsockname()
            delays = [
                theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                for theirs in _sockets_of(served.process.pid)
                if theirs.family == socket.AF_INET and theirs.getpeername() == ours
            ]
    assert delays == [1]


def _sockets_of(pid: int) -> Iterator[socket.socket]:
    """The connections of a process of ours, each as a copy: https://man7.org/linux/man-pages/man2/pidfd_getfd.2.html"""
    process = os.pidfd_open(pid)
    libc = ctypes.CDLL(None, use_errno=True)
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile, or it listens
            if not os.readlink(entry).startswith("socket:"):
                continue
            if (copy := libc.syscall(_PIDFD_GETFD, process, int(entry.name), 0)) < 0:
                pytest.skip(f"sockets of other processes cannot be read: {os.strerror(ctypes.get_errno())}")
            with socket.socket(fileno=copy) as found:
                found.getpeername()
                yield found
    os.close(process)


def test_others_cannot_reach_it_before_there_is_an_account(tmp_path: Path) -> None:
    said = _refusal(str(tmp_path), "--host", "0.0.0.0", "--port", "0")
    assert "dayfly fleet user add" in said
    add_people(tmp_path)
    assert "would not be encrypted" in _refusal(str(tmp_path), "--host", "0.0.0.0", "--port", "0")


@pytest.mark.slow
def test_a_broken_certificate_and_a_lonely_key_are_said(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_text("no certificate")
    assert "certificate" in _refusal(
        str(tmp_path / "f"), "--port", "0", "--certificate", str(tmp_path / "c.pem")
    )
    assert "--key needs --certificate" in _refusal(
        str(tmp_path / "f"), "--port", "0", "--key", str(tmp_path / "c.pem")
    )


@pytest.mark.slow
def test_the_first_account_is_made_with_a_link_that_works_once(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        link = str(served.told["set_up_url"])
        assert link.startswith(f"{served.url}/set-up?token=")
        token = link.partition("token=")[2]
        with Person(served.url) as stranger:
            assert stranger.get("/set-up?token=wrong").status_code == 403
        with Person(served.url) as first:
            page = link.removeprefix(served.url)
            assert first.submit(page, "/set-up", token=token, name="ann", password="short").status_code == 400
            done = first.submit(page, "/set-up", token=token, name="ann", password=PASSWORD)
            assert done.status_code == 303
            assert first.get("/").status_code == 200
        with Person(served.url) as second:
            assert second.get(page).status_code == 403
        for name in ("fleet.sqlite", "cli.token", "serving.json"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, name
        code, errors = served.end(signal.SIGINT)
        assert (code, errors) == (0, "")
        assert not (tmp_path / "cli.token").exists()
    with Served(tmp_path) as again:
        assert again.told["set_up_url"] == ""
        assert again.told["migrations"] == []
        with Person(again.url) as person:
            assert person.sign_in("ann").status_code == 303
        code, errors = again.end(signal.SIGTERM)
        assert (code, errors) == (0, "")


def test_every_answer_has_the_headers_that_protect(served: Served) -> None:
    for path in ("/sign-in", "/nowhere", "/api/v1/status", "/"):
        headers = httpx.get(f"{served.url}{path}").headers
        assert "script-src 'self'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


def test_a_status_is_told_to_the_token_of_the_folder_alone(served: Served) -> None:
    with served.api() as program:
        assert program.get("/api/v1/status").json()["version"]
    assert httpx.get(f"{served.url}/api/v1/status").status_code == 401
    wrong = {"authorization": "Bearer dayfly_wrong"}
    assert httpx.get(f"{served.url}/api/v1/status", headers=wrong).status_code == 401


@pytest.mark.slow
def test_the_store_may_be_a_clickhouse_elsewhere(tmp_path: Path, clickhouse_url: str) -> None:
    add_people(tmp_path)
    with Served(tmp_path, store=clickhouse_url) as served, Person(served.url) as person:
        assert person.sign_in("vic").status_code == 303
        assert person.get("/").status_code == 200
        assert not (tmp_path / "store").exists()
    assert "HTTP" in _refusal("clickhouse://127.0.0.1:1", "--folder", str(tmp_path), "--port", "0")
