"""A library that wraps the methods of AWS's client is called at every answer, as under plain awslambdaric."""

from __future__ import annotations

import pytest
from tests.conformance.conftest import StartPair


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("isolation", ["as ever", "process"])
def test_a_wrapper_of_awss_client_is_called_at_every_answer(
    start_pair: StartPair, isolation: str, fails: bool
) -> None:
    environment = {"DAYFLY_ISOLATION": "process"} if isolation == "process" else {}
    pair = start_pair("wrapped.handler", environment=environment)
    for _ in range(3):
        plain, dayfly = pair.look({"fails": fails})
        name = "post_invocation_error" if fails else "post_invocation_result"
        assert plain.output.count(f"sent before {name}") == 1
        assert dayfly == plain
