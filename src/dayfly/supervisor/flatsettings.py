"""The settings as one flat text: files, policies and faults are read here, for the native supervisor, which reads the text."""

from __future__ import annotations

import os
import time

from dayfly.core.settings import FILE_NAME, SETTINGS
from dayfly.errors import SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from dayfly.core.settings import Settings

VARIABLE = "_DAYFLY_SETTINGS"
# By which the native supervisor asks for them.
WANTED = "_DAYFLY_READ"
# Between fields, NAME=VALUE: settings by their variables, then what is known beside them.
_SEPARATOR = "\x1e"
# The text of a variable has 128 KiB at most, and the policy goes on in one with other options.
_MAX_CHARACTERS = 100 * 1024


def put(environ: MutableMapping[str, str]) -> bool:
    """Put the settings into `environ`, where they are asked for or a file has some; False where these ask for Python."""
    is_asked = environ.pop(WANTED, None) is not None
    task = environ.get("LAMBDA_TASK_ROOT") or os.getcwd()
    if is_asked or os.path.lexists(os.path.join(task, FILE_NAME)):
        text = read(environ)
        if "DAYFLY_SUPERVISOR=python" in text.split(_SEPARATOR):
            return False
        environ[VARIABLE] = text
    return True


def read(environ: Mapping[str, str]) -> str:
    """Return the settings, or `fault` and `hint` where they cannot be used."""
    # 10 ms, in functions with a file or a policy.
    from dayfly.supervisor.life import read_settings

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
