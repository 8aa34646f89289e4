"""Tell the story: act 1 on the plain function, act 2 under Dayfly, the same traffic in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.lab.demo.act import Act, Snapshot
from dayfly.lab.demo.database import Database
from dayfly.lab.demo.score import ActResult, score, verdict
from dayfly.lab.demo.traffic import make_customers

if TYPE_CHECKING:
    from random import Random

    from dayfly.lab.demo.facts import ActFacts, ActName, Plan
    from dayfly.lab.model import ConfinementChoice


@dataclass(frozen=True, slots=True)
class Ending:
    """Both acts, what each proved, and why that does not show the claim (empty when it does)."""

    bare: ActResult
    dayfly: ActResult
    bare_facts: ActFacts
    dayfly_facts: ActFacts
    reasons: tuple[str, ...]

    def as_json(self) -> dict[str, dict[str, int | float | str]]:
        """Return what `dayfly demo --json` prints."""
        return {"bare": self.bare.as_json(), "dayfly": self.dayfly.as_json()}


class Story:
    """Both acts in order; `run` may be called once, `snapshots` at any time."""

    def __init__(self, plan: Plan, *, confinement: ConfinementChoice, random: Random) -> None:
        self._plan = plan
        self._database = Database()
        customers = make_customers(plan.customers, random=random)

        def act(name: ActName) -> Act:
            return Act(
                name,
                plan=plan,
                customers=customers,
                database=self._database,
                confinement=confinement,
                random=random,
            )

        self._bare = act("bare")
        self._dayfly = act("dayfly")

    async def run(self) -> Ending:
        """Play both acts; nothing that was started runs on when this returns or raises."""
        with self._database:
            bare_facts = await self._bare.run()
            dayfly_facts = await self._dayfly.run()
        bare, dayfly = score(bare_facts), score(dayfly_facts)
        return Ending(
            bare=bare,
            dayfly=dayfly,
            bare_facts=bare_facts,
            dayfly_facts=dayfly_facts,
            reasons=verdict(bare, dayfly, customers=self._plan.customers),
        )

    def snapshots(self) -> tuple[Snapshot, Snapshot]:
        """Return both acts as they stand."""
        return self._bare.snapshot(), self._dayfly.snapshot()
