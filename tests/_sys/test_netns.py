"""A network of one's own: nothing outside can be reached, the loopback works, what was open is cut off."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import pytest

from dayfly._sys import netns


def in_child(act: Callable[[], object]) -> str:
    """What `act` returned or raised in a child."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        text = "nothing"
        try:
            text = str(act())
        except BaseException as fault:
            text = f"{type(fault).__name__}: {fault}"
        finally:
            os.write(write_end, text.encode()[:4000])
            os._exit(0)
    os.close(write_end)
    with open(read_end, "rb") as file:
        text = file.read().decode()
    os.waitpid(pid, 0)
    return text


def inside(act: Callable[[], object], *, user: int = 65000) -> str:
    """The same in a network of its own, as an ordinary user."""

    def entered() -> object:
        if os.getuid() == 0:
            os.setgid(user)
            os.setuid(user)
        reason = netns.enter()
        return f"refused: {reason}" if reason else act()

    text = in_child(entered)
    if text.startswith("refused: "):
        pytest.skip(f"the host gives users no network of their own: {text}")
    return text


def test_trying_leaves_this_process_where_it_is() -> None:
    before = os.readlink("/proc/self/ns/net")
    assert isinstance(netns.can_enter(), str)
    assert os.readlink("/proc/self/ns/net") == before


def test_it_is_another_network_with_a_loopback_of_its_own() -> None:
    before = os.readlink("/proc/self/ns/net")

    def act() -> object:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname()).close()
        return os.readlink("/proc/self/ns/net") != before

    assert inside(act) == "True"


def test_a_server_outside_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        assert inside(lambda: socket.create_connection(address, timeout=2)).startswith(
            "ConnectionRefusedError"
        )
        assert "unreachable" in inside(lambda: socket.create_connection(("192.0.2.1", 80), timeout=2))


def test_a_socket_made_before_stays_connected_until_it_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        peer, _ = server.accept()

        def act() -> object:
            before = netns.inet_sockets()
            client.sendall(b"1")
            cut = netns.cut_off(before)
            try:
                client.sendall(b"2")
            except OSError:
                return f"cut {cut >= 2}"
            return "still connected"

        assert inside(act) == "cut True"
        client.close()
        peer.settimeout(60)
        assert peer.recv(10) == b"1"
        peer.close()


def test_only_sockets_of_the_internet_are_cut_off() -> None:
    def act() -> object:
        one, other = socket.socketpair()
        with open("/dev/null") as file:
            before = netns.inet_sockets()
            assert not {one.fileno(), other.fileno(), file.fileno()} & set(before)
            netns.cut_off(before)
            one.send(b"x")
            return other.recv(1)

    assert inside(act) == "b'x'"


def test_a_number_that_holds_something_else_by_now_is_left_alone() -> None:
    def act() -> object:
        made = socket.socket()
        before = {made.fileno(): netns.inet_sockets()[made.fileno()]}
        made.close()
        with socket.socket(socket.AF_UNIX) as other:
            assert other.fileno() in before
            return netns.cut_off(before)

    assert inside(act) == "0"


def test_it_brings_no_privileges() -> None:
    def capabilities() -> object:
        with open("/proc/self/status") as file:
            return sorted({line.split()[1] for line in file if line.startswith("Cap")})

    assert inside(capabilities) == str(["0" * 16])


def test_its_user_keeps_files() -> None:
    def act() -> object:
        path = f"/tmp/dayfly-test-{os.getpid()}"
        with open(path, "x") as file:
            file.write("mine")
        os.unlink(path)
        return "written"

    assert inside(act) == "written"
