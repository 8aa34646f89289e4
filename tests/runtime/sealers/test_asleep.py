"""Objects that sleep: who wakes them, what is seen of it, and what happens when waking fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from dayfly.runtime.sealers import lazy_objects


class Peer:
    """A connection written in Python."""

    goodbyes = 0

    def __init__(self) -> None:
        self.is_open = True

    def ask(self) -> bool:
        """Say whether it is open."""
        return self.is_open

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it open."""

    def __del__(self) -> None:
        type(self).goodbyes += 1


def closed() -> Peer:
    peer = Peer()
    peer.is_open = False
    return peer


def opener(peer: Peer, calls: list[str]) -> Callable[[], None]:
    def rouse() -> None:
        calls.append("rouse")
        peer.is_open = True

    return rouse


def set_attribute(peer: Peer) -> None:
    peer.is_open = peer.is_open


def enter(peer: Peer) -> None:
    with peer:
        pass


@pytest.mark.parametrize(
    "use", [Peer.ask, lambda peer: peer.ask(), set_attribute, enter, lambda peer: peer.is_open]
)
def test_any_use_wakes_it_once(use: Callable[[Peer], object]) -> None:
    peer, calls = closed(), list[str]()
    assert lazy_objects.lay([peer], opener(peer, calls))
    use(peer)
    use(peer)
    assert calls == ["rouse"]
    assert peer.ask()
    assert type(peer) is Peer


def test_looking_at_what_it_is_does_not_wake_it() -> None:
    peer, calls = closed(), list[str]()
    lazy_objects.lay([peer], opener(peer, calls))
    assert isinstance(peer, Peer)
    assert not isinstance(peer, str)
    assert (type(peer).__name__, peer.__class__.__module__, hash(peer)) == ("Peer", __name__, hash(peer))
    assert lazy_objects.is_asleep(peer)
    assert calls == []
    peer.ask()
    assert not lazy_objects.is_asleep(peer)


def test_those_that_were_laid_together_wake_together() -> None:
    one, other, calls = closed(), closed(), list[str]()
    lazy_objects.lay([one, other], opener(one, calls))
    other.ask()
    assert (one.ask(), calls, type(one), type(other)) == (True, ["rouse"], Peer, Peer)


def test_it_sleeps_on_where_waking_fails() -> None:
    peer, calls = closed(), list[str]()

    def rouse() -> None:
        calls.append("rouse")
        if len(calls) < 3:
            raise ConnectionError("nobody answers")
        peer.is_open = True

    lazy_objects.lay([peer], rouse)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            peer.ask()
        assert lazy_objects.is_asleep(peer)
    assert peer.ask()
    assert len(calls) == 3


def test_threads_that_come_meanwhile_wait_until_it_is_awake() -> None:
    peer, entered, go = closed(), threading.Event(), threading.Event()

    def rouse() -> None:
        entered.set()
        assert go.wait(60)
        peer.is_open = True

    lazy_objects.lay([peer], rouse)
    answers: list[bool] = []
    threads = [threading.Thread(target=lambda: answers.append(peer.ask())) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert entered.wait(60)
    assert answers == []
    go.set()
    for thread in threads:
        thread.join(60)
    assert answers == [True] * 3


def test_what_cannot_change_its_class_is_left_and_the_others_wake() -> None:
    peer, calls = Peer(), list[str]()
    assert lazy_objects.lay([peer, 7], opener(peer, calls)) is False
    assert (type(peer), lazy_objects.is_asleep(peer), calls) == (Peer, False, [])


def test_a_subclass_of_the_functions_own_keeps_what_it_adds() -> None:
    class Loud(Peer):
        def ask(self) -> bool:
            return super().ask()

    peer, calls = Loud(), list[str]()
    lazy_objects.lay([peer], opener(peer, calls))
    assert peer.ask()
    assert (type(peer), calls) == (Loud, ["rouse"])


@pytest.fixture(autouse=True)
def nothing_sleeps_on() -> Iterator[None]:
    yield
    lazy_objects._sleepers.clear()
