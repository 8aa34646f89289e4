"""Dayfly's settings: names, allowed values, where they come from.

`dayfly.toml` in the function's package, then the environment, which wins. Nothing is read here: the
caller passes both as mappings.
"""

from __future__ import annotations

from dayfly.errors import SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME = "dayfly.toml"


class Setting:
    """One setting: its name in the file, its environment variable, what it may be, what it does."""

    __slots__ = ("choices", "default", "kind", "meaning", "name", "variable")

    def __init__(
        self, name: str, kind: str, default: str, meaning: str, choices: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.variable = "DAYFLY_" + name.upper()
        self.kind = kind
        self.default = default
        self.meaning = meaning
        self.choices = choices


SETTINGS = (
    Setting(
        "isolation",
        "choice",
        "invocation",
        "invocation: every event gets a worker of its own; process: the function's process is kept, as without Dayfly",
        ("invocation", "process"),
    ),
    Setting(
        "scope",
        "choice",
        "auto",
        "environment: everything of the function's user is Dayfly's to end and /tmp to empty; "
        "descendants: only what Dayfly started; auto: environment on Lambda and its emulator, else descendants",
        ("auto", "environment", "descendants"),
    ),
    Setting(
        "api_lock",
        "choice",
        "auto",
        "on: hold the response open while the worker lives, so that nobody else can take events; "
        "auto: on where it was shown that errors stay errors",
        ("auto", "on", "off"),
    ),
    Setting(
        "tmp",
        "choice",
        "scrub",
        "scrub: remove what an invocation wrote to temporary directories; keep: leave it",
        ("scrub", "keep"),
    ),
    Setting(
        "keep",
        "globs",
        "",
        "paths under temporary directories that stay, as globs (`:` between them in the environment)",
    ),
    Setting("reseed", "switch", "on", "give random generators made at init a new seed in every worker"),
    Setting("log_invocations", "switch", "off", "write one compact line per invocation"),
    Setting(
        "huge_pages",
        "choice",
        "auto",
        "auto: put the zygote's heap on huge pages where the kernel offers it; off: never",
        ("auto", "off"),
    ),
    Setting(
        "guard", "choice", "off", "off: this version has no guard; every other value is refused", ("off",)
    ),
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


class Settings:
    """The settings in force; see SETTINGS for what each means."""

    __slots__ = (
        "api_lock",
        "guard",
        "huge_pages",
        "isolation",
        "keep",
        "log_invocations",
        "reseed",
        "scope",
        "tmp",
        "unknown_variables",
    )

    def __init__(
        self, values: Mapping[str, str | bool | tuple[str, ...]], unknown_variables: tuple[str, ...] = ()
    ) -> None:
        self.unknown_variables = unknown_variables
        self.isolation = str(values["isolation"])
        self.scope = str(values["scope"])
        self.api_lock = str(values["api_lock"])
        self.tmp = str(values["tmp"])
        keep = values["keep"]
        self.keep: tuple[str, ...] = keep if isinstance(keep, tuple) else ()
        self.reseed = bool(values["reseed"])
        self.log_invocations = bool(values["log_invocations"])
        self.huge_pages = str(values["huge_pages"])
        self.guard = str(values["guard"])


def load_settings(environ: Mapping[str, str], table: Mapping[str, object]) -> Settings:
    """Return the settings that `environ` and the file's `table` ask for.

    Raises SettingError for a value that is not allowed and for a name in the file that Dayfly does not
    know: a misspelt protection must not look like one. Unknown variables with the prefix DAYFLY_ may be
    the function's own, so they are only returned, in `unknown_variables`, for the first log line.
    """
    known = {setting.name for setting in SETTINGS}
    for name in table:
        if name not in known:
            raise SettingError(
                f"{FILE_NAME} sets {name!r}, which is no setting of Dayfly",
                hint="settings are: " + ", ".join(sorted(known)),
            )
    variables = {setting.variable for setting in SETTINGS}
    unknown = tuple(sorted(name for name in environ if name.startswith("DAYFLY_") and name not in variables))
    values: dict[str, str | bool | tuple[str, ...]] = {}
    for setting in SETTINGS:
        if setting.variable in environ:
            values[setting.name] = _read(setting, environ[setting.variable], where=setting.variable)
        elif setting.name in table:
            values[setting.name] = _read_toml(setting, table[setting.name])
        else:
            values[setting.name] = _read(setting, setting.default, where=setting.name)
    return Settings(values, unknown)


def _read_toml(setting: Setting, value: object) -> str | bool | tuple[str, ...]:
    where = f"{FILE_NAME}: {setting.name}"
    if setting.kind == "globs" and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return _globs(tuple(value), where=where)
    if setting.kind == "switch" and isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _read(setting, value, where=where)
    wanted = {"globs": "a list of strings", "switch": "true or false"}.get(setting.kind, "a string")
    raise SettingError(f"{where} is {value!r}", hint=f"it must be {wanted}")


def _read(setting: Setting, text: str, *, where: str) -> str | bool | tuple[str, ...]:
    if setting.kind == "globs":
        return _globs(tuple(part for part in text.split(":") if part), where=where)
    value = text.strip().lower()
    if setting.kind == "switch":
        if value not in _SWITCH:
            raise SettingError(f"{where} is {text!r}", hint="it must be on or off")
        return _SWITCH[value]
    if value not in setting.choices:
        raise SettingError(f"{where} is {text!r}", hint="it must be one of: " + ", ".join(setting.choices))
    return value


def _globs(globs: tuple[str, ...], *, where: str) -> tuple[str, ...]:
    for glob in globs:
        if not glob.startswith("/") or ".." in glob.split("/"):
            raise SettingError(
                f"{where} has the glob {glob!r}",
                hint="a glob is an absolute path without `..`, as /tmp/cache/**",
            )
    return globs
