"""Settings and scope: the supervisor reads and words them as Python does, which reads files of settings and knows for doctor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from tests.native.compared import EXAMPLES, Native, native, of, say

from dayfly.core.settings import SETTINGS, load_settings
from dayfly.doctor import scope
from dayfly.errors import SettingError
from dayfly.runtime.flatsettings import pack

__all__ = ["native"]

VALUES = st.sampled_from(
    [
        "",
        "on",
        "OFF",
        "yes",
        "1",
        "auto",
        "off",
        "invocation",
        "WINDOW ",
        "process",
        "90",
        "15m",
        "2h",
        "0.5s",
        "1_0s",
        "1e2",
        ".5",
        "5.",
        "-1",
        "-0",
        "nan",
        "inf",
        "31d",
        "30.1",
        "721h",
        "720h",
        "m",
        "5 m",
        "5ms",
        "+3",
        "\n    10%",
        "0.9",
        "0.91",
        "95%",
        "%",
        "1",
        "007",
        "10000000001",
        "1000000000",
        "residue,error",
        "residue:suspicion",
        "bogus",
        "suspicion, Error",
        "environment",
        "descendants",
        "\n    /tmp/a/**:/tmp/b",
        "relative",
        "/tmp/../x",
        "/mnt/work/",
        "/mnt/work:/",
        "/usr/lib",
        "/mnt//x",
        "events/*.json",
        "/abs",
        "a/../b",
        "app:warm",
        "a.b:C.d",
        "app",
        "app:",
        ":f",
        "1a:b",
        "\n    shared",
        "none",
        "none-where-allowed",
        "keep",
        "scrub",
        "it's",
        "a\"b'c",
        "a\\b",
        "answer",
        "platform",
        "run",
        "open",
        "closed",
        "block",
        "observe",
        "refuse",
        "restart",
    ]
)
VARIABLES = st.sampled_from([setting.variable for setting in SETTINGS if setting.kind != "tenant"])
OTHERS = st.sampled_from(
    ["DAYFLY_X", "DAYFLY_RECYCLED", "DAYFLY_FLEET_KEY", "DAYFLY_LEARN", "OTHER", "DAYFLY_"]
)
CHOICES = {setting.name: setting.choices for setting in SETTINGS}


def nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9 + 0.5)


def read_variables(environ: dict[str, str]) -> bytes:
    try:
        found = load_settings(environ, {})
    except SettingError:
        return b"fault"
    retire_on = sum(
        bit for bit, name in ((1, "residue"), (2, "suspicion"), (4, "error")) if name in found.retire_on
    )
    told = say(
        CHOICES["isolation"].index(found.isolation),
        nanoseconds(found.max_age),
        found.max_invocations,
        nanoseconds(found.jitter),
        retire_on,
        nanoseconds(found.environment_max_age),
        int(found.on_timeout == "answer"),
        nanoseconds(found.timeout_margin),
        CHOICES["scope"].index(found.scope),
        CHOICES["api_lock"].index(found.api_lock),
        int(found.tmp == "scrub"),
        int(found.changed_code == "run"),
        int(found.close_memory == "auto"),
        int(found.reseed),
        int(found.log_invocations),
        int(found.huge_pages == "auto"),
        int(found.immortal == "auto"),
        int(found.confine == "auto"),
        CHOICES["network"].index(found.network),
        int(found.zygote_warm == "auto"),
        CHOICES["threads"].index(found.threads),
        nanoseconds(found.zygote_max_age),
        nanoseconds(found.fork_deliver),
        CHOICES["guard"].index(found.guard),
        int(found.guard_on_fault == "closed"),
        int(found.guard_learn),
    )
    told += say(found.tenant, found.zygote_prime, found.zygote_events, found.fork_before, found.fork_after)
    told += say(*found.keep) + b"| " + say(*found.scrub) + b"| "
    return told + say(*found.unknown_variables[:10])


@of("settings")
@given(environ=st.dictionaries(st.one_of(VARIABLES, OTHERS), VALUES, max_size=4))
@limits(EXAMPLES, max_examples=500)
def test_settings(native: Native, environ: dict[str, str]) -> None:
    pieces = [f"{name}={value}".encode() for name, value in environ.items()]
    assert native.told(pieces) == read_variables(environ)


@of("settings")
@given(environ=st.dictionaries(st.one_of(VARIABLES, OTHERS), VALUES, max_size=4))
@limits(EXAMPLES, max_examples=500)
def test_what_python_has_read_means_the_same(native: Native, environ: dict[str, str]) -> None:
    try:
        flat = pack(load_settings(environ, {}))
    except SettingError:
        return
    # Unknown ones are looked for where they are; known ones count no longer.
    pieces = [f"{name}={value}".encode() for name, value in environ.items()]
    told = native.told([b"_DAYFLY_SETTINGS=" + flat.encode(), *pieces, b"DAYFLY_MAX_AGE=no duration"])
    assert told == read_variables(environ)


def test_what_does_not_fit_into_the_flat_text_is_refused() -> None:
    with pytest.raises(SettingError, match="longer than"):
        pack(load_settings({}, {"keep": [f"/tmp/{number:060d}" for number in range(3000)]}))


@of("settings")
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_each_setting_takes_its_own_values(native: Native, setting: object) -> None:
    assert isinstance(setting, type(SETTINGS[0]))
    for value in (*setting.choices, setting.default, "bogus value"):
        environ = {setting.variable: value}
        if setting.kind == "tenant" and value:
            continue
        assert native.told([f"{setting.variable}={value}".encode()]) == read_variables(environ)


COMMAND = st.sampled_from(
    [
        "",
        "/var/rapid/init",
        "/usr/local/bin/aws-lambda-rie",
        "aws-lambda-rie",
        "/bin/sh",
        "x/aws-lambda-rie-2",
        "/var/rapid",
    ]
)
NAMESPACE = st.sampled_from(["", scope.INITIAL_PID_NAMESPACE, "pid:[4026532000]"])


@of("scope")
@given(
    setting=st.integers(0, 2),
    lock=st.integers(0, 3),
    namespace=NAMESPACE,
    init=COMMAND,
    parent=COMMAND,
    pid=st.sampled_from([1, 7]),
    own=st.booleans(),
)
@EXAMPLES
def test_scope(
    native: Native, setting: int, lock: int, namespace: str, init: str, parent: str, pid: int, own: bool
) -> None:
    facts = scope.HostFacts(
        pid_namespace=namespace,
        init_command=init,
        parent_command=parent,
        parent_pid=pid,
        tmp_is_own_mount=own,
    )
    decision = scope.decide_scope(CHOICES["scope"][setting], facts)
    locks = CHOICES["api_lock"].index(scope.choose_api_lock(CHOICES["api_lock"][lock], decision.platform))
    pieces = [str(setting), str(lock), namespace, init, parent, str(pid), str(int(own))]
    expected = say(decision.scope, decision.platform, decision.reason, decision.not_promised, locks)
    assert native.told([piece.encode() for piece in pieces]) == expected
