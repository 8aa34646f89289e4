"""Socket pairs of init: each worker has its own, with what init left in them."""

from __future__ import annotations

import pytest
from tests.runtime.sealers.serving import run

PRELUDE = """
import multiprocessing, os, socket
WORKERS = 20
def texts(*socks):
    return [sock.recv(99).decode() for sock in socks]
"""
MADE = {
    "a stream": (
        "near, far = socket.socketpair(); near.send(b'in'); near.send(b'it')",
        "[texts(far), near.send(b'card'), texts(far), near.send(b'left')]",
        [["init"], 4, ["card"], 4],
    ),
    "both directions": (
        "near, far = socket.socketpair(); near.send(b'there'); far.send(b'back')",
        "[texts(far, near), near.send(b'left'), far.send(b'left')]",
        [["there", "back"], 4, 4],
    ),
    "datagrams": (
        "near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); near.send(b'one'); near.send(b''); near.send(b'two')",
        "[texts(far, far, far), near.send(b'left')]",
        [["one", "", "two"], 4],
    ),
    "packets": (
        "near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET); far.send(b'x'); far.send(b'y')",
        "[texts(near, near), far.send(b'left')]",
        [["x", "y"], 4],
    ),
    "two names of one end": (
        "near, far = socket.socketpair(); again = near.dup(); far.setblocking(False)",
        "[near.send(b'a'), again.send(b'b'), texts(far), far.getblocking(), os.get_blocking(far.fileno())]",
        [1, 1, ["ab"], False, False],
    ),
    "an end whose other end is closed": (
        "near, far = socket.socketpair(); far.close()",
        "texts(near)",
        [""],
    ),
    "an end that sends no more": (
        "near, far = socket.socketpair(); near.shutdown(socket.SHUT_WR)",
        "[texts(far), far.send(b'x'), texts(near)]",
        [[""], 1, ["x"]],
    ),
    "a buffer of the function's own size": (
        "near, far = socket.socketpair(); near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 70000)",
        "near.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)",
        140000,
    ),
    "a pipe of multiprocessing": (
        "near, far = multiprocessing.Pipe(); near.send('init')",
        "[far.recv(), far.send('back'), near.recv(), near.send('left')]",
        ["init", None, "back", None],
    ),
}


@pytest.mark.parametrize("case", MADE)
@pytest.mark.parametrize("source", ["sock_diag", "a byte"])
def test_each_worker_has_its_own_with_what_init_left(case: str, source: str) -> None:
    """Also where the kernel does not tell which two sockets are a pair, as one without CONFIG_UNIX_DIAG."""
    if case == "both directions" and source == "a byte":
        pytest.skip("a byte among others could not be told from them")
    init, act, expected = MADE[case]
    hide = "from dayfly._sys import socketpairs; socketpairs._peer_of = lambda inode: None"
    seen = run(PRELUDE + (hide if source == "a byte" else "") + f"\n{init}\nhandler = lambda number: {act}")
    assert seen.reasons == seen.faults == []
    assert seen.answers == [expected] * 20


CULPRITS = {
    "a pair whose other end is on its way": (
        "near, far = socket.socketpair(); one, two = socket.socketpair(); socket.send_fds(one, [b'x'], [far.fileno()]); far.close()",
        "socket.recv_fds(two, 9, 1)[0].decode()",
        "x",
    ),
    "a pair shared with a process": (
        "near, far = socket.socketpair(); pid = os.fork() or os.execvp('sleep', ['sleep', '30'])",
        "[os.kill(pid, 9), os.waitpid(pid, 0)][0]",
        None,
    ),
    "an end that sends no more, and what it sent": (
        "near, far = socket.socketpair(); near.send(b'init'); near.shutdown(socket.SHUT_WR)",
        "far.recv(9).decode()",
        "init",
    ),
}


@pytest.mark.parametrize("case", CULPRITS)
def test_what_cannot_be_made_anew_is_named_and_stays_as_it_was(case: str) -> None:
    init, act, expected = CULPRITS[case]
    seen = run(PRELUDE + f"{init}\nhandler = lambda number: {act}")
    assert "Unix stream socket opened at init would be shared by workers" in "\n".join(seen.reasons)
    assert seen.answers == [expected]
