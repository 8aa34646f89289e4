"""Whether the event's part of a string literal stays within it."""

from __future__ import annotations

import pytest
from tests.core.structure.fakes import FakeProvenance

from dayfly.core.structure.judgement import Taint
from dayfly.core.structure.literals import breaks_out


@pytest.mark.parametrize(
    ("text", "leaves", "is_broken"),
    [
        # The blank between two words of one value is marked as nobody's.
        ("select ''all'' from", ("select '", "all'", "from"), False),
        ("''all''  from", ("'all'", "from"), False),
        ("it''", ("it'",), False),
        # The function's own text after the quote: its own closing quote was eaten.
        ("x'' and b=", ("x'",), True),
        ("x''", ("x'",), False),
        ("x''  own", ("x'",), True),
        ("x\\' and b=", ("x\\",), True),
    ],
)
def test_a_quote_beside_the_events_is_an_escapers_where_the_value_goes_on(
    text: str, leaves: tuple[str, ...], is_broken: bool
) -> None:
    event = FakeProvenance({f"k{number}": leaf for number, leaf in enumerate(leaves)}, keys=False)
    taint = Taint(text, event.spans(text))
    at = breaks_out(text, taint, 0, len(text), quote="'", backslashes="\\" in text, doubled=True)
    assert (at >= 0) is is_broken
