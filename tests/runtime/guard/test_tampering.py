"""Functions of the runtime that foreign code stands for are noticed; those of the deployment may stand for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

from dayfly.runtime.guard.places import Places
from dayfly.runtime.guard.tampering import Unchanged

PLACES = Places(str(Path(__file__).parent), (), since=0.0)


def foreign() -> Callable[..., object]:
    names: dict[str, Callable[..., object]] = {}
    exec(compile("def steal(*x): return 1", "<string>", "exec"), names)
    return names["steal"]


class _Agreeable:
    def __eq__(self, _other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def test_nothing_is_found_where_nothing_was_changed() -> None:
    assert Unchanged().found(PLACES) == ""


@pytest.mark.parametrize("stand_in", [foreign(), _Agreeable(), None])
def test_what_foreign_code_stands_for_is_named(stand_in: object, monkeypatch: pytest.MonkeyPatch) -> None:
    unchanged = Unchanged()
    monkeypatch.setattr(bootstrap, "handle_event_request", stand_in)
    assert unchanged.found(PLACES) == "awslambdaric.bootstrap.handle_event_request"


def test_methods_are_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    unchanged = Unchanged()
    monkeypatch.setattr(LambdaMarshaller, "marshal_response", foreign())
    assert unchanged.found(PLACES) == "awslambdaric.lambda_runtime_marshaller.marshal_response"


def test_a_function_of_the_deployment_may_stand_there(monkeypatch: pytest.MonkeyPatch) -> None:
    unchanged = Unchanged()
    monkeypatch.setattr(bootstrap, "handle_event_request", lambda *_arguments: None)
    assert unchanged.found(PLACES) == ""
