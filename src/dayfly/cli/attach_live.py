"""Runs an attach of deployed functions from the choice to the last outcome: plans, asks, carries out, verifies."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.account import Account
from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.aws.facts import list_functions, read_facts
from dayfly.attach.live.attaching import Attacher, in_parallel
from dayfly.attach.live.building import BuiltLayers
from dayfly.attach.live.history import History
from dayfly.attach.live.journal import Journal
from dayfly.attach.live.layers import LayerSource, NamedLayer
from dayfly.attach.live.model import AttachOptions, Outcome, Plan, State
from dayfly.attach.live.updating import Updater
from dayfly.attach.live.verifying import NEXT_LINE, Verifier
from dayfly.cli.attach_view import AttachView
from dayfly.cli.output import Output
from dayfly.core.proofs import KEY_VARIABLE
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

REFUSED = 2
_NOT_PROVED = 1
# Lambda's own limit for an event: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MAX_EVENT_BYTES = 6 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Choice:
    """Which functions: named ones, or those of the account, all or with tags."""

    functions: tuple[str, ...] = ()
    is_all: bool = False
    tags: tuple[str, ...] = ()

    @property
    def is_broad(self) -> bool:
        """Say whether nobody named the functions, so that one which can have no Dayfly is no fault."""
        return not self.functions

    def names(self, caller: Caller, client: LambdaClient) -> list[str]:
        """Return the functions, each once; raises DayflyError for a choice that is none."""
        given = [bool(self.functions), self.is_all, bool(self.tags)]
        if sum(given) != 1:
            raise DayflyError(
                "no function was given"
                if not any(given)
                else "function names, --all and --tag cannot be combined",
                hint="give function names, --all or --tag team=shop",
            )
        for name in self.functions:
            check_name(name)
        if self.functions:
            return list(dict.fromkeys(self.functions))
        tags = {}
        for word in self.tags:
            key, equals, value = word.partition("=")
            if not key or not equals:
                raise DayflyError(
                    f"--tag {word!r} has no value", hint="write it as KEY=VALUE, for example --tag team=shop"
                )
            tags[key] = value
        found = list(dict.fromkeys(list_functions(caller, client, tags=tags)))
        if not found:
            raise DayflyError(
                "no function " + ("has these tags" if tags else "is there"),
                hint="check the region and the account",
            )
        return found


@dataclass(frozen=True, slots=True)
class AttachRequest:
    """What a run was asked for, apart from the functions."""

    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    layer: str = ""
    accept_drift: bool = False
    publish: str = ""

    def options(self) -> AttachOptions:
        """The same for the planning."""
        return AttachOptions(self.settings, self.accept_drift, self.publish)

    def written(self) -> dict[str, Any]:
        """The same for the journal, without the fleet's key; only its name."""
        plain = {name: value for name, value in self.settings.items() if name != KEY_VARIABLE}
        return {
            "settings": plain,
            "secrets": sorted(self.settings.keys() - plain.keys()),
            "layer": self.layer,
            "accept_drift": self.accept_drift,
            "publish": self.publish,
        }


