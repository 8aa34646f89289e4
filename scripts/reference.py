"""Writes docs/reference.md from the code: settings, findings, commands, exit codes.

Run by `make docs`; tests/docs/test_reference.py fails when the file is not what this writes.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from dayfly.cli.main import COMMANDS
from dayfly.cli.scan_config import KEYS
from dayfly.core.findings import KINDS
from dayfly.core.handshake import LEARN_VARIABLE
from dayfly.core.settings import FILE_NAME, SETTINGS, WRAPPER_VARIABLES

TARGET = Path(__file__).parent.parent / "docs" / "reference.md"
MEANINGS = Path(__file__).with_name("settings.toml")
_SEVERITY = {1: "informational", 2: "low", 3: "medium", 4: "high", 5: "critical"}

_FINDINGS = Path(__file__).parent.parent / "native" / "supervisor" / "invocation_findings.c"

VALUES = {
    "globs": "globs",
    "places": "directories",
    "switch": "on, off",
    "duration": "seconds, or for example 90s, 15m, 2h",
    "count": "whole number",
    "entry": "module:function",
    "share": "a share, for example 0.1 or 10%",
    "tenant": "lambda, cognito or a path",
    "glob": "glob in the package",
}
EXIT_CODES = (
    ("0", "every command", "success; for `dayfly demo`: cards were stolen without Dayfly and none with it"),
    (
        "1",
        "`dayfly demo`",
        "no cards were stolen without Dayfly, or some were stolen with it; the message gives the reason",
    ),
    ("1", "`dayfly doctor --strict`", "a protection is not active"),
    ("1", "`dayfly plan --max-added-ms`", "the recommended isolation adds more than that"),
    (
        "1",
        "`dayfly policy check`",
        "the policy has problems; each is listed with its line and fix",
    ),
    ("1", "`dayfly scan`", "a finding has the severity of `--fail-on` or a higher one"),
    ("1", "`dayfly attach --template`", "a function lacks Dayfly or a requested setting"),
    (
        "1",
        "`dayfly layer test`",
        "Dayfly or a requested setting is not active, or an answer differs",
    ),
    ("1", "`dayfly status`", "a function with Dayfly lacks a requested property"),
    ("1", "`dayfly status --check`", "a Python function is, or may be, unprotected"),
    ("2", "`dayfly status`, `dayfly attach --check`", "something could not be checked"),
    ("2", "`dayfly plan`", "undecided: the measurements vary too much"),
    ("1", "`dayfly lab try`", "the attack fails on the vulnerable handler, or succeeds on the fixed one"),
    (
        "1",
        "the runtime",
        "the environment retires, or the platform has ended; the platform starts the runtime again",
    ),
    ("2", "every command", "invalid input or a failure; the message says what failed and what to do"),
    ("141", "every command", "the program that read its output has ended, as in `dayfly doctor | head`"),
    (
        "2",
        "`dayfly scan`",
        "nothing, or not everything, could be read, and no finding has that severity ([details](scan.md#what-comes-out))",
    ),
    ("2", "the runtime", "a setting is invalid; the platform reports the message as the init error"),
    ("other", "the runtime", "the function's own init ended the process with this code or signal"),
)


def said_of(table: str) -> list[tuple[str, str, str]]:
    """Return name, words and technique of each row of the supervisor's table `subjects` or `capabilities`."""
    rows = re.search(rf"struct subject {table}\[\] = {{(.*?)^}};", _FINDINGS.read_text(), re.S | re.M)
    if rows is None:
        raise SystemExit(f"{_FINDINGS} has no table {table}")
    return re.findall(r'{"([^"]+)", "([^"]+)", "([^"]+)"', rows[1])


def render() -> str:
    """Return the whole page."""
    meanings = tomllib.loads(MEANINGS.read_text())
    parts = [
        "# Reference",
        "",
        "Generated from the code by `make docs`.",
        "",
        "## Settings",
        "",
        f"Set them in `{FILE_NAME}` at the root of the function's package, or as environment variables, which take precedence. A name with a dot, for example",
        "`zygote.prime`, is `prime` in the table `[zygote]`. An invalid value ends init with exit code 2 and an",
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
            f"| `{setting.name}` | `{setting.variable}` | {values} | {default} | {meanings['settings'].pop(setting.name)} |"
        )
    parts += [
        "",
        "Variables that only the layer's exec wrapper reads:",
        "",
        "| variable | meaning |",
        "|---|---|",
    ]
    parts += [f"| `{name}` | {text} |" for name, text in meanings["variables"].items()]
    if meanings["settings"] or meanings["variables"].keys() != WRAPPER_VARIABLES:
        raise SystemExit(f"{MEANINGS} and dayfly.core.settings name different settings")
    parts += [
        "",
        f"`{LEARN_VARIABLE}` is the path of a file to which the guard appends each use of a capability as a JSON line; it allows and",
        "refuses nothing.",
        "",
        "## Policy",
        "",
        f"Tables of `{FILE_NAME}` under `[policy]` ([explanation](how-it-works.md#capabilities)). Each kind has `mode`, `allow` and",
        "`init`; `[policy.packages.NAME]` has `uses` and `init`, lists of kinds.",
        "",
        "| kind | refused or reported use | ATT&CK |",
        "|---|---|---|",
    ]
    parts += [f"| `{kind}` | {words} | {attack} |" for kind, words, attack in said_of("capabilities")]
    parts += [
        "",
        "## Scan",
        "",
        f"The table `[scan]` of `{FILE_NAME}`, which only `dayfly scan` reads ([scan](scan.md)). Command-line options take",
        "precedence.",
        "",
        "| key | value | meaning |",
        "|---|---|---|",
    ]
    parts += [f"| `{name}` | {value} | {meaning} |" for name, (value, meaning) in KEYS.items()]
    parts += [
        "",
        "## Findings",
        "",
        "Each finding is one JSON line in the function's log: an OCSF 1.6 Detection Finding (class 2004) with `level` and `timestamp`.",
        "It contains no data of the event.",
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
        "| `python -m dayfly.runtime app.handler` | runs a handler instead of `python -m awslambdaric app.handler` |"
    )
    parts += ["", "## Exit codes", "", "| code | command | meaning |", "|---|---|---|"]
    parts += [f"| {code} | {who} | {meaning} |" for code, who, meaning in EXIT_CODES]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET.name}\n")
