"""A compiled policy is read whole or not at all."""

from __future__ import annotations

import pytest

from dayfly.core.compiled import read_compiled, write_compiled
from dayfly.core.policyfile import parse_policy
from dayfly.errors import SettingError

POLICY = parse_policy({"process": {"allow": ["git"]}, "network": {"mode": "block", "allow": []}})
WHOLE = write_compiled({"DAYFLY_GUARD": "block"}, POLICY).encode()


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_one_that_was_cut_short_is_refused(length: int) -> None:
    with pytest.raises(SettingError, match="is no compiled policy"):
        read_compiled(WHOLE[:length], "layer").policy()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"dayfly-policy 2\n",
        b"dayfly-policy 1\npolicy\nend\n",
        b"dayfly-policy 1\npolicy= \nend\n",
        b"dayfly-policy 1\npolicy=0 0 []\nend\n",
        b"dayfly-policy 1\npolicy=0 0 null\nend\n",
        b'dayfly-policy 1\npolicy=0 0 ["", {}, {"process": 3}, null]\nend\n',
        b"dayfly-policy 1\npolicy=0 x " + POLICY.pack().encode() + b"\nend\n",
    ],
)
def test_what_dayfly_did_not_write_is_refused(data: bytes) -> None:
    with pytest.raises(SettingError):
        read_compiled(data, "layer").policy()


def test_one_is_read_as_it_was_written() -> None:
    compiled = read_compiled(WHOLE, "layer")
    policy = compiled.policy()
    assert policy is not None
    assert (compiled.variables, policy.pack()) == ({"DAYFLY_GUARD": "block"}, POLICY.pack())


def test_settings_alone_bring_no_policy() -> None:
    compiled = read_compiled(write_compiled({"DAYFLY_TMP": "keep"}, None).encode(), "layer")
    assert (compiled.has_policy, compiled.policy()) == (False, None)
