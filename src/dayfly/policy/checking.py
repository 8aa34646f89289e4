"""Looks a policy over for what cannot be meant: faults, contradictions, rules that mean nothing or everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dayfly.core.policy import FUNCTION, KINDS, TABLES
from dayfly.core.policyfile import parse_policy
from dayfly.core.settings import FILE_NAME, load_settings
from dayfly.core.shapes import parse_entry
from dayfly.errors import SettingError
from dayfly.policy.covering import covering_entry
from dayfly.policy.generalise import matches_everything
from dayfly.policy.matching import finder
from dayfly.policy.packages import find_missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from dayfly.core.policy import Package, Policy
    from dayfly.policy.document import Document
    from dayfly.policy.lines import Path as Key
    from dayfly.policy.model import Use

_LISTS = ("allow", "init")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `rule` is the table as the file calls it, `is_error` that the runtime would not start."""

    line: int
    rule: str
    what: str
    fix: str
    is_error: bool = False


def check(
    document: Document,
    *,
    now: datetime,
    folder: Path | None = None,
    layers: Sequence[Path] = (),
    uses: Sequence[Use] | None = None,
) -> tuple[Problem, ...]:
    """Return what is wrong, in the order of lines.

    `folder` is the function's package, to look for the packages that the policy names; `uses` is everything the
    function was seen to use, to find rules that nothing needs. Where the file itself is at fault, that alone is told.
    """
    faults = [*_settings(document), *_faults(document, (), document.table)]
    if faults:
        return _sorted(faults)
    policy = document.policy()
    problems = [*_modes(document, policy, now), *_entries(document, policy), *_packages(document, policy)]
    problems += _shapes(document, policy, now)
    if folder is not None and policy.packages:
        names = [name for name in policy.packages if name != FUNCTION]
        problems += (
            Problem(
                document.line(("policy", "packages", name)),
                f"policy.packages.{name}",
                f"neither the function's package nor a layer contains {name!r}",
                "use the import name, add the layer with --layer, or remove the table",
            )
            for name in find_missing(names, folder, layers)
        )
    if uses is not None:
        problems += _unused(document, policy, uses)
    return _sorted(problems)


def _sorted(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda one: (one.line, one.rule, one.what)))


def _settings(document: Document) -> Iterator[Problem]:
    """The rest of the file: settings that Dayfly would not start with."""
    rest = {name: value for name, value in document.data.items() if name != "policy"}
    try:
        load_settings({}, rest)
    except SettingError as fault:
        name = next((name for name in rest if repr(name) in fault.message or f" {name}" in fault.message), "")
        yield Problem(
            document.line((name,)) if name else 0, name, _plain(fault.message), fault.hint, is_error=True
        )


def _faults(document: Document, key: tuple[str, ...], value: object) -> Iterator[Problem]:
    """What the reader of policies refuses, each smallest part for itself: it stops at the first."""
    fault = _fault(key, value)
    if fault is None:
        return
    inner: list[Problem] = []
    if isinstance(value, dict) and _fault(key, {}) is None:
        for name, item in value.items():
            if not key and name in ("promote_after", "quiet_since"):
                continue
            inner += _faults(document, (*key, name), item)
        if not key:
            times = {name: value[name] for name in ("promote_after", "quiet_since") if name in value}
            if wrong := _fault((), times):
                at: Key = ("policy", "quiet_since" if "quiet_since" in wrong.message else "promote_after")
                inner.append(_problem(document, at, wrong))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if wrong := _fault(key, [item]):
                inner.append(_problem(document, ("policy", *key, number), wrong))
    yield from inner or [_problem(document, ("policy", *key), fault)]


def _fault(key: tuple[str, ...], value: object) -> SettingError | None:
    table = value
    for name in reversed(key):
        table = {name: table}
    try:
        parse_policy(table if isinstance(table, dict) else {})
    except SettingError as fault:
        return fault
    return None


def _problem(document: Document, key: Key, fault: SettingError) -> Problem:
    names = [str(part) for part in key if isinstance(part, str)]
    rule = ".".join(names[: 3 if names[1:2] == ["packages"] else 2])
    return Problem(document.line(key), rule, _plain(fault.message), fault.hint, is_error=True)


def _plain(message: str) -> str:
    return message.removeprefix(f"{FILE_NAME}: ").removeprefix(f"{FILE_NAME} ")


def _modes(document: Document, policy: Policy, now: datetime) -> Iterator[Problem]:
    line = document.line
    if document.data.get("guard") == "off":
        yield Problem(
            line(("guard",)), "guard", "the guard is off, so this policy has no effect", 'guard = "observe"'
        )
    observing: list[Key] = [("policy", "mode")] if policy.mode == "observe" else []
    observing += [
        ("policy", kind, "mode") for kind, table in policy.tables.items() if table.mode == "observe"
    ]
    observing += [("policy", "rules", name) for name, mode in policy.modes.items() if mode == "observe"]
    if observing and not policy.promote_after:
        yield Problem(
            line(observing[0]),
            ".".join(map(str, observing[0][:2])),
            "this only observes: nothing is refused, and there is no promote_after",
            'add promote_after = "14d" and quiet_since to [policy], or set the mode to "block"',
        )
    if policy.quiet_since > now.timestamp():
        yield Problem(
            line(("policy", "quiet_since")),
            "policy",
            f"quiet_since lies in the future: {_day(policy.quiet_since)}",
            f"quiet_since = {now.astimezone(UTC).date().isoformat()}",
        )


