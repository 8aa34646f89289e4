"""Reads `[policy]` of dayfly.toml into a policy, and says where in the file a rule stands."""

from __future__ import annotations

from dayfly.core import destinations
from dayfly.core.policy import KINDS, MODES, TABLES, Package, Policy, Table
from dayfly.core.reports import SUBJECTS
from dayfly.core.shapes import MANY_ENTRIES, parse_entry
from dayfly.errors import SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_WHERE = "dayfly.toml: [policy"
_UNITS = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_MAX_PROMOTE_S = 366 * 86400.0
_MANY_CHARACTERS = 1024
# A text in an environment variable may have 128 kB, which the zygote's other options share.
MAX_BYTES = 64 * 1024


def parse_policy(table: Mapping[str, object]) -> Policy:
    """Return the policy that the file's table `[policy]` describes; raises SettingError for one that is none."""
    known = {"mode", "promote_after", "quiet_since", "rules", "packages", "shapes", *TABLES}
    for name in table:
        if name not in known:
            raise SettingError(
                f"{_WHERE}]: unknown key {name!r}",
                hint="use one of: " + ", ".join(sorted(known)),
            )
    tables = {kind: _table(kind, table[kind]) for kind in TABLES if kind in table}
    packages: dict[str, Package] | None = None
    if "packages" in table:
        listed = _mapping(table["packages"], ".packages]")
        packages = {name: _package(name, value) for name, value in listed.items()}
    policy = Policy(
        tables,
        packages,
        mode=_mode(table.get("mode", ""), "]"),
        modes=_modes(table.get("rules", {})),
        promote_after=_promote_after(table.get("promote_after", "")),
        quiet_since=_quiet_since(table.get("quiet_since")),
        shapes=_shapes(table.get("shapes", {})),
    )
    if policy.promote_after and not policy.quiet_since:
        raise SettingError(
            f"{_WHERE}]: promote_after needs quiet_since",
            hint="add quiet_since with the date on which the policy became active, for example 2026-11-25",
        )
    if len(policy.pack()) > MAX_BYTES:
        raise SettingError(
            f"{_WHERE}] is larger than the limit of {MAX_BYTES} bytes",
            hint="use ** for directories and * for hosts instead of single entries",
        )
    return policy


def _table(kind: str, value: object) -> Table:
    where = f".{kind}]"
    table = _mapping(value, where)
    _only(table, ("mode", "allow", "init"), where)
    lists = [_texts(table.get(name, []), f"{where} {name}") for name in ("allow", "init")]
    for entries in lists:
        for entry in entries:
            if fault := _fault(kind, entry):
                raise SettingError(f"{_WHERE}{where}: invalid entry {entry!r}", hint=fault)
    return Table(lists[0], lists[1], _mode(table.get("mode", ""), where))


def _fault(kind: str, entry: str) -> str:
    """Return why an entry means nothing, "" where it means something."""
    if not entry or len(entry) > _MANY_CHARACTERS or any(char < " " or char == "\x7f" for char in entry):
        return "use a string of at most 1024 characters without control characters"
    if kind == "network":
        try:
            destinations.parse_destination(entry)
        except ValueError as fault:
            return str(fault)
        return ""
    if kind in ("read", "write"):
        is_path = (
            entry == "*" or entry.startswith(("/", "${TASK}/", "${TMP}/")) or entry in ("${TASK}", "${TMP}")
        )
        if not is_path or {"..", "."} & set(entry.split("/")):
            return (
                "use an absolute path or one that begins with ${TASK}/ or ${TMP}/, without `..`; ** "
                "matches directories"
            )
    elif "/" in entry and (not entry.startswith(("/", "${TASK}/", "${TMP}/")) or ".." in entry.split("/")):
        return "use a name, or an absolute path without `..`"
    return ""


def _package(name: str, value: object) -> Package:
    where = f".packages.{name}]"
    if not all(part.isidentifier() for part in name.split(".")):
        raise SettingError(
            f"{_WHERE}.packages]: {name!r} is not an import name",
            hint=(
                "use a package's top-level import name, for example yaml for PyYAML; the function's own "
                "code is `function`"
            ),
        )
    table = _mapping(value, where)
    _only(table, ("uses", "init"), where)
    lists = [_texts(table.get(one, []), f"{where} {one}") for one in ("uses", "init")]
    for kinds in lists:
        for kind in kinds:
            if kind not in KINDS:
                raise SettingError(
                    f"{_WHERE}{where}: unknown kind of use {kind!r}",
                    hint="use one of: " + ", ".join(KINDS),
                )
    return Package(lists[0], lists[1])


