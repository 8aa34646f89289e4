"""A policy in dayfly.toml is read as it is meant, and what is not meant is said with where and what to do."""

from __future__ import annotations

import datetime
import tomllib

import pytest

from dayfly.core.policyfile import MAX_BYTES, locate, parse_policy
from dayfly.core.settings import load_settings
from dayfly.errors import SettingError

WHOLE = """\
guard = "observe"

[policy]
mode = "block"
promote_after = "14d"
quiet_since = 2026-11-25

[policy.rules]
sql = "observe"

[policy.network]
mode = "observe"
allow = [
    "*.stripe.com",
    "@aws",
]
init = ["config.example.com:443"]

[policy.read]
allow = ["${TASK}/data/**", "/etc/hosts"]

[policy.packages.requests]
uses = ["network", "read"]
init = ["native"]
"""


def test_a_whole_policy_is_read() -> None:
    settings = load_settings({}, tomllib.loads(WHOLE))
    policy = settings.policy
    assert settings.guard == "observe"
    assert policy is not None
    assert (policy.mode, policy.modes, policy.promote_after) == ("block", {"sql": "observe"}, 14 * 86400.0)
    assert policy.quiet_since == datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC).timestamp()
    assert policy.tables["network"].always == ("*.stripe.com", "@aws")
    assert policy.tables["network"].init == ("config.example.com:443",)
    assert policy.tables["network"].mode == "observe"
    assert policy.packages is not None
    assert policy.packages["requests"].always == ("network", "read")
    assert policy.packages["requests"].init == ("native",)
    assert set(policy.tables) == {"network", "read"}


def test_without_a_policy_there_is_none() -> None:
    assert load_settings({}, {}).policy is None


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[policy]\nnet = 1", "[policy]: unknown key 'net'", "network"),
        ("policy = 3", "policy is 3", "table"),
        ("[policy]\nmode = 'deny'", "mode 'deny'", "block"),
        ("[policy]\nmode = 3", "mode 3", "block"),
        ("[policy.network]\nallow = 'x'", "[policy.network] allow: invalid value 'x'", "list"),
        ("[policy.network]\nallow = ['https://x/y']", "'https://x/y'", "without scheme"),
        ("[policy.network]\ndeny = ['x']", "[policy.network]: unknown key 'deny'", "allow"),
        ("[policy.read]\nallow = ['etc/passwd']", "'etc/passwd'", "absolute"),
        ("[policy.read]\nallow = ['/a/../b']", "'/a/../b'", "without `..`"),
        ("[policy.write]\nallow = ['${TASK}/../b']", "'${TASK}/../b'", "without `..`"),
        ("[policy.process]\nallow = ['bin/x']", "'bin/x'", "absolute"),
        ("[policy.process]\nallow = ['']", "''", "characters"),
        ('[policy.process]\nallow = ["a\\u001fb"]', "'a\\x1fb'", "control"),
        ("[policy]\npackages = 3", "[policy.packages]: invalid value 3", "table"),
        ("[policy.packages.requests]\nuses = ['net']", "'net'", "network"),
        ("[policy.packages.'my-lib']\nuses = []", "'my-lib'", "import name"),
        ("[policy.rules]\nnetwork = 'block'", "'network'", "[policy.network]"),
        ("[policy.rules]\nsequel = 'block'", "'sequel'", "sql"),
        ("[policy.rules]\nsql = 'deny'", "'deny'", "block"),
        ("[policy.rules]\nsql = ''", "sql", "block"),
        ("[policy]\npromote_after = '14x'", "'14x'", "14d"),
        ("[policy]\npromote_after = 14", "14", "14d"),
        ("[policy]\npromote_after = '14d'", "needs quiet_since", "add quiet_since"),
        ("[policy]\nquiet_since = 'soon'", "'soon'", "date"),
    ],
)
def test_what_is_not_meant_is_said(text: str, message: str, hint: str) -> None:
    with pytest.raises(SettingError) as raised:
        load_settings({}, tomllib.loads(text))
    assert message in raised.value.message
    assert "dayfly.toml" in raised.value.message
    assert hint in raised.value.hint


def test_a_policy_that_does_not_fit_into_a_variable_is_refused() -> None:
    with pytest.raises(SettingError, match="larger than the limit"):
        parse_policy({"read": {"allow": [f"/data/{number:060d}" for number in range(MAX_BYTES // 60)]}})


@pytest.mark.parametrize(
    ("rule", "entry", "line"),
    [
        ("policy.network", "@aws", 15),
        ("policy.network", "", 11),
        ("policy.network", "not there", 11),
        ("policy.read", "${TASK}/data/**", 20),
        ("policy.packages.requests", "network", 23),
        ("policy.write", "", 0),
    ],
)
def test_the_line_of_a_rule_is_found(rule: str, entry: str, line: int) -> None:
    assert locate(WHOLE, rule, entry) == line
