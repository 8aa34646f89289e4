"""A function is attached and detached whatever AWS answers and whoever edits it meanwhile; nothing is half done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from tests.attach.live.aws import error
from tests.attach.live.conftest import Scene

from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.live.journal import Journal
from dayfly.attach.live.model import State

UPDATE = "update_function_configuration"


class Killed(BaseException):
    """The process ends here, as with kill -9: nothing of it runs any more."""


def raising(operation: str, *faults: BaseException) -> Callable[[str, dict[str, Any]], None]:
    left = list(faults)

    def hook(asked: str, parameters: dict[str, Any]) -> None:
        if asked == operation and left:
            raise left.pop(0)

    return hook


def test_layers_and_variables_go_in_one_call_and_everything_else_stays(scene: Scene) -> None:
    scene.function(Environment={"Variables": {"TABLE": "orders"}}, Timeout=9)
    outcome = scene.attach()
    assert outcome.state is State.DONE
    (asked,) = scene.aws.asked(UPDATE)
    assert set(asked) == {"FunctionName", "RevisionId", "Layers", "Environment"}
    assert scene.state() == (
        [scene.layer],
        {"TABLE": "orders", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"},
    )


def test_attaching_twice_asks_lambda_once(scene: Scene) -> None:
    scene.function()
    scene.attach()
    assert scene.attach().state is State.ALREADY
    assert len(scene.aws.asked(UPDATE)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        error(UPDATE, "TooManyRequestsException", status=429),
        error(UPDATE, "ServiceException", status=500),
        error(UPDATE, "ResourceConflictException", "The operation cannot be performed at this time.", 409),
        EndpointConnectionError(endpoint_url="https://lambda"),
        ReadTimeoutError(endpoint_url="https://lambda"),
    ],
)
def test_a_fault_before_lambda_took_the_change_is_waited_out(scene: Scene, fault: BaseException) -> None:
    scene.function()
    scene.aws.before.append(raising(UPDATE, fault, fault))
    assert scene.attach().state is State.DONE
    assert scene.state()[0] == [scene.layer]


@pytest.mark.parametrize(
    "fault", [ReadTimeoutError(endpoint_url="https://lambda"), error(UPDATE, "ServiceException", status=500)]
)
def test_an_answer_that_was_lost_is_looked_for_and_nothing_is_done_twice(
    scene: Scene, fault: BaseException
) -> None:
    scene.function()
    scene.aws.after.append(raising(UPDATE, fault))
    assert scene.attach().state is State.DONE
    assert len(scene.aws.asked(UPDATE)) == 1
    assert scene.detach().state is State.DONE
    assert scene.state() == ([], {})


def test_an_edit_by_somebody_else_between_reading_and_calling_is_kept(scene: Scene) -> None:
    scene.function(Environment={"Variables": {"TABLE": "orders"}})
    edits = iter([1, 2, 3])

    def edit(operation: str, parameters: dict[str, Any]) -> None:
        if operation == UPDATE and next(edits, None):
            scene.aws.client.update_function_configuration(
                FunctionName="payments", Environment={"Variables": {"TABLE": "orders", "NEW": "theirs"}}
            )
            scene.aws.edit("payments")

    scene.aws.before.append(edit)
    assert scene.attach().state is State.DONE
    assert scene.state()[1] == {"TABLE": "orders", "NEW": "theirs", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"}


def test_edits_without_end_are_given_up_on_and_told(scene: Scene) -> None:
    scene.function()
    scene.aws.before.append(
        lambda operation, parameters: scene.aws.edit("payments") if operation == UPDATE else None
    )
    outcome = scene.attach()
    assert (outcome.state, outcome.text) == (State.FAILED, "another user or tool changed it at every attempt")
    assert scene.state() == ([], {})


def test_a_function_that_is_deleted_meanwhile_is_told(scene: Scene) -> None:
    scene.function()

    def delete(operation: str, parameters: dict[str, Any]) -> None:
        if operation == UPDATE:
            scene.aws.client.delete_function(FunctionName="payments")

    scene.aws.before.append(delete)
    outcome = scene.attach()
    assert (outcome.state, outcome.text) == (State.GONE, "it was deleted during this run")


def test_a_denied_call_is_told_with_the_missing_action(scene: Scene) -> None:
    scene.function()
    message = (
        "User: arn:aws:sts::123456789012:assumed-role/dev/ann is not authorized to perform: "
        "lambda:UpdateFunctionConfiguration on resource: arn:aws:lambda:eu-central-1:123456789012:function:payments "
        "because no identity-based policy allows the lambda:UpdateFunctionConfiguration action"
    )
    scene.aws.before.append(raising(UPDATE, error(UPDATE, "AccessDeniedException", message, 403)))
    outcome = scene.attach()
    assert outcome.state is State.FAILED
    assert "this role needs lambda:UpdateFunctionConfiguration" in outcome.hint


def test_expired_credentials_end_the_run_and_the_next_one_finds_out_what_was_done(scene: Scene) -> None:
    scene.function(Environment={"Variables": {"DAYFLY_GUARD": "off"}})
    expired = error(
        "get_function", "ExpiredTokenException", "The security token included in the request is expired", 403
    )
    scene.aws.after.append(
        lambda operation, parameters: (
            scene.aws.before.append(raising("get_function", expired)) if operation == UPDATE else None
        )
    )
    with pytest.raises(CredentialsError, match="expired"):
        scene.attach(settings={"DAYFLY_GUARD": "block"})
    scene.aws.after.clear()
    assert scene.attach(settings={"DAYFLY_GUARD": "block"}).state is State.ALREADY
    scene.detach()
    assert scene.state() == ([], {"DAYFLY_GUARD": "off"})


BEFORE: tuple[list[str], dict[str, str]] = (
    [],
    {"TABLE": "orders", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument", "DAYFLY_TMP": "keep"},
)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("command", ["attach", "detach"])
# Around the call that changes; every request, with a process that is killed: test_wire.py.
@pytest.mark.parametrize("step", [0, 5, 6, 9])
def test_a_run_that_is_killed_at_any_call_leaves_the_function_whole_and_is_taken_up(
    scene: Scene, command: str, when: str, step: int
) -> None:
    scene.function(Environment={"Variables": BEFORE[1]})
    after = (
        [scene.layer],
        {
            "TABLE": "orders",
            "AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly",
            "DAYFLY_NEXT_WRAPPER": "/opt/otel-instrument",
            "DAYFLY_TMP": "scrub",
        },
    )
    run = {
        "attach": lambda: scene.attach(settings={"DAYFLY_TMP": "scrub"}),
        "detach": lambda: scene.detach(),
    }
    if command == "detach":
        run["attach"]()
    calls = iter(range(1000))

    def kill(operation: str, parameters: dict[str, Any]) -> None:
        if next(calls) == step:
            raise Killed

    hooks = scene.aws.before if when == "before" else scene.aws.after
    hooks.append(kill)
    try:
        run[command]()
    except Killed:
        pass
    hooks.clear()
    assert scene.state() in (BEFORE, after)
    assert run[command]().is_good
    assert scene.state() == (after if command == "attach" else BEFORE)
    if command == "attach":
        run["detach"]()
        assert scene.state() == BEFORE


def test_a_run_that_is_killed_while_it_writes_leaves_a_journal_that_goes_on(scene: Scene) -> None:
    scene.function()
    scene.attach()
    whole = scene.journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    scene.journal.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])
    with Journal(scene.journal) as journal:
        assert journal.damage() == 1
    assert scene.detach().state is State.DONE
    assert scene.state() == ([], {})


def test_a_detach_whose_request_never_arrived_is_not_taken_for_done(scene: Scene) -> None:
    # Nothing of it tells by layers: only a variable goes.
    scene.function(
        Environment={"Variables": {"DAYFLY_RECYCLED": "20261126T010000Z-manual-abcdef", "TABLE": "t"}}
    )
    lost = ReadTimeoutError(endpoint_url="https://lambda")
    scene.aws.before.append(raising(UPDATE, lost, lost))
    assert scene.detach().state is State.DONE
    assert scene.state() == ([], {"TABLE": "t"})
