"""What a function URL is: who may call it, how it answers, and which origins a browser may call it from.

https://docs.aws.amazon.com/lambda/latest/api/API_FunctionUrlConfig.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

AuthType = Literal["NONE", "AWS_IAM"]
InvokeMode = Literal["BUFFERED", "RESPONSE_STREAM"]


@dataclass(frozen=True, slots=True)
class Cors:
    """None and empty are what was never given."""

    allow_credentials: bool | None = None
    allow_headers: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_origins: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class UrlConfig:
    """One URL. `id` is the first part of its host name; `invoke_mode` None is as if it were BUFFERED."""

    id: str
    auth_type: AuthType
    created_at: float
    modified_at: float
    invoke_mode: InvokeMode | None = None
    cors: Cors = field(default_factory=Cors)
