"""Loads every rule of a service's folder, Dayfly's and the user's; a bad file costs only itself."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dayfly.errors import DayflyError
from dayfly.fleet.detections.rules import Rule, RuleError, load_rules, parse_rule, with_thresholds
from dayfly.fleet.ownrules.checking import check_own
from dayfly.fleet.ownrules.sigma_rules import rules_of
from dayfly.fleet.store.sqlfiles import parse_sql

FOLDER = "rules"
SETTINGS = "rules.toml"
_SIGMA = (".yml", ".yaml")
# A rule of more than this is no rule but a mistake.
_MAX_BYTES = 200_000


@dataclass(slots=True)
class Loaded:
    """The rules that can run, and what is wrong with the files that cannot."""

    rules: list[Rule] = field(default_factory=list)
    faults: list[DayflyError] = field(default_factory=list)


def load_all(home: Path) -> Loaded:
    """Return Dayfly's rules, those of `home`/rules (*.sql, *.yml, *.yaml), and `home`/rules.toml applied to them.

    Raises nothing for what users wrote: a service must start, and say what it leaves out.
    """
    loaded = Loaded(load_rules())
    names = {rule.name: "Dayfly" for rule in loaded.rules}
    folder = home / FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix != ".sql" and path.suffix not in _SIGMA:
            continue
        try:
            for rule in read_own(path):
                if rule.name in names:
                    raise RuleError(
                        f"{path.name}: {names[rule.name]} already contains a rule named {rule.name}",
                        hint="rename your rule",
                    )
                names[rule.name] = path.name
                loaded.rules.append(rule)
        except DayflyError as error:
            loaded.faults.append(error)
    loaded.rules.sort(key=lambda rule: rule.name)
    try:
        loaded.rules = with_thresholds(loaded.rules, _settings(home / SETTINGS))
    except DayflyError as error:
        loaded.faults.append(error)
    return loaded


def read_own(path: Path) -> list[Rule]:
    """Return the rules of one file; raises RuleError that names it, and the line where it can be told."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise RuleError(f"{path.name} is too large for a rule", hint=f"use at most {_MAX_BYTES:,} bytes")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"{path} cannot be read: {error}", hint="a rule is a UTF-8 text file") from error
    return parse_own(path.name, text)


def parse_own(name: str, text: str) -> list[Rule]:
    """Return the rules of a file's text; the name's suffix says whether it is SQL or Sigma."""
    suffix = Path(name).suffix
    if suffix == ".sql":
        file = parse_sql(name.removesuffix(".sql"), text)
        check_own(file)
        if "suspects" in file.header:
            raise RuleError(
                f"rule {name}: only built-in rules can have suspects", hint="remove that line from the header"
            )
        return [replace(parse_rule(file), own=True)]
    if suffix in _SIGMA:
        return [replace(rule, own=True) for rule in rules_of(name, text)]
    raise RuleError(f"{name} is not a rule file", hint="name it *.sql or, for Sigma, *.yml")


def _settings(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleError(
            f"rules.toml cannot be read: {error}",
            hint="use one table for each rule, for example [enumeration]",
        ) from error
