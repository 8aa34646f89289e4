"""The settings: read from the function's file, variables and policy, and as one flat text, which the supervisor reads."""

from __future__ import annotations

import os
import time

from dayfly.core.settings import FILE_NAME, SETTINGS, load_settings
from dayfly.errors import SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from dayfly.core.settings import Settings

VARIABLE = "_DAYFLY_SETTINGS"
# By which the supervisor asks for them.
WANTED = "_DAYFLY_READ"
# Between fields, NAME=VALUE: settings by their variables, then what is known beside them.
_SEPARATOR = "\x1e"
# The text of a variable has 128 KiB at most, and the policy goes on in one with other options.
_MAX_CHARACTERS = 100 * 1024
# As `policylayer` names it, which functions without one do not load.
_POLICY_PLACE = "/opt/dayfly.policy/policy.json"


def put(environ: MutableMapping[str, str]) -> None:
    """Put the settings into `environ`, where they are asked for or a file has some."""
    is_asked = environ.pop(WANTED, None) is not None
    task = environ.get("LAMBDA_TASK_ROOT") or os.getcwd()
    if is_asked or os.path.lexists(os.path.join(task, FILE_NAME)):
        environ[VARIABLE] = read(environ)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings from `dayfly.toml` in the task root, the environment and a policy's layer; raises SettingError."""
    path = os.path.join(environ.get("LAMBDA_TASK_ROOT") or os.getcwd(), FILE_NAME)
    table: dict[str, object] = {}
    if os.path.exists(path):
        # 5.5 ms; only functions that ship the file pay it.
        import tomllib

        try:
            with open(path, "rb") as file:
                table = tomllib.load(file)
        except (OSError, ValueError) as fault:
            # TOMLDecodeError is a ValueError, and so is what bytes that are no UTF-8 raise.
            raise SettingError(
                f"{path} cannot be read: {fault}", hint="use a TOML file with top-level keys"
            ) from fault
    settings = load_settings(environ, table)
    is_wanted = "DAYFLY_POLICY" in environ or "DAYFLY_POLICY_DIGEST" in environ
    if settings.guard != "off" and (is_wanted or os.path.lexists(_POLICY_PLACE)):
        # For functions that have one.
        from dayfly.runtime import policyplace

        policyplace.take(settings, environ)
    return settings


def read(environ: Mapping[str, str]) -> str:
    """Return the settings, or `fault` and `hint` where they cannot be used."""
    try:
        return pack(read_settings(environ))
    except SettingError as fault:
        fields = (("fault", fault.message), ("hint", fault.hint))
        return _SEPARATOR.join(f"{name}={_printable(text)}" for name, text in fields)


def pack(settings: Settings) -> str:
    """Return `settings` as one text; raises SettingError for what does not go into one."""
    fields = {setting.variable: _spell(_value(settings, setting.name)) for setting in SETTINGS}
    fields["policy_fault"] = _printable(settings.policy_fault)
    fields["policy_doubt"] = _printable(settings.policy_doubt)
    policy = settings.policy
    if policy is not None:
        today = policy.promoted(time.time())
        fields["policy_source"] = settings.policy_source
        fields["policy_digest"] = settings.policy_digest
        fields["policy_mode"] = today.strictness(settings.guard)
        # Last: it is the longest.
        fields["policy"] = today.pack() if settings.guard != "off" else ""
    text = _SEPARATOR.join(f"{name}={value}" for name, value in fields.items())
    if len(text.encode("utf-8", "surrogateescape")) > _MAX_CHARACTERS:
        raise SettingError(
            f"the settings are longer than {_MAX_CHARACTERS} bytes",
            hint="name directories instead of single files",
        )
    if text.count(_SEPARATOR) != len(fields) - 1 or "\0" in text:
        raise SettingError("a setting contains a control character", hint="remove it")
    return text


def _value(settings: Settings, name: str) -> object:
    return getattr(settings, name.replace(".", "_"), "")


def _spell(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    if isinstance(value, tuple):
        return ":".join(value)
    return str(value)


def _printable(text: str) -> str:
    return "".join(char if char >= " " else " " for char in text)
