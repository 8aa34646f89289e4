"""Cross-origin requests of browsers, answered by the URL itself where it is configured to; pure.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
"""

from __future__ import annotations

from collections.abc import Mapping

from dayfly.lab.urls.config import Cors

# What the URL's configuration says takes the place of what the function says.
HEADERS = frozenset(
    {
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-expose-headers",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "access-control-max-age",
    }
)


def is_preflight(cors: Cors, method: str, headers: Mapping[str, str]) -> bool:
    """Is it a browser's question, which the function never sees? Without a configuration it sees every request."""
    return (
        cors != Cors()
        and method == "OPTIONS"
        and "origin" in headers
        and "access-control-request-method" in headers
    )


def preflight_headers(cors: Cors, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the answer to a preflight; nothing is allowed to an origin or a method that is not configured."""
    allowed = _origin(cors, headers.get("origin"))
    wanted = headers.get("access-control-request-method", "")
    if not allowed or not ("*" in cors.allow_methods or wanted in cors.allow_methods):
        return []
    answer = [*allowed, ("Access-Control-Allow-Methods", ",".join(cors.allow_methods))]
    if cors.allow_headers:
        answer.append(("Access-Control-Allow-Headers", ",".join(cors.allow_headers)))
    if cors.max_age is not None:
        answer.append(("Access-Control-Max-Age", str(cors.max_age)))
    return answer


def response_headers(cors: Cors, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what the URL adds to a function's response for a request from `headers["origin"]`."""
    allowed = _origin(cors, headers.get("origin"))
    if allowed and cors.expose_headers:
        allowed.append(("Access-Control-Expose-Headers", ",".join(cors.expose_headers)))
    return allowed


def _origin(cors: Cors, origin: str | None) -> list[tuple[str, str]]:
    if origin is None or not ("*" in cors.allow_origins or origin in cors.allow_origins):
        return []
    allowed = [
        (
            "Access-Control-Allow-Origin",
            origin if cors.allow_credentials or "*" not in cors.allow_origins else "*",
        )
    ]
    if cors.allow_credentials:
        allowed.append(("Access-Control-Allow-Credentials", "true"))
    return [*allowed, ("Vary", "Origin")]
