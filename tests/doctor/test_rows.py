"""Rows say active only what was tried and used, and why not otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from tests.doctor.answers_for_tests import read, survey

from dayfly.doctor.rows import INITIAL_IPC_NAMESPACE, Row, Survey, defences
from dayfly.doctor.scope import INITIAL_PID_NAMESPACE, ScopeDecision

WIDE = ScopeDecision("environment", "lambda", "Lambda", "")
NARROW = ScopeDecision("descendants", "other", "neither", "a lot")


def _rows(
    scope: ScopeDecision = WIDE,
    *,
    host: Mapping[str, object] | None = None,
    calls: Mapping[str, Mapping[str, object]] | None = None,
) -> dict[str, Row]:
    found = read(survey(host=host, calls=calls)).survey
    assert found is not None
    return {row.name: row for row in defences(found, scope)}


def test_names_are_unique_and_every_row_says_what_it_protects() -> None:
    rows = defences(Survey({}, {}), NARROW)
    assert len(rows) > 20
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.protects and row.group for row in rows)


def test_without_any_fact_nothing_is_in_force() -> None:
    rows = defences(Survey({}, {}), NARROW)
    assert {row.active for row in rows} == {"no", "unknown"}
    assert all(row.reason for row in rows)


@pytest.mark.parametrize("row", defences(Survey({}, {}), NARROW), ids=lambda row: row.name)
def test_what_is_not_active_says_why_and_what_to_do(row: Row) -> None:
    assert row.reason
    assert row.to_do


def test_the_scope_row_follows_the_decision() -> None:
    assert _rows(WIDE)["scope"].active == "yes"
    narrow = _rows(NARROW)["scope"]
    assert (narrow.active, narrow.is_missing) == ("no", True)
    assert "neither" in narrow.reason


@pytest.mark.parametrize(
    ("name", "fact", "value", "state"),
    [
        ("pid-namespace", "pid_namespace", INITIAL_PID_NAMESPACE, "no"),
        ("pid-namespace", "pid_namespace", "pid:[1]", "yes"),
        ("pid-namespace", "pid_namespace", "", "unknown"),
        ("own-ipc", "ipc_namespace", INITIAL_IPC_NAMESPACE, "no"),
        ("own-ipc", "ipc_namespace", "ipc:[1]", "yes"),
        ("own-tmp", "tmp_is_mount", False, "no"),
        ("own-tmp", "tmp_is_mount", True, "yes"),
        ("others-hidden", "processes_of_others", 3, "no"),
        ("others-hidden", "processes_of_others", 0, "yes"),
        ("own-processor", "cpus_allowed", 1, "no"),
        ("own-processor", "cpus_allowed", 2, "yes"),
    ],
)
def test_a_fact_of_the_host_decides_its_row(name: str, fact: str, value: object, state: str) -> None:
    row = _rows(host={fact: value})[name]
    assert row.active == state
    assert bool(row.reason) is (state != "yes")


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("subreaper", "prctl_set_child_subreaper"),
        ("pidfd", "pidfd_open"),
        ("pidfd", "pidfd_send_signal"),
        ("process-limit", "process_limit"),
        ("keyrings", "keyring"),
        ("huge-pages", "huge_pages_collapse"),
        ("semaphores", "semaphore"),
        ("api-watch", "connection_table"),
    ],
)
def test_a_call_decides_its_row(name: str, call: str) -> None:
    assert _rows(calls={call: {"works": True, "why": ""}})[name].active == "yes"
    refused = _rows(calls={call: {"works": False, "why": "EPERM"}})[name]
    assert refused.active == "no"
    assert "EPERM" in refused.reason
    assert _rows(calls={call: {"works": None, "why": "no answer in 3 s"}})[name].active == "unknown"


CLOSES = {"works": True, "why": "", "closes_memory": True}
OPEN = {"works": True, "why": "", "closes_memory": False}
REFUSED = {"works": False, "why": "EPERM"}


@pytest.mark.parametrize(
    ("opened", "was_read", "program", "prctl", "state"),
    [
        (True, False, CLOSES, REFUSED, "yes"),
        (True, True, REFUSED, CLOSES, "yes"),
        (True, True, OPEN, OPEN, "no"),
        (False, True, OPEN, OPEN, "no"),
        # Yama, say: closed whatever Dayfly does.
        (False, False, REFUSED, REFUSED, "yes"),
        (False, None, REFUSED, REFUSED, "unknown"),
        (True, True, REFUSED, REFUSED, "no"),
        (True, True, {"works": None, "why": "no answer"}, REFUSED, "unknown"),
    ],
)
def test_memory_is_closed_by_what_the_host_was_seen_to_do(
    opened: bool,
    was_read: bool | None,
    program: dict[str, object],
    prctl: dict[str, object],
    state: str,
) -> None:
    row = _rows(
        calls={
            "proc_mem": {"works": opened, "why": "", "of_parent": opened},
            "process_vm_readv": {"works": was_read, "why": "", "of_parent": was_read},
            "memfd_exec_0111": program,
            "prctl_set_dumpable": prctl,
        }
    )["supervisor-memory"]
    assert row.active == state
    assert bool(row.reason) is (state != "yes")


def test_memory_that_the_settings_leave_open_is_not_called_closed() -> None:
    calls = {"proc_mem": {"works": True, "why": "", "of_parent": True}, "memfd_exec_0111": CLOSES}
    (row,) = (row for row in defences(Survey({}, calls), NARROW, False) if row.name == "supervisor-memory")
    assert (row.active, row.allowed) == ("no", "yes")
    assert "close_memory is off" in row.reason


def test_why_memory_stays_open_is_said() -> None:
    calls = {
        "proc_mem": {"works": True, "why": "", "of_parent": True},
        "memfd_exec_0111": {"works": False, "why": "EACCES", "closes_memory": False},
        "prctl_set_dumpable": {"works": False, "why": "EPERM", "closes_memory": False},
    }
    row = _rows(calls=calls)["supervisor-memory"]
    assert row.active == "no"
    assert "opened its parent through /proc/PID/mem" in row.reason
    assert "refused: EACCES" in row.reason
    assert "root can" in _rows(host={"uid": 0}, calls=calls)["supervisor-memory"].reason


@pytest.mark.parametrize(
    ("scope", "works", "state"),
    [(NARROW, True, "yes"), (NARROW, False, "no"), (WIDE, True, "no"), (WIDE, False, "no")],
)
def test_calls_are_confined_where_the_host_allows_it_but_not_on_lambda(
    scope: ScopeDecision, works: bool, state: str
) -> None:
    why = "" if works else "prctl: EPERM"
    calls = {
        "seccomp_filter": {"works": works, "why": why},
        "prctl_set_no_new_privs": {"works": works, "why": why},
    }
    row = _rows(scope, calls=calls)["confined-calls"]
    assert (row.active, row.allowed) == (state, "yes" if works else "no")
    assert bool(row.reason) is (state != "yes")


def test_a_network_of_its_own_is_offered_and_never_shown_as_in_force() -> None:
    for works, allowed in ((True, "yes"), (False, "no"), (None, "unknown")):
        row = _rows(calls={"own_network": {"works": works, "why": "EPERM"}})["network-of-its-own"]
        assert (row.active, row.allowed, row.is_missing) == ("no", allowed, False)


def test_what_this_version_does_not_use_is_never_shown_as_in_force() -> None:
    calls = {"own_network": {"works": True, "why": ""}, "own_pids": {"works": False, "why": "EPERM"}}
    rows = [row for row in _rows(calls=calls).values() if row.kind == "means"]
    assert len(rows) > 5
    assert {row.active for row in rows} == {"no"}
    assert {row.allowed for row in rows} == {"yes", "no", "unknown"}
    assert not any(row.is_missing for row in rows)


def test_only_defences_can_be_missing() -> None:
    for kind, is_missing in (("defence", True), ("means", False), ("speed", False), ("tool", False)):
        row = Row("x", "g", kind, "no", "no", "p", "r", "t")  # type: ignore[arg-type]  # a literal each
        assert row.is_missing is is_missing


def test_a_row_is_json_with_stable_keys() -> None:
    keys = {"name", "group", "kind", "active", "allowed", "protects", "reason", "to_do"}
    for row in _rows().values():
        assert set(json.loads(json.dumps(row.as_json()))) == keys
