"""What a function is allowed to do, by its policy: tables, and whether they mean a use.

A *use* is one operation: its kind, what it is about (`target`), the installed packages that stand between it and the function's
own code, and whether it happens at init. `dayfly.core.policyfile` reads the tables from a file.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Find = Callable[[str], str]

# With a table each, and a mode each.
TABLES = ("process", "network", "read", "write", "environment", "native", "threads")
# What packages use. The credentials' variables are nothing to name one by one: whoever may have them may have them all.
KINDS = (*TABLES, "credentials")
# What packages have, in a packed policy.
_INITIALS = dict(zip(KINDS, "pnrwedtc", strict=True))
MODES = ("observe", "block")
# The function's own code, and code of which nobody can say whose it is.
FUNCTION = "function"
STRANGER = "?"
TASK = "${TASK}"
TEMPORARY = "${TMP}"
_CREDENTIALS = frozenset(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))
_CONTAINER = "AWS_CONTAINER_"
# Where a program that a policy names without its directory may lie.
_PROGRAMS = frozenset(
    ("/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/usr/local/sbin", "/opt/bin")
)


class Table:
    """What one kind's table allows: `always`, and `init` before the first event alone. `mode` "" where it has none."""

    __slots__ = ("always", "init", "mode")

    def __init__(self, always: Sequence[str] = (), init: Sequence[str] = (), mode: str = "") -> None:
        self.always = tuple(always)
        self.init = tuple(init)
        self.mode = mode


class Package:
    """The kinds that one package uses: `always`, and `init` while the function initialises alone."""

    __slots__ = ("always", "init")

    def __init__(self, always: Sequence[str] = (), init: Sequence[str] = ()) -> None:
        self.always = tuple(always)
        self.init = tuple(init)


class Verdict:
    """What a policy says of a use.

    `rule` is the table that decided, as it is called in the file (`policy.network`, `policy.packages.requests`), "" where none
    restricts that kind; `entry` what stands in it, "" where nothing in it means the use; `package` whose use it is.
    """

    __slots__ = ("entry", "is_allowed", "package", "rule")

    def __init__(self, is_allowed: bool, rule: str = "", entry: str = "", package: str = "") -> None:
        self.is_allowed = is_allowed
        self.rule = rule
        self.entry = entry
        self.package = package