def attach_live(
    output: Output,
    account: Account,
    place: Path,
    choice: Choice,
    request: AttachRequest,
    *,
    verify: Path | None = None,
    is_dry_run: bool = False,
    is_yes: bool = False,
    limit: int,
    names: Sequence[str] = (),
    places: Sequence[str] = (),
) -> int:
    """Attach what was chosen (or `names`, which a resumed run has left in `places`); return the exit code."""
    event = read_event(verify) if verify is not None else None
    client = account.client("lambda", connections=limit)
    caller = Caller()
    view = AttachView(output, "attach")
    chosen = list(names) or choice.names(caller, client)
    attacher = Attacher(caller, client, _layers(caller, client, request), request.options())
    plans = _plan_all(view, attacher.plan, chosen, limit=limit, is_broad=choice.is_broad)
    plans = each_once(plans)
    doable = [plan.function for plan in plans if not plan.refusals]
    worst = 0 if _is_fine(plans, is_broad=choice.is_broad) else REFUSED
    changed = sum(plan.state == "change" for plan in plans)
    view.planned(plans, is_dry_run=is_dry_run)
    found = places_of(plans)
    if places and not set(found) <= set(places):
        raise DayflyError(
            f"the last run used {', '.join(places)}, but the current credentials are for {', '.join(found)}",
            hint="choose that account and region with --profile and --region",
        )
    if is_dry_run or not doable:
        return worst
    if changed:
        view.ask(f"attach Dayfly to {changed} function{'s' if changed != 1 else ''}", is_yes=is_yes)
    with Journal(place) as journal:
        updater = Updater(caller, client, journal, run=os.urandom(6).hex())
        updater.write(
            "begin", functions=doable, request={**request.written(), **_where(account), "places": found}
        )
        outcomes = run_all(
            view, updater, lambda name: attacher.attach(name, updater), doable, limit=limit, command="attach"
        )
    if not all(outcome.is_good for outcome in outcomes):
        worst = REFUSED
    good = [outcome for outcome in outcomes if outcome.is_good]
    if event is None:
        if good and any(outcome.state is State.DONE for outcome in good):
            view.say(f"to check that it is active: {NEXT_LINE}")
        return worst
    verifier = Verifier(caller, client, account.client("logs"))
    return max(worst, _verify_all(view, verifier, good, event, qualifier=request.publish))


def resume_live(
    output: Output,
    account: Account,
    place: Path,
    *,
    settings: Mapping[str, str],
    verify: Path | None,
    is_dry_run: bool,
    is_yes: bool,
    limit: int,
) -> int:
    """Go on with the journal's last run; raises DayflyError where there is none, or a setting must be given again."""
    with Journal(place) as journal:
        run = History(journal.records()).last_run()
    if run is None:
        raise DayflyError(
            f"nothing to resume: the journal {place} is empty",
            hint="give function names, for example: dayfly attach payments",
        )
    if run.is_ended and not run.left:
        output.say("the last run is complete; nothing is left to do")
        return 0
    told = run.request
    missing = [name for name in told.get("secrets") or () if name not in settings]
    if missing:
        raise DayflyError(
            f"{', '.join(missing)} was set in the last run, but the journal does not store secrets",
            hint=f"set it again: --set {missing[0]}=…",
        )
    request = AttachRequest(
        settings={**dict(told.get("settings") or {}), **settings},
        layer=str(told.get("layer") or ""),
        accept_drift=bool(told.get("accept_drift")),
        publish=str(told.get("publish") or ""),
    )
    where = Account(
        account.endpoint_url or told.get("endpoint_url") or None,
        account.region or told.get("region") or None,
        account.profile or told.get("profile") or None,
    )
    output.say(f"resuming the last run: {len(run.left)} of {len(run.functions)} functions are left")
    return attach_live(
        output,
        where,
        place,
        Choice(),
        request,
        verify=verify,
        is_dry_run=is_dry_run,
        is_yes=is_yes,
        limit=limit,
        names=run.left,
        places=[str(place) for place in told.get("places") or ()],
    )


def run_all(
    view: AttachView,
    updater: Updater,
    work: Callable[[str], Outcome],
    functions: Sequence[str],
    *,
    limit: int,
    command: str,
) -> list[Outcome]:
    """Carry out `work` for every function and tell each end as it comes; what was not begun is told, too."""
    outcomes: list[Outcome] = []
    with _told_how_to_go_on(view, command):
        for name, result in in_parallel(functions, work, limit=limit):
            if isinstance(result, CallError):
                result = Outcome(name, State.NOT_TRIED, result.message, result.hint)
            if result.state not in (State.NOT_TRIED, State.UNKNOWN):
                updater.write("outcome", function=name, state=result.state.value)
            outcomes.append(result)
            view.outcome(result)
    updater.write("end")
    view.ended(outcomes)
    return outcomes


