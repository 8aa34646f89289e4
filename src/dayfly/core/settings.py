"""Dayfly's settings: names, allowed values, where they come from.

`dayfly.toml` in the function's package, then the environment, which wins. Nothing is read here: the
caller passes both as mappings.
"""

from __future__ import annotations

from dayfly.core.handshake import LEARN_VARIABLE
from dayfly.errors import SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.policy import Policy

    Value = str | bool | float | tuple[str, ...]

FILE_NAME = "dayfly.toml"


class Setting:
    """One setting: its name in the file, its environment variable, what it may be. scripts/settings.toml says what it does.

    A name with a dot, `zygote.prime`, stands in the file's table `[zygote]`.
    """

    __slots__ = ("choices", "default", "kind", "name", "variable")

    def __init__(self, name: str, kind: str, default: str, choices: tuple[str, ...] = ()) -> None:
        self.name = name
        self.variable = "DAYFLY_" + name.upper().replace(".", "_")
        self.kind = kind
        self.default = default
        self.choices = choices


SETTINGS = (
    Setting("isolation", "choice", "invocation", ("invocation", "window", "process")),
    Setting("max_age", "duration", "5m"),
    Setting("max_invocations", "count", "100"),
    Setting("jitter", "share", "10%"),
    Setting("retire_on", "choices", "suspicion", ("residue", "suspicion", "error")),
    Setting("tenant", "tenant", ""),
    Setting("environment_max_age", "duration", "0"),
    Setting("on_timeout", "choice", "platform", ("platform", "answer")),
    Setting("timeout_margin", "duration", "0.2"),
    Setting("scope", "choice", "auto", ("auto", "environment", "descendants")),
    Setting("api_lock", "choice", "auto", ("auto", "on", "http", "off")),
    Setting("tmp", "choice", "scrub", ("scrub", "keep")),
    Setting("keep", "globs", ""),
    Setting("scrub", "places", ""),
    Setting("changed_code", "choice", "refuse", ("refuse", "run")),
    Setting("close_memory", "choice", "auto", ("auto", "off")),
    Setting("reseed", "switch", "on"),
    Setting("log_invocations", "switch", "off"),
    Setting("huge_pages", "choice", "auto", ("auto", "off")),
    Setting("immortal", "choice", "auto", ("auto", "off")),
    Setting("confine", "choice", "auto", ("auto", "off")),
    Setting("network", "choice", "shared", ("shared", "none", "none-where-allowed")),
    Setting("threads", "choice", "auto", ("auto", "drop", "refuse")),
    Setting("zygote.prime", "entry", ""),
    Setting("zygote.events", "glob", ""),
    Setting("zygote.warm", "choice", "auto", ("auto", "off")),
    Setting("zygote.max_age", "duration", "0"),
    Setting("fork.before", "entry", ""),
    Setting("fork.after", "entry", ""),
    Setting("fork.deliver", "duration", "0.5"),
    Setting("guard", "choice", "observe", ("off", "observe", "block")),
    Setting("guard_on_fault", "choice", "open", ("open", "closed")),
    Setting("guard_learn", "switch", "off"),
)

# Variables that no file sets: the exec wrapper reads them before there is a runtime, or commands write them.
WRAPPER_VARIABLES = frozenset(
    {
        "DAYFLY_ON_FAILURE",
        "DAYFLY_NEXT_WRAPPER",
        "DAYFLY_FLEET_KEY",
        "DAYFLY_RECYCLED",
        "DAYFLY_POLICY",
        "DAYFLY_POLICY_DIGEST",
        "DAYFLY_ROLLOUT",
    }
)

_SWITCH = {
    "on": True,
    "true": True,
    "1": True,
    "yes": True,
    "off": False,
    "false": False,
    "0": False,
    "no": False,
}


_DURATION = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
# Longer than any environment lives; keeps arithmetic on deadlines within what poll() takes.
_MAX_DURATION_S = 30 * 86400.0
_MAX_COUNT = 1_000_000_000
_SYSTEM = {
    "bin",
    "boot",
    "dev",
    "etc",
    "lib",
    "lib32",
    "lib64",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "sys",
    "usr",
}
# A limit that may shrink to nothing is none.
_MAX_SHARE = 0.9
_MAX_COUNT_DIGITS = 10


