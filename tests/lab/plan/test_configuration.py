"""Settings go into dayfly.toml without touching anything else in it."""

from __future__ import annotations

import tomllib

import pytest

from dayfly.core.settings import load_settings
from dayfly.errors import SettingError
from dayfly.lab.plan.configuration import check_settings, merge_settings, render_settings, wanted_values
from dayfly.lab.plan.model import Advice, Settings

WINDOW = Settings(
    "window", max_age="5m", max_invocations=40, prime="dayfly_prime:prime", keep=("/tmp/model/**", "/tmp/a")
)


def advice(settings: Settings) -> Advice:
    return Advice(settings, "window", "headline", (), (), 1.0, ())


def test_a_new_file_is_one_that_dayfly_takes() -> None:
    text = render_settings(advice(WINDOW))
    table = tomllib.loads(text)
    assert table == {
        "isolation": "window",
        "max_age": "5m",
        "max_invocations": 40,
        "zygote": {"prime": "dayfly_prime:prime"},
    }
    settings = load_settings({}, table)
    assert settings.isolation == "window"
    assert '# keep = ["/tmp/model/**", "/tmp/a"]' in text
    assert text.index("keep") < text.index("[zygote]"), "below the header it would be another setting"


def test_a_small_file_for_a_small_advice() -> None:
    assert render_settings(advice(Settings("invocation"))) == 'isolation = "invocation"\n'


EXISTING = """# Ours
tmp = "scrub"  # stays

[zygote]
# warm
max_age = "1h"

[fork]
deliver = 2
"""


def test_what_is_there_stays_and_new_keys_go_to_their_tables() -> None:
    merged = merge_settings(EXISTING, wanted_values(WINDOW), is_forced=False)
    assert tomllib.loads(merged) == {
        "tmp": "scrub",
        "isolation": "window",
        "max_age": "5m",
        "max_invocations": 40,
        "zygote": {"max_age": "1h", "prime": "dayfly_prime:prime"},
        "fork": {"deliver": 2},
    }
    for line in EXISTING.splitlines():
        assert line in merged.splitlines()


def test_what_is_the_same_already_changes_nothing() -> None:
    text = (
        'isolation = "window"\nmax_age = "5m"\nmax_invocations = 40\n[zygote]\nprime = "dayfly_prime:prime"\n'
    )
    assert merge_settings(text, wanted_values(WINDOW), is_forced=False) == text


def test_another_value_is_refused_unless_forced() -> None:
    text = 'keep = [\n  "/tmp/a",\n]\nisolation = """process"""  # because\nmax_invocations = [\n  1,\n]\n'
    with pytest.raises(SettingError, match="isolation = 'process'") as caught:
        merge_settings(text, {"isolation": "window"}, is_forced=False)
    assert "--force" in caught.value.hint
    forced = merge_settings(text, {"isolation": "window", "max_invocations": 10}, is_forced=True)
    assert tomllib.loads(forced) == {"keep": ["/tmp/a"], "isolation": "window", "max_invocations": 10}


def test_a_file_that_cannot_be_followed_is_left_alone() -> None:
    with pytest.raises(SettingError, match="could not be changed") as caught:
        merge_settings('zygote.prime = "app:warm"\n', {"zygote.prime": "x:y"}, is_forced=True)
    assert 'zygote.prime = "x:y"' in caught.value.hint
    with pytest.raises(SettingError, match="not valid TOML"):
        merge_settings("isolation = \n", {"isolation": "window"}, is_forced=True)


def test_values_are_quoted() -> None:
    merged = merge_settings("", {"zygote.prime": 'a"b\\c:d'}, is_forced=False)
    assert tomllib.loads(merged) == {"zygote": {"prime": 'a"b\\c:d'}}


POLICY = """isolation = "window"
retire_on = ["residue", "error"]  # ours
jitter = 0.2
environment_max_age = "1h"
on_timeout = "answer"
tenant = 'requestContext.authorizer.jwt.claims["https://example.com/tenant"]'
"""


def test_a_policy_for_windows_and_tenants_stays_as_it_is() -> None:
    merged = merge_settings(POLICY, wanted_values(WINDOW), is_forced=False)
    assert merged.startswith(POLICY.rstrip("\n"))
    settings = load_settings({}, tomllib.loads(merged))
    assert settings.retire_on == {"residue", "error"}
    assert settings.tenant.endswith('["https://example.com/tenant"]')
    assert settings.max_invocations == 40


def test_a_file_that_dayfly_would_not_take_is_refused() -> None:
    merged = merge_settings(POLICY, wanted_values(Settings("process")), is_forced=True)
    with pytest.raises(SettingError, match="cannot be combined with isolation 'process'"):
        check_settings(merged)
    with pytest.raises(SettingError, match="unknown setting"):
        check_settings('isolaton = "window"\n')
    check_settings(POLICY)
