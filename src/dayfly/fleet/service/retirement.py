"""Recycle jobs: given to the control plane, followed step by step, and proved from what functions log afterwards."""

from __future__ import annotations

import json
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dayfly.errors import DayflyError
from dayfly.fleet.records.rows import Triage
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.fleet.service.retiring import Retirer
    from dayfly.fleet.service.service import Service

_FUNCTION = re.compile(r"[A-Za-z0-9_:$.-]{1,200}")
_MAX_STEPS = 400
# Lambda lets an invocation run for 15 minutes; what began before the order may end so much later.
PROOF_SECONDS = 3600.0
_OLD = read_sql("dayfly.fleet.service", "sql/old_environments")


@dataclass(frozen=True, slots=True)
class Retirement:
    """One order. `state` is running, done or failed; `proof` has what was found since, {} before that."""

    id: str
    function: str
    actor: str
    reason: str
    ordered: float
    state: str
    environments: tuple[int, ...]
    steps: tuple[dict[str, Any], ...]
    proof: dict[str, Any]


class Retirements:
    """The recycle jobs of one service; `retirer` is None if the service may not start any."""

    def __init__(self, service: Service, retirer: Retirer | None) -> None:
        self._service = service
        self._retirer = retirer
        self._lock = threading.Lock()
        # Jobs that were running when the service stopped are no longer followed; show them as failed.
        for one in self._find("state = 'running'"):
            self._step(
                one.id,
                "the service stopped before the job ended",
                error="Could not check the result. See the verification below, or start a new recycle job.",
            )
            self._set(one.id, state="failed")

    def order(
        self,
        function: str,
        *,
        environments: Sequence[int],
        actor: str,
        reason: str,
        subject: str = "",
        address: str = "",
    ) -> str:
        """Start a recycle job and return its id, or the id of the job that already runs for this function."""
        if self._retirer is None:
            raise DayflyError(
                "this service is not allowed to recycle environments",
                hint=f"run `dayfly recycle {function}` with AWS credentials, or start the service with --recycle",
            )
        if not _FUNCTION.fullmatch(function):
            raise DayflyError("invalid function name", hint="use the button on the function's page")
        with self._lock:
            running = self._find("state = 'running' AND function = ?", function)
            if running:
                return running[0].id
            identity = secrets.token_hex(8)
            now = self._service.ledger.clock()
            self._service.ledger.change(
                "INSERT INTO retirements (id, function, actor, reason, ordered, state, environments, steps)"
                " VALUES (?, ?, ?, ?, ?, 'running', ?, '[]')",
                (identity, function, actor, reason[:1000], now, json.dumps(list(environments))),
            )
        facts = {"order": identity, "environments": len(environments)}
        self._service.audit.write(
            actor, "retire", function, address=address, detail={**facts, "reason": reason}
        )
        subjects = [f"function:{function}", *([subject] if subject else [])]
        rows = [
            Triage(
                time=now,
                subject=one,
                action="retire",
                actor=actor,
                reason=reason[:1000],
                facts=json.dumps(facts),
            )
            for one in subjects
        ]
        self._service.store.insert("triage", rows, token=f"retire:{identity}")
        threading.Thread(
            target=self._follow, args=(identity, self._retirer, function, list(environments), actor, reason),
            name=f"retire-{identity}", daemon=True,
        ).start()  # fmt: skip
        return identity

    def get(self, identity: str) -> Retirement:
        """Return a recycle job; raises DayflyError for an unknown id."""
        found = self._find("id = ?", identity)
        if not found:
            raise DayflyError("unknown recycle job", hint="the audit log contains all jobs")
        return found[0]

    def latest(self, limit: int = 20) -> list[Retirement]:
        """Return the latest recycle jobs."""
        return self._find("1 = 1")[:limit]

    def prove(self) -> None:
        """Check for every recycle job of the last hours whether an old environment is still active."""
        now = self._service.ledger.clock()
        for one in self._find("state = 'done' AND ordered > ?", now - PROOF_SECONDS - 900):
            self.check(one)

    def check(self, one: Retirement) -> None:
        """Record the verification of one recycle job."""
        effective = float(one.proof.get("effective") or one.ordered)
        rows = self._service.store.rows(
            _OLD,
            {
                "function": one.function.partition(":")[0],
                "account": "%",
                "since": f"{effective:.3f}",
                "ordered": f"{one.ordered:.3f}",
            },
        )
        latest = rows[0]["latest"]
        found = {
            "effective": effective,
            "checked": self._service.ledger.clock(),
            "old": int(str(rows[0]["old"])),
            "all": int(str(rows[0]["all"])),
            "fresh": int(str(rows[0]["fresh"])),
            "environments": rows[0]["environments"],
            "latest": latest.replace(tzinfo=UTC).timestamp()
            if isinstance(latest, datetime) and latest.year > 1970
            else 0.0,
        }
        was = int(one.proof.get("old", 0))
        self._set(one.id, proof=json.dumps(found))
        if found["old"] and not was:
            self._service.audit.write(
                "dayfly",
                "retire.proof",
                one.function,
                outcome="old environment active",
                detail={"order": one.id},
            )

    def faults(self) -> list[str]:
        """Recycle jobs with old environments that are still active."""
        found = []
        for one in self.latest():
            if one.proof.get("old"):
                found.append(
                    f"{one.function}: old environments are still active after a recycle job ({one.proof['old']} invocations)"
                )
        return found

    def _follow(
        self, identity: str, retirer: Retirer, function: str, environments: list[int], actor: str, reason: str
    ) -> None:
        state, error, said, is_proved = "done", "", "", False
        try:
            for step in retirer.retire(
                function, environments=environments or None, actor=actor, reason=reason
            ):
                self._step(identity, step.text, done=step.done, total=step.total, error=step.error)
                error = step.error or error
                said, is_proved = step.text, not step.error and 0 < step.total == step.done
        except DayflyError as fault:
            error = fault.message
            self._step(identity, fault.message, error=fault.hint or fault.message)
        except Exception as fault:  # trust boundary: the retirer speaks to a cloud; its faults end the order, told on its page
            error = f"{type(fault).__name__}: {fault}"[:500]
            self._step(identity, "failed", error=error)
        if error:
            state = "failed"
        now = self._service.ledger.clock()
        (order,) = self._find("id = ?", identity)
        facts = json.dumps(
            {
                "order": identity,
                "proved": is_proved and not error,
                "text": said[:500],
                "ordered": order.ordered,
            },
            separators=(",", ":"),
        )
        row = Triage(
            time=now,
            subject=f"function:{function}",
            action="retire",
            actor=actor,
            reason=reason[:1000],
            facts=facts,
        )
        try:
            self._service.store.insert("triage", [row], token=f"retired:{identity}")
        except StoreError as fault:
            self._step(identity, "could not write the result to the store", error=fault.message)
        self._set(identity, state=state, proof=json.dumps({"effective": now}))
        self._service.audit.write(
            actor, "retire.end", function, outcome=state, detail={"order": identity, "error": error}
        )

    def _step(self, identity: str, text: str, **more: object) -> None:
        with self._lock:
            row = self._service.ledger.one("SELECT steps FROM retirements WHERE id = ?", (identity,))
            steps = json.loads(str(row[0])) if row else []
            if len(steps) < _MAX_STEPS:
                steps.append({"time": self._service.ledger.clock(), "text": text[:500], **more})
            self._service.ledger.change(
                "UPDATE retirements SET steps = ? WHERE id = ?", (json.dumps(steps), identity)
            )

    def _set(self, identity: str, *, state: str = "", proof: str = "") -> None:
        self._service.ledger.change(
            "UPDATE retirements SET state = CASE ? WHEN '' THEN state ELSE ? END,"
            " proof = CASE ? WHEN '' THEN proof ELSE ? END WHERE id = ?",
            (state, state, proof, proof, identity),
        )

    def _find(self, condition: str, *values: str | float) -> list[Retirement]:
        rows = self._service.ledger.all(
            "SELECT id, function, actor, reason, ordered, state, environments, steps, proof FROM retirements"
            f" WHERE {condition} ORDER BY ordered DESC LIMIT 200",
            values,
        )
        return [
            Retirement(
                id=str(row[0]),
                function=str(row[1]),
                actor=str(row[2]),
                reason=str(row[3]),
                ordered=float(str(row[4])),
                state=str(row[5]),
                environments=tuple(json.loads(str(row[6]))),
                steps=tuple(json.loads(str(row[7]))),
                proof=json.loads(str(row[8]) or "{}"),
            )
            for row in rows
        ]
