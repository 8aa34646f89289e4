"""Sealers are loaded where init loaded their library and the process has what they seal."""

from __future__ import annotations

import errno
import os

import pytest
from tests.runtime.sealers.serving import run

from dayfly.runtime import sealing
from dayfly.runtime.heap import Found
from dayfly.runtime.sealing import Sealing

LIBRARIES = """
import asyncio, concurrent.futures.thread, http.client, logging.handlers, multiprocessing.pool, socket, sys, threading
"""
HANDLER = """
def handler(number):
    found = [name.rpartition(".")[2] for name in sys.modules if name.startswith("dayfly.runtime.sealers.")]
    return [name for name in ("executors", "files", "http", "loops", "queues", "threads") if name in found]
"""


def test_nothing_is_loaded_where_there_are_neither_threads_nor_descriptors() -> None:
    seen = run(LIBRARIES + HANDLER)
    assert (seen.reasons, seen.faults) == ([], [])
    assert seen.answers == [[]] * 3


def test_a_thread_loads_those_that_seal_threads() -> None:
    seen = run(LIBRARIES + "threading.Thread(target=threading.Event().wait, daemon=True).start()" + HANDLER)
    assert (seen.reasons, seen.faults) == ([], [])
    assert seen.answers == [["executors", "queues", "threads"]] * 3


def test_a_descriptor_loads_those_that_seal_descriptors() -> None:
    seen = run(LIBRARIES + "opened = open('/etc/hostname')" + HANDLER)
    assert (seen.reasons, seen.faults) == ([], [])
    assert seen.answers == [["files", "http", "loops"]] * 3


def test_a_process_is_looked_at_again_only_after_a_sealer_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Sealing] = []

    def look(found: Sealing, _needed: str) -> tuple[frozenset[int], set[str]]:
        looks.append(found)
        return frozenset(), {""}

    class Sealer:
        kinds = staticmethod(tuple)

        @staticmethod
        def seal(_found: object, _sealing: Sealing) -> None:
            """Opens nothing."""

    missing = ("files", ("io",), "descriptors")
    monkeypatch.setattr(sealing, "SEALERS", (missing, ("tls", ("io",), ""), missing, missing))
    monkeypatch.setattr(sealing, "_look", look)
    monkeypatch.setattr(sealing, "_load", lambda _name: Sealer)
    sealing.seal_known(Sealing())
    assert len(looks) == 2


class Opened:
    """What a sealer's library made, and its descriptor."""

    def __init__(self) -> None:
        self.file = open("/etc/hostname")  # noqa: SIM115


def test_what_a_sealer_has_opened_is_there_for_those_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Sentry's flush opens a connection, of which the sealer of connections must see the object."""
    made: list[Opened] = []
    seen: list[Opened] = []

    class Sends:
        kinds = staticmethod(tuple)

        @staticmethod
        def seal(_found: Found, _sealing: Sealing) -> None:
            made.append(Opened())

    class Closes:
        @staticmethod
        def kinds() -> tuple[type, ...]:
            return (Opened,)

        @staticmethod
        def seal(found: Found, _sealing: Sealing) -> None:
            seen.extend(found.of(Opened))

    monkeypatch.setattr(sealing, "SEALERS", (("sends", ("io",), ""), ("closes", ("io",), "descriptors")))
    monkeypatch.setattr(sealing, "_load", {"sends": Sends, "closes": Closes}.__getitem__)
    # One descriptor that is there before, so that the sealer of descriptors takes part in the first walk.
    before = Opened()
    sealing.seal_known(Sealing())
    assert {*seen} == {before, *made}
    for one in seen:
        one.file.close()


@pytest.mark.parametrize(
    ("number", "ends"), [(errno.EMFILE, 1), (errno.EBADF, 1), (errno.ENOMEM, 1), (errno.ENETUNREACH, 0)]
)
def test_a_worker_whose_limits_were_lowered_at_its_fork_shares_nothing_and_ends(
    number: int, ends: int
) -> None:
    """By one that served beside it, who raised them again: it held init's file with the zygote, and a lock on it for good."""
    made = Sealing()

    def act() -> None:
        raise OSError(number, os.strerror(number))

    made.private(act)
    pid = os.fork()
    if pid == 0:
        try:
            made.separate()
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == ends
