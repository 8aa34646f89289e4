"""Writes docs/reference.md from the code: settings, findings, commands, exit codes.

Run by `make docs`; tests/docs/test_reference.py fails when the file is not what this writes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dayfly.cli.main import COMMANDS
from dayfly.cli.scan_config import KEYS
from dayfly.core.findings import KINDS
from dayfly.core.handshake import LEARN_VARIABLE
from dayfly.core.reports import CAPABILITIES
from dayfly.core.settings import FILE_NAME, SETTINGS, WRAPPER_VARIABLES

TARGET = Path(__file__).parent.parent / "docs" / "reference.md"
_SEVERITY = {1: "informational", 2: "low", 3: "medium", 4: "high", 5: "critical"}

VALUES = {
    "globs": "globs",
    "places": "directories",
    "switch": "on, off",
    "duration": "seconds, or as 90s, 15m, 2h",
    "count": "whole number",
    "entry": "module:function",
    "share": "a share, as 0.1 or 10%",
    "tenant": "lambda, cognito, a path",
    "glob": "glob in the package",
}
EXIT_CODES = (
    ("0", "every command", "done; for `dayfly demo`: cards were stolen without Dayfly and none with it"),
    ("1", "`dayfly demo`", "the story did not come true; one sentence says which half"),
    ("1", "`dayfly doctor --strict`", "a protection is not active"),
    ("1", "`dayfly plan --max-added-ms`", "the recommended isolation adds more than that"),
    (
        "1",
        "`dayfly policy check`",
        "something is wrong with the policy; each problem has its line and its fix",
    ),
    ("1", "`dayfly scan`", "there is a finding as severe as `--fail-on` says, or worse"),
    ("1", "`dayfly attach --template`", "a function lacks Dayfly, or something that was asked for"),
    (
        "1",
        "`dayfly layer test`",
        "Dayfly, or something that was asked for, is not active, or an answer differs",
    ),
    ("1", "`dayfly status`", "a function that has Dayfly lacks something that was asked for"),
    ("1", "`dayfly status --check`", "something of a Python function is, or may be, without protection"),
    ("2", "`dayfly status`, `dayfly attach --check`", "something could not be checked"),
    ("2", "`dayfly plan`", "undecided: the measurements scatter too much to choose"),
    ("1", "`dayfly lab try`", "the attack fails on the vulnerable handler, or succeeds on the fixed one"),
    ("1", "the runtime", "the environment retires, or the platform is gone: the platform starts it anew"),
    ("2", "every command", "bad input; the message says what, where and what to do next"),
    ("141", "every command", "the program that read its output has ended, as in `dayfly doctor | head`"),
    (
        "2",
        "`dayfly scan`",
        "nothing, or not everything, could be read, and no finding is that severe ([which](scan.md#what-comes-out))",
    ),
    ("2", "the runtime", "a setting is not valid; the platform gets the message as the init error"),
    ("other", "the runtime", "the function's own init ended the process with this code or signal"),
)


def render() -> str:
    """Return the whole page."""
    parts = [
        "# Reference",
        "",
        "Generated from the code by `make docs`.",
        "",
        "## Settings",
        "",
        f"In `{FILE_NAME}` at the top of the function's package, or in the environment, which wins. A name with a dot, as",
        "`zygote.prime`, is `prime` in the table `[zygote]`. A value that is not allowed ends init with exit code 2 and an",
        "error that names it.",
        "",
        "| setting | variable | values | default | meaning |",
        "|---|---|---|---|---|",
    ]
    for setting in SETTINGS:
        values = ", ".join(setting.choices) or VALUES[setting.kind]
        if setting.kind == "choices":
            values = f"any of {values}; a list, or with `:` or `,` between them"
        default = setting.default or "none"
        parts.append(
            f"| `{setting.name}` | `{setting.variable}` | {values} | {default} | {setting.meaning} |"
        )
    parts += [
        "",
        "Read by the layer's exec wrapper, as variables only:",
        "",
        "| variable | meaning |",
        "|---|---|",
    ]
    parts += [f"| `{name}` | {text} |" for name, text in WRAPPER_VARIABLES.items()]
    parts += [
        "",
        f"`{LEARN_VARIABLE}` names a file that the guard's recorder adds uses of capabilities to, one JSON object a line; nothing is",
        "allowed or refused by it.",
        "",
        "## Policy",
        "",
        f"Tables of `{FILE_NAME}` below `[policy]` ([what they mean](how-it-works.md#capabilities)). Each kind has `mode`, `allow` and",
        "`init`; `[policy.packages.NAME]` has `uses` and `init`, lists of kinds.",
        "",
        "| kind | what is refused or found | ATT&CK |",
        "|---|---|---|",
    ]
    parts += [f"| `{kind}` | {words} | {attack[0]} |" for kind, (words, attack) in CAPABILITIES.items()]
    parts += [
        "",
        "## Scan",
        "",
        f"The table `[scan]` of `{FILE_NAME}`, read by `dayfly scan` ([how](scan.md)) and by nothing at run time. What the command",
        "line says goes before it.",
        "",
        "| key | value | meaning |",
        "|---|---|---|",
    ]
    parts += [f"| `{name}` | {value} | {meaning} |" for name, (value, meaning) in KEYS.items()]
    parts += [
        "",
        "## Findings",
        "",
        "Each is one JSON line on the function's log: an OCSF 1.6 Detection Finding (class 2004) with `level` and `timestamp`.",
        "Nothing that came with an event appears in one.",
        "",
        "| finding | severity | ATT&CK | title | meaning |",
        "|---|---|---|---|---|",
    ]
    for kind in KINDS:
        attack = kind.attack[0] if kind.attack else ""
        parts.append(
            f"| `{kind.uid}` | {_SEVERITY[kind.severity]} | {attack} | {kind.title} | {kind.meaning} |"
        )
    parts += ["", "## Commands", "", "| command | what it does |", "|---|---|"]
    parts += [f"| `dayfly {name}` | {text} |" for name, (_, text, _) in COMMANDS.items()]
    parts.append(
        "| `python -m dayfly.runtime app.handler` | serves a handler in place of `python -m awslambdaric app.handler` |"
    )
    parts += ["", "## Exit codes", "", "| code | of | meaning |", "|---|---|---|"]
    parts += [f"| {code} | {who} | {meaning} |" for code, who, meaning in EXIT_CODES]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET.name}\n")