class Settings:
    """The active settings; see SETTINGS for what each means. Durations are in seconds.

    `policy_source` says where the policy is from: package, layer, "" for none. `policy_fault` is why the layer's is not in
    force, `policy_doubt` why it may be another than it was.
    """

    __slots__ = (
        "api_lock",
        "changed_code",
        "close_memory",
        "confine",
        "environment_max_age",
        "fork_after",
        "fork_before",
        "fork_deliver",
        "guard",
        "guard_learn",
        "guard_on_fault",
        "huge_pages",
        "immortal",
        "isolation",
        "jitter",
        "keep",
        "log_invocations",
        "max_age",
        "max_invocations",
        "network",
        "on_timeout",
        "policy",
        "policy_digest",
        "policy_doubt",
        "policy_fault",
        "policy_source",
        "reseed",
        "retire_on",
        "scope",
        "scrub",
        "tenant",
        "threads",
        "timeout_margin",
        "tmp",
        "unknown_variables",
        "zygote_events",
        "zygote_max_age",
        "zygote_prime",
        "zygote_warm",
    )

    def __init__(
        self,
        values: Mapping[str, Value],
        unknown_variables: tuple[str, ...] = (),
        policy: Policy | None = None,
    ) -> None:
        self.unknown_variables = unknown_variables
        self.policy = policy
        self.policy_source = "package" if policy is not None else ""
        self.policy_digest = self.policy_doubt = self.policy_fault = ""
        self.isolation = str(values["isolation"])
        self.scope = str(values["scope"])
        self.api_lock = str(values["api_lock"])
        self.tmp = str(values["tmp"])
        self.scrub = _names(values["scrub"])
        self.changed_code = str(values["changed_code"])
        self.close_memory = str(values["close_memory"])
        self.confine = str(values["confine"])
        self.network = str(values["network"])
        self.keep = _names(values["keep"])
        self.reseed = bool(values["reseed"])
        self.log_invocations = bool(values["log_invocations"])
        self.huge_pages = str(values["huge_pages"])
        self.immortal = str(values["immortal"])
        self.guard = str(values["guard"])
        self.guard_learn = bool(values["guard_learn"])
        self.guard_on_fault = str(values["guard_on_fault"])
        self.max_age = _number(values["max_age"])
        self.max_invocations = int(_number(values["max_invocations"]))
        self.jitter = _number(values["jitter"])
        self.retire_on = frozenset(_names(values["retire_on"]))
        self.tenant = str(values["tenant"])
        self.environment_max_age = _number(values["environment_max_age"])
        self.on_timeout = str(values["on_timeout"])
        self.timeout_margin = _number(values["timeout_margin"])
        self.zygote_prime = str(values["zygote.prime"])
        self.zygote_events = str(values["zygote.events"])
        self.zygote_warm = str(values["zygote.warm"])
        self.zygote_max_age = _number(values["zygote.max_age"])
        self.fork_before = str(values["fork.before"])
        self.fork_after = str(values["fork.after"])
        self.fork_deliver = _number(values["fork.deliver"])
        self.threads = str(values["threads"])


def _number(value: Value) -> float:
    assert isinstance(value, float)
    return value


def _names(value: Value) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return value


