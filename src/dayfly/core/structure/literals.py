"""Says whether the event's part of a string literal stays within it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.structure.judgement import Taint
    from dayfly.core.structure.trusted_literals import OwnText

# Of a piece of the function's own text that goes on after a literal's end: "'," and "')" stand in any value.
_MIN_PIECE = 3


def breaks_out(
    text: str,
    taint: Taint,
    content: int,
    limit: int,
    *,
    quote: str,
    backslashes: bool,
    doubled: bool,
    own: OwnText | None = None,
) -> int:
    """Return where the event's part splits an escape in text[content:limit], or -1.

    `quote` closes the literal. What an escaper added beside the event's character is honest (`O''Brien`,
    `it\\'s`); what swallows a quote of the function's own is not: '{a}' AND b='{b}' with a backslash for a.
    """
    if not taint.any(content, limit):
        return -1
    marks = [mark for mark, is_read in (("\\", backslashes), (quote, doubled)) if is_read]
    following = {mark: text.find(mark, content, limit) for mark in marks}
    while True:
        found = [at for at in following.values() if at >= 0]
        if not found:
            return -1
        at = min(found)
        second = at + 1
        if second >= limit:
            return at
        first_is_event, second_is_event = taint.mask[at], taint.mask[second]
        if first_is_event and not second_is_event:
            # The event's quote or backslash, and then one an escaper put beside it, within the value or at
            # its end; before the function's own text it is the function's own quote that was eaten.
            after = second + 1
            while after < limit and text[after] == " ":
                # A blank between two words of a value is marked as nobody's.
                after += 1
            is_escaped = text[second] == text[at] and (
                after == limit
                or taint.mask[after]
                # What is left of the value may be too short to be found again: 'a ''quoted'' b'.
                or (own is not None and not _goes_on(text, taint, second, own))
            )
            if not is_escaped:
                return at
        elif second_is_event and not first_is_event and text[at] != "\\" and at > content:
            before = at - 1
            while before > content and text[before] == " ":
                before -= 1
            if not taint.mask[before]:
                # An own quote right before the event's one, in the middle of own text: '{a}'{b}.
                return at
        for mark in marks:
            if 0 <= following[mark] < at + 2:
                following[mark] = text.find(mark, at + 2, limit)


def _goes_on(text: str, taint: Taint, at: int, own: OwnText) -> bool:
    """Say whether the function's own text, which is not the event's too, goes on at a quote or right behind it.

    Behind it only where the function doubles none itself: `.replace("'", "''")`; a backslash closes nothing.
    """
    doubles = text[at] == "\\" or own.is_constant(text[at] * 2)
    return any(
        size >= _MIN_PIECE and taint.mask.find(0, max(start, at + 1), start + size) >= 0
        for start in ((at,) if doubles else (at, at + 1, at + 2))
        if (size := own.piece_at(text, start))
    )
