"""`dayfly doctor`: which defences are active here, and what a real account says about Lambda."""

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
    """Show which protections are active on this host, and why others are not.

    Doctor tries each protection in a child process and changes nothing on the host. A development machine
    lacks several protections, because they need an execution environment of their own.

    --lambda writes a handler file that runs the same and more checks on a real Lambda function. --read
    explains its answers and recommends settings. docs/doctor.md has the commands.

    Examples:

        dayfly doctor
        dayfly doctor --json --strict
        dayfly doctor --lambda --output doctor_handler.py
        dayfly doctor --read answers/*.json
        dayfly doctor --read answers/*.json --write dayfly.toml

    Parameters
    ----------
    strict
        Exit with code 1 if a protection is not active.
    for_lambda
        Write the handler for a real Lambda function instead.
    output
        File for --lambda (default doctor_handler.py).
    read
        Files with the handler's answers; NAME.invoke.json holds the output of aws lambda invoke for
        NAME.json.
    write
        Write the settings recommended by --read into this dayfly.toml; other contents do not change.
    json
        Print one JSON object and nothing else.
    """
    screen = Output(is_json=json)
    if for_lambda and (read or write is not None or strict):
        raise SettingError(
            "--lambda cannot be combined with --read, --write or --strict",
            hint="write and run the handler first",
        )
    if output is not None and not for_lambda:
        raise SettingError("--output needs --lambda", hint="add --lambda")
    if for_lambda:
        return _write_handler(screen, output or DEFAULT_OUTPUT)
    if read is not None:
        if strict:
            raise SettingError(
                "--strict and --read cannot be combined",
                hint="remove one of them; --strict checks this host, --read a Lambda function",
            )
        return _read(screen, read, write)
    if write is not None:
        raise SettingError("--write needs --read", hint="add --read ANSWER.json")
    return _examine(screen, is_strict=strict)


def _examine(screen: Output, *, is_strict: bool) -> int:
    import os

    # Late: reading answers and writing the handler need none of the supervisor.
    from dayfly.doctor.host import closes_memory_here, scope_here, survey_host, tools
    from dayfly.doctor.rows import defences

    scope = scope_here(os.environ)
    closes = closes_memory_here(os.environ)
    if screen.is_live:
        with screen.console.status("checking this host …"):
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
            raise SettingError(
                f"{path} exists and was not written by doctor", hint="choose another file with --output"
            )
        path.write_bytes(content)
    except OSError as fault:
        raise SettingError(
            f"{path} cannot be written: {fault.strerror}", hint="choose another file with --output"
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
            else "unchanged: " + ("already up to date" if values else "no settings to change")
        )
        screen.say(f"{target}: {words}")
    return 0


def _show(screen: Output, drawn: object) -> None:
    screen.console.print(drawn, soft_wrap=False)
