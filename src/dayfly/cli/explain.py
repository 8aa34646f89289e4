"""`dayfly explain`: teaches one check of the scanner, or lists them all."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from dayfly.cli.explain_view import draw_lesson, draw_list
from dayfly.cli.output import Output
from dayfly.errors import MissingExtraError, SettingError
from dayfly.scan.checks import CHECKS, find_check
from dayfly.scan.report.lesson import GET_PAGES, as_json, has_pages, read_lesson

_MAX_WIDTH = 120


def explain(
    check: str | None = None,
    *,
    list: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Explain one scanner check: the attack, vulnerable and fixed code, and how to detect it.

    Exit codes: 0; 2 if the check does not exist, or if its code and attack are not installed.

    Examples:

        dayfly explain event.command
        dayfly explain --list

    Parameters
    ----------
    check
        The check's id, for example event.command.
    list
        List all checks by family.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    if list == (check is not None):
        raise SettingError(
            "no check was given", hint="run dayfly explain event.command, or dayfly explain --list"
        )
    lessons = (
        [read_lesson(one) for one in CHECKS.values()] if check is None else [read_lesson(find_check(check))]
    )
    if json:
        output.json({"checks": [as_json(lesson) for lesson in lessons]} if list else as_json(lessons[0]))
    else:
        width = min(output.console.width, _MAX_WIDTH)
        drawn = draw_list(lessons) if list else draw_lesson(lessons[0], width=width)
        output.console.print(drawn, width=width, soft_wrap=False)
    if not has_pages():
        raise MissingExtraError(
            "vulnerable code, fixed code and attacks are in dayfly-gauntlet, which is not installed",
            hint=GET_PAGES,
        )
    return 0
