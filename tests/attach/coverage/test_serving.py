"""Versions stay as they were published: an alias that serves one is judged by that version."""

from __future__ import annotations

from tests.attach.coverage.making import NOW, alias, attached, facts, version

from dayfly.attach.aws.facts import Environment, FunctionFacts, ProvisionedFact, VersionFact
from dayfly.attach.coverage.judging import judge
from dayfly.attach.coverage.model import Coverage, Level


def _judge(found: FunctionFacts) -> Coverage:
    return judge(found, now=NOW)


def test_an_alias_of_a_version_from_before_is_a_gap_with_the_way_out() -> None:
    found = _judge(attached(published=(version("1", is_on=False),), aliases=(alias("live", "1"),)))
    assert found.level is Level.PARTLY
    assert [gap.reason for gap in found.gaps] == ["alias-serves-old"]
    assert "--publish live" in found.gaps[0].hint
    assert found.serves == {"live": "1 without Dayfly"}


def test_an_alias_of_a_version_since_is_none() -> None:
    found = _judge(
        attached(
            published=(version("1", is_on=False), version("2", is_on=True)),
            aliases=(alias("live", "2"), alias("dev", "$LATEST")),
        )
    )
    assert found.level is Level.PROTECTED
    assert found.serves == {"live": "2 under Dayfly", "dev": "$LATEST under Dayfly"}


def test_a_share_of_the_traffic_is_a_gap_as_well() -> None:
    found = _judge(
        attached(
            published=(version("1", is_on=False), version("2", is_on=True)),
            aliases=(alias("live", "2", v1=0.1),),
        )
    )
    assert found.level is Level.PARTLY
    assert "10% of its traffic" in found.gaps[0].text


def test_provisioned_environments_and_snapshots_are_named() -> None:
    kept = attached(
        published=(version("1", is_on=False, snapshot="On"), version("2", is_on=False)),
        aliases=(alias("live", "1"),),
        provisioned=(ProvisionedFact("live", 5), ProvisionedFact("2", 3)),
        snapstart=True,
    )
    found = _judge(kept)
    assert {gap.reason for gap in found.gaps} == {"alias-serves-old", "provisioned-old"}
    assert "5 provisioned environments and SnapStart's snapshot" in found.gaps[0].text
    assert found.serves["2"] == "2 without Dayfly"


def test_snapshots_of_versions_that_no_alias_serves_are_advice() -> None:
    found = _judge(attached(published=(version("1", is_on=False, snapshot="On"),), snapstart=True))
    assert (found.level, found.gaps[0].reason) == (Level.PROTECTED, "snapshot-old")


def test_an_alias_under_dayfly_does_not_make_latest_so() -> None:
    found = _judge(facts(published=(version("1", is_on=True),), aliases=(alias("live", "1"),)))
    assert found.level is Level.PARTLY
    assert {gap.reason for gap in found.gaps} == {"never-attached", "latest-without"}


def test_a_version_that_cannot_be_told_is_no_version_under_dayfly() -> None:
    hidden = VersionFact("1", environment=Environment(error="AccessDeniedException"))
    found = _judge(attached(published=(hidden,), aliases=(alias("live", "1"), alias("new", "9"))))
    assert found.level is Level.PARTLY
    assert [gap.reason for gap in found.gaps] == ["alias-unknown", "alias-unknown"]
