"""`dayfly policy learn`: writes a function's policy from what it was seen to use."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dayfly.cli.ending import TERMINATED, until_signal
from dayfly.cli.lab import parse_environment
from dayfly.cli.output import Output
from dayfly.cli.policy import say_written
from dayfly.cli.policy_learn_view import LearnProgress, draw_learned
from dayfly.core.settings import FILE_NAME
from dayfly.errors import DayflyError
from dayfly.lab.model import ConfinementChoice
from dayfly.policy.confidence import judge_confidence
from dayfly.policy.document import parse_document, read_text
from dayfly.policy.learned import learn as learn_needs
from dayfly.policy.model import PolicyError
from dayfly.policy.reporting import as_json, describe_sources, lines_of_uses
from dayfly.policy.storing import write_file
from dayfly.policy.writing import write_policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.policy.model import Gathered

_HERE = Path(".")
# `-` is standard input.
_Log = Annotated[Path, Parameter(allow_leading_hyphen=True)]


def learn(
    *words: Annotated[str, Parameter(allow_leading_hyphen=True)],
    events: Path | None = None,
    log: _Log | None = None,
    tests: Annotated[bool, Parameter(negative="")] = False,
    folder: Path = _HERE,
    output: Path | None = None,
    mode: Literal["observe", "block"] = "observe",
    timeout: float = 3.0,
    memory: int = 128,
    env: Annotated[list[str] | None, Parameter(negative="")] = None,
    python: Path | None = None,
    confinement: ConfinementChoice = "auto",
    keep: Path | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Generate a function's policy from what it uses in runs on events, in tests or in a log.

    You can combine sources. The command extends an existing policy and keeps what you wrote. Your function
    runs with all its side effects. Changes are shown as a diff.

    Exit codes: 0; 2 if something cannot be run, read or written.

    Examples:

        dayfly policy learn app.handler --events events/
        dayfly policy learn app.handler --events events/ --folder ./function --env TABLE=payments
        dayfly policy learn --tests -- pytest -q
        dayfly policy learn --log observe.log --dry-run
        aws logs filter-log-events --log-group-name /aws/lambda/pay | dayfly policy learn --log -

    Parameters
    ----------
    words
        With --events: the handler, for example app.handler. With --tests: the test command, after --.
    events
        Folder with one event per *.json file; the function runs on each in a Lambda emulator under Dayfly.
    log
        Log file of an observe period with guard_learn on, plain or JSON, optionally gzipped; - for standard
        input.
    tests
        Run the command after --, and record what the folder's code uses in its Python processes.
    folder
        Folder with the function's deployment package.
    output
        The dayfly.toml to write (default: the folder's).
    mode
        Mode of a new policy: observe (block after 14 days without a finding) or block (immediately).
    timeout
        Timeout of an invocation in seconds.
    memory
        Memory size in MB that the function sees.
    env
        Environment variable KEY=VALUE for the function; repeatable.
    python
        Python that runs the function on events (default: this one); awslambdaric must be installed in it.
    confinement
        How to isolate functions from this machine: auto uses bubblewrap if it works, else runs without and
        warns.
    keep
        Write all recorded uses to this file as JSON lines, for dayfly policy check --uses.
    dry_run
        Show the changes without writing them.
    json
        Print one JSON object and nothing else.
    """
    screen = Output(is_json=json)
    handler, command = split_words(words, has_events=events is not None, is_tests=tests, folder=folder)
    if events is None and log is None and not tests:
        raise PolicyError(
            "no source to learn from was given",
            hint="add --events FOLDER, --tests -- COMMAND, --log FILE, or several of them",
        )
    if not folder.is_dir():
        raise PolicyError(
            f"{folder} is not a folder", hint="use --folder for the folder with the handler's file"
        )
    path = output or folder / FILE_NAME
    old = read_text(path) if path.exists() else ""
    # Before anything runs for minutes.
    write_policy(old, learn_needs([]), today=datetime.now(UTC).date(), source="", mode=mode, file=str(path))
    gathered: list[Gathered] = []
    if log is not None:
        from dayfly.policy.logs import read_log

        read = read_log(log)
        if (
            not read.tells_allowed
            and events is None
            and not tests
            and "policy" not in parse_document(old).data
        ):
            raise PolicyError(
                f"{log} records no uses, so its policy would allow nothing",
                hint='set guard_learn = true and guard = "observe" while you record',
            )
        gathered.append(read.gather())
    with ExitStack() as stack:
        progress = stack.enter_context(LearnProgress(screen.console)) if screen.is_live else None
        if events is not None:
            from dayfly.lab.learn.events import learn_from_events
            from dayfly.lab.plan.events import load_events
            from dayfly.lab.plan.model import Trial

            request = Trial(
                folder=folder,
                handler=handler,
                events=load_events(events),
                environment=parse_environment(env or []),
                timeout_s=timeout,
                memory_mb=memory,
                python=python or Path(sys.executable),
                confinement=confinement,
            )
            show = progress.show if progress is not None else lambda done, total, new: None
            try:
                ran = asyncio.run(until_signal(learn_from_events(request, progress=show)))
            except asyncio.CancelledError:
                return TERMINATED
            gathered.append(ran.gathered)
            if ran.confinement.kind == "none":
                screen.warn(f"the function ran without confinement: {ran.confinement.reason}")
    if tests:
        from dayfly.lab.learn.suite import learn_from_tests

        gathered.append(learn_from_tests(command, folder=folder, handler=handler, is_quiet=screen.is_json))
    return _finish(screen, gathered, path, old, mode=mode, keep=keep, is_dry=dry_run)