class Policy:
    """A function's policy.

    `tables` by kind: a kind without one is not restricted. `packages` by top-level import name; None where there is no such
    table, and then no package is restricted. `modes` are those of `[policy.rules]`. `promote_after` in seconds, 0: never;
    `quiet_since` in seconds since the epoch, 0: not known. `shapes` are the entries of `[policy.shapes]` (`core.shapes`).
    """

    __slots__ = (
        "_finders",
        "_task",
        "_temporary",
        "mode",
        "modes",
        "packages",
        "promote_after",
        "quiet_since",
        "shapes",
        "tables",
    )

    def __init__(
        self,
        tables: Mapping[str, Table] | None = None,
        packages: Mapping[str, Package] | None = None,
        *,
        mode: str = "",
        modes: Mapping[str, str] | None = None,
        promote_after: float = 0.0,
        quiet_since: float = 0.0,
        shapes: Sequence[str] = (),
    ) -> None:
        self.tables = dict(tables or {})
        self.packages = None if packages is None else dict(packages)
        self.mode = mode
        self.modes = dict(modes or {})
        self.promote_after = promote_after
        self.quiet_since = quiet_since
        self.shapes = tuple(shapes)
        self._task = TASK
        self._temporary: tuple[str, ...] = (TEMPORARY,)
        self._finders: dict[tuple[str, bool], Find] = {}

    def bind(self, task: str, temporary: Sequence[str]) -> None:
        """Let `${TASK}` and `${TMP}` stand for directories; until then they stand for themselves in targets as well."""
        self._task = task.rstrip("/")
        self._temporary = tuple(sorted({place.rstrip("/") for place in temporary}))
        self._finders = {}

    def restricts(self, kind: str) -> bool:
        """Say whether anything is refused of a kind: what is not restricted need not be asked about."""
        return kind in self.tables or self.packages is not None

    def allows(self, kind: str, target: str, packages: Sequence[str], phase: str) -> Verdict:
        """Say whether a use is allowed; `packages` innermost first, `function` where none stands between."""
        rule = entry = ""
        table = self.tables.get(kind)
        if table is not None:
            rule = f"policy.{kind}"
            entry = self._find(kind, target, is_init=phase == "init")
            if not entry:
                return Verdict(False, rule, package=packages[0] if packages else FUNCTION)
        if STRANGER in packages and self.restricts(kind):
            return Verdict(False, rule or "policy.packages", package=STRANGER)
        if self.packages is not None:
            for name in packages:
                package = self.packages.get(name)
                if package is None:
                    return Verdict(False, "policy.packages", package=name)
                if kind not in package.always and not (phase == "init" and kind in package.init):
                    return Verdict(False, f"policy.packages.{name}", package=name)
            if not rule and packages:
                return Verdict(True, f"policy.packages.{packages[0]}", kind, packages[0])
        return Verdict(True, rule, entry, packages[0] if packages else FUNCTION)

    def mode_of(self, subject: str, guard: str) -> str:
        """Return "observe" or "block" for a kind or for a subject of the guard's (`sql`); `guard` is the guard's setting."""
        table = self.tables.get(subject)
        return (table.mode if table is not None else "") or self.modes.get(subject, "") or self.mode or guard

    def promoted(self, now: float) -> Policy:
        """Return the policy as it is at `now` (seconds since the epoch): what observed for long enough blocks."""
        is_due = (
            self.promote_after > 0 and self.quiet_since > 0 and now >= self.quiet_since + self.promote_after
        )
        if not is_due:
            return self
        tables = {kind: Table(table.always, table.init, "block") for kind, table in self.tables.items()}
        return Policy(
            tables,
            self.packages,
            mode="block",
            modes=dict.fromkeys(self.modes, "block"),
            promote_after=self.promote_after,
            quiet_since=self.quiet_since,
            shapes=self.shapes,
        )

    def _find(self, kind: str, target: str, *, is_init: bool) -> str:
        finder = self._finders.get((kind, False))
        if finder is None:
            table = self.tables[kind]
            finder = self._finders[kind, False] = self._finder(kind, table.always)
            self._finders[kind, True] = self._finder(kind, table.init)
        return finder(target) or (self._finders[kind, True](target) if is_init else "")

    def _finder(self, kind: str, entries: tuple[str, ...]) -> Find:
        """Return what finds the entry that means a target; only now, since most kinds never occur in a process."""
        from dayfly.core import globs

        if kind == "network":
            from dayfly.core.destinations import Destinations

            return Destinations(self._spell(entries)[0]).find
        if kind in ("environment", "threads"):
            return globs.Names(entries).find
        spelled, written = self._spell(entries)
        paths = globs.Paths([entry for entry in spelled if "/" in entry])
        names = globs.Names([entry for entry in spelled if "/" not in entry])

        def find(target: str) -> str:
            if "/" in target:
                found = paths.find(target)
                folder, _, base = target.rpartition("/")
                if not found and (kind == "native" or (kind == "process" and folder in _PROGRAMS)):
                    found = names.find(base)
                if not found and "*" in spelled:
                    found = "*"
            else:
                found = names.find(target)
            return written.get(found, found)

        return find

    def _spell(self, entries: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
        """Return entries with their places filled in, and how each is written in the file."""
        spelled: list[str] = []
        written: dict[str, str] = {}
        for entry in entries:
            for place in self._temporary:
                full = entry.replace(TASK, self._task).replace(TEMPORARY, place)
                if full not in written:
                    spelled.append(full)
                    written[full] = entry
        return spelled, written

    def strictness(self, guard: str) -> str:
        """Return the mode of all kinds that are restricted, `mixed` where they differ; `guard` is the setting."""
        modes = {self.mode_of(kind, guard) for kind in KINDS if self.restricts(kind)}
        # As a rule all have one.
        return modes.pop() if len(modes) == 1 else "mixed" if modes else guard

    def pack(self) -> str:
        """Return the policy as one text without control characters."""
        tables = {kind: [table.mode, table.always, table.init] for kind, table in self.tables.items()}
        packages = self.packages
        listed = (
            None
            if packages is None
            else {name: [_initials(one.always), _initials(one.init)] for name, one in packages.items()}
        )
        whole = (self.mode, self.modes, tables, listed, self.shapes)
        return json.dumps(whole, separators=(",", ":"), ensure_ascii=True)

    @staticmethod
    def unpack(text: str) -> Policy:
        """Return the policy that `pack` made a text of; when it was promoted or will be is not in it."""
        mode, modes, tables, listed, shapes = json.loads(text)
        packages = (
            None
            if listed is None
            else {name: Package(_kinds(always), _kinds(init)) for name, (always, init) in listed.items()}
        )
        return Policy(
            {kind: Table(always, init, mode) for kind, (mode, always, init) in tables.items()},
            packages,
            mode=mode,
            modes=modes,
            shapes=shapes,
        )


def is_credential(name: str) -> bool:
    """Say whether a variable of the environment holds AWS's credentials, or says where they are to be had."""
    return name in _CREDENTIALS or name.startswith(_CONTAINER)


def _initials(kinds: Sequence[str]) -> str:
    return "".join(_INITIALS[kind] for kind in kinds)


def _kinds(initials: str) -> tuple[str, ...]:
    return tuple(kind for kind in KINDS if _INITIALS[kind] in initials)