def _shapes(document: Document, policy: Policy, now: datetime) -> Iterator[Problem]:
    today = now.astimezone(UTC).date().isoformat()
    for number, entry in enumerate(policy.shapes):
        known = parse_entry(entry)
        if known is not None and known[1] <= today:
            yield Problem(
                document.line(("policy", "shapes", "allow", number)),
                "policy.shapes",
                f'"{known[0].site}": this entry expired on {known[1]} and has no effect',
                "run dayfly policy learn again, and delete it",
            )


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _entries(document: Document, policy: Policy) -> Iterator[Problem]:
    for kind, table in policy.tables.items():
        rule = f"policy.{kind}"
        # What allows everything is told once, and not of all that it makes needless.
        always = [entry for entry in table.always if not matches_everything(kind, entry)]
        for name, entries in zip(_LISTS, (table.always, table.init), strict=True):
            narrow = [entry for entry in entries if not matches_everything(kind, entry)]
            for number, entry in enumerate(entries):
                line = document.line(("policy", kind, name, number))
                if matches_everything(kind, entry):
                    what = f'"{entry}" allows every {_WORDS[kind]}'
                    yield Problem(line, rule, what, f"list only what is needed, or remove [{rule}]")
                if entry in entries[:number]:
                    yield Problem(line, rule, f'"{entry}" is listed twice', "remove one")
                elif wider := covering_entry(kind, entry, [one for one in narrow if one != entry]):
                    what = f'"{entry}" is already covered by "{wider}"'
                    yield Problem(
                        line, rule, what, "remove the narrower entry, or the wider one if it allows too much"
                    )
                if name == "init" and (wider := covering_entry(kind, entry, always)):
                    what = f'"{entry}" is limited to init, but "{wider}" always allows it'
                    yield Problem(
                        line, rule, what, "remove it from init, or from allow if only init needs it"
                    )


_WORDS = {
    "process": "program",
    "network": "destination",
    "read": "file",
    "write": "file",
    "environment": "variable",
    "native": "library",
    "threads": "thread",
}


def _packages(document: Document, policy: Policy) -> Iterator[Problem]:
    if policy.packages is None:
        return
    for name, package in policy.packages.items():
        key = ("policy", "packages", name)
        rule = ".".join(key)
        for number, kind in enumerate(package.init):
            if kind in package.always:
                line = document.line((*key, "init", number))
                yield Problem(line, rule, f"{kind!r} is listed in both uses and init", "remove it from init")
        yield from _impossible(document, policy, name, package)
    for kind in TABLES:
        table = policy.tables.get(kind)
        users = [one for one in policy.packages.values() if kind in one.always or kind in one.init]
        if table is not None and (table.always or table.init) and not users:
            yield Problem(
                document.line(("policy", kind)),
                f"policy.{kind}",
                f"this allows {_WORDS[kind]}s, but no package may use them",
                f"add {kind!r} to uses of [policy.packages.{FUNCTION}] or of the package that needs it, or empty the lists",
            )


def _impossible(document: Document, policy: Policy, name: str, package: Package) -> Iterator[Problem]:
    key = ("policy", "packages", name)
    for listed, kinds in (("uses", package.always), ("init", package.init)):
        for number, kind in enumerate(kinds):
            line = document.line((*key, listed, number))
            table = policy.tables.get(kind)
            if kind in kinds[:number]:
                yield Problem(line, ".".join(key), f"{kind!r} is listed twice", "remove one")
            if table is None:
                continue
            if not table.always and not table.init:
                yield Problem(
                    line,
                    ".".join(key),
                    f"{name} uses {kind!r}, but [policy.{kind}] allows no entry",
                    f"add its targets to [policy.{kind}], or remove {kind!r} here",
                )
            elif listed == "uses" and not table.always:
                yield Problem(
                    line,
                    ".".join(key),
                    f"{name} always uses {kind!r}, but [policy.{kind}] allows it only at init",
                    f"move {kind!r} to init here, or its targets to allow there",
                )


def _unused(document: Document, policy: Policy, uses: Sequence[Use]) -> Iterator[Problem]:
    for kind, table in policy.tables.items():
        for name, entries in zip(_LISTS, (table.always, table.init), strict=True):
            targets = {
                use.target for use in uses if use.kind == kind and (name == "allow" or use.phase == "init")
            }
            for number, entry in enumerate(entries):
                find = finder(kind, [entry])
                if not any(find(target) for target in targets):
                    line = document.line(("policy", kind, name, number))
                    yield Problem(
                        line,
                        f"policy.{kind}",
                        f'"{entry}" matches no recorded use',
                        "remove it if it is not needed",
                    )
    seen: Mapping[str, set[str]] = {}
    seen = {
        package: {use.kind for use in uses if package in use.packages}
        for use in uses
        for package in use.packages
    }
    for package, rule in (policy.packages or {}).items():
        unused = [
            kind for kind in KINDS if kind in (*rule.always, *rule.init) and kind not in seen.get(package, ())
        ]
        if unused:
            line = document.line(("policy", "packages", package))
            what = f"{package} has no recorded use of {', '.join(unused)}"
            yield Problem(line, f"policy.packages.{package}", what, "remove what is not needed")
