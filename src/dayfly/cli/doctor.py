"""`dayfly doctor`: which defences are in force here, and what a real account says about Lambda."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dayfly.cli.doctor_view import draw_host, draw_reading
from dayfly.cli.output import Output
from dayfly.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_OUTPUT = Path("doctor_handler.py")
_MISSING = 1
# The first words of every handler this command wrote: only such a file is replaced.
_OURS = b'"""Dayfly doctor:'


def doctor(
    *,
    strict: Annotated[bool, Parameter(negative="")] = False,
    for_lambda: Annotated[bool, Parameter(name="--lambda", negative="")] = False,
    output: Path | None = None,
    read: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative="")] = None,
    write: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Tell which defences are in force on this host, and why not.

    Every row was tried in a child process that ends; nothing sticks, nothing is changed. On a development
    machine several defences are missing by nature: they need what only an environment of its own has.

    --lambda writes one file, a handler that answers the same and more on a real Lambda function; --read
    tells what its answers mean and which settings follow. docs/doctor.md has the commands.

    Examples:

        dayfly doctor
        dayfly doctor --json --strict
        dayfly doctor --lambda --output doctor_handler.py
        dayfly doctor --read answers/*.json
        dayfly doctor --read answers/*.json --write dayfly.toml

    Parameters
    ----------
    strict
        Exit with 1 when a defence is not in force.
    for_lambda
        Write the handler for a real function instead.
    output
        Where --lambda writes (default doctor_handler.py).
    read
        Files that the handler answered with; NAME.invoke.json is what `aws lambda invoke` printed for NAME.json.
    write
        Put the settings that follow from --read into this dayfly.toml; everything else in it stays.
    json
        Print one JSON object and nothing else.
    """
    screen = Output(is_json=json)
    if for_lambda and (read or write is not None or strict):
        raise SettingError("--lambda excludes --read, --write and --strict", hint="write the handler first")
    if output is not None and not for_lambda:
        raise SettingError("--output names the file of --lambda", hint="add --lambda")
    if for_lambda:
        return _write_handler(screen, output or DEFAULT_OUTPUT)
    if read is not None:
        if strict:
            raise SettingError("--strict is about this host, --read about another", hint="leave one out")
        return _read(screen, read, write)
    if write is not None:
        raise SettingError("--write needs answers to follow from", hint="add --read ANSWER.json")
    return _examine(screen, is_strict=strict)


def _examine(screen: Output, *, is_strict: bool) -> int:
    import os

    # Late: reading answers and writing the handler need none of the supervisor.
    from dayfly.doctor.host import closes_memory_here, scope_here, survey_host, tools
    from dayfly.doctor.rows import defences

    scope = scope_here(os.environ)
    closes = closes_memory_here(os.environ)
    if screen.is_live:
        with screen.console.status("trying what this host allows …"):
            rows = (*defences(survey_host(), scope, closes), *tools())
    else:
        rows = (*defences(survey_host(), scope, closes), *tools())
    not_promised = [scope.not_promised] if scope.not_promised else []
    missing = [row.name for row in rows if row.is_missing]
    if screen.is_json:
        screen.json(
            {
                "schema": "dayfly-doctor-host/1",
                "platform": scope.platform,
                "scope": scope.scope,
                "not_promised": not_promised,
                "rows": [row.as_json() for row in rows],
                "missing": missing,
            }
        )
    else:
        _show(screen, draw_host(rows, width=screen.console.width, not_promised=not_promised))
    return _MISSING if is_strict and missing else 0


def _write_handler(screen: Output, path: Path) -> int:
    from dayfly.doctor.host import HANDLER

    content = HANDLER.read_bytes()
    try:
        if path.exists() and not path.read_bytes().startswith(_OURS):
            raise SettingError(f"{path} exists and is something else", hint="name another file with --output")
        path.write_bytes(content)
    except OSError as fault:
        raise SettingError(
            f"{path} cannot be written: {fault.strerror}", hint="name another file with --output"
        ) from fault
    if screen.is_json:
        screen.json({"schema": "dayfly-doctor-handler/1", "file": str(path), "bytes": len(content)})
        return 0
    screen.say(f"{path}: {len(content):,} bytes, standard library only, Python 3.11 to 3.14")
    screen.say("handler: doctor_handler.handler; give the function 512 MB and a timeout of 60 seconds")
    screen.say('invoke it with {"probe": NAME}: survey, survey, api_lock, survey, held_error,')
    screen.say("  exit_after_response, survey, clean; keep each answer and what the invocation printed")
    screen.say("then: dayfly doctor --read answers/*.json (docs/doctor.md has the commands)")
    return 0


def _read(screen: Output, paths: Sequence[Path], target: Path | None) -> int:
    from dayfly.doctor.answers import load
    from dayfly.doctor.reading import conclude

    reading = conclude(load(paths))
    values = {one.name: one.value for one in reading.choices}
    is_written = False
    if target is not None and values:
        from dayfly.doctor.tomlfile import write

        is_written = write(target, values)
    if screen.is_json:
        screen.json({**reading.as_json(), "written": str(target) if is_written else None})
        return 0
    _show(screen, draw_reading(reading, width=screen.console.width))
    if target is not None:
        words = (
            "written"
            if is_written
            else "unchanged: " + ("it says so already" if values else "nothing follows")
        )
        screen.say(f"{target}: {words}")
    return 0


def _show(screen: Output, drawn: object) -> None:
    screen.console.print(drawn, soft_wrap=False)
