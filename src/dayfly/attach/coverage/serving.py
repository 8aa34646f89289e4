"""What of a function serves under which version: published versions never change, so each is judged as it was published; pure.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

from __future__ import annotations

from dayfly.attach.aws.facts import LATEST, FunctionFacts, VersionFact
from dayfly.attach.coverage.model import Effect, Gap
from dayfly.attach.live.model import is_runtime_layer
from dayfly.attach.wrappers import is_attached

ON, OFF, UNREADABLE, UNKNOWN = "under Dayfly", "without Dayfly", "variables not readable", "not checked"


def serves(facts: FunctionFacts) -> dict[str, str]:
    """Return what each alias and provisioned version serves, in words, by its name."""
    found = {
        alias.name: ", ".join(
            f"{version} {_state(facts, version)}" for version in sorted(alias.versions, key=_number)
        )
        for alias in facts.aliases
    }
    for item in facts.provisioned:
        if item.qualifier not in found:
            found[item.qualifier] = f"{item.qualifier} {_state(facts, item.qualifier)}"
    return found


def judge_serving(facts: FunctionFacts, *, is_latest_on: bool) -> list[Gap]:
    """Return what serves without Dayfly beside `$LATEST`, or with it where `$LATEST` has none."""
    if facts.package_type == "Image":
        return []  # a version's image is as opaque as the newest one
    gaps: list[Gap] = []
    on = OFF
    for alias in facts.aliases:
        hidden = [
            one for one in sorted(alias.versions, key=_number) if _state(facts, one) in (UNREADABLE, UNKNOWN)
        ]
        if hidden and is_latest_on and not any(text.startswith("versions") for text in facts.unknown):
            gaps.append(
                Gap(
                    "alias-unknown",
                    (
                        f"the alias {alias.name} serves version {' and '.join(hidden)}, which could not be "
                        "checked for Dayfly"
                    ),
                    (
                        "reading its variables needs kms:Decrypt on their key; if it was just published, try "
                        "again"
                    ),
                )
            )
        without = sorted(
            (one for one in alias.versions if _state(facts, one) == OFF and one != LATEST), key=_number
        )
        if any(_state(facts, one) == ON and one != LATEST for one in alias.versions):
            on = alias.name
        if not without or not is_latest_on:
            continue
        weights = [
            f"{weight:.0%} of its traffic" for version, weight in alias.weights.items() if version in without
        ]
        part = f" ({weights[0]})" if len(without) == 1 and alias.version not in without and weights else ""
        gaps.append(
            Gap(
                "alias-serves-old",
                f"the alias {alias.name} serves version {' and '.join(without)}{part}, published without Dayfly{_kept(facts, alias.name)}",
                f"publish a version and move the alias: dayfly attach {facts.name} --publish {alias.name}",
            )
        )  # fmt: skip
    named = {alias.name for alias in facts.aliases}
    for item in facts.provisioned:
        if is_latest_on and item.qualifier not in named and _state(facts, item.qualifier) == OFF:
            gaps.append(
                Gap(
                    "provisioned-old",
                    f"{item.count} provisioned environments of version {item.qualifier}, published without Dayfly",
                    "move provisioned concurrency to a newer version",
                )
            )
    if not is_latest_on and on != OFF:
        gaps.append(
            Gap(
                "latest-without",
                (
                    f"the alias {on} serves a version with Dayfly, but $LATEST is without it: the next version "
                    "will be unprotected"
                ),
                f"dayfly attach {facts.name}",
            )
        )
    if is_latest_on and facts.snapstart:
        old = [one.version for one in facts.published if one.snapshot and _state(facts, one.version) == OFF]
        if old and not any(gap.reason == "alias-serves-old" for gap in gaps):
            gaps.append(
                Gap(
                    "snapshot-old",
                    f"SnapStart keeps snapshots of {len(old)} versions without Dayfly, which no alias uses",
                    "delete unused versions",
                    Effect.NOTHING,
                )
            )
    return gaps


def _kept(facts: FunctionFacts, alias: str) -> str:
    words = [
        f"{item.count} provisioned environments" for item in facts.provisioned if item.qualifier == alias
    ]
    if facts.snapstart:
        words.append("SnapStart's snapshot of it")
    return f"; with it {' and '.join(words)}" if words else ""


def _state(facts: FunctionFacts, version: str) -> str:
    if version == LATEST:
        found: VersionFact | FunctionFacts | None = facts
    else:
        found = next((one for one in facts.published if one.version == version), None)
    if found is None:
        return UNKNOWN
    if not found.environment.is_readable:
        return UNREADABLE
    has_layer = any(is_runtime_layer(layer.arn) for layer in found.layers)
    return ON if has_layer and is_attached(found.environment.variables) else OFF


def _number(version: str) -> tuple[int, str]:
    return (int(version), "") if version.isascii() and version.isdigit() else (-1, version)
