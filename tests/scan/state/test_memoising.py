"""A cache is safe where its key is made of all that its results are made of."""

from __future__ import annotations

import pytest
from tests.scan.state.following import found

from dayfly.scan.model import Severity

START = """
import functools
from functools import cache, lru_cache, cached_property
CURRENT = {{}}
{decorator}
def rights({parameters}):
    return {result}
def handler(event, context):
    CURRENT.clear()
    CURRENT.update(event)
    return rights({arguments})
"""


@pytest.mark.parametrize("decorator", ["@cache", "@lru_cache(maxsize=8)", "@lru_cache", "@functools.cache"])
def test_a_result_that_its_key_does_not_tell_apart_is_found(decorator: str) -> None:
    hidden = START.format(
        decorator=decorator, parameters="shop", result="[shop, CURRENT['user']]", arguments="event['shop']"
    )
    keyed = START.format(
        decorator=decorator,
        parameters="shop, user",
        result="[shop, user]",
        arguments="event['shop'], event['user']",
    )
    assert Severity.HIGH in {one.severity for one in found(hidden) if one.check == "state.cache"}
    assert {one.severity for one in found(keyed) if one.check == "state.cache"} <= {Severity.INFORMATIONAL}


def test_a_function_without_a_decorator_remembers_nothing() -> None:
    plain = START.format(
        decorator="", parameters="shop", result="[shop, CURRENT['user']]", arguments="event['shop']"
    )
    assert not [one for one in found(plain) if one.check == "state.cache"]


def test_a_cached_property_of_a_kept_object_is_that_of_the_first_customer() -> None:
    code = """
from functools import cached_property
class Session:
    event = None
    @cached_property
    def user(self):
        return self.event["user"]
{kept}
def handler(event, context):
    {made}session.event = event
    return session.user
"""
    kept = found(code.format(kept="session = Session()", made=""))
    fresh = found(code.format(kept="", made="session = Session(); "))
    assert Severity.HIGH in {one.severity for one in kept}
    assert not fresh
