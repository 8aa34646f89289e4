"""`dayfly iam` prints a document that `aws iam create-policy` takes, and nothing else, on standard output."""

from __future__ import annotations

import json

import pytest

from dayfly.attach.iam.commands import COMMANDS
from dayfly.cli.main import COMMANDS as OF_CLI
from dayfly.cli.main import run


def test_standard_output_is_the_policy_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["iam", "recycle", "--function", "payments"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["Version"] == "2012-10-17"
    assert "cannot be limited" in err


def test_a_command_of_two_words_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["iam", "layer", "publish", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["command"] == "layer publish"
    assert {call["action"] for call in told["calls"]} >= {"lambda:PublishLayerVersion"}


def test_without_a_command_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["iam"]) == 0
    out = capsys.readouterr().out
    assert [name for name in COMMANDS if f"dayfly iam {name}" not in out] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scan"], "Unknown command 'scan'"),
        (["atach"], "Unknown command 'atach'. Did you mean 'attach'?"),
        (["recycle", "--tag", "team"], "is not KEY=VALUE"),
        (["recycle", "--function", "a:b"], "is not valid"),
        (["status", "--revoke-sessions"], "--revoke-sessions does not apply to status"),
        (["recycle", *(word for n in range(200) for word in ("--function", f"function-{n}"))], "at most 6,144"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_policy_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["iam", *arguments]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert out == ""


def test_every_entry_is_a_command_or_says_what_it_is() -> None:
    unknown = [name for name in COMMANDS if name not in OF_CLI and name not in {"max-age"}]
    assert unknown == [], "a policy for a command that is not there"
