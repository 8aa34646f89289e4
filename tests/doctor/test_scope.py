"""Scope, host by host: never wide on a machine that is not ours."""

from __future__ import annotations

import pytest

from dayfly.doctor.scope import INITIAL_PID_NAMESPACE, HostFacts, choose_api_lock, decide_scope

OWN = "pid:[4026532744]"
RIE = "/usr/local/bin/aws-lambda-rie"
RAPID = "/var/rapid/init"


def facts(
    *,
    namespace: str = OWN,
    init: str = "",
    parent: str = "",
    parent_pid: int = 1,
    own_tmp: bool = True,
) -> HostFacts:
    return HostFacts(
        pid_namespace=namespace,
        init_command=init,
        parent_command=parent,
        parent_pid=parent_pid,
        tmp_is_own_mount=own_tmp,
    )


# Each of these belongs to somebody: `auto` must never go beyond what Dayfly started.
NOT_OURS = {
    "laptop": facts(namespace=INITIAL_PID_NAMESPACE, init="/sbin/init", parent="bash", own_tmp=True),
    "laptop with systemd": facts(
        namespace=INITIAL_PID_NAMESPACE, init="/usr/lib/systemd/systemd", parent="zsh", own_tmp=True
    ),
    "emulator on a laptop": facts(
        namespace=INITIAL_PID_NAMESPACE, init="/sbin/init", parent=RIE, parent_pid=4711, own_tmp=True
    ),
    "emulator as pid 1 of the machine": facts(namespace=INITIAL_PID_NAMESPACE, init=RIE, parent=RIE),
    "emulator, namespace unreadable": facts(namespace="", init=RIE, parent=RIE),
    "development container": facts(init="/bin/sh", parent="bash"),
    "development container, emulator started by hand": facts(init="/bin/sh", parent=RIE, parent_pid=77),
    "development container, emulator as its init, runtime started by hand": facts(
        init=RIE, parent="bash", parent_pid=50
    ),
    "emulator with the host's /tmp mounted": facts(init=RIE, parent=RIE, own_tmp=False),
    "unshare --pid without a /tmp of its own": facts(init="/bin/sh", parent="/bin/sh", own_tmp=False),
    "unshare --pid, emulator as pid 1, /tmp shared": facts(init=RIE, parent=RIE, own_tmp=False),
    "container platform": facts(init="/usr/bin/tini", parent="python3"),
    "nothing readable": facts(namespace="", init="", parent="", parent_pid=0, own_tmp=False),
    "a program that only sounds like the emulator": facts(init="/opt/not-aws-lambda-rie", parent="x"),
    "a path that only sounds like Lambda": facts(init="/home/me/var/rapid/init", parent="x"),
}


@pytest.mark.parametrize("host", NOT_OURS)
def test_auto_is_never_wide_on_a_machine_that_is_not_ours(host: str) -> None:
    decision = decide_scope("auto", NOT_OURS[host])
    assert decision.scope == "descendants"
    assert decision.not_promised
    assert decision.reason


OURS = {
    "Lambda": (facts(init=RAPID, parent=RAPID), "lambda"),
    "Lambda behind a wrapper": (facts(init=RAPID, parent="/bin/bash", parent_pid=9), "lambda"),
    "Lambda in the microVM's first namespace": (facts(namespace=INITIAL_PID_NAMESPACE, init=RAPID), "lambda"),
    "emulator as pid 1 of a container": (facts(init=RIE, parent=RIE), "emulator"),
    "emulator for another processor": (facts(init="/lambda/aws-lambda-rie-arm64", parent=""), "emulator"),
}


@pytest.mark.parametrize("host", OURS)
def test_auto_is_wide_where_the_environment_is_recognised(host: str) -> None:
    seen, platform = OURS[host]
    decision = decide_scope("auto", seen)
    assert (decision.scope, decision.platform, decision.not_promised) == ("environment", platform, "")


@pytest.mark.parametrize("host", [*NOT_OURS, *OURS])
def test_descendants_is_obeyed_everywhere(host: str) -> None:
    seen = NOT_OURS[host] if host in NOT_OURS else OURS[host][0]
    assert decide_scope("descendants", seen).scope == "descendants"


@pytest.mark.parametrize("namespace", [INITIAL_PID_NAMESPACE, ""])
@pytest.mark.parametrize("init", ["/sbin/init", RIE])
def test_environment_asked_for_in_the_machines_own_namespace_is_refused(namespace: str, init: str) -> None:
    decision = decide_scope("environment", facts(namespace=namespace, init=init, parent=init))
    assert decision.scope == "descendants"
    assert "own PID namespace" in decision.reason
    assert decision.not_promised


def test_environment_asked_for_in_a_namespace_of_its_own_is_granted() -> None:
    assert decide_scope("environment", facts(init="/bin/sh", own_tmp=False)).scope == "environment"


@pytest.mark.parametrize(
    ("setting", "platform", "expected"),
    [
        ("auto", "emulator", "on"),
        ("auto", "lambda", "http"),  # never tried there: an asynchronous event could lose its retry
        ("auto", "other", "http"),
        ("on", "lambda", "on"),
        ("on", "other", "on"),
        ("http", "emulator", "http"),
        ("http", "lambda", "http"),
        ("off", "emulator", "off"),
        ("off", "lambda", "off"),
    ],
)
def test_all_events_are_locked_automatically_only_where_errors_were_seen_to_stay_errors(
    setting: str, platform: str, expected: str
) -> None:
    host = {"emulator": facts(init=RIE), "lambda": facts(init=RAPID), "other": facts(init="/sbin/init")}
    assert choose_api_lock(setting, decide_scope("auto", host[platform]).platform) == expected
