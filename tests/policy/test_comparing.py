"""What a new policy changes is counted by use, the stricter changes first."""

from __future__ import annotations

from tests.policy.making import POLICY, document, finding

from dayfly.policy.comparing import compare
from dayfly.policy.logs import parse_log
from dayfly.policy.model import Use

API = Use("network", "api.example.com:443", ("requests",), "invoke")
SHELL = Use("process", "/bin/sh", ("function",), "invoke")
STAYS = Use("write", "/x", ("function",), "invoke")


def test_uses_are_told_by_what_becomes_of_them() -> None:
    lines = [finding(API, request=f"r-{n % 7}") for n in range(9)]
    lines += [finding(SHELL, request="s"), finding(STAYS, request="s")]
    new = (
        POLICY.replace('"api.example.com:443", ', "")
        .replace("allow = []\n", 'allow = ["sh"]\n')
        .replace('uses = ["network", "read"]', 'uses = ["network", "read", "process"]')
    )
    found = compare(document(), document(new), parse_log("\n".join(lines)).entries)
    assert [(one.use, one.before, one.after) for one in found.changes] == [
        (API, "allowed", "observed"),
        (SHELL, "observed", "allowed"),
    ]
    assert found.unchanged == 1
    first = found.changes[0]
    assert (first.count, first.requests, first.is_stricter) == (9, 7, True)
    assert first.examples == ("r-0", "r-1", "r-2", "r-3", "r-4")
    assert (first.rule, new.splitlines()[first.line - 1]) == ("policy.network", "[policy.network]")


def test_a_mode_that_blocks_is_a_change() -> None:
    new = document(POLICY.replace('mode = "observe"', 'mode = "block"'))
    found = compare(document(), new, parse_log(finding(SHELL)).entries)
    assert [(one.before, one.after) for one in found.changes] == [("observed", "refused")]
    assert compare(new, new, parse_log(finding(SHELL)).entries).changes == ()
