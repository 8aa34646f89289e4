"""An answer of the lab that waits for the client's delayed acknowledgement takes 40 ms on any machine: none does."""

from __future__ import annotations

import json

import pytest
from bench.invoke import CALLERS, Plan, main

from bench import invoke

TINY = Plan(invocations=20, warm_up=5, deadline_s=100)
# Linux's shortest: https://man7.org/linux/man-pages/man7/tcp.7.html (TCP_QUICKACK), TCP_DELACK_MIN in the kernel's source.
DELAYED_ACKNOWLEDGEMENT_MS = 40


def test_a_warm_invoke_waits_for_no_acknowledgement(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"], plan=TINY) == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"].values()
    assert [line["callers"] for line in table] == list(CALLERS)
    assert [line["samples"] for line in table] == [callers * TINY.invocations for callers in CALLERS]
    # Not the median: other work on the machine delays many answers, the missing option delayed all but the first.
    assert 0 < table[0]["answer_p20_ms"] < DELAYED_ACKNOWLEDGEMENT_MS
    assert all(line["answers_a_second"] > 0 for line in table)


def test_running_out_of_time_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 1000.0])
    assert main(["--json"], plan=TINY, now=lambda: next(moments)) == 2
    assert "not done after 100 s" in capsys.readouterr().out


def test_a_lab_that_does_not_start_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invoke, "FUNCTION", "absent")
    with pytest.raises(RuntimeError, match="did not start"):
        main(["--json"], plan=TINY)
