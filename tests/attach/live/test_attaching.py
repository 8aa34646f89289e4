"""Many functions at once: what befalls one costs only that one, and expired credentials end the rest in words."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from tests.attach.live.aws import error
from tests.attach.live.conftest import Scene

from dayfly.attach.aws.calls import CallError
from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.live.attaching import in_parallel
from dayfly.attach.live.journal import Journal
from dayfly.attach.live.model import Outcome, State

NAMES = [f"function{number}" for number in range(6)]


def run(scene: Scene, **options: Any) -> dict[str, Outcome | CallError]:
    attacher = scene.attacher(**options)
    with Journal(scene.journal) as journal:
        updater = scene.updater(journal)
        return dict(in_parallel(NAMES, lambda name: attacher.attach(name, updater), limit=3))


def test_one_that_is_denied_deleted_or_no_python_costs_only_itself(scene: Scene) -> None:
    for name in NAMES[:4]:
        scene.function(name)
    scene.function(NAMES[4], Runtime="nodejs22.x")

    def deny(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "update_function_configuration" and parameters["FunctionName"] == NAMES[0]:
            raise error(
                operation, "AccessDeniedException", "not authorized to perform: lambda:X on resource: *", 403
            )

    scene.aws.before.append(deny)
    found = run(scene)
    states = [outcome.state for name in NAMES if isinstance(outcome := found[name], Outcome)]
    assert states == [State.FAILED, State.DONE, State.DONE, State.DONE, State.REFUSED, State.GONE]


def test_credentials_that_expire_end_the_run_and_the_rest_is_as_it_was(scene: Scene) -> None:
    for name in NAMES:
        scene.function(name)
    done: list[str] = []

    def expire(operation: str, parameters: dict[str, Any]) -> None:
        if operation == "update_function_configuration":
            done.append(parameters["FunctionName"])
        if len(done) >= 2:
            raise error(operation, "ExpiredTokenException", "expired", 403)

    scene.aws.before.append(expire)
    found = run(scene)
    assert sum(isinstance(one, CredentialsError) for one in found.values()) >= 4
    scene.aws.before.clear()
    attached = [name for name in NAMES if scene.state(name)[0]]
    whole = [name for name in attached if "AWS_LAMBDA_EXEC_WRAPPER" in scene.state(name)[1]]
    assert attached == whole
    assert all(isinstance(one, Outcome) and one.is_good for one in run(scene).values())


def test_no_more_are_at_work_at_once_than_was_said() -> None:
    lock, now, most = threading.Lock(), 0, 0
    three = threading.Barrier(3, timeout=60)

    def work(name: str) -> str:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        three.wait()
        with lock:
            now -= 1
        return name

    assert sorted(name for name, _ in in_parallel(NAMES, work, limit=3)) == NAMES
    assert most == 3


def test_a_fault_of_our_own_ends_the_run_and_nothing_new_is_begun() -> None:
    begun: list[str] = []

    def work(name: str) -> int:
        begun.append(name)
        return 1 // 0

    with pytest.raises(ZeroDivisionError):
        list(in_parallel(NAMES, work, limit=1))
    assert begun == NAMES[:1]


def test_two_runs_from_two_machines_attach_once(scene: Scene) -> None:
    scene.function("payments", Environment={"Variables": {"TABLE": "t"}})
    barrier = threading.Barrier(2, timeout=60)
    results: list[Outcome] = []

    def machine(number: int) -> None:
        attacher = scene.attacher(settings={"DAYFLY_GUARD": "block"})
        with Journal(scene.journal.with_name(f"machine{number}")) as journal:
            updater = scene.updater(journal)
            barrier.wait()
            results.append(attacher.attach("payments", updater))

    threads = [threading.Thread(target=machine, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(outcome.is_good for outcome in results)
    assert scene.state("payments") == (
        [scene.layer],
        {"TABLE": "t", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly", "DAYFLY_GUARD": "block"},
    )
