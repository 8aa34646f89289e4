"""What is compared follows from the settings this version knows."""

from __future__ import annotations

from dayfly.core.settings import load_settings
from dayfly.lab.plan.contestants import (
    INVOCATION,
    PLAIN,
    PRIMED,
    PROCESS,
    TRACED,
    TRACED_PLAIN,
    WINDOW,
    choose_contestants,
)
from dayfly.lab.plan.model import Prime


def test_plain_comes_first_and_every_isolation_follows() -> None:
    assert [one.name for one in choose_contestants(None)] == [
        *(PLAIN, INVOCATION, WINDOW, PROCESS),
        *(TRACED_PLAIN, TRACED),
    ]


def test_a_warm_up_is_measured_beside_the_same_isolation_without() -> None:
    chosen = choose_contestants(Prime("dayfly_prime", "prime", ""))
    assert [one.name for one in chosen] == [
        *(PLAIN, INVOCATION, PRIMED, WINDOW, PROCESS),
        *(TRACED_PLAIN, TRACED),
    ]
    primed = chosen[2]
    assert primed.isolation == INVOCATION
    assert primed.settings["DAYFLY_ZYGOTE_PRIME"] == "dayfly_prime:prime"
    assert chosen[-1].settings == primed.settings, "what is left after the warm-up is what is traced"


def test_their_settings_are_ones_that_dayfly_takes() -> None:
    for one in choose_contestants(Prime("dayfly_prime", "prime", "")):
        if one.runtime == "dayfly":
            settings = load_settings(one.settings, {})
            assert settings.isolation == one.isolation
            assert settings.unknown_variables == ()


def test_they_start_whatever_the_functions_own_file_asks_for() -> None:
    table: dict[str, object] = {
        "isolation": "window",
        "tenant": "requestContext.authorizer.claims.sub",
        "retire_on": ["residue", "error"],
        "environment_max_age": "1h",
        "on_timeout": "answer",
    }
    for one in choose_contestants(None):
        if one.runtime == "dayfly":
            assert load_settings(one.settings, table).isolation == one.isolation