def read_event(path: Path) -> bytes:
    """Return the event in a file; raises DayflyError for one that Lambda would not take."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_EVENT_BYTES + 1)
    except OSError as error:
        raise DayflyError(
            f"cannot read {path}: {error.strerror}", hint="give a JSON file with one event"
        ) from error
    import json

    try:
        json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DayflyError(f"{path} is not valid JSON", hint="use a file with one JSON document") from error
    if len(data) > _MAX_EVENT_BYTES:
        raise DayflyError(
            f"{path} is larger than 6 MB", hint="use a smaller event; Lambda accepts 6 MB at most"
        )
    return data


def _plan_all(
    view: AttachView, plan: Callable[[str], Plan], functions: Sequence[str], *, limit: int, is_broad: bool
) -> list[Plan]:
    plans: dict[str, Plan] = {}
    with view.busy(f"looking at {len(functions)} functions"):
        for name, result in in_parallel(functions, plan, limit=limit):
            if isinstance(result, CallError):
                raise result
            plans[name] = result
    ordered = [plans[name] for name in functions]
    for one in ordered:
        view.plan(one, is_quiet=is_broad and _is_refused_for(one, "not-python"))
    return ordered


def each_once(plans: Sequence[Plan]) -> list[Plan]:
    """Leave out functions that were named twice, as a name and an ARN: two threads at one would confuse its records."""
    found: dict[str, Plan] = {}
    for plan in plans:
        found.setdefault(plan.arn or plan.function, plan)
    return list(found.values())


def places_of(plans: Sequence[Plan]) -> list[str]:
    """Return account and region of all functions, as an ARN has them."""
    return sorted({":".join(plan.arn.split(":")[3:5]) for plan in plans if plan.arn})


def _is_refused_for(plan: Plan, *reasons: str) -> bool:
    return any(refusal.reason in reasons for refusal in plan.refusals)


def _is_fine(plans: Sequence[Plan], *, is_broad: bool) -> bool:
    """Whether all can be attached, or were not named and cannot have a layer's Dayfly at all."""
    return all(
        not plan.refusals or (is_broad and _is_refused_for(plan, "not-python", "image")) for plan in plans
    )


def _verify_all(
    view: AttachView,
    verifier: Verifier,
    outcomes: Sequence[Outcome],
    event: bytes,
    *,
    qualifier: str,
) -> int:
    worst = 0
    for outcome in outcomes:
        try:
            facts = read_facts(verifier.caller, verifier.client, outcome.function)
            with view.busy(f"invoking {outcome.function} and looking for Dayfly's first log record"):
                found = verifier.verify(outcome.function, facts.log_group, event, qualifier=qualifier)
        except CallError as error:
            view.verified(outcome.function, None, f"{error.message} ({error.hint})")
            worst = _NOT_PROVED
            continue
        error_text = "; the function returned an error" if found.is_error else ""
        view.verified(outcome.function, found.is_active, found.text + error_text)
        worst = worst if found.is_active else _NOT_PROVED
    return worst


def _layers(caller: Caller, client: LambdaClient, request: AttachRequest) -> LayerSource:
    return NamedLayer(caller, client, request.layer) if request.layer else BuiltLayers(caller, client)


def _where(account: Account) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(account).items() if value}


def check_name(name: str) -> None:
    """Raises DayflyError for what is no name or ARN of a function as a whole."""
    parts = name.split(":")
    is_qualified = len(parts) == 8 if name.startswith("arn:") else len(parts) not in (1, 3)
    # "/", "?" and "#" would make another path of Lambda's API of it.
    is_odd = not name or any(not character.isprintable() or character in " /?#%" for character in name)
    if is_qualified or is_odd:
        raise DayflyError(
            f"{name!r} is not a function name or ARN",
            hint=(
                "remove the version or alias: published versions cannot change; use --publish to update an "
                "alias"
            ),
        )


@contextlib.contextmanager
def _told_how_to_go_on(view: AttachView, command: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        how = "dayfly attach --resume" if command == "attach" else "run the same command again"
        view.warn(
            "interrupted; the journal holds the progress, and no function is half changed. To continue: "
            f"{how}"
        )
        raise
