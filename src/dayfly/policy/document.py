"""One dayfly.toml as a policy command reads it: its text, its policy, and where each rule stands."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly.core.policyfile import parse_policy
from dayfly.core.settings import FILE_NAME
from dayfly.errors import SettingError
from dayfly.policy.lines import locate
from dayfly.policy.model import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.policy import Policy
    from dayfly.policy.lines import Path as Key
    from dayfly.policy.lines import Spot

_MAX_BYTES = 1 << 20
_PACKAGES = "policy.packages."


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is TOML; whether its policy is one is for `policy` to say."""

    path: Path
    text: str
    data: Mapping[str, object]
    spots: Mapping[Key, Spot]

    @property
    def table(self) -> Mapping[str, object]:
        """Return `[policy]` as it stands there, empty if there is none."""
        table = self.data.get("policy")
        return table if isinstance(table, dict) else {}

    def policy(self) -> Policy:
        """Return the policy. Raises PolicyError where there is none or it is not valid."""
        if "policy" not in self.data:
            raise PolicyError(
                f"{self.path} has no [policy] table", hint="create one with dayfly policy learn"
            )
        try:
            return parse_policy(self.table)
        except SettingError as fault:
            raise PolicyError(
                f"{self.path}: {fault.message.removeprefix(f'{FILE_NAME}: ')}",
                hint=fault.hint or "run dayfly policy check for all errors with their lines",
            ) from fault

    @property
    def guard(self) -> str:
        """Return the guard's setting in this file: what rules do that have no mode. "observe" where it sets none."""
        value = self.data.get("guard")
        return value if value in ("observe", "block") else "observe"

    def line(self, key: Key) -> int:
        """Return the line of a key, of what is first within it, or of the nearest table above it; 0: of nothing."""
        while key:
            if key in self.spots:
                return self.spots[key].line
            inside = [spot.line for path, spot in self.spots.items() if path[: len(key)] == key]
            if inside:
                return min(inside)
            key = key[:-1]
        return 0

    def line_of(self, rule: str, entry: str = "") -> int:
        """Return the line of a rule as a verdict names it (`policy.network`), of its entry where it names one."""
        table: Key
        if rule.startswith(_PACKAGES):
            table, lists = ("policy", "packages", rule.removeprefix(_PACKAGES)), ("uses", "init")
        else:
            table, lists = tuple(rule.split(".")), ("allow", "init")
        for name in lists:
            items = self.value((*table, name))
            if entry and isinstance(items, list) and entry in items:
                return self.line((*table, name, items.index(entry)))
        return self.line(table)

    def value(self, key: Key) -> object:
        """Return what stands under a key; None for nothing."""
        found: object = self.data
        for part in key:
            found = found.get(str(part)) if isinstance(found, dict) else None
        return found


def read_document(place: Path) -> Document:
    """Return a file, or the dayfly.toml of a folder. Raises PolicyError for one that cannot be read or is no TOML."""
    path = place / FILE_NAME if place.is_dir() else place
    return parse_document(read_text(path), path)


def parse_document(text: str, path: Path = Path(FILE_NAME)) -> Document:
    """Return a file's text as a document. Raises PolicyError for what is no TOML."""
    try:
        return Document(path, text, tomllib.loads(text), locate(text))
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise PolicyError(f"{path} is not valid TOML: {fault}", hint="fix it first") from fault


def read_text(path: Path) -> str:
    """Return a file's text as it is, line ends and all. Raises PolicyError where that cannot be done."""
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise PolicyError(
            f"{path} cannot be read: {fault.strerror}", hint=f"give a {FILE_NAME} or its folder"
        ) from fault
    if len(data) > _MAX_BYTES:
        raise PolicyError(
            f"{path} is too large ({len(data):,} bytes)", hint=f"a {FILE_NAME} has only a few kilobytes"
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise PolicyError(f"{path} is not valid UTF-8", hint="save it as UTF-8") from fault
