"""`dayfly layer test`: a built layer on a function, in the lab, before anybody publishes it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dayfly.attach.layerfile import read_layer, unpack
from dayfly.attach.layout import LayerError
from dayfly.attach.pythons import find_python
from dayfly.attach.wrappers import attached_variables, conflicts, parse_settings
from dayfly.cli.ending import TERMINATED, until_signal
from dayfly.cli.lab import parse_environment
from dayfly.cli.output import Output
from dayfly.core.policylayer import PLACE, digest_of
from dayfly.lab.comparing import compare
from dayfly.lab.model import ConfinementChoice, FunctionConfig
from dayfly.lab.plan.events import load_events

if TYPE_CHECKING:
    from dayfly.attach.layerfile import LayerFile
    from dayfly.attach.wrappers import WrapperNote
    from dayfly.lab.comparing import Comparison

_NOT_AS_WITHOUT = 1
_NO_OPT = "no /opt and no /var/runtime: the wrapper runs from the folder where the layer was unpacked"


def try_layer(
    layer: Path = Path("dayfly-layer.zip"),
    /,
    *,
    handler: str,
    events: Path,
    folder: Path = Path("."),
    beside: Annotated[list[Path] | None, Parameter(name="--with", negative="")] = None,
    settings: Annotated[list[str] | None, Parameter(name="--set", negative="")] = None,
    env: Annotated[list[str] | None, Parameter(negative="")] = None,
    timeout: float = 10.0,
    memory: int = 512,
    python: Path | None = None,
    confinement: ConfinementChoice = "auto",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Run a function with a built layer: check that Dayfly is active and compare answers.

    A Lambda emulator on this machine unpacks the layer into /opt and starts it through the exec wrapper, like
    the managed runtime. Each event runs twice with Dayfly and twice in two copies without it, to find answers
    that vary by themselves. Your function runs with all its side effects. The output names the places where
    answers differ, never their contents.

    Exit codes: 0; 1 if Dayfly or a requested setting (guard, isolation, policy, network, API lock) was not
    active, or if an answer differs; 2 if the test could not run.

    Examples:

        dayfly layer test --handler app.handler --folder ./function --events events/
        dayfly layer test build/dayfly.zip --handler app.handler --events events/ --set isolation=window
        dayfly layer test --handler app.handler --events events/ --with otel-layer.zip \\
            --env AWS_LAMBDA_EXEC_WRAPPER=/opt/otel-instrument

    Parameters
    ----------
    layer
        The zip file that `dayfly layer build` wrote.
    handler
        Handler, for example app.handler.
    events
        Folder with one test event per *.json file.
    folder
        Folder with the function's deployment package.
    beside
        Zip file of another layer of the function; repeatable, in the function's order.
    settings
        A setting, for example isolation=window; repeatable.
    env
        Environment variable KEY=VALUE of the function; repeatable.
    timeout
        Timeout of an invocation in seconds.
    memory
        Memory size in MB that the function sees.
    python
        Python that runs the function (default: one that the layer was built for); awslambdaric must be
        installed in it.
    confinement
        How to isolate the function from this machine: auto uses bubblewrap if it works, else runs without and
        reports the differences to Lambda.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    file = read_layer(layer)
    if not file.version:
        raise LayerError(
            f"{layer} holds only a policy", hint="give Dayfly's layer first, and this one with --with"
        )
    environment = parse_environment(env or [])
    notes = conflicts(environment)
    attached = attached_variables(environment, parse_settings(settings or []))
    replayed = load_events(events)
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(_scratch())
        for name in ("plain", "opt"):
            (root / name).mkdir()
            for path in [*(beside or []), *([layer] if name == "opt" else [])]:
                unpack(path, root / name)
        function = FunctionConfig(
            name="function",
            folder=folder,
            handler=handler,
            timeout_s=timeout,
            memory_mb=memory,
            environment=environment,
            python=python or _python_for(file),
            opt=root / "opt",
        )
        tell = (
            stack.enter_context(output.console.status("running")).update if output.is_live else _say_nothing
        )
        try:
            comparison = asyncio.run(
                until_signal(
                    compare(
                        function,
                        replayed,
                        attached=attached,
                        plain_opt=root / "plain",
                        policy=_policy_of(root / "opt"),
                        confinement=confinement,
                        progress=lambda done, total: tell(f"running: {done} of {total} invocations"),
                    )
                )
            )
        except asyncio.CancelledError:
            return TERMINATED
    _show(output, comparison, notes)
    return 0 if comparison.is_active and comparison.has_same_answers else _NOT_AS_WITHOUT


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    # Not in /tmp: what lies there could be changed by any invocation, so a function whose code does is not forked.
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dayfly"
    try:
        base.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix="layer-", dir=base)
    except OSError as error:
        raise LayerError(
            f"the layer cannot be unpacked in {base}: {error.strerror or error}", hint="set XDG_CACHE_HOME"
        ) from error
    with folder as name:
        Path(name).chmod(0o755)
        yield Path(name)


def _python_for(file: LayerFile) -> Path:
    here = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if here in file.runtimes:
        return Path(sys.executable)
    for runtime in file.runtimes:
        found = find_python(runtime.removeprefix("python"))
        if found is not None:
            return found
    raise LayerError(
        f"no Python that the layer was built for is installed here ({', '.join(file.runtimes) or 'none'})",
        hint="give one with --python",
    )


def _policy_of(opt: Path) -> str:
    """The digest of the policy that the layers unpacked there carry, "" if there is none."""
    try:
        return digest_of((opt / PLACE.removeprefix("/opt/")).read_bytes())
    except FileNotFoundError:
        return ""


def _say_nothing(_step: str) -> None:
    return None


def _show(output: Output, comparison: Comparison, notes: list[WrapperNote]) -> None:
    confined = comparison.confinement
    absent = (_NO_OPT, *confined.absent) if confined.kind == "none" else confined.absent
    if output.is_json:
        output.json(
            {
                "active": comparison.is_active,
                "isolation": comparison.isolation or None,
                "guard": comparison.guard or None,
                "why_not": [*comparison.why, *comparison.missing],
                "not_promised": list(comparison.not_promised),
                "same_answers": comparison.has_same_answers,
                "answers": [
                    {
                        "event": one.event,
                        "round": one.round,
                        "verdict": one.verdict,
                        "places": list(one.places),
                    }
                    for one in comparison.answers
                ],
                "notes": [{"tool": note.tool, "weight": note.weight, "text": note.text} for note in notes],
                "confinement": confined.kind,
                "not_as_on_lambda": list(absent),
            }
        )
        return
    if comparison.is_active:
        output.say(
            f"Dayfly was active: isolation {comparison.isolation}, guard {comparison.guard}",
            style="bold green",
        )
    elif comparison.missing and not comparison.why:
        output.say("Dayfly was active, but a requested setting was not", style="bold red")
    elif comparison.isolation:
        output.say(f"Dayfly was active, but only with isolation {comparison.isolation}", style="bold red")
    else:
        output.say("Dayfly was not active", style="bold red")
    for reason in (*comparison.why, *comparison.missing):
        output.say(f"  because: {reason}")
    same = sum(one.verdict == "same" for one in comparison.answers)
    output.say(f"{same} of {len(comparison.answers)} answers are the same as without Dayfly")
    for one in comparison.answers:
        if one.verdict != "same":
            how = "differs" if one.verdict == "differs" else "varies even without Dayfly"
            output.say(f"  {one.event} (time {one.round}) {how} at {', '.join(one.places)}")
    if not comparison.has_same_answers and comparison.isolation != "process":
        output.say(
            "a worker's state ends with it: if --set isolation=process gives the same answers, the "
            "function depends on state of earlier invocations"
        )
    for limit in comparison.not_promised:
        output.say(f"not protected: {limit}")
    for note in notes:
        output.say(f"{note.weight}: {note.tool}: {note.text}")
    for lack in absent:
        output.say(f"differs from Lambda: {lack}")
