"""Facts of the host of any kind: only those of an environment give the wide scope."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dayfly.doctor.scope import INITIAL_PID_NAMESPACE, HostFacts, choose_api_lock, decide_scope

COMMAND = st.sampled_from(
    ["", "/var/rapid/init", "/var/rapid/", "/usr/bin/aws-lambda-rie", "aws-lambda-rie", "/bin/sh", "x"]
) | st.text(max_size=20)
NAMESPACE = st.sampled_from(["", INITIAL_PID_NAMESPACE, "pid:[4026532000]"]) | st.text(max_size=10)


@given(
    setting=st.sampled_from(["auto", "environment", "descendants"]),
    facts=st.builds(
        HostFacts,
        pid_namespace=NAMESPACE,
        init_command=COMMAND,
        parent_command=COMMAND,
        parent_pid=st.sampled_from([0, 1, 77]),
        tmp_is_own_mount=st.booleans(),
    ),
)
def test_no_facts_give_the_wide_scope_on_somebodys_machine(setting: str, facts: HostFacts) -> None:
    decision = decide_scope(setting, facts)
    assert decision.reason
    assert bool(decision.not_promised) == (decision.scope == "descendants")
    if decision.scope == "environment":
        is_lambda = facts.init_command.startswith("/var/rapid/")
        assert is_lambda or facts.pid_namespace not in ("", INITIAL_PID_NAMESPACE)
        assert setting != "descendants"
        assert is_lambda or setting == "environment" or (facts.tmp_is_own_mount and facts.parent_pid == 1)
    assert choose_api_lock("auto", decision.platform) == ("on" if decision.platform == "emulator" else "http")