def _shapes(value: object) -> tuple[str, ...]:
    where = ".shapes]"
    table = _mapping(value, where)
    _only(table, ("allow",), where)
    entries = _texts(table.get("allow", []), f"{where} allow")
    if len(entries) > MANY_ENTRIES:
        raise SettingError(
            f"{_WHERE}{where}: more than {MANY_ENTRIES} entries",
            hint="delete those whose date is over; dayfly policy check names them",
        )
    for entry in entries:
        if parse_entry(entry) is None:
            raise SettingError(
                f"{_WHERE}{where}: invalid entry {entry!r}",
                hint="dayfly policy learn writes these entries; delete this one, and learn again",
            )
    return entries


def _modes(value: object) -> dict[str, str]:
    where = ".rules]"
    modes = _mapping(value, where)
    subjects = [*(subject for subject in SUBJECTS if subject != "capability"), "credentials"]
    for name, mode in modes.items():
        if name not in subjects:
            hint = "use one of: " + ", ".join(subjects)
            if name in TABLES:
                hint = f"set the mode of that kind in [policy.{name}]"
            raise SettingError(f"{_WHERE}{where}: unknown guard rule {name!r}", hint=hint)
        if not mode:
            _mode("?", f"{where} {name}")
    return {name: _mode(mode, f"{where} {name}") for name, mode in modes.items()}


def _mode(value: object, where: str) -> str:
    if value == "":
        return ""
    if not isinstance(value, str) or value not in MODES:
        raise SettingError(f"{_WHERE}{where}: unknown mode {value!r}", hint="use one of: " + ", ".join(MODES))
    return value


def _promote_after(value: object) -> float:
    if value == "":
        return 0.0
    text = value if isinstance(value, str) else ""
    number, unit = text[:-1], _UNITS.get(text[-1:], 0.0)
    seconds = int(number) * unit if number.isascii() and number.isdigit() and len(number) <= 4 else 0.0
    if not 0 < seconds <= _MAX_PROMOTE_S:
        raise SettingError(
            f"{_WHERE}]: promote_after = {value!r} is not a duration",
            hint="use a duration of at most a year, for example 36h, 14d or 4w",
        )
    return seconds


def _quiet_since(value: object) -> float:
    if value is None:
        return 0.0
    # What TOML calls a date is Python's; a text is taken as well.
    import datetime

    if isinstance(value, str):
        try:
            value = datetime.date.fromisoformat(value)
        except ValueError:
            pass
    if isinstance(value, datetime.datetime):
        value = value.date()
    if not isinstance(value, datetime.date):
        raise SettingError(
            f"{_WHERE}]: quiet_since = {value!r} is not a date", hint="use a date, for example 2026-11-25"
        )
    return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.timezone.utc).timestamp()  # noqa: UP017


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise SettingError(f"{_WHERE}{where}: invalid value {value!r}", hint="write it as a table")
    return value


def _only(table: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for name in table:
        if name not in known:
            raise SettingError(
                f"{_WHERE}{where}: unknown key {name!r}", hint="use one of: " + ", ".join(known)
            )


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SettingError(f"{_WHERE}{where}: invalid value {value!r}", hint="write a list of strings")
    return tuple(value)


def locate(text: str, rule: str, entry: str = "") -> int:
    """Return the line of `entry` in the table `rule` (`policy.network`) of a file's text, else the table's; 0: not there."""
    found = 0
    is_inside = False
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            header = stripped.partition("]")[0].lstrip("[").replace(" ", "").replace('"', "").replace("'", "")
            is_inside = header == rule
            found = number if is_inside and not found else found
        elif is_inside and entry and _holds(stripped, entry):
            return number
    return found


def _holds(line: str, entry: str) -> bool:
    return f'"{entry}"' in line or f"'{entry}'" in line
