"""Templates: the event writes none of them."""

from __future__ import annotations

import pytest
from tests.core.structure.fakes import NOTHING, FakeProvenance, fill

from dayfly.core.structure.template import judge_template
from dayfly.core.structure.trusted_literals import OwnText

OWN = OwnText(["Dear {{ name }},\n  your {{ order }}\n", "Dear "])


@pytest.mark.parametrize("value", ["{{ ''.__class__.__mro__ }}", "{{ 7*7 }}", "Anna"])
def test_template_text_of_the_events_is_refused(value: str) -> None:
    assert judge_template(*fill("{}", value), OWN).verdict == "refuse"
    assert judge_template(*fill("Dear {}", value), OWN).verdict == "refuse"


def test_the_functions_own_template_is_allowed_though_the_event_has_its_words() -> None:
    event = FakeProvenance({"name": "Anna", "order": "Dear"})
    assert judge_template("Dear {{ name }},\n  your {{ order }}\n", event, OWN).verdict == "allow"
    assert judge_template("Dear {{ name }},\nyour {{ order }}", event, OWN).verdict == "allow"


def test_a_template_that_nothing_explains_is_unknown() -> None:
    assert judge_template("Hello {{ name }}", NOTHING, OWN).verdict == "unknown"
