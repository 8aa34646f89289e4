"""Accounts, keys and tokens by command, whether the service runs or not."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from tests.fleet.service.running import PASSWORD

from dayfly.cli import fleet_key, fleet_status, fleet_token, fleet_user
from dayfly.errors import DayflyError
from dayfly.fleet.service.audit import Audit
from dayfly.fleet.service.ledger import Ledger


def _said(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    told = json.loads(capsys.readouterr().out)
    assert isinstance(told, dict)
    return told


def test_accounts_are_made_changed_and_removed_and_that_is_on_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    folder = tmp_path / "f"
    assert fleet_user.add("ann", role="admin", password_file=str(file), folder=folder, json=True) == 0
    assert _said(capsys) == {"name": "ann", "role": "admin"}
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(DayflyError, match="at least 12"):
        fleet_user.add("ben", password_file="-", folder=folder)
    fleet_user.add("ben", password_file=str(file), folder=folder, json=True)
    fleet_user.role("ben", "responder", folder=folder, json=True)
    fleet_user.password("ben", password_file=str(file), folder=folder, json=True)
    capsys.readouterr()
    fleet_user.show(folder=folder, json=True)
    users = _said(capsys)["users"]
    assert isinstance(users, list)
    assert [(one["name"], one["role"]) for one in users] == [("ann", "admin"), ("ben", "responder")]
    fleet_user.remove("ben", folder=folder, json=True)
    for name in ("ben", "ann"):
        with pytest.raises(DayflyError):
            fleet_user.remove(name, folder=folder)
    ledger = Ledger(folder)
    entries = Audit(ledger).read()
    ledger.close()
    assert [entry.action for entry in reversed(entries)] == [
        "user.add", "user.add", "user.role", "user.password", "user.remove",
    ]  # fmt: skip
    assert all(entry.actor.startswith("cli:") for entry in entries)
    assert PASSWORD not in str(entries)


def test_a_password_is_never_an_argument_and_must_be_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(DayflyError, match="no password"):
        fleet_user.add("ann", folder=tmp_path)
    with pytest.raises(DayflyError, match="cannot read"):
        fleet_user.add("ann", password_file=str(tmp_path / "nowhere"), folder=tmp_path)


def test_keys_and_tokens_are_printed_once_and_kept_as_hashes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet_key.add("firehose", function=["shop-*"], folder=tmp_path, json=True)
    key = str(_said(capsys)["key"])
    fleet_token.add("reports", role="viewer", days=30, folder=tmp_path, json=True)
    token = str(_said(capsys)["token"])
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("fleet.sqlite*"))
    for secret in (key, token):
        assert len(secret) > 40
        assert secret.encode() not in stored
    fleet_key.show(folder=tmp_path, json=True)
    assert "shop-*" in capsys.readouterr().out
    with pytest.raises(DayflyError, match="is not a function name"):
        fleet_key.add("x", function=["a b"], folder=tmp_path)
    with pytest.raises(DayflyError, match="token lifetime must be 1 to"):
        fleet_token.add("x", days=0, folder=tmp_path)
    fleet_key.remove("firehose", folder=tmp_path, json=True)
    with pytest.raises(DayflyError, match="no key"):
        fleet_key.remove("firehose", folder=tmp_path)


def test_without_a_service_the_commands_say_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DayflyError, match="no service is running"):
        fleet_status.status(folder=tmp_path)
    monkeypatch.delenv("DAYFLY_FLEET_TOKEN", raising=False)
    with pytest.raises(DayflyError, match="no API token"):
        fleet_status.status(server="https://dayfly.example.com")
