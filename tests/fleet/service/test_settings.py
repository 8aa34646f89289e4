"""fleet.toml says what is wrong with it, where, and never a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.errors import SettingError
from dayfly.fleet.service.settings import Email, Settings, Slack, Webhook, load_settings

_GOOD = """
[[alert]]
name = "on-call"
kind = "webhook"
url = "https://hooks.example.com/dayfly"
secret = "env:HOOK"
severity = "medium"
rules = ["infection_burst"]

[[alert]]
name = "chat"
kind = "slack"
url = "file:{file}"

[[alert]]
name = "mail"
kind = "email"
host = "smtp.example.com"
sender = "dayfly@example.com"
to = ["soc@example.com"]

[oidc]
issuer = "https://login.example.com"
client_id = "dayfly"
client_secret = "env:OIDC"
[oidc.roles]
admin = ["security"]
"""
_VARIABLES = {"HOOK": "0123456789abcdef", "OIDC": "s3cret"}


def _load(folder: Path, text: str) -> Settings:
    (folder / "fleet.toml").write_text(text)
    return load_settings(folder, _VARIABLES)


def test_secrets_come_from_variables_and_files(tmp_path: Path) -> None:
    (tmp_path / "slack").write_text("https://hooks.slack.com/services/x\n")
    settings = _load(tmp_path, _GOOD.replace("{file}", str(tmp_path / "slack")))
    hook, chat, mail = settings.alert
    assert isinstance(hook, Webhook)
    assert hook.secret == "0123456789abcdef"
    assert isinstance(chat, Slack)
    assert chat.url == "https://hooks.slack.com/services/x"
    assert isinstance(mail, Email)
    assert settings.oidc is not None
    assert settings.oidc.client_secret == "s3cret"
    assert load_settings(tmp_path / "nowhere") == Settings()


_HOOK = '[[alert]]\nname = "a"\nkind = "webhook"\nurl = "https://h.example"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("alert = 3", "alert"),
        ("[[alert]\n", "line 1"),
        ('[[alert]]\nname = "a"\nkind = "pigeon"\n', "pigeon"),
        ('[[alert]]\nname = "a"\nkind = "webhook"\nurl = "https://h.example"\n', "secret"),
        (_HOOK + 'secret = "hunter2hunter2hunter2"\n', "contains a secret"),
        (_HOOK + 'secret = "env:MISSING"\n', "MISSING is not set"),
        (_HOOK + 'secret = "file:/nonexistent"\n', "cannot read /nonexistent"),
        (_HOOK + 'secret = "env:OIDC"\n', "too short"),
        (_HOOK + 'secret = "env:HOOK"\nseverity = "urgent"\n', "urgent"),
        (_HOOK + 'secret = "env:HOOK"\nper_hour = 0\n', "per_hour"),
        (_HOOK + 'secret = "env:HOOK"\ncolour = "red"\n', "colour"),
        (_HOOK.replace("https", "http") + 'secret = "env:HOOK"\n', "not an https URL"),
        ((_HOOK + 'secret = "env:HOOK"\n') * 2, "duplicate channel"),
        ('[[alert]]\nname = "m"\nkind = "email"\nhost = "mail.example.com"\ntls = "none"\nsender = "a@b"\nto = ["c@d"]\n', "TLS is required"),
        ('[[alert]]\nname = "m"\nkind = "email"\nhost = "mail.example.com"\nsender = "a@b"\nto = []\n', "no recipients"),
        ('[[alert]]\nname = "s"\nkind = "securityhub"\nregion = "eu-west-1"\naccount = "12"\n', "account"),
        ('[oidc]\nissuer = "http://login.example.com"\nclient_id = "x"\n', "not an https URL"),
        ('[oidc]\nissuer = "https://login.example.com"\nclient_id = "x"\n', "roles is empty"),
        ('[oidc]\nissuer = "https://l.example"\nclient_id = "x"\n[oidc.roles]\nroot = ["a"]\n', "root"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingError) as raised:
        _load(tmp_path, text)
    assert said in raised.value.message
    assert "hunter2" not in raised.value.message + raised.value.hint
    assert raised.value.hint
