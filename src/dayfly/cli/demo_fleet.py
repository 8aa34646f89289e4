"""`dayfly demo --fleet`: the attack as the console shows it, with a shop that sells until somebody ends it."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
import time
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.lab.demo.shop import FUNCTION, Shop
from dayfly.lab.shipping import Target

if TYPE_CHECKING:
    from dayfly.cli.output import Output
    from dayfly.lab.model import ConfinementChoice, LabEvent

_START_S = 60.0
_END_S = 15.0
# Long enough to look at a fleet that is well.
_PEACE_S = 15.0
_PACE_S = 0.4
_PING_EVERY_S = 5.0
_TELL_EVERY_S = 10.0
_AT_ONCE = 3
# The rule lets a function be known for six hours first, and waits two minutes to see that silence followed.
_RULES = """[infection_burst]
every = 5
learned = 0
silence = 10
"""


async def watch_in_console(
    output: Output,
    *,
    environments: int,
    attackers: int,
    confinement: ConfinementChoice,
    peace_s: float = _PEACE_S,
) -> None:
    """Run shop and fleet until SIGINT or SIGTERM; nothing of either is left afterwards.

    Raises DayflyError where the fleet does not start.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="dayfly-demo-fleet-") as folder:
        shop = Shop(random=SystemRandom(), confinement=confinement, environments=environments)
        async with shop, _Fleet(Path(folder), shop.url) as fleet:
            # At the end the fleet goes first, and that its collector is gone is no news.
            shop.ship_to(
                Target(fleet.url, fleet.token), warn=lambda text: None if stop.is_set() else output.warn(text)
            )
            # One process serves everybody, as without Dayfly: else there would be nothing to see here.
            await shop.open(isolation="process", variables={"DAYFLY_FLEET_KEY": fleet.key})
            _announce(output, shop, fleet)
            trade = asyncio.create_task(_Trade(output, shop, attackers=attackers, peace_s=peace_s).run())
            ended = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({trade, ended}, return_when=asyncio.FIRST_COMPLETED)
                if trade.done():
                    trade.result()
            finally:
                trade.cancel()
                ended.cancel()
                await asyncio.gather(trade, ended, return_exceptions=True)
                output.say("stopping the shop and the fleet service, and removing the folder")


class _Fleet:
    """`dayfly fleet serve` on a folder: a process of its own, since this one forks."""

    def __init__(self, folder: Path, lambda_url: str) -> None:
        self._folder = folder / "fleet"
        self._lambda_url = lambda_url
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""
        self.set_up_url = ""

    @property
    def key(self) -> str:
        return (self._folder / "fleet.key").read_text().split()[0]

    @property
    def token(self) -> str:
        return (self._folder / "cli.token").read_text().strip()

    async def __aenter__(self) -> _Fleet:
        self._folder.mkdir(mode=0o700)
        (self._folder / "rules.toml").write_text(_RULES)
        command = "from dayfly.cli.main import main; main()"
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", command, "fleet", "serve", str(self._folder), "--port", "0", "--json"),
            *("--lambda-endpoint", self._lambda_url),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            # Ctrl-C is for this process, which ends that one in its order.
            start_new_session=True,
        )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(_START_S):
                line = await self._process.stdout.readline()
            told = json.loads(line)
        except (TimeoutError, ValueError) as error:
            await self.__aexit__()
            raise DayflyError("the fleet service did not start", hint="see the messages above") from error
        self.url, self.set_up_url = str(told["url"]), str(told["set_up_url"])
        return self

    async def __aexit__(self, *fault: object) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(_END_S):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()


class _Trade:
    """Customers and pings all the while, and one burst of attacks after some peace; tells how it goes."""

    def __init__(self, output: Output, shop: Shop, *, attackers: int, peace_s: float) -> None:
        self._output = output
        self._shop = shop
        self._attackers = attackers
        self._peace_s = peace_s
        self._sold = 0
        self._infected: set[str] = set()
        self._gone: set[str] = set()
        shop.lab.subscribe(self._on_event)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sell())
            tasks.create_task(self._ping())
            tasks.create_task(self._attack())
            tasks.create_task(self._tell())

    async def _sell(self) -> None:
        while True:
            self._sold += len(await self._shop.sell(_AT_ONCE, at_once=_AT_ONCE))
            await asyncio.sleep(_PACE_S)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(_PING_EVERY_S)
            await self._shop.ping(sum(view.state == "idle" for view in self._shop.lab.environments(FUNCTION)))

    async def _attack(self) -> None:
        await asyncio.sleep(self._peace_s)
        # Said before it is over: the first cards leak while it still goes on.
        self._say(f"the attack starts: {self._attackers} malicious payments at the same time")
        served = await self._shop.attack(self._attackers)
        self._infected = {one.environment_id for one in served}
        self._say(
            f"the attack is over and infected {len(self._infected)} environments. There is no second attack."
        )

    async def _tell(self) -> None:
        told = -1
        while True:
            await asyncio.sleep(_TELL_EVERY_S)
            stolen = sum(bool(report.card) for report in self._shop.reports)
            if stolen != told or not self._infected:
                told = stolen
                self._say(
                    f"{self._sold} customers have paid; the attacker's server has received {stolen} cards"
                )

    def _on_event(self, event: LabEvent) -> None:
        if event.kind != "replaced":
            return
        self._gone.add(event.environment_id)
        if self._infected and self._infected == self._gone & self._infected:
            self._infected = set()
            self._say("every infected environment was replaced: the theft has stopped")

    def _say(self, text: str) -> None:
        self._output.say(f"{time.strftime('%H:%M:%S')}  {text}")


def _announce(output: Output, shop: Shop, fleet: _Fleet) -> None:
    if output.is_json:
        output.json(
            {
                "type": "watching",
                "url": fleet.url,
                "set_up_url": fleet.set_up_url,
                "lambda": shop.url,
                "confinement": shop.lab.confinement.kind,
            }
        )
        return
    output.say(
        "Dayfly demo: a shop in a Lambda emulator on this machine, monitored by the fleet service\n",
        style="bold",
    )
    output.say("open this link in a browser (it works once) and choose any name and password:")
    output.say(f"  {fleet.set_up_url}\n", style="bold green")
    output.say(
        "Soon one burst of attacks infects every environment, and card numbers leak.\nIn the console, open "
        f"the function {FUNCTION} and recycle its environments. Ctrl-C stops everything.\n\n(On a real "
        "fleet the detection rule learns for six hours and waits two minutes; the demo shortens both.)\n"
    )
