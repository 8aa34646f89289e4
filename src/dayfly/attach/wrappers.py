"""Which variables put Dayfly on a function, and how it goes with other wrappers: the one place that says so.

Lambda starts one exec wrapper. Dayfly's starts the function's own one ahead of itself (DAYFLY_NEXT_WRAPPER), which works
for every wrapper that starts the command it is given. Which do, and what each loses, is in `othertools`.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from dayfly.attach.othertools import TOOLS, Tool
from dayfly.core.handshake import LEARN_VARIABLE
from dayfly.core.settings import SETTINGS, WRAPPER_VARIABLES, load_settings
from dayfly.errors import DayflyError, SettingError

# Where the layer's wrapper lies once Lambda has unpacked it.
WRAPPER = "/opt/dayfly"
WRAPPER_VARIABLE = "AWS_LAMBDA_EXEC_WRAPPER"
NEXT_VARIABLE = "DAYFLY_NEXT_WRAPPER"
# All names and values together: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
MAX_VARIABLES_BYTES = 4096
_PATH = re.compile(r"/[A-Za-z0-9_./-]{1,200}")
# Written by Dayfly's own commands, never given by hand.
_OURS_ALONE = frozenset({NEXT_VARIABLE, "DAYFLY_POLICY_DIGEST", "DAYFLY_RECYCLED", "DAYFLY_ROLLOUT"})
# A function's policy, in a layer of its own beside Dayfly's.
POLICY_LAYER = "dayfly-policy-"
_SETTABLE = (
    frozenset(setting.variable for setting in SETTINGS) | WRAPPER_VARIABLES | {LEARN_VARIABLE}
) - _OURS_ALONE

Weight = Literal["note", "warning", "refused"]


class AttachRefusedError(DayflyError):
    """Dayfly cannot be put on this function as it is: it would not be active, or something would be lost unseen."""


@dataclass(frozen=True, slots=True)
class WrapperNote:
    """What somebody who attaches Dayfly should know about another tool on the same function.

    `refused`: with it Dayfly would not be active. `source` is a page, empty where the knowledge is Dayfly's own.
    """

    tool: str
    weight: Weight
    text: str
    source: str = ""


def known_wrappers() -> tuple[Tool, ...]:
    """Return what Dayfly knows of other tools that put themselves between Lambda and a function."""
    return TOOLS


def is_attached(variables: Mapping[str, str]) -> bool:
    """Say whether Lambda starts Dayfly's wrapper with these variables; whether its layer is there is another question."""
    return _is_ours(variables.get(WRAPPER_VARIABLE, ""))


def conflicts(
    variables: Mapping[str, str], layers: Sequence[str] = (), handler: str = ""
) -> list[WrapperNote]:
    """Return what is to be known before Dayfly is attached to such a function, the refusals first.

    `layers` are ARNs, whole or in part (what a template leaves open does not matter). Pure; never raises. Works alike
    for a function that has Dayfly already.
    """
    notes: list[WrapperNote] = []
    wrapper = _others_wrapper(variables)
    tools = [tool for tool in TOOLS if wrapper in tool.wrappers]
    if wrapper and not tools:
        notes.append(
            WrapperNote(
                "another wrapper",
                "note",
                f"{_shown(wrapper)} is unknown to Dayfly: it runs first, through {NEXT_VARIABLE}, and must "
                'start the command in its arguments, for example with `exec "$@"`. Otherwise Dayfly is not '
                "active and cannot report it. Check it with `dayfly layer test`",
            )
        )
    current, chained = variables.get(WRAPPER_VARIABLE, ""), variables.get(NEXT_VARIABLE, "")
    if chained and current not in ("", chained) and not _is_ours(current) and not _is_ours(chained):
        notes.append(
            WrapperNote(
                "two wrappers",
                "refused",
                f"{WRAPPER_VARIABLE} is {_shown(current)} and {NEXT_VARIABLE} is {_shown(chained)}: one of "
                f"them would be lost. If the first ends in `exec {WRAPPER}`, Dayfly is already attached; "
                f"otherwise remove {NEXT_VARIABLE}",
            )
        )
    names = [_layer_name(layer) for layer in layers]
    for tool in TOOLS:
        if tool in tools:
            notes.append(WrapperNote(tool.name, _WEIGHTS[tool.chains], tool.chaining(wrapper), tool.source))
        is_there = tool in tools or tool.has_handler(handler) or any(map(tool.has_layer, names))
        if is_there and tool.loses:
            notes.append(WrapperNote(tool.name, "note", tool.loses, tool.source))
        if is_there and (proxy := tool.proxied(variables)):
            notes.append(WrapperNote(tool.name, "warning", proxy, tool.source))
    if sum(name.startswith("dayfly") and not name.startswith(POLICY_LAYER) for name in names) > 1:
        notes.append(
            WrapperNote("Dayfly", "warning", "the function has two Dayfly layers: files of the later one win")
        )
    order: tuple[Weight, ...] = ("refused", "warning", "note")
    return sorted(notes, key=lambda note: order.index(note.weight))


_WEIGHTS: Mapping[str, Weight] = {"yes": "note", "untried": "warning", "no": "refused"}


