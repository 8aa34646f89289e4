"""What findings of the family say: whose data is kept where, and which customer gets to see it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dayfly.scan.state.deeds import Outlet
from dayfly.scan.state.values import RootKind

if TYPE_CHECKING:
    from dayfly.scan.state.deeds import Flow, Write
    from dayfly.scan.state.values import Part, Root, Spot


_STRING = re.compile(r"""(['"])(.*?)\1""")


def name_of(spot: Spot) -> str:
    """The kept thing as code calls it."""
    name = spot.root.name
    for step in spot.field:
        if step.startswith("*"):
            name += "[…]"
        elif step.startswith("."):
            name += step
        else:
            name += f"[{step!r}]"
    return name


def shown_parts(parts: frozenset[Part]) -> str:
    """Parts of the event as code names them, the first three."""
    names = sorted("event" + "".join(f"[{step!r}]" for step in part) for part in parts)
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def message(write: Write, flow: Flow | None, uncovered: frozenset[Part]) -> str:
    """One sentence about this case."""
    name, parts = name_of(write.spot), shown_parts(write.parts) or shown_parts(write.key)
    kind = write.spot.root.kind
    if kind is RootKind.CACHE and flow is None:
        return (
            f"{write.spot.root.name}() has a cache without a limit: results with {parts} stay until the "
            "environment ends"
        )
    if (kind is RootKind.CACHE or (write.key and flow is not None)) and uncovered:
        what = f"the result of {write.spot.root.name}()" if kind is RootKind.CACHE else name
        key = shown_parts(write.key) or "no part of the event"
        return f"{what} depends on {shown_parts(uncovered)}, but its cache key is made from {key}"
    if write.is_code and not write.parts:
        return f"{name} is replaced for an event and not restored"
    if write.is_implied:
        return f"{name} is set for some events only, from {parts}, and keeps its value"
    if kind is RootKind.FILE:
        return f"{name} contains {parts} and " + (
            "is read by later invocations" if flow else "is not removed"
        )
    if flow is not None and write.spot.root in write.guards:
        return f"{name} is filled with {parts} of the first event, and keeps it"
    if flow is not None:
        return (
            f"{name} keeps {parts}, and a later invocation reads it on line {flow.read.place.line} "
            "before it is written again"
        )
    if write.is_whole and not name.endswith("[…]"):
        return f"{name} keeps {parts} until the next event overwrites it"
    return f"{name} keeps {parts} of every event"


def harm(check: str, write: Write, flow: Flow | None) -> str:
    """Which customer sees whose data."""
    name = name_of(flow.read.spot if flow is not None else write.spot)
    if flow is None:
        if check == "state.temporary":
            return (
                "this customer's data stays in /tmp while later customers are served, and any code that runs "
                "there can read it"
            )
        if check == "state.client":
            return (
                "the caller's credentials stay in memory, and are sent with later customers' requests unless "
                "each request replaces them"
            )
        if check in ("state.environment", "state.module"):
            return f"every later event runs with the value of {name} that this customer set, until it is set again"
        if write.is_whole and not name.endswith("[…]"):
            return "no later read was found, but code that an attacker runs there can read the last customer's data"
        return (
            "no later read was found, but memory grows with each event, and code that an attacker runs there "
            "can read the data of all customers"
        )
    line = flow.read.place.line
    where = f"{name} is read on line {line}"
    match flow.outlet:
        case Outlet.ANSWER:
            return f"the next customer's answer contains data of the previous customer: {where}"
        case Outlet.OUTSIDE:
            return (
                f"data of the previous customer is sent in the next customer's name, by {flow.what}: {where}"
            )
        case Outlet.DECISION:
            return f"data of the previous customer decides what the next customer may do: {where}"
        case Outlet.LOG:
            return f"log records of the next customer contain data of the previous customer: {where}"


def drawn_message(root: Root, label: str) -> str:
    if root.drawn == "seed":
        return (
            "random is seeded with a constant at module level: every environment generates the same numbers"
        )
    if root.drawn == "generator":
        return f"{label} is seeded during init: copies of a snapshot generate the same numbers"
    if root.drawn == "clock":
        return f"{label} is the time of init, for every event of the environment"
    return f"{label} is generated once, during init, and used for every event"


def drawn_harm(root: Root, label: str) -> str:
    if root.drawn == "clock":
        return "every customer's event gets the time of init; with SnapStart, the time of the snapshot"
    if root.drawn in ("generator", "seed"):
        return (
            "a customer who knows the numbers of one environment also knows those that customers of other "
            "environments get"
        )
    return f"all customers of an environment share one {label}; with SnapStart, all customers of all environments"


def shown(node: ast.AST) -> str:
    """Code in a few words, without constants that look like secrets."""
    try:
        text = " ".join(ast.unparse(node).split())
    except (ValueError, RecursionError):
        return type(node).__name__
    text = _STRING.sub(_masked, text)
    return text if len(text) <= 70 else text[:67] + "…"


def _masked(found: re.Match[str]) -> str:
    inner = found[2]
    is_scheme = inner.lower().startswith(("bearer ", "basic ")) and len(inner) > 8
    is_mixed = (
        len(inner) >= 12
        and " " not in inner
        and any(one.isdigit() for one in inner)
        and any(one.isalpha() for one in inner)
    )
    return f"{found[1]}…{found[1]}" if is_scheme or (is_mixed and "/" not in inner) else found[0]
