"""What a guard saw, on its way from the worker to a finding: a few fixed words, places in code, never a value.

The supervisor, which reads the line, takes it for an attacker's: it keeps the words that it knows and drops the rest.
"""

from __future__ import annotations

# What a rule is about, the first word of its name: what is written of each, and its technique of ATT&CK, are the supervisor's
# (native/supervisor/invocation_findings.c).
SUBJECTS = (
    *(
        "python",
        "code",
        "global",
        "template",
        "import",
        "shell",
        "argv",
        "sql",
        "query",
        "name",
        "path",
        "url",
    ),
    *("runtime", "hook", "guard", "residue", "capability"),
)
# Lines that one invocation may have about what is unknown or was computed, each of at most so many characters.
MANY = 6
# Of any other verdict and one rule; and the first at each of so many places besides.
MANY_OF_RULE = 3
MANY_PLACES = 12
# And of uses that are told to who learns a policy: a note has 16 kB.
MANY_USES = 48
# At init, which is reported once and not by a note.
MANY_AT_INIT = 200
_MANY_RULE = 40
_MANY_PLACE = 120
_MANY_PATH = 160
_MANY_CHANGE = 160
_MANY_TARGET = 200
_MANY_PACKAGES = 8
_MANY_NAME = 60
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz.-")
_PLACE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:<>- ")
_PATH = _PLACE | frozenset("[]()#")
_TARGET = _PATH | frozenset("*?${}@+=,%~")
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_?")
_TABLE = _NAME | frozenset(".")


class Use:
    """What a report about a capability says beside: a use as `core.policy` has it.

    `target` holds nothing that came with an event; `packages` innermost first, `table` the policy's that decided, "" where none
    did.
    """

    __slots__ = ("packages", "phase", "table", "target")

    def __init__(self, target: str, packages: tuple[str, ...], phase: str, table: str = "") -> None:
        self.target = target
        self.packages = packages
        self.phase = phase
        self.table = table


class Report:
    """One operation that a guard looked at.

    `verdict` is "refused", "observed", "planted" (found in memory), "unknown", "computed" (arithmetic that was allowed), "fault"
    or "used" (a capability seen for the first time, where a policy is learned).
    `rule` as the judges name it, `place` where in the function's code or memory, `path` where in the event; `digest` is the
    keyed hash of what was judged, 16 hexadecimal digits; `change` says from what to what something was changed; `use` is there
    for rules of capabilities.
    """

    __slots__ = ("change", "digest", "path", "place", "rule", "use", "verdict")

    def __init__(
        self,
        verdict: str,
        rule: str,
        *,
        place: str = "",
        path: str = "",
        digest: str = "",
        change: str = "",
        use: Use | None = None,
    ) -> None:
        self.verdict = verdict
        self.rule = rule
        self.place = place
        self.path = path
        self.digest = digest
        self.use = use
        self.change = change

    def pack(self) -> str:
        """Return the report as a line of a note."""
        fields = [
            self.verdict,
            _only(self.rule, _LETTERS, _MANY_RULE),
            self.digest,
            _only(self.place, _PLACE, _MANY_PLACE),
            _only(self.path, _PATH, _MANY_PATH),
        ]
        if self.use is not None:
            fields += [
                _only(self.use.target, _TARGET, _MANY_TARGET),
                ",".join(_only(name, _NAME, _MANY_NAME) for name in self.use.packages[:_MANY_PACKAGES]),
                self.use.phase,
                _only(self.use.table, _TABLE, _MANY_NAME + _MANY_NAME),
            ]
        elif self.change:
            fields.append(_only(self.change, _PLACE, _MANY_CHANGE))
        return "|".join(fields)


def _only(text: str, allowed: frozenset[str], limit: int) -> str:
    return "".join(char if char in allowed else "?" for char in text[:limit])
