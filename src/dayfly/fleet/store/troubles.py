"""What ClickHouse refuses and why, in words that name no row's values."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from enum import StrEnum

from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError, StreamClosedError

from dayfly.errors import DayflyError

_CODE = re.compile(r"Code: (\d+)")
_ERRNO = re.compile(r"\[Errno -?\d+\] ([\w ,.-]{1,80})")
_NAME = re.compile(r"\(([A-Z][A-Z_]+)\)")
# https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
_NOT_ENOUGH_SPACE = {243}
_TOO_BIG = {159, 160, 241, 307, 396, 158}
_UNREACHABLE = {209, 210, 279}
# What could not be parsed is quoted: a parameter's value.
_QUOTING = {6, 26, 27, 38, 41, 53, 72, 457}
_FULL_WORDS = ("No space left on device", "Disk quota exceeded")
_MOST_CHARACTERS = 500


class Trouble(StrEnum):
    """What sort of trouble it is: what a caller can do differs."""

    UNREACHABLE = "unreachable"
    FULL = "full"
    TOO_BIG = "too big"
    REFUSED = "refused"


_HINTS = {
    Trouble.UNREACHABLE: (
        "check that ClickHouse runs and that this machine can connect to it; no acknowledged record is lost"
    ),
    Trouble.FULL: (
        "free space on the store's disk, or keep fewer days: `dayfly fleet serve --keep 14d`; no "
        "acknowledged record is lost"
    ),
    Trouble.TOO_BIG: "choose a shorter time range or fewer functions",
    Trouble.REFUSED: "check the store with `dayfly fleet status`",
}


class StoreError(DayflyError):
    """The store refused or failed; `message` has ClickHouse's own words, never a row's values.

    `code` is ClickHouse's number of the error, 0 where there is none.
    """

    def __init__(
        self, message: str, *, hint: str = "", trouble: Trouble = Trouble.REFUSED, code: int = 0
    ) -> None:
        super().__init__(message, hint=hint or _HINTS[trouble])
        self.trouble = trouble
        self.code = code


@contextlib.contextmanager
def telling(about: str = "") -> Iterator[None]:
    """Turn ClickHouse's errors into StoreError.

    `about` says what was written: of an insert ClickHouse's words quote the rows, so only its code is repeated.
    """
    try:
        yield
    except (ClickHouseError, StreamClosedError) as error:
        text = str(error)
        match = _CODE.search(text)
        code = int(match[1]) if match else 0
        trouble = _trouble(error, code, text)
        if about and code:
            words = f"{about}: {_name(text, code)}"
        else:
            words = f"a value has the wrong type: {_name(text, code)}" if code in _QUOTING else _words(text)
        if trouble is Trouble.UNREACHABLE and not code:
            words = f"it does not respond{_reason(text)}"
        raise StoreError(f"the store: {words}", trouble=trouble, code=code) from error


def _trouble(error: Exception, code: int, text: str) -> Trouble:
    if code in _NOT_ENOUGH_SPACE or any(words in text for words in _FULL_WORDS):
        return Trouble.FULL
    if code in _TOO_BIG:
        return Trouble.TOO_BIG
    if code in _UNREACHABLE or (isinstance(error, OperationalError) and not code):
        return Trouble.UNREACHABLE
    return Trouble.REFUSED


def _reason(text: str) -> str:
    """Why a connection failed, in the system's words: the driver's are three lines of its own objects."""
    match = _ERRNO.search(text)
    if match:
        return f": {match[1].strip()}"
    return ": the query takes too long" if "timed out" in text.lower() else ""


def _name(text: str, code: int) -> str:
    names = _NAME.findall(text)
    return f"{names[-1]} (code {code})" if names else f"code {code}"


def _words(text: str) -> str:
    # What follows is the query with its parameters filled in.
    for end in (" (version ", ": In scope ", " In scope ", ": while executing", "\nstack"):
        text = text.partition(end)[0]
    return text.strip()[:_MOST_CHARACTERS]
