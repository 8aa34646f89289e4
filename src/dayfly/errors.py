"""Errors that say what happened and what to do next; imports nothing."""

from __future__ import annotations


class DayflyError(Exception):
    """An error the user can act on.

    `message` says what happened and to what, `hint` what to do next. Commands print both and end
    with exit code 2; there is never a traceback for one of these.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SettingError(DayflyError):
    """A setting has a value Dayfly does not understand."""


class MissingExtraError(DayflyError):
    """A command needs packages that `pip install dayfly` alone does not install."""


class StartError(DayflyError):
    """Dayfly cannot start here, whatever the settings say."""