def split_words(
    words: Sequence[str], *, has_events: bool, is_tests: bool, folder: Path
) -> tuple[str, tuple[str, ...]]:
    """Return the handler and the command of a test run. Raises PolicyError where one is missing or too much."""
    if has_events and not words:
        raise PolicyError("--events needs a handler", hint="dayfly policy learn app.handler --events events/")
    if not is_tests:
        if len(words) > (1 if has_events else 0):
            raise PolicyError(
                f"unexpected argument {words[-1]!r}", hint="with --tests, write the command after `--`"
            )
        return (words[0], ()) if has_events else ("", ())
    handler = ""
    if words and (has_events or _is_handler(words[0], folder)):
        handler, words = words[0], words[1:]
    if not words:
        raise PolicyError("--tests needs a command", hint="dayfly policy learn --tests -- pytest -q")
    return handler, tuple(words)


def _is_handler(word: str, folder: Path) -> bool:
    from dayfly.lab.handler_check import check_handler

    try:
        check_handler(folder, word)
    except DayflyError:
        return False
    return True


def _finish(
    screen: Output,
    gathered: Sequence[Gathered],
    path: Path,
    old: str,
    *,
    mode: str,
    keep: Path | None,
    is_dry: bool,
) -> int:
    learned = learn_needs(gathered)
    today = datetime.now(UTC).date()
    new = write_policy(
        old, learned, today=today, source=describe_sources(gathered), mode=mode, file=str(path)
    )
    confidence = judge_confidence(gathered)
    if keep is not None:
        try:
            keep.write_text(lines_of_uses(gathered), encoding="utf-8")
        except OSError as fault:
            raise PolicyError(f"{keep} cannot be written: {fault.strerror}") from fault
    is_written = not is_dry and write_file(path, old, new)
    if screen.is_json:
        screen.json(as_json(gathered, learned, confidence, file=str(path), is_written=is_written))
        return 0
    screen.console.print(
        draw_learned(
            gathered,
            learned,
            confidence,
            old=old,
            new=new,
            name=str(path),
            is_off=parse_document(new).data.get("guard") == "off",
        ),
        soft_wrap=False,
    )
    say_written(screen, path, is_written=is_written, is_dry=is_dry)
    return 0
