"""`--revoke-sessions` and `--unrevoke`: whose sessions, whom it would hurt, when, and back again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dayfly.attach.aws.account import Account
from dayfly.attach.aws.calls import Caller
from dayfly.attach.recycle.health import Health
from dayfly.attach.recycle.model import StoppedError
from dayfly.attach.recycle.revoking import (
    POLICY,
    RoleUse,
    document,
    name_of,
    objections,
    revoke,
    unrevoke,
    users_of,
)
from dayfly.attach.recycle.stopping import Stop
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from dayfly.attach.recycle.ordering import Ordered
    from dayfly.attach.recycle.survey import Survey

_BY_NUMBER = "invocations of a published version by its number"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html: it may take a few minutes until a
# policy is effective everywhere; CloudWatch's errors come one to two minutes later.
WATCH_S = 300.0


class Revocation:
    """Revokes the sessions of a role once every chosen function that has it is ordered; threads may tell of orders."""

    def __init__(self, account: Account, say: Callable[[str], None]) -> None:
        self._caller = Caller()
        self._client = account.client("lambda")
        self._iam = account.client("iam")
        self._say = say
        self._lock = threading.Lock()
        self._uses: dict[str, RoleUse] = {}
        self._waiting: dict[str, set[str]] = {}
        self._times: dict[str, list[tuple[float, float]]] = {}
        self._failed: dict[str, list[str]] = {}
        self.revoked: list[str] = []

    def plan(self, found: Sequence[Survey], *, is_yes: bool, is_dry_run: bool) -> None:
        """Look who would be hurt; raises DayflyError where that is somebody and nobody said --yes."""
        roles = {one.facts.role for one in found}
        for use in users_of(self._caller, self._client, self._iam, roles):
            self._uses[use.arn] = use
            self._waiting[use.arn] = {one.facts.name for one in found if one.facts.role == use.arn}
        unreached = {
            one.facts.name: sum(not text.startswith(_BY_NUMBER) for text in one.plan.unreached)
            for one in found
        }
        against = objections(
            self._uses.values(), recycled={one.facts.name for one in found}, unreached=unreached
        )
        for use in self._uses.values():
            self._say(
                f"the role {use.name} of {', '.join(use.functions)}: sessions from before recycling lose "
                f"every permission, through the inline policy {POLICY}"
            )
        for text in against:
            self._say(f"note: {text}")
        if is_dry_run:
            self._say(f"the policy, with the time of recycling: {document(0.0)}")
        elif against and not is_yes:
            raise DayflyError(
                f"revoking sessions would affect more than the recycled functions: {against[0]}"
                + (f" (and {len(against) - 1} more)" if len(against) > 1 else ""),
                hint="recycle those functions in the same run, or add --yes; nothing was changed",
            )

    def after_order(self, found: Survey, ordered: Ordered) -> None:
        """Take note of an order; the last one of a role revokes. Raises DayflyError where IAM refuses."""
        role, name = found.facts.role, found.facts.name
        with self._lock:
            self._waiting.get(role, set()).discard(name)
            if ordered.failures or ordered.stopped:
                self._failed.setdefault(role, []).append(name)
            latest = ordered.orders[0]
            self._times.setdefault(role, []).append(
                (latest.ordered, max(one.effective for one in ordered.orders))
            )
            if self._waiting.get(role) or self._failed.get(role):
                return
            first = min(time for time, _ in self._times[role])
            last = max(time for _, time in self._times[role])
            use = self._uses[role]
            revoke(self._caller, self._iam, use.name, first)
            self.revoked.append(use.name)
        self._say(
            f"revoked: sessions of {use.name} from before recycling have no permissions once IAM has "
            f"propagated the policy (a few minutes); sessions issued in the {max(0.0, last - first):.0f} s "
            "until the last function was recycled stay valid"
        )

    def finish(self, health: Health, stop: Stop, *, watch_s: float = WATCH_S) -> bool:
        """Say what was not revoked; watch errors where somebody asked for that, and take the policy away where they rise.

        Return whether all is revoked.
        """
        left = [use for role, use in self._uses.items() if use.name not in self.revoked]
        for use in left:
            missing = sorted({*self._waiting[use.arn], *self._failed.get(use.arn, ())})
            why = (
                f"because {', '.join(missing)} was not fully recycled"
                if missing
                else "see the IAM error above"
            )
            self._say(f"NOT REVOKED: the sessions of {use.name}, {why}")
        if self.revoked and health.watches_errors:
            self._say(f"watching for errors for {watch_s:.0f} s, while IAM propagates the policy")
            try:
                health.rest(watch_s)
            except StoppedError as error:
                if stop.is_impatient:
                    self._say("stopped watching for errors; the sessions stay revoked")
                    return not left
                for name in self.revoked:
                    unrevoke(self._caller, self._iam, name)
                    self._say(f"the revocation of {name} was undone: {error.message}")
                return False
        return not left


def unrevoke_roles(account: Account, functions: Sequence[str], say: Callable[[str], None]) -> int:
    """Take the policy off the roles of functions; raises DayflyError."""
    caller, client, iam = Caller(), account.client("lambda"), account.client("iam")
    for role in sorted(
        {
            name_of(
                str(
                    caller.call(
                        client.get_function_configuration,
                        what=f"cannot read the function {function}",
                        FunctionName=function,
                    )["Role"]
                )
            )
            for function in functions
        }
    ):
        was = unrevoke(caller, iam, role)
        say(f"{POLICY} was removed from {role}" if was else f"{role} has no {POLICY}")
    return 0
