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
    """One setting: its name in the file, its environment variable, what it may be, what it does.

    A name with a dot, `zygote.prime`, stands in the file's table `[zygote]`.
    """

    __slots__ = ("choices", "default", "kind", "meaning", "name", "variable")

    def __init__(
        self, name: str, kind: str, default: str, meaning: str, choices: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.variable = "DAYFLY_" + name.upper().replace(".", "_")
        self.kind = kind
        self.default = default
        self.meaning = meaning
        self.choices = choices


SETTINGS = (
    Setting(
        "isolation",
        "choice",
        "invocation",
        "invocation: every event gets a worker of its own; window: a worker serves up to `max_invocations` events "
        "within `max_age`; process: the function's process is kept, as without Dayfly",
        ("invocation", "window", "process"),
    ),
    Setting(
        "max_age",
        "duration",
        "5m",
        "window isolation: the age at which a worker takes no further event; seconds, or as 90s, 15m, 2h",
    ),
    Setting(
        "max_invocations",
        "count",
        "100",
        "window isolation: how many events one worker serves at most",
    ),
    Setting(
        "jitter",
        "share",
        "10%",
        "by how much `max_age`, `max_invocations` and `environment_max_age` are made smaller at random, each time, so "
        "that a fleet does not recycle at once; 0 to 90%",
    ),
    Setting(
        "retire_on",
        "choices",
        "suspicion",
        "window isolation: what ends a window at once. residue: an invocation left files, System V objects or "
        "processes; suspicion: it left processes, or a finding with an ATT&CK technique was made; error: its answer is "
        "an error. A crash, a broken frame, a word out of turn and a worker that cannot be stopped end it in any case",
        ("residue", "suspicion", "error"),
    ),
    Setting(
        "tenant",
        "tenant",
        "",
        "window isolation: a worker serves one tenant alone, and files are removed before another is served. lambda: "
        "Lambda's tenant id; cognito: the Cognito identity; or a path in the event under requestContext.authorizer, as "
        '`requestContext.authorizer.jwt.claims.sub` (a name with dots as `["name"]`), or '
        "requestContext.identity.cognitoIdentityId. What the caller may choose is refused. Events without a key share a "
        "worker with no other",
    ),
    Setting(
        "environment_max_age",
        "duration",
        "0",
        "the age at which the function is initialised anew in a fresh interpreter and an emptied environment, in every "
        "isolation: after an answer, or before an event, where the time of that invocation allows it; 0: never",
    ),
    Setting(
        "on_timeout",
        "choice",
        "platform",
        "platform: an invocation that takes too long makes Lambda reset the environment; answer: Dayfly ends its worker "
        "`timeout_margin` earlier and gives the caller Lambda's own error, so that the next event finds a warm function",
        ("platform", "answer"),
    ),
    Setting(
        "timeout_margin",
        "duration",
        "0.2",
        '`on_timeout = "answer"`: how long before the platform\'s timeout a worker is ended; what is left must do for '
        "killing it, for the answer and for asking for the next event",
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
        "paths that stay, under temporary directories and in other writable places, as globs (`:` between them in the environment)",
    ),
    Setting(
        "scrub",
        "places",
        "",
        "more directories to be emptied as temporary ones are, at every start and after every invocation, such as a "
        "mount at /mnt/work (`:` between them in the environment); everything of the function's user in them is "
        "removed, so name none that other environments share. Scope environment only",
    ),
    Setting(
        "changed_code",
        "choice",
        "refuse",
        "where the function may write its own code and a file of it was changed since the environment began: refuse: "
        "the environment retires, and a later life of it does not start; run: it is only reported",
        ("refuse", "run"),
    ),
    Setting(
        "close_memory",
        "choice",
        "auto",
        "auto: run from a memory file that nobody may read, so that no worker can read or write the memory of supervisor, "
        "zygote and later workers, where the host allows it; off: never, for debuggers and profilers that attach",
        ("auto", "off"),
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
        "immortal",
        "choice",
        "auto",
        "auto: code, constants and plain values of init stop being counted after some events (Python 3.12 and 3.13), so "
        "that workers copy fewer pages; off: never",
        ("auto", "off"),
    ),
    Setting(
        "confine",
        "choice",
        "auto",
        "auto: where the host allows it (Lambda does not), a filter refuses system calls that no function needs and that "
        "would be used against Dayfly's processes; programs that workers execute gain no privileges then; off: never",
        ("auto", "off"),
    ),
    Setting(
        "network",
        "choice",
        "shared",
        "shared: workers have the host's network; none: each has one of its own that leads nowhere, and where the host "
        "refuses that (Lambda does) or the function cannot be forked, the function DOES NOT START; none-where-allowed: "
        "the same, but there it starts with the network and says so",
        ("shared", "none", "none-where-allowed"),
    ),
    Setting(
        "zygote.prime",
        "entry",
        "",
        "a function of yours, as module:function, that is called without arguments once init is done: what it "
        "imports, parses, loads and caches is there in every worker; connections it opens are closed again",
    ),
    Setting(
        "zygote.events",
        "glob",
        "",
        "recorded events, a glob of JSON files in the package: the handler RUNS on each of them before the first "
        "worker is forked, in every environment, with all its side effects, and its answers are thrown away",
    ),
    Setting(
        "zygote.max_age",
        "duration",
        "0",
        "the age at which the zygote is initialised anew, for secrets and credentials that init fetched; 0: never. "
        "Credentials of botocore that say when they expire are watched in any case",
    ),
    Setting(
        "fork.before",
        "entry",
        "",
        "a function of yours, as module:function, called once before the first fork: stop what two processes must not share",
    ),
    Setting(
        "fork.after",
        "entry",
        "",
        "a function of yours, as module:function, called in every worker ahead of its event: start it again",
    ),
    Setting(
        "fork.deliver",
        "duration",
        "0.5",
        "how long an answer waits at most while what libraries hold back for a batch (spans, metrics, log records) "
        "is sent, since the worker that holds it ends; 0: it is lost with the worker",
    ),
    Setting(
        "fork.threads",
        "choice",
        "restart",
        "restart: threads that init started and that wait for work are started again in every worker; "
        "refuse: they make the function unforkable",
        ("restart", "refuse"),
    ),
    Setting(
        "guard",
        "choice",
        "observe",
        "what happens when what an event brought is about to become code, a shell's or an SQL statement's structure, a "
        "path that leaves its directory or the host of a URL, and when code does what `[policy]` does not allow. block: refused "
        "where it happens, with a finding; observe: the finding alone; off: no guard, whatever `[policy]` says, and memory is not "
        "compared. Rules may have modes of their own there ([what it sees and what not](how-it-works.md#the-guard))",
        ("off", "observe", "block"),
    ),
    Setting(
        "guard_on_fault",
        "choice",
        "open",
        "what a fault of the guard's own means. open: the operation goes on; closed: it is refused, and a function whose "
        "guard cannot be armed DOES NOT START. A finding in either case",
        ("open", "closed"),
    ),
    Setting(
        "guard_learn",
        "switch",
        "off",
        "write a finding `guard.capability` for every new use of a capability, once in each environment, for "
        "`dayfly policy learn` to read; nothing is allowed or refused by it",
    ),
)

# Variables that no file sets: the exec wrapper reads them before there is a runtime, or commands write them.
WRAPPER_VARIABLES = {
    "DAYFLY_ON_FAILURE": "run or stop: whether an environment's first start runs the function without Dayfly where the layer does not fit (default run)",
    "DAYFLY_NEXT_WRAPPER": "another exec wrapper, to be run before Dayfly's",
    "DAYFLY_SUPERVISOR": "python or native (default python): which supervisor serves. native is new: it starts no second interpreter, "
    "and leaves to the Python one, saying so, what it does not serve yet",
    "DAYFLY_FLEET_KEY": "the fleet's key, 64 hexadecimal digits: lines of Dayfly's bear a proof, and an invocation's line has "
    "pseudonyms of caller and subject; taken out of the environment before function code runs",
    "DAYFLY_RECYCLED": "written by `dayfly recycle` to have every environment replaced; Dayfly reads nothing from it",
    "DAYFLY_POLICY": "where a policy lies that is delivered beside the code and takes the place of the package's `[policy]` "
    "(default /opt/dayfly.policy/policy.json, if it is there)",
    "DAYFLY_POLICY_DIGEST": "written by `dayfly promote`: the digest that this policy must have; another one, or none, is a fault of "
    "the guard's (`guard_on_fault`), with a finding",
    "DAYFLY_ROLLOUT": "written by `dayfly promote`: what was in force before, for `dayfly rollback`; Dayfly reads nothing from it",
}

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
    """The settings in force; see SETTINGS for what each means. Durations are in seconds.

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
        "fork_threads",
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
        "timeout_margin",
        "tmp",
        "unknown_variables",
        "zygote_events",
        "zygote_max_age",
        "zygote_prime",
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
        self.zygote_max_age = _number(values["zygote.max_age"])
        self.fork_before = str(values["fork.before"])
        self.fork_after = str(values["fork.after"])
        self.fork_deliver = _number(values["fork.deliver"])
        self.fork_threads = str(values["fork.threads"])


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
                f"{FILE_NAME} sets {name!r}, which is no setting of Dayfly",
                hint="settings are: " + ", ".join(sorted(known)),
            )
    variables = {setting.variable for setting in SETTINGS} | WRAPPER_VARIABLES.keys() | {LEARN_VARIABLE}
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
            f"{FILE_NAME}: policy is {value!r}", hint="it must be a table, as [policy] and [policy.network]"
        )
    return value


def _check_tenant(settings: Settings) -> None:
    """Refuse what would let tenants meet all the same."""
    if not settings.tenant:
        return
    if settings.isolation == "process":
        raise SettingError(
            f"tenant is {settings.tenant!r} and isolation is 'process', where one process serves everybody",
            hint="set isolation to window, or to invocation, where no two events meet",
        )
    if settings.tmp == "keep":
        raise SettingError(
            f"tenant is {settings.tenant!r} and tmp is 'keep', which leaves one tenant's files to another",
            hint="set tmp to scrub; what all tenants may see can be named in `keep`",
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
        "share": 'a number as 0.1, or a string as "10%"',
        "switch": "true or false",
        "duration": 'a number of seconds, or a string as "15m"',
        "count": "a whole number",
    }
    raise SettingError(f"{where} is {value!r}", hint=f"it must be {wanted.get(setting.kind, 'a string')}")


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
            raise SettingError(f"{where} is {text!r}", hint="it must be on or off")
        return _SWITCH[value]
    if value not in setting.choices:
        raise SettingError(f"{where} is {text!r}", hint="it must be one of: " + ", ".join(setting.choices))
    return value


def _choices(setting: Setting, names: tuple[str, ...], *, where: str) -> tuple[str, ...]:
    chosen = tuple(name.strip().lower() for name in names if name.strip())
    for name in chosen:
        if name not in setting.choices:
            raise SettingError(
                f"{where} has {name!r}", hint="it may have any of: " + ", ".join(setting.choices)
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
        raise SettingError(f"{where} is {text!r}", hint="it must be a share from 0 to 0.9, as 0.1 or 10%")
    return share


def _tenant(text: str, *, where: str) -> str:
    if text:
        # JSON and the rest of it are for functions that set it.
        from dayfly.core.tenants import parse_source

        try:
            parse_source(text)
        except ValueError as fault:
            raise SettingError(f"{where} is {text!r}", hint=str(fault)) from None
    return text


def _entry(text: str, *, where: str) -> str:
    module, _, function = text.partition(":")
    parts = [*module.split("."), *function.split(".")]
    if text and not all(part.isidentifier() for part in parts):
        raise SettingError(f"{where} is {text!r}", hint="it must name a function as module:function")
    return text


def _package_glob(text: str, *, where: str) -> str:
    if text.startswith("/") or ".." in text.split("/") or _has_control(text):
        raise SettingError(
            f"{where} is {text!r}",
            hint="it must be a glob relative to the function's package without `..`, as events/*.json",
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
            f"{where} is {text!r}", hint="it must be a duration of at most 30 days, as 90s, 15m or 2h"
        )
    return seconds


def _count(text: str, *, where: str) -> float:
    stripped = text.strip()
    is_number = stripped.isascii() and stripped.isdigit() and len(stripped) <= _MAX_COUNT_DIGITS
    if not (is_number and 0 < int(stripped) <= _MAX_COUNT):
        raise SettingError(f"{where} is {text!r}", hint="it must be a whole number from 1 on")
    return float(stripped)


def _globs(globs: tuple[str, ...], *, where: str) -> tuple[str, ...]:
    for glob in globs:
        if not glob.startswith("/") or ".." in glob.split("/") or _has_control(glob):
            raise SettingError(
                f"{where} has the glob {glob!r}",
                hint="a glob is an absolute path without `..`, as /tmp/cache/**",
            )
    return globs


def _places(places: tuple[str, ...], *, where: str) -> tuple[str, ...]:
    places = tuple(place.rstrip("/") for place in places)
    for place in places:
        parts = place.split("/")[1:]
        # What the system lives in is nobody's to empty, whatever a setting says.
        if not parts or not place.startswith("/") or {"", ".", ".."} & set(parts) or parts[0] in _SYSTEM:
            raise SettingError(
                f"{where} has the directory {place!r}",
                hint="it must be an absolute path without `..`, outside the system's own directories, as /mnt/work",
            )
    return places


def _has_control(text: str) -> bool:
    """Say whether `text` holds what no path has in earnest and what separates the options of a zygote."""
    return any(char < " " or char == "\x7f" for char in text)


_LISTS = {"globs": _globs, "places": _places}
