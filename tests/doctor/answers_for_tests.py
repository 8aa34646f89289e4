"""Answers as a function on Lambda might give them; invented, since nothing has run there yet."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping

from dayfly.doctor.answers import Answer, InvokeRecord, parse

RAPID = "/var/rapid/init"
EMULATOR = "/usr/local/bin/aws-lambda-rie"

_CALLS: dict[str, dict[str, object]] = {
    "prctl_set_child_subreaper": {"works": False, "why": "EPERM"},
    "prctl_set_dumpable": {"works": False, "why": "EPERM"},
    "proc_mem": {"works": True, "why": "", "of_child": True, "of_parent": True},
    "process_vm_readv": {"works": False, "why": "EPERM", "of_child": False, "of_parent": False},
    "memfd_create": {"works": True, "why": "", "seals": True},
    "memfd_exec": {"works": True, "why": ""},
    "memfd_exec_0111": {"works": True, "why": "", "closes_memory": True},
    "pidfd_open": {"works": True, "why": ""},
    "pidfd_send_signal": {"works": True, "why": ""},
    "process_limit": {"works": True, "why": ""},
    "orphan": {"works": True, "why": "", "pid": 40, "parent": 1, "parent_name": "init", "reaped": True},
    "keyring": {"works": False, "why": "ENOSYS"},
    "affinity": {"works": True, "why": ""},
}
_HOST: dict[str, object] = {
    "python": "3.13.1",
    "kernel": "5.10.240",
    "machine": "x86_64",
    "uid": 993,
    "parent_pid": 1,
    "parent_command": RAPID,
    "init_command": RAPID,
    "init_uid": "0",
    "pid_namespace": "pid:[4026532181]",
    "ipc_namespace": "ipc:[4026532180]",
    "tmp_is_mount": True,
    "processes_of_others": 1,
    "extensions": 0,
    "cpus_allowed": 2,
}


def process(name: str, *, uid: int = 993, opens: bool = False, **more: object) -> dict[str, object]:
    """One process as a survey lists it."""
    return {"name": name, "uid": uid, "memory_opens": opens, "state": "S", "is_self": False, **more}


def survey(
    *,
    at: int = 100,
    init: str = RAPID,
    host: Mapping[str, object] | None = None,
    calls: Mapping[str, Mapping[str, object]] | None = None,
    processes: list[dict[str, object]] | None = None,
    before: Mapping[str, object] | None = None,
    runtime: str = "awslambdaric",
) -> dict[str, object]:
    """A survey's document."""
    own = {**_HOST, "init_command": init, "parent_command": init, **(host or {})}
    shown = [process("init", uid=0)] if processes is None else processes
    facts = {
        "host": own,
        "calls": {**copy.deepcopy(_CALLS), **(calls or {})},
        "processes": {"total": len(shown), "shown": shown},
        "before": before or {"seen": False},
        "runtime": runtime,
    }
    return document("survey", facts, at=at, init=init)


def document(
    probe: str, facts: Mapping[str, object], *, at: int = 100, init: str = RAPID
) -> dict[str, object]:
    """Any probe's document."""
    return {"schema": "dayfly-doctor/1", "probe": probe, "at": at, "init": init, "facts": dict(facts)}


def api_lock(*, at: int = 200, init: str = RAPID, **facts: object) -> dict[str, object]:
    """What the probe api_lock answers where the lock works."""
    worked = {
        "status": 100,
        "held": True,
        "took_ms": 0.2,
        "next_status": 403,
        "response_status": None,
        "answered_by": "the holder",
    }
    return document("api_lock", {**worked, **facts}, at=at, init=init)


def after_lock(*, at: int = 210, status: object = 403) -> dict[str, object]:
    """The survey after api_lock, which tells the fate of the other answer."""
    return survey(
        at=at,
        before={
            "seen": True,
            "probe": "api_lock",
            "exited": False,
            "later": {"finished": 202, "response_status": status},
        },
    )


def held_error(*, at: int = 220, init: str = RAPID) -> dict[str, object]:
    """The error payload that the probe held_error leaves."""
    told = document("held_error", {"status": 100, "held": True, "delivered_by": "body"}, at=at, init=init)
    return {"errorType": "Function.DoctorHeldError", "errorMessage": json.dumps(told)}


def read(
    document: Mapping[str, object], *, source: str = "answer.json", flagged: bool | None = None
) -> Answer:
    """The document as the reader has it, with what the invoker was told."""
    found = parse(json.dumps(document).encode(), source=source)
    assert isinstance(found, Answer)
    if flagged is None:
        return found
    from dayfly.doctor.answers import attach

    record = InvokeRecord(source.removesuffix(".json") + ".invoke.json", "Unhandled" if flagged else "")
    return attach({source: found}, [record])[source]
