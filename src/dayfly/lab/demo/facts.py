"""What an act is asked to do and what was seen while it ran; nothing here is concluded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dayfly.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.lab.demo.sink import Report
    from dayfly.lab.demo.traffic import Customer
    from dayfly.lab.model import ConfinementReport, LabEvent

ActName = Literal["bare", "dayfly"]
Role = Literal["attacker", "ping", "customer"]

# A plan beyond these would not end in minutes, or not start, on a machine of two cores.
MAX_ENVIRONMENTS = 200
MAX_REQUESTS = 5_000

# Under a minute and a half on two cores, of which most is cold starts and the pace of the customers.
DEFAULT_ENVIRONMENTS = 32
DEFAULT_ATTACKERS = 300
DEFAULT_CUSTOMERS = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of each traffic, and its pace; both acts run the same plan.

    `environments` is the function's reserved concurrency. `idle_expiry_s` stands for the ten minutes
    or so after which Lambda ends an environment that nobody calls, shortened so that a demo can
    outlive it. Customers come one to `customers_at_once` together, `pace_s` apart on average. Raises SettingError for a plan that shows nothing or never ends.
    """

    environments: int = DEFAULT_ENVIRONMENTS
    attackers: int = DEFAULT_ATTACKERS
    customers: int = DEFAULT_CUSTOMERS
    customers_at_once: int = 4
    pace_s: float = 0.08
    quiet_s: float = 3.0
    ping_every_s: float = 1.5
    idle_expiry_s: float = 20.0

    def __post_init__(self) -> None:
        if not 1 <= self.environments <= MAX_ENVIRONMENTS:
            raise SettingError(
                f"{self.environments} environments are out of range", hint=f"use 1 to {MAX_ENVIRONMENTS}"
            )
        for name, value in (("attackers", self.attackers), ("customers", self.customers)):
            if not 1 <= value <= MAX_REQUESTS:
                raise SettingError(f"{value} {name} are out of range", hint=f"use 1 to {MAX_REQUESTS}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its answer; `failure` is "" when the function answered 200, else what came instead.

    `latency_ms` is what the caller waited, refusals for lack of a free environment included; `started`
    is when the try began that was not refused. Both times are seconds since the epoch.
    """

    role: Role
    customer: Customer | None
    request_id: str
    environment_id: str
    started: float
    ended: float
    latency_ms: float
    failure: str

    @property
    def is_served(self) -> bool:
        """Say whether the function did what it was asked."""
        return not self.failure


@dataclass(frozen=True, slots=True)
class ActFacts:
    """Everything one act left to count: calls made, what the sink received, what the lab saw.

    `stored` names the customer of each record in the database, `workers` gives the number of
    Dayfly's worker that served a request, as Dayfly's own log says.
    """

    name: ActName
    plan: Plan
    calls: tuple[Call, ...]
    throttled: int
    reports: tuple[Report, ...]
    events: tuple[LabEvent, ...]
    stored: tuple[str, ...]
    workers: Mapping[str, int]
    confinement: ConfinementReport
    started: float
    ended: float
