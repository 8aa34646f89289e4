"""Output is for people on a terminal, quiet in a pipe, and nothing but JSON with --json."""

from __future__ import annotations

import json

import pytest

from dayfly.cli.output import Output
from dayfly.errors import DayflyError


def test_json_output_is_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(is_json=True)
    output.say("for people")
    output.json({"a": 1})
    assert json.loads(capsys.readouterr().out) == {"a": 1}
    assert not output.is_live


def test_a_pipe_is_not_live_and_gets_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.say("[bold]not markup[/]", style="red")
    assert not output.is_live
    assert capsys.readouterr().out == "[bold]not markup[/]\n"


def test_errors_and_warnings_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Output().fail(DayflyError("it [broke]", hint="mend it"))
    Output().fail(DayflyError("no hint"))
    Output().warn("careful")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "error: it [broke]\nhint: mend it\nerror: no hint\nwarning: careful\n"