def load_settings(environ: Mapping[str, str], table: Mapping[str, object]) -> Settings:
    """Return the settings that `environ` and the file's `table` ask for.

    Raises SettingError for a value that is not allowed and for a name in the file that Dayfly does not
    know (the table `[scan]` is for another reader): a misspelt protection must not look like one. Unknown variables with the prefix DAYFLY_ may be
    the function's own, so they are only returned, in `unknown_variables`, for the first log line.
    """
    known = {setting.name for setting in SETTINGS}
    policy = None
    if "policy" in table:
        # For functions that have one.
        from dayfly.core.policyfile import parse_policy

        policy = parse_policy(_table(table["policy"]))
        table = {name: value for name, value in table.items() if name != "policy"}
    table = _flatten(table)
    # `dayfly scan` reads it, before deployment; a fault in it must not keep a function from starting.
    table.pop("scan", None)
    for name in table:
        if name not in known:
            raise SettingError(
                f"{FILE_NAME}: unknown setting {name!r}",
                hint="use one of: " + ", ".join(sorted(known)),
            )
    variables = {setting.variable for setting in SETTINGS} | WRAPPER_VARIABLES | {LEARN_VARIABLE}
    unknown = tuple(sorted(name for name in environ if name.startswith("DAYFLY_") and name not in variables))
    values: dict[str, Value] = {}
    for setting in SETTINGS:
        if setting.variable in environ:
            values[setting.name] = _read(setting, environ[setting.variable], where=setting.variable)
        elif setting.name in table:
            values[setting.name] = _read_toml(setting, table[setting.name])
        else:
            values[setting.name] = _read(setting, setting.default, where=setting.name)
    settings = Settings(values, unknown, policy)
    _check_tenant(settings)
    return settings


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise SettingError(
            f"{FILE_NAME}: policy is {value!r}, not a table",
            hint="write it as a table, for example [policy] and [policy.network]",
        )
    return value


def _check_tenant(settings: Settings) -> None:
    """Refuse what would let tenants meet all the same."""
    if not settings.tenant:
        return
    if settings.isolation == "process":
        raise SettingError(
            (
                f"tenant {settings.tenant!r} cannot be combined with isolation 'process', which serves all "
                "tenants from one process"
            ),
            hint="set isolation to window, or to invocation",
        )
    if settings.tmp == "keep":
        raise SettingError(
            (
                f"tenant {settings.tenant!r} cannot be combined with tmp 'keep', which shares one tenant's "
                "files with another"
            ),
            hint="set tmp to scrub; list files that all tenants may share in `keep`",
        )


def _flatten(table: Mapping[str, object]) -> dict[str, object]:
    """Return the file's keys with those of its tables as `table.key`."""
    tables = {setting.name.partition(".")[0] for setting in SETTINGS if "." in setting.name}
    flat: dict[str, object] = {}
    for name, value in table.items():
        if name in tables and isinstance(value, dict):
            flat |= {f"{name}.{key}": item for key, item in value.items()}
        else:
            flat[name] = value
    return flat


def _read_toml(setting: Setting, value: object) -> Value:
    where = f"{FILE_NAME}: {setting.name}"
    if setting.kind in _LISTS and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return _LISTS[setting.kind](tuple(value), where=where)
    if setting.kind == "choices" and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return _choices(setting, tuple(value), where=where)
    if setting.kind == "switch" and isinstance(value, bool):
        return value
    if (
        setting.kind in ("duration", "count", "share")
        and isinstance(value, int | float)
        and not isinstance(value, bool)
    ):
        return _read(setting, str(value), where=where)
    if isinstance(value, str):
        return _read(setting, value, where=where)
    wanted = {
        "globs": "a list of strings",
        "places": "a list of strings",
        "choices": "a list of strings",
        "share": 'a number such as 0.1, or a string such as "10%"',
        "switch": "true or false",
        "duration": 'a number of seconds, or a string such as "15m"',
        "count": "a whole number",
    }
    raise SettingError(f"{where} is {value!r}", hint=f"use {wanted.get(setting.kind, 'a string')}")


def _read(setting: Setting, text: str, *, where: str) -> Value:
    if setting.kind in _LISTS:
        return _LISTS[setting.kind](tuple(part for part in text.split(":") if part), where=where)
    if setting.kind == "choices":
        return _choices(setting, tuple(text.replace(",", ":").split(":")), where=where)
    if setting.kind == "share":
        return _share(text, where=where)
    if setting.kind == "tenant":
        return _tenant(text.strip(), where=where)
    if setting.kind == "glob":
        return _package_glob(text.strip(), where=where)
    if setting.kind == "entry":
        return _entry(text.strip(), where=where)
    if setting.kind == "duration":
        return _duration(text, where=where)
    if setting.kind == "count":
        return _count(text, where=where)
    value = text.strip().lower()
    if setting.kind == "switch":
        if value not in _SWITCH:
            raise SettingError(f"{where} is {text!r}", hint="use on or off")
        return _SWITCH[value]
    if value not in setting.choices:
        raise SettingError(f"{where} is {text!r}", hint="use one of: " + ", ".join(setting.choices))
    return value


