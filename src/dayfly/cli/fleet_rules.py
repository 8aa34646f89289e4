"""`dayfly fleet rules`: list the detection rules, check files of your own, and try rules on what the store holds."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from dayfly.cli.fleet_store import service_or_store
from dayfly.cli.output import Output
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPAN = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SEVERITY = ("", "informational", "low", "medium", "high", "critical")


def show(
    *,
    folder: Path | None = None,
    server: str = "",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """List detection rules, built-in and custom; the exit code is 1 if a custom file is invalid.

    Examples:

        dayfly fleet rules list
        dayfly fleet rules list --json

    Parameters
    ----------
    folder
        The service's data folder, if it is not the default one; custom rules are in its subfolder rules.
    server
        URL of a service on another machine; the API token is read from DAYFLY_FLEET_TOKEN.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    told = _listed(folder, server)
    if json:
        output.json(told)
        return 1 if told["faults"] else 0
    for rule in told["rules"]:
        state = "" if rule["enabled"] else " (off)"
        output.say(f"{rule['rule']}{state}  {_SEVERITY[rule['severity']]}, {rule['origin']}", style="bold")
        output.say(f"  {rule['title']}" + (f" · {rule['technique']}" if rule["technique"] else ""))
    for fault in told["faults"]:
        output.warn(f"{fault['message']} ({fault['hint']})")
    return 1 if told["faults"] else 0


def check(
    file: list[Path],
    /,
    *,
    folder: Path | None = None,
    server: str = "",
    offline: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Validate custom rules before you copy them into the service's folder; the exit code is 1 if a rule is
    invalid.

    The command checks the file itself; the running service, or the folder's store, checks that ClickHouse
    accepts the query.

    Examples:

        dayfly fleet rules check mine.sql sigma.yml
        dayfly fleet rules check --offline rules/*.yml

    Parameters
    ----------
    file
        Files with SQL or Sigma rules.
    folder
        The service's data folder, if it is not the default one.
    server
        URL of a service on another machine; the API token is read from DAYFLY_FLEET_TOKEN.
    offline
        Check the files only, without a store.
    json
        Print one JSON object and nothing else.
    """
    from dayfly.fleet.ownrules.loading import read_own

    output = Output(is_json=json)
    results: list[dict[str, object]] = []
    for path in file:
        try:
            rules = [rule.name for rule in read_own(path)]
            results.append({"file": str(path), "rules": rules, "error": "", "hint": ""})
        except DayflyError as error:
            results.append({"file": str(path), "rules": [], "error": error.message, "hint": error.hint})
    good = [Path(str(each["file"])) for each in results if not each["error"]]
    if good and not offline:
        _check_in_store(good, results, folder, server)
    if json:
        output.json({"files": results})
    for each in results:
        if each["error"]:
            output.fail(DayflyError(str(each["error"]), hint=str(each["hint"])))
        else:
            names = each["rules"]
            assert isinstance(names, list)
            output.say(f"{each['file']}: {', '.join(names) or 'no rule'}")
    return 1 if any(each["error"] for each in results) else 0


def try_out(
    rule: str = "",
    /,
    *,
    since: str = "1d",
    until: str = "",
    folder: Path | None = None,
    server: str = "",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Run a rule against stored data and show what it would detect; writes nothing.

    Examples:

        dayfly fleet rules test mine.sql --since 7d
        dayfly fleet rules test enumeration
        dayfly fleet rules test sigma.yml --since 6h --json

    Parameters
    ----------
    rule
        A rule file, or the name of a rule of the service; omit it to test all rules of the service.
    since
        How far to look back, for example 30m, 6h or 7d; at most 31d.
    until
        End of the period, as a time before now (default: now).
    folder
        The service's data folder, if it is not the default one.
    server
        URL of a service on another machine; the API token is read from DAYFLY_FLEET_TOKEN.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    now = time.time()
    start, end = now - parse_span(since), now - parse_span(until) if until else now
    told = _tried(rule, start, end, folder, server)
    if json:
        output.json(told)
    for each in told["rules"]:
        if each["error"]:
            output.fail(
                DayflyError(f"{each['rule']}: {each['error']}", hint="fix the rule; see docs/rules.md")
            )
            continue
        output.say(
            f"{each['rule']}: {each['detections']:,} detections in {each['seconds']:.2f} s"
            + "".join(
                f", {number} {_SEVERITY[int(level)]}" for level, number in sorted(each["severities"].items())
            ),
            style="bold",
        )
        for one in each["worst"][:5]:
            output.say(
                f"  {_SEVERITY[one['severity']]} · {one['subject']} · {one['events']:,} events · {one['story']}"
            )
    return 1 if any(each["error"] for each in told["rules"]) else 0


def parse_span(text: str) -> int:
    """Return the seconds of 30m, 6h or 7d; raises DayflyError for another text."""
    match = _SPAN.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise DayflyError(f"{text!r} is not a duration", hint="use for example 30m, 6h or 7d")
    return int(match[1]) * _UNITS[match[2]]


def _listed(folder: Path | None, server: str) -> dict[str, Any]:
    with service_or_store(folder, server) as (client, _, home):
        if client is not None:
            told: dict[str, Any] = client.get("/rules")
            return told
        from dayfly.fleet.ownrules.loading import load_all
        from dayfly.fleet.ownrules.routes import describe

        loaded = load_all(home)
    faults = [{"message": fault.message, "hint": fault.hint} for fault in loaded.faults]
    return {"rules": [describe(rule) for rule in loaded.rules], "faults": faults}


def _check_in_store(
    paths: Sequence[Path], results: list[dict[str, object]], folder: Path | None, server: str
) -> None:
    by_file = {str(each["file"]): each for each in results}
    with service_or_store(folder, server) as (client, store, _):
        for path in paths:
            text = path.read_text("utf-8")
            try:
                if client is not None:
                    client.post("/rules/check", {"name": path.name, "text": text})
                else:
                    from dayfly.fleet.ownrules.trying import check_in_store

                    assert store is not None
                    check_in_store(store, path.name, text)
            except DayflyError as error:
                by_file[str(path)] |= {"error": error.message, "hint": error.hint}


def _tried(rule: str, since: float, until: float, folder: Path | None, server: str) -> dict[str, Any]:
    path = Path(rule)
    is_file = path.suffix in (".sql", ".yml", ".yaml")
    if is_file:
        from dayfly.fleet.ownrules.loading import read_own

        read_own(path)
    text = path.read_text("utf-8") if is_file else ""
    with service_or_store(folder, server) as (client, store, home):
        if client is not None:
            asked = {"name": path.name, "text": text} if is_file else {"rule": rule}
            told: dict[str, Any] = client.post("/rules/test", {**asked, "since": since, "until": until})
            return told
        from dayfly.fleet.ownrules.loading import load_all
        from dayfly.fleet.ownrules.routes import named
        from dayfly.fleet.ownrules.trying import check_in_store, try_rules

        assert store is not None
        rules = check_in_store(store, path.name, text) if is_file else named(load_all(home).rules, rule)
        return {"since": since, "until": until, "rules": try_rules(store, rules, since=since, until=until)}
