"""Bounds one task in processor time, and turns whatever goes wrong in it into a note."""

from __future__ import annotations

import contextlib
import signal
import threading
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.passes.encoding import Yield

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


class TimeUpError(BaseException):
    """A task used up its time. Not an Exception: no family may catch it in passing."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeUpError here after `seconds` of processor time; without effect outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeUpError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def run_bounded(work: Callable[[], Yield], *, place: Place, what: str, seconds: float) -> Yield:
    """What `work` yields; where it fails, a note at `place` that `what` was not checked, and a fault counted."""
    try:
        with time_limit(seconds):
            return work()
    except TimeUpError:
        message = f"{what} took more than {seconds:g} s of CPU time"
        return Yield(notes=(Note(NoteKind.BOUNDED, f"{message}: not checked completely", place),))
    except (RecursionError, MemoryError) as error:
        reason = "is nested too deeply" if isinstance(error, RecursionError) else "not enough memory"
        return Yield(notes=(Note(NoteKind.BOUNDED, f"{what}: {reason}: not checked completely", place),))
    except Exception as error:  # trust boundary: one hostile file must not cost the others their scan
        return fault(error, place=place, what=what)


def fault(error: BaseException, *, place: Place, what: str) -> Yield:
    """The note of a fault of the scanner's own; names its kind and where, not what the file holds."""
    frames = traceback.extract_tb(error.__traceback__)
    where = frames[-1].name if frames else "?"
    message = f"{what}: the scanner failed ({type(error).__name__} in {where}): not checked"
    hint = "this is a fault in Dayfly: please report it"
    return Yield(notes=(Note(NoteKind.NOT_ANALYSABLE, message, place, hint),), faults=1)


def with_notes(result: Yield, notes: list[Note]) -> Yield:
    """The result with the notes that reading made meanwhile."""
    return replace(result, notes=(*result.notes, *notes)) if notes else result