def _choices(setting: Setting, names: tuple[str, ...], *, where: str) -> tuple[str, ...]:
    chosen = tuple(name.strip().lower() for name in names if name.strip())
    for name in chosen:
        if name not in setting.choices:
            raise SettingError(
                f"{where}: unknown value {name!r}", hint="use any of: " + ", ".join(setting.choices)
            )
    return chosen


def _share(text: str, *, where: str) -> float:
    stripped = text.strip()
    number = stripped.removesuffix("%")
    try:
        share = float(number) / (100.0 if number != stripped else 1.0)
    except ValueError:
        share = -1.0
    # Not `share < 0`: that lets "nan" pass.
    if not 0 <= share <= _MAX_SHARE:
        raise SettingError(f"{where} is {text!r}", hint="use a share from 0 to 0.9, for example 0.1 or 10%")
    return share


def _tenant(text: str, *, where: str) -> str:
    if text:
        # For functions that set it.
        from dayfly.core.tenants import check_source

        try:
            check_source(text)
        except ValueError as fault:
            raise SettingError(f"{where} is {text!r}", hint=str(fault)) from None
    return text


def _entry(text: str, *, where: str) -> str:
    module, _, function = text.partition(":")
    parts = [*module.split("."), *function.split(".")]
    if text and not all(part.isidentifier() for part in parts):
        raise SettingError(f"{where} is {text!r}", hint="use the form module:function")
    return text


def _package_glob(text: str, *, where: str) -> str:
    if text.startswith("/") or ".." in text.split("/") or _has_control(text):
        raise SettingError(
            f"{where} is {text!r}",
            hint="use a glob relative to the function's package without `..`, for example events/*.json",
        )
    return text


def _duration(text: str, *, where: str) -> float:
    stripped = text.strip().lower()
    number = stripped.rstrip("smh")
    unit = stripped[len(number) :]
    try:
        seconds = float(number) * _DURATION[unit]
    except (ValueError, KeyError):
        seconds = -1.0
    # Not `seconds < 0`: that lets "nan" pass.
    if not 0 <= seconds <= _MAX_DURATION_S:
        raise SettingError(
            f"{where} is {text!r}", hint="use a duration of at most 30 days, for example 90s, 15m or 2h"
        )
    return seconds


def _count(text: str, *, where: str) -> float:
    stripped = text.strip()
    is_number = stripped.isascii() and stripped.isdigit() and len(stripped) <= _MAX_COUNT_DIGITS
    if not (is_number and 0 < int(stripped) <= _MAX_COUNT):
        raise SettingError(f"{where} is {text!r}", hint="use a whole number of at least 1")
    return float(stripped)


def _globs(globs: tuple[str, ...], *, where: str) -> tuple[str, ...]:
    for glob in globs:
        if not glob.startswith("/") or ".." in glob.split("/") or _has_control(glob):
            raise SettingError(
                f"{where}: invalid glob {glob!r}",
                hint="use an absolute path without `..`, for example /tmp/cache/**",
            )
    return globs


def _places(places: tuple[str, ...], *, where: str) -> tuple[str, ...]:
    places = tuple(place.rstrip("/") for place in places)
    for place in places:
        parts = place.split("/")[1:]
        # What the system lives in is nobody's to empty, whatever a setting says.
        if not parts or not place.startswith("/") or {"", ".", ".."} & set(parts) or parts[0] in _SYSTEM:
            raise SettingError(
                f"{where}: invalid directory {place!r}",
                hint="use an absolute path without `..`, outside system directories, for example /mnt/work",
            )
    return places


def _has_control(text: str) -> bool:
    """Say whether `text` holds what no path has in earnest and what separates the options of a zygote."""
    return any(char < " " or char == "\x7f" for char in text)


_LISTS = {"globs": _globs, "places": _places}
