"""What to change in the code, for each loss, difference and reason not to fork; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.lab.plan.model import Fix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.lab.plan.model import Difference, LineCost, Loss, Split, Urgency

# Databases that a connection per event wears down, by port: what to put in between.
_POOLS = {
    "5432": "RDS Proxy, or PgBouncer",
    "3306": "RDS Proxy",
    "6379": (
        "a short connect timeout (ElastiCache has no proxy for connections); `window` keeps the connection"
    ),
    "27017": "a small maxPoolSize and `window`",
}
_LATE = (
    "finish it before the response, or use a queue: without Dayfly, too, a frozen environment may never "
    "run it"
)


def find_fixes(
    losses: Sequence[Loss],
    differences: Sequence[Difference],
    *,
    isolation: str,
    reasons: Sequence[str],
    split: Split | None = None,
) -> tuple[Fix, ...]:
    """Return fixes, those needed before switching on first; `reasons` are why it cannot be forked."""
    found = [_of_reason(reason, losses) for reason in reasons]
    found += _of_differences([one for one in differences if one.isolation == isolation])
    found += [_of_line(line) for line in (split.lines if split is not None else ()) if line.can_move]
    for loss in losses:
        fix = _of_loss(loss)
        if fix is not None and all((fix.what, fix.where) != (known.what, known.where) for known in found):
            found.append(fix)
    return tuple(sorted(found, key=lambda fix: fix.urgency != "before"))


def _of_reason(reason: str, losses: Sequence[Loss]) -> Fix:
    """A reason reads `culprit: fix`; the place is known where the probe saw the same culprit."""
    what, _, how = reason.partition(": ")
    where = next((loss.where for loss in losses if _is_culprit(loss, what)), "")
    return Fix(f"cannot be forked: {what}", where, how or "see the finding zygote.not-forkable", "before")


def _is_culprit(loss: Loss, what: str) -> bool:
    if loss.kind == "connection":
        return f" {loss.what.partition(' ')[0]} " in f" {what} "
    return loss.kind == "thread" and loss.what in what


def _of_differences(differences: Sequence[Difference]) -> list[Fix]:
    by_path: dict[str, list[Difference]] = {}
    for difference in differences:
        by_path.setdefault(difference.path, []).append(difference)
    fixes: list[Fix] = []
    for path, items in by_path.items():
        one = items[0]
        if one.is_new_error:
            how = "see its log: dayfly lab serve FOLDER --handler HANDLER --runtime dayfly"
            fixes.append(Fix(f"the function fails: {one.got}, where {one.explanation}", "", how, "before"))
            continue
        where = "the answer" if path in ("", "$") else f"the answer at {path}"
        fixes.append(
            Fix(
                what=f"{where} differs from the run without Dayfly ({one.explanation})",
                where="",
                how="do not derive it from process state of earlier invocations, or accept the change",
                urgency="before",
            )
        )
    return fixes


def _of_line(line: LineCost) -> Fix:
    how = (
        f"move it above `def {line.inside}`, to the module's top level: it depends on no event, and then runs once, "
        f"at init, not {line.ms:.0f} ms in every worker"
    )
    return Fix(line.code, line.where, how, "later")


def _of_loss(loss: Loss) -> Fix | None:
    urgency: Urgency = "later"
    match loss.kind:
        case "late-work" if not loss.where:
            how = "a library's: if it sends data of the invocation, flush before the response"
        case "late-work":
            urgency, how = "before", _LATE
        case "process":
            urgency, how = "before", "wait for it, or end it, before the response"
        case "thread" if "init" in loss.consequence:
            how = (
                "make sure that workers restart it, as fork-aware libraries do; otherwise start it on "
                "first use"
            )
        case "thread":
            how = (
                "if it sends queued data of invocations, flush before the response; otherwise start it at "
                "init"
            )
        case "state" if "emptied" in loss.consequence:
            urgency, how = "before", "write each invocation's data before its response"
        case "state":
            how = "if a later invocation reads it, keep it in a data store; otherwise remove it"
        case "tmp" if "collects" in loss.consequence:
            urgency, how = (
                "before",
                "send it elsewhere before the response; the file is removed with the worker",
            )
        case "tmp":
            how = (
                "write the file at init: such files stay and are checked for changes; files of a `keep` "
                "glob are shared by all customers"
            )
        case "cold-start-flag":
            how = "do not count cold starts with it; Lambda reports Init Duration itself"
        case "lazy-import" | "lazy-object" if loss.where and not loss.prime:
            how = "move it to the module's top level, so that it runs at init"
        case "cache" if loss.where and not loss.prime:
            how = "fill it at init with the most used entries, if they are known"
        case "connection":
            port = loss.what.split(" ")[0].rpartition(":")[2]
            if port not in _POOLS:
                return None
            how = f"every event opens a connection: use {_POOLS[port]}"
        case "tracing" if "lost:" in loss.consequence or "are lost" in loss.consequence:
            how = "flush at the end of the handler"
        case "extension" if "registered" in loss.consequence:
            how = "use an external extension, or do its work in the handler"
        case _:
            return None
    return Fix(loss.what, loss.where, how, urgency)
