"""What a guard saw, on its way from the worker to a finding: a few fixed words, places in code, never a value.

The line comes from a process that an attacker may own: reading it takes the words that are known and drops the rest.
"""

from __future__ import annotations

VERDICTS = ("refused", "observed", "planted", "unknown", "fault")

_PYTHON = ("T1059.006", "Python")
_SHELL = ("T1059.004", "Unix Shell")
_EXPLOIT = ("T1190", "Exploit Public-Facing Application")
_HIJACK = ("T1574", "Hijack Execution Flow")
_IMPAIR = ("T1562.001", "Disable or Modify Tools")
# What a rule is about, the first word of its name: what was to happen, and the ATT&CK technique.
SUBJECTS = {
    "python": ("code from data", _PYTHON),
    "code": ("code from data", _PYTHON),
    "global": ("a name that a deserialiser was told to call", _PYTHON),
    "template": ("a template", _PYTHON),
    "import": ("an import that the package does not hold", _HIJACK),
    "shell": ("a shell command", _SHELL),
    "argv": ("a child process", _SHELL),
    "sql": ("an SQL statement", _EXPLOIT),
    "path": ("a path", _EXPLOIT),
    "url": ("the destination of a request", _EXPLOIT),
    "runtime": ("a change of the runtime itself", _HIJACK),
    "hook": ("a hook into the interpreter", _IMPAIR),
    "guard": ("the guard itself", _IMPAIR),
    "residue": ("what the process holds in memory", _HIJACK),
}
# Rules whose technique is another than their subject's.
_TECHNIQUES = {
    "residue.data": ("T1565.003", "Runtime Data Manipulation"),
    "residue.hook": ("T1546", "Event Triggered Execution"),
    "residue.environment": ("T1574.007", "Path Interception by PATH Environment Variable"),
    "residue.thread": ("T1055", "Process Injection"),
}
# Lines that one invocation may have, each of at most so many characters: what is behind is a repetition.
MANY = 6
_MANY_RULE = 40
_MANY_PLACE = 120
_MANY_PATH = 160
_MANY_CHANGE = 160
_DIGEST = 16
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz.-")
_PLACE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:<>- ")
_PATH = _PLACE | frozenset("[]()#")
_FIELDS = 5
_FIELDS_OF_CHANGE = 6
_HEX = frozenset("0123456789abcdef")


class Report:
    """One operation that a guard looked at.

    `rule` as the judges name it, `place` where in the function's code or memory, `path` where in the event; `digest` is the
    keyed hash of what was judged, 16 hexadecimal digits; `change` says from what to what something was changed.
    """

    __slots__ = ("change", "digest", "path", "place", "rule", "verdict")

    def __init__(
        self, verdict: str, rule: str, *, place: str = "", path: str = "", digest: str = "", change: str = ""
    ) -> None:
        self.verdict = verdict
        self.rule = rule
        self.place = place
        self.path = path
        self.digest = digest
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
        if self.change:
            fields.append(_only(self.change, _PLACE, _MANY_CHANGE))
        return "|".join(fields)

    @property
    def subject(self) -> str:
        """What was to happen, in words."""
        return SUBJECTS[self.rule.partition(".")[0]][0]

    @property
    def attack(self) -> tuple[str, str]:
        """The ATT&CK technique that it would be."""
        return _TECHNIQUES.get(self.rule) or SUBJECTS[self.rule.partition(".")[0]][1]


def parse_report(line: str) -> Report | None:
    """Return the report that `pack` made a line of; None for a line that is none, whoever wrote it."""
    parts = line.split("|")
    if len(parts) not in (_FIELDS, _FIELDS_OF_CHANGE):
        return None
    verdict, rule, digest, place, path, *change = parts
    is_rule = len(rule) <= _MANY_RULE and set(rule) <= _LETTERS and rule.partition(".")[0] in SUBJECTS
    if verdict not in VERDICTS or not is_rule:
        return None
    if digest and (len(digest) != _DIGEST or not set(digest) <= _HEX):
        return None
    return Report(
        verdict,
        rule,
        place=_only(place, _PLACE, _MANY_PLACE),
        path=_only(path, _PATH, _MANY_PATH),
        digest=digest,
        change=_only("".join(change), _PLACE, _MANY_CHANGE),
    )


def _only(text: str, allowed: frozenset[str], limit: int) -> str:
    return "".join(char if char in allowed else "?" for char in text[:limit])
