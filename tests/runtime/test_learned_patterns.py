"""What a worker says of patterns counts where init left the text, and stays here nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from dayfly.runtime.learned_imports import OWN, Lesson
from dayfly.runtime.learned_patterns import LearnedPatterns, find_own


class Holder:
    """As a parser that compiles its pattern when it first needs it."""

    def __init__(self, text: str) -> None:
        self.text = text


def code() -> str:
    return "a constant of a function's code, (as|long|as) a pattern that is (worth|while) to look for"


# Made, so that no code object holds them: one in an instance's dict, one in a tuple of plain values, a broken one.
HELD = Holder("".join(f"(?:held{number:04})?" for number in range(20)))
PAIRS = ("".join(f"(?:pair{number:04})?" for number in range(20)), 3)
BROKEN = Holder("".join(f"(?:broken{number:04}" for number in range(20)))


@pytest.fixture(autouse=True)
def purged() -> Iterator[None]:
    re.purge()
    yield
    re.purge()


def said(text: str, flags: int = re.UNICODE) -> str:
    # As it comes from a pipe: another object.
    return f"{int(flags)} {text.encode('unicode_escape').decode()}"


def found(*lines: str) -> list[str]:
    """Those that a disposable fork hands to the zygote."""
    reader, writer = os.pipe()
    os.write(writer, "".join(f"{line}\n" for line in lines).encode())
    os.close(writer)
    own = find_own([reader])
    assert all(line.startswith(OWN) and line.endswith("\n") for line in own)
    return [line[1:-1] for line in own]


def learn(*lines: str) -> set[str]:
    learned = LearnedPatterns()
    learned.hear(found(*lines))
    for _ in lines:
        learned.spend_a_moment()
    return {str(text) for _, text, _ in re._cache}  # type: ignore[attr-defined]


def foreign() -> str:
    return "".join(chr(97 + number * 7 % 26) for number in range(400))


@pytest.mark.parametrize("text", [HELD.text, PAIRS[0]], ids=["instance", "plain-tuple"])
def test_a_text_that_init_left_is_compiled_with_the_flags_that_were_used(text: str) -> None:
    assert learn(said(text, re.IGNORECASE | re.UNICODE)) == {text}
    assert (str, text, int(re.IGNORECASE | re.UNICODE)) in re._cache  # type: ignore[attr-defined]


def test_a_constant_of_code_is_compiled() -> None:
    (text,) = [one for one in code.__code__.co_consts if isinstance(one, str) and "long" in one]
    assert learn(said(text), said(HELD.text)) == {text, HELD.text}


def test_what_no_object_of_init_holds_is_not_compiled_however_often_it_is_said() -> None:
    for _ in range(3):
        assert learn(said(foreign()), said(foreign(), re.IGNORECASE), said(HELD.text)) == {HELD.text}


def test_a_broken_pattern_an_unknown_line_and_other_flags_do_no_harm(
    capfd: pytest.CaptureFixture[str],
) -> None:
    lines = [
        "",
        "32",
        "x y",
        "999999 " + HELD.text,
        said(HELD.text, re.DEBUG),
        "32 \\N{nothing}",
        said(BROKEN.text),
    ]
    assert learn(*lines, said(PAIRS[0])) == {PAIRS[0]}
    assert capfd.readouterr() == ("", "")


def test_a_worker_tells_what_it_has_compiled_since_its_event_came() -> None:
    assert told("a\nb\u20ac" * 70) == (b"%\n", b"8 " + b"a\\nb\\u20ac" * 70 + b"\n")


def test_a_worker_tells_nothing_of_patterns_that_are_too_little_or_not_asked_for() -> None:
    assert told("short") == (b"", b"")
    assert told("a" * 300, is_asked=False) == (b"", b"")


def told(pattern: str, *, is_asked: bool = True) -> tuple[bytes, bytes]:
    """What a worker that compiles it writes into its two pipes."""
    pipes = [os.pipe(), os.pipe()]
    re.compile("before the event")
    lesson = Lesson(pipes[0][1], pipes[1][1] if is_asked else -1)
    lesson.begin()
    re.compile(pattern, re.MULTILINE)
    re.compile(b"bytes")
    lesson.tell()
    lesson.tell()
    texts = []
    for reader, writer in pipes:
        os.close(writer)
        texts.append(os.read(reader, 9999))
        os.close(reader)
    return texts[0], texts[1]