def attached_variables(current: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """Return the variables to set so that Dayfly is on the function that has `current`; all others stay as they are.

    `settings` maps variables of Dayfly's to values, as `parse_settings` returns them. Attaching twice asks for the same
    once more. Raises AttachRefusedError where Dayfly would not be active, SettingError for a setting that would keep
    the function from starting.
    """
    for note in conflicts(current):
        if note.weight == "refused":
            raise AttachRefusedError(
                f"{note.tool}: {note.text}",
                hint="skip this function" + (f" ({note.source})" if note.source else ", or fix that first"),
            )
    check_settings(settings, beside=current)
    wanted = dict(sorted(settings.items()))
    if wrapper := _others_wrapper(current):
        wanted = {NEXT_VARIABLE: wrapper, **wanted}
    wanted = {WRAPPER_VARIABLE: WRAPPER, **wanted}
    size = measured_bytes({**current, **wanted})
    if size > MAX_VARIABLES_BYTES:
        raise AttachRefusedError(
            f"the function's variables would have {size} bytes, {size - MAX_VARIABLES_BYTES} more than Lambda allows",
            hint="move Dayfly's settings to dayfly.toml in the package, or remove variables",
        )
    return wanted


def detached_variables(current: Mapping[str, str]) -> dict[str, str | None]:
    """Return what takes Dayfly off a function that has `current`: values to set, None for variables to remove.

    The other wrapper gets its place back. Every variable that Dayfly reads is removed, so what was set before attaching
    must come from a record of it. Variables that merely begin with DAYFLY_ are the function's own and stay.
    """
    wanted: dict[str, str | None] = {
        name: None for name in current if name in _SETTABLE or name in _OURS_ALONE
    }
    if is_attached(current):
        wanted[WRAPPER_VARIABLE] = current.get(NEXT_VARIABLE) or None
    return wanted


def parse_settings(given: Iterable[str]) -> dict[str, str]:
    """Return the variables that words as `isolation=window` or `DAYFLY_ISOLATION=window` ask for.

    Raises SettingError for a word that is none and for what Dayfly does not know; values are checked by `check_settings`.
    """
    settings: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        name = name.strip()
        variable = name if name.startswith("DAYFLY_") else "DAYFLY_" + name.upper().replace(".", "_")
        if not equals or not name:
            # The word itself may be a secret that went astray.
            raise SettingError(
                "a setting has no name or no `=`", hint="write it as NAME=VALUE, for example isolation=window"
            )
        if settings.setdefault(variable, value) != value:
            raise SettingError(f"{variable} is given twice with different values", hint="give it once")
        _check_name(variable)
    return settings


def check_settings(settings: Mapping[str, str], *, beside: Mapping[str, str]) -> None:
    """Raise SettingError if a function with the variables `beside` and these settings would not start.

    What `beside` has of Dayfly's variables counts as well: a start reads them all. Settings of a dayfly.toml in the
    package are not seen here.
    """
    for name, value in settings.items():
        _check_name(name)
        if "\0" in value:
            raise SettingError(f"{name} holds a NUL character", hint="remove the NUL character")
    mode = settings.get("DAYFLY_ON_FAILURE", beside.get("DAYFLY_ON_FAILURE", ""))
    if mode not in ("", "run", "stop"):
        raise SettingError(f"DAYFLY_ON_FAILURE is {mode!r}", hint="use run or stop")
    load_settings(
        {name: value for name, value in {**beside, **settings}.items() if name.startswith("DAYFLY_")}, {}
    )


def measured_bytes(variables: Mapping[str, str]) -> int:
    """Return the size of the JSON object that variables make, which is no less than what Lambda measures."""
    return len(json.dumps(dict(variables), separators=(",", ":"), ensure_ascii=False).encode())


def _check_name(variable: str) -> None:
    if variable in _OURS_ALONE:
        raise SettingError(f"{variable} is set by Dayfly itself", hint="remove it")
    if variable not in _SETTABLE:
        raise SettingError(
            f"{variable} is not a Dayfly setting", hint="use one of: " + ", ".join(sorted(_SETTABLE))
        )


def _others_wrapper(variables: Mapping[str, str]) -> str:
    """Return the wrapper that runs besides Dayfly's, or would; empty if there is none."""
    current = variables.get(WRAPPER_VARIABLE, "")
    other = variables.get(NEXT_VARIABLE, "") if not current or _is_ours(current) else current
    return "" if _is_ours(other) else other


def _is_ours(wrapper: str) -> bool:
    """Say whether a wrapper is Dayfly's, however its path is spelled: chained before itself it would say that it is not there."""
    return "/" + posixpath.normpath(wrapper).lstrip("/") == WRAPPER


def _shown(wrapper: str) -> str:
    """Return a wrapper's path; whatever else somebody put into the variable may be a secret, or no text for a terminal."""
    return wrapper if _PATH.fullmatch(wrapper) else "a wrapper that is not a plain path"


def _layer_name(layer: str) -> str:
    """Return the name in a layer's ARN: arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION."""
    return layer.partition(":layer:")[2].partition(":")[0] or layer
