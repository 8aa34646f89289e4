"""Reads FOLDER/fleet.toml: where alerts go and how people sign in elsewhere. Secrets stay outside of it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from dayfly.errors import SettingError

FILE = "fleet.toml"
SeverityName = Literal["informational", "low", "medium", "high", "critical"]
SEVERITIES: dict[SeverityName, int] = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}


class Channel(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every channel of alerts has. `rules` are those it is for, none for all; `per_hour` bounds what is sent one by one."""

    name: str
    severity: SeverityName = "high"
    rules: list[str] = []
    per_hour: int = 20


class Webhook(Channel, kw_only=True, frozen=True, tag="webhook"):
    """An HTTP endpoint that gets each alert as an OCSF Detection Finding, signed with `secret`."""

    url: str
    secret: str


class Slack(Channel, kw_only=True, frozen=True, tag="slack"):
    """An incoming webhook of Slack, or of what understands its format; the URL itself is the secret."""

    url: str


class Email(Channel, kw_only=True, frozen=True, tag="email"):
    """Mail by SMTP. Without TLS only to this machine."""

    host: str
    port: int = 0
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    sender: str
    to: list[str]


class EventBridge(Channel, kw_only=True, frozen=True, tag="eventbridge"):
    """An event bus; credentials as for awscli."""

    region: str
    bus: str = "default"
    endpoint_url: str = ""


class SecurityHub(Channel, kw_only=True, frozen=True, tag="securityhub"):
    """Security Hub CSPM of one account and region; credentials as for awscli."""

    region: str
    account: str
    endpoint_url: str = ""


AnyChannel = Webhook | Slack | Email | EventBridge | SecurityHub


class OidcSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A provider of OpenID Connect. `roles` maps what the groups claim has to roles; who has none of them gets in nowhere."""

    issuer: str
    client_id: str
    client_secret: str = ""
    name: str = "your organisation"
    scopes: list[str] = msgspec.field(default_factory=lambda: ["openid", "email", "profile"])
    groups_claim: str = "groups"
    roles: dict[Literal["viewer", "responder", "admin"], list[str]] = {}
    require_verified_email: bool = True


class Settings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    alert: list[AnyChannel] = []
    oidc: OidcSettings | None = None


def load_settings(folder: Path, variables: Mapping[str, str] = os.environ) -> Settings:
    """Return what the file says, with secrets filled in; without a file nothing is set.

    Raises SettingError, which names the setting and never a secret.
    """
    path = folder / FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"cannot read {path}: {error}", hint="fix or remove the file") from error
    try:
        settings = msgspec.convert(tomllib.loads(text), Settings)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{path}: {error}", hint="see docs/fleet.md for an example") from error
    except msgspec.ValidationError as error:
        where = str(error).replace("`$.", "`").replace("`$`", "the file")
        raise SettingError(f"{path}: {where}", hint="docs/fleet.md lists all settings") from error
    names = [channel.name for channel in settings.alert]
    for name in names:
        if not name or names.count(name) > 1:
            raise SettingError(
                f"{path}: duplicate channel name {name!r}", hint="give each [[alert]] a unique name"
            )
    return msgspec.structs.replace(
        settings,
        alert=[_filled(channel, path, variables) for channel in settings.alert],
        oidc=_filled_oidc(settings.oidc, path, variables) if settings.oidc else None,
    )


def _filled(channel: AnyChannel, path: Path, variables: Mapping[str, str]) -> AnyChannel:
    where = f"{path}: alert {channel.name}"
    if not 1 <= channel.per_hour <= 10_000:
        raise SettingError(f"{where}: per_hour = {channel.per_hour}", hint="between 1 and 10000")
    match channel:
        case Webhook():
            url = _value(channel.url, f"{where}: url", variables)
            _check_url(url, f"{where}: url")
            secret = _secret(channel.secret, f"{where}: secret", variables)
            if len(secret) < 16:
                raise SettingError(
                    f"{where}: the secret is too short", hint="create one with `openssl rand -hex 32`"
                )
            return msgspec.structs.replace(channel, url=url, secret=secret)
        case Slack():
            url = _secret(channel.url, f"{where}: url", variables)
            _check_url(url, f"{where}: url")
            return msgspec.structs.replace(channel, url=url)
        case Email():
            if not channel.to:
                raise SettingError(f"{where}: no recipients", hint='to = ["security@example.com"]')
            if any("\n" in text or "\r" in text or "@" not in text for text in (channel.sender, *channel.to)):
                raise SettingError(
                    f"{where}: invalid email address", hint='example: to = ["security@example.com"]'
                )
            if channel.tls == "none" and channel.host not in ("127.0.0.1", "::1", "localhost"):
                raise SettingError(
                    f"{where}: TLS is required for {channel.host}", hint='use tls = "starttls" or "tls"'
                )
            if channel.password:
                return msgspec.structs.replace(
                    channel, password=_secret(channel.password, f"{where}: password", variables)
                )
            return channel
        case SecurityHub():
            if not (len(channel.account) == 12 and channel.account.isdigit()):
                raise SettingError(
                    f"{where}: account = {channel.account!r}",
                    hint="use the 12 digits of an AWS account, in quotes",
                )
            return channel
        case EventBridge():
            return channel


def _filled_oidc(oidc: OidcSettings, path: Path, variables: Mapping[str, str]) -> OidcSettings:
    _check_url(oidc.issuer, f"{path}: oidc.issuer")
    if "openid" not in oidc.scopes:
        raise SettingError(
            f"{path}: oidc.scopes lacks openid", hint='scopes = ["openid", "email", "profile"]'
        )
    if not any(oidc.roles.values()):
        raise SettingError(f"{path}: oidc.roles is empty", hint='[oidc.roles]\nadmin = ["name-of-a-group"]')
    if not oidc.client_secret:
        return oidc
    secret = _secret(oidc.client_secret, f"{path}: oidc.client_secret", variables)
    return msgspec.structs.replace(oidc, client_secret=secret)


def _check_url(url: str, where: str) -> None:
    is_local = url.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
    if not url.startswith("https://") and not is_local:
        raise SettingError(f"{where} is not an https URL", hint="http is allowed only for loopback addresses")


def _secret(text: str, where: str, variables: Mapping[str, str]) -> str:
    if not text.startswith(("env:", "file:")):
        raise SettingError(
            f"{where} contains a secret",
            hint='use a reference instead: "env:VARIABLE" or "file:/run/secrets/name"',
        )
    return _value(text, where, variables)


def _value(text: str, where: str, variables: Mapping[str, str]) -> str:
    kind, _, name = text.partition(":")
    if kind == "env":
        if not (found := variables.get(name, "").strip()):
            raise SettingError(
                f"{where}: environment variable {name} is not set", hint="set it before you start the service"
            )
        return found
    if kind == "file":
        try:
            return Path(name).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(
                f"{where}: cannot read {name}", hint="use a readable file that contains only the secret"
            ) from error
    return text
