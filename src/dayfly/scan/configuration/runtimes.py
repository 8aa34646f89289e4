"""When AWS stops patching a managed runtime, and when it refuses to update functions on it.

AWS Lambda developer guide, "Lambda runtimes" (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html), as
collected in cfn-lint 1.58.0's LmbdRuntimeLifecycle.json (MIT-0).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The days after which a runtime gets no more patches, and its functions no more updates."""

    deprecated: date
    update_blocked: date | None
    successor: str


_PYTHON, _NODE, _PROVIDED = "python3.14", "nodejs24.x", "provided.al2023"
_DOTNET, _JAVA, _RUBY = "dotnet10", "java25", "ruby4.0"


def _days(deprecated: str, blocked: str, successor: str) -> Lifecycle:
    return Lifecycle(
        date.fromisoformat(deprecated), date.fromisoformat(blocked) if blocked else None, successor
    )


LIFECYCLES: dict[str, Lifecycle] = {
    "python2.7": _days("2021-07-15", "2022-05-30", _PYTHON),
    "python3.6": _days("2022-07-18", "2022-08-29", _PYTHON),
    "python3.7": _days("2023-12-04", "2027-03-03", _PYTHON),
    "python3.8": _days("2024-10-14", "2027-03-03", _PYTHON),
    "python3.9": _days("2025-12-15", "2027-03-03", _PYTHON),
    "python3.10": _days("2026-10-31", "2027-03-03", _PYTHON),
    "python3.11": _days("2027-06-30", "2027-08-31", _PYTHON),
    "python3.12": _days("2028-10-31", "2029-01-10", _PYTHON),
    "python3.13": _days("2029-06-30", "2029-08-31", _PYTHON),
    "python3.14": _days("2029-06-30", "2029-08-31", _PYTHON),
    "nodejs": _days("2016-08-30", "2016-10-31", _NODE),
    "nodejs4.3": _days("2020-03-05", "2020-03-05", _NODE),
    "nodejs4.3-edge": _days("2020-03-05", "2019-04-30", _NODE),
    "nodejs6.10": _days("2019-08-12", "2019-08-12", _NODE),
    "nodejs8.10": _days("2020-03-06", "2020-03-06", _NODE),
    "nodejs10.x": _days("2021-07-30", "2022-02-14", _NODE),
    "nodejs12.x": _days("2023-03-31", "2023-04-30", _NODE),
    "nodejs14.x": _days("2023-12-04", "2027-03-03", _NODE),
    "nodejs16.x": _days("2024-06-12", "2027-03-03", _NODE),
    "nodejs18.x": _days("2025-09-01", "2027-03-03", _NODE),
    "nodejs20.x": _days("2026-04-30", "2027-03-03", _NODE),
    "nodejs22.x": _days("2027-04-30", "2027-07-01", _NODE),
    "nodejs24.x": _days("2028-04-30", "2028-07-01", _NODE),
    "java8": _days("2024-01-08", "2027-03-03", _JAVA),
    "java8.al2": _days("2027-06-30", "2027-08-31", _JAVA),
    "java11": _days("2027-06-30", "2027-08-31", _JAVA),
    "java17": _days("2027-06-30", "2027-08-31", _JAVA),
    "java21": _days("2029-06-30", "2029-08-31", _JAVA),
    "java25": _days("2029-06-30", "2029-08-31", _JAVA),
    "dotnetcore1.0": _days("2019-06-27", "2019-07-30", _DOTNET),
    "dotnetcore2.0": _days("2019-05-30", "2019-05-30", _DOTNET),
    "dotnetcore2.1": _days("2022-01-05", "2022-04-13", _DOTNET),
    "dotnetcore3.1": _days("2023-04-03", "2023-05-03", _DOTNET),
    "dotnet6": _days("2024-12-20", "2027-03-03", _DOTNET),
    "dotnet8": _days("2026-11-10", "2027-03-03", _DOTNET),
    "dotnet10": _days("2028-11-14", "2029-01-15", _DOTNET),
    "go1.x": _days("2024-01-08", "2027-03-03", _PROVIDED),
    "provided": _days("2024-01-08", "2027-03-03", _PROVIDED),
    "provided.al2": _days("2026-07-31", "2027-03-03", _PROVIDED),
    "provided.al2023": _days("2029-06-30", "2029-08-31", _PROVIDED),
    "ruby2.5": _days("2021-07-30", "2022-03-31", _RUBY),
    "ruby2.7": _days("2023-12-07", "2027-03-03", _RUBY),
    "ruby3.2": _days("2026-03-31", "2027-03-03", _RUBY),
    "ruby3.3": _days("2027-03-31", "2027-05-31", _RUBY),
    "ruby3.4": _days("2028-03-31", "2028-05-31", _RUBY),
    "ruby4.0": _days("2029-03-31", "2029-05-31", _RUBY),
}
