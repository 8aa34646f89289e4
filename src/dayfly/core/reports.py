"""What a guard saw, on its way from the worker to a finding: a few fixed words, places in code, never a value.

The line comes from a process that an attacker may own: reading it takes the words that are known and drops the rest.
"""

from __future__ import annotations

# `planted` was found in memory; `computed` is arithmetic that was allowed; `used` is no fault of anybody's: a capability seen for
# the first time, for who learns a policy.
VERDICTS = ("refused", "observed", "planted", "unknown", "computed", "fault", "used")

_PYTHON = ("T1059.006", "Python")
_SHELL = ("T1059.004", "Unix Shell")
_EXPLOIT = ("T1190", "Exploit Public-Facing Application")
_HIJACK = ("T1574", "Hijack Execution Flow")
_IMPAIR = ("T1562.001", "Disable or Modify Tools")
# What a rule is about, the first word of its name: what was to happen, and the ATT&CK technique.
SUBJECTS = {
    "python": ("code from data", _PYTHON),
    "code": ("code from data", _PYTHON),
    "global": ("a name that a deserialiser would call", _PYTHON),
    "template": ("a template", _PYTHON),
    "import": ("an import from outside the package", _HIJACK),
    "shell": ("a shell command", _SHELL),
    "argv": ("a child process", _SHELL),
    "sql": ("an SQL statement", _EXPLOIT),
    "query": ("a query", _EXPLOIT),
    "name": ("an attribute that is looked up by name", _EXPLOIT),
    "path": ("a path", _EXPLOIT),
    "url": ("the destination of a request", _EXPLOIT),
    "runtime": ("a change of the runtime itself", _HIJACK),
    "hook": ("a hook into the interpreter", _IMPAIR),
    "guard": ("the guard itself", _IMPAIR),
    "residue": ("a new object in memory", _HIJACK),
    "capability": (
        "a use that the policy does not allow",
        ("T1195.002", "Compromise Software Supply Chain"),
    ),
}
# The same for each kind of use. Network: who is spoken to is known, whether anything leaves is not, so it is the channel's
# technique and none of exfiltration's. Credentials: a function's variables hold what the metadata service gives elsewhere.
# Threads: code that goes on after its call.
CAPABILITIES = {
    "process": ("a child process", _SHELL),
    "network": ("a connection", ("T1071", "Application Layer Protocol")),
    "read": ("reading a file", ("T1005", "Data from Local System")),
    "write": ("changing a file", ("T1565.001", "Stored Data Manipulation")),
    "environment": ("reading the environment", ("T1552", "Unsecured Credentials")),
    "credentials": ("reading the credentials", ("T1552.005", "Cloud Instance Metadata API")),
    "native": ("loading native code", ("T1129", "Shared Modules")),
    "threads": ("starting a thread", ("T1546", "Event Triggered Execution")),
    # No use of a kind of its own: what structure a statement or a command had.
    "shape": ("the structure of a statement or a command", _EXPLOIT),
}
# Rules whose technique is another than their subject's.
_TECHNIQUES = {
    "residue.data": ("T1565.003", "Runtime Data Manipulation"),
    "residue.hook": ("T1546", "Event Triggered Execution"),
    "residue.environment": ("T1574.007", "Path Interception by PATH Environment Variable"),
    "residue.thread": ("T1055", "Process Injection"),
}
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
_DIGEST = 16
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz.-")
_PLACE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:<>- ")
_PATH = _PLACE | frozenset("[]()#")
_TARGET = _PATH | frozenset("*?${}@+=,%~")
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_?")
_TABLE = _NAME | frozenset(".")
_HEX = frozenset("0123456789abcdef")
_FIELDS = 5
_FIELDS_OF_USE = 9
_FIELDS_OF_CHANGE = 6


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

    @property
    def subject(self) -> str:
        """What was to happen, in words."""
        return self._known[0]

    @property
    def attack(self) -> tuple[str, str]:
        """The ATT&CK technique that it would be."""
        return self._known[1]

    @property
    def _known(self) -> tuple[str, tuple[str, str]]:
        subject, _, rest = self.rule.partition(".")
        words, technique = (
            CAPABILITIES.get(rest, SUBJECTS[subject]) if subject == "capability" else SUBJECTS[subject]
        )
        return words, _TECHNIQUES.get(self.rule, technique)


def parse_report(line: str) -> Report | None:
    """Return the report that `pack` made a line of; None for a line that is none, whoever wrote it."""
    parts = line.split("|")
    if len(parts) not in (_FIELDS, _FIELDS_OF_CHANGE, _FIELDS_OF_USE):
        return None
    verdict, rule, digest, place, path, *more = parts
    is_rule = len(rule) <= _MANY_RULE and set(rule) <= _LETTERS and rule.partition(".")[0] in SUBJECTS
    if verdict not in VERDICTS or not is_rule:
        return None
    if digest and (len(digest) != _DIGEST or not set(digest) <= _HEX):
        return None
    use = None
    if len(parts) == _FIELDS_OF_USE:
        target, packages, phase, table = more
        names = [_only(name, _NAME, _MANY_NAME) for name in packages.split(",")[:_MANY_PACKAGES] if name]
        use = Use(
            _only(target, _TARGET, _MANY_TARGET),
            tuple(names),
            "init" if phase == "init" else "invoke",
            _only(table, _TABLE, _MANY_NAME + _MANY_NAME),
        )
    return Report(
        verdict,
        rule,
        place=_only(place, _PLACE, _MANY_PLACE),
        path=_only(path, _PATH, _MANY_PATH),
        digest=digest,
        use=use,
        change="" if use is not None else _only("".join(more), _PLACE, _MANY_CHANGE),
    )


def _only(text: str, allowed: frozenset[str], limit: int) -> str:
    return "".join(char if char in allowed else "?" for char in text[:limit])
