"""What stands in front of a function from the moment a lab serves it: a URL, and rules for its events."""

from __future__ import annotations

from dataclasses import dataclass, field

from dayfly.errors import SettingError
from dayfly.lab.events.settings import EventSettings

_AUTH_TYPES = ("", "NONE", "AWS_IAM")
_MODES = ("BUFFERED", "RESPONSE_STREAM")


@dataclass(frozen=True, slots=True)
class Front:
    """`url` is the URL's AuthType, empty for no URL. Raises SettingError for values Lambda does not know."""

    url: str = ""
    url_mode: str = "BUFFERED"
    events: EventSettings = field(default_factory=EventSettings)

    def __post_init__(self) -> None:
        if self.url not in _AUTH_TYPES:
            raise SettingError(f"unknown url {self.url!r}", hint="use NONE or AWS_IAM")
        if self.url_mode not in _MODES:
            raise SettingError(f"unknown url_mode {self.url_mode!r}", hint=f"use {' or '.join(_MODES)}")
