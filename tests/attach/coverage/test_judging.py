"""A function is called protected only where nothing that could be seen speaks against it; each gap has its reason and a way out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.attach.coverage.making import ARN, LAYER, NOW, WRAPPED, attached, facts

from dayfly.attach.aws.calls import CallError
from dayfly.attach.aws.facts import Environment, FunctionFacts, LayerFact
from dayfly.attach.aws.wording import DeniedError
from dayfly.attach.coverage.judging import TAKEN, judge, unreadable
from dayfly.attach.coverage.model import Coverage, Effect, LayerNote, Level, Seen
from dayfly.attach.coverage.moments import read_stamp

_OTHER = LayerFact("arn:aws:lambda:eu-central-1:1:layer:numpy:1", 1)


def _judge(found: FunctionFacts, **more: Any) -> tuple[Level, dict[str, Effect]]:
    coverage = judge(found, now=NOW, **more)
    return coverage.level, {gap.reason: gap.effect for gap in coverage.gaps}


def test_with_layer_and_wrapper_it_is_protected() -> None:
    assert _judge(attached()) == (Level.PROTECTED, {})


def test_without_them_it_is_not_and_is_told_how() -> None:
    coverage = judge(facts(), now=NOW)
    assert coverage.level is Level.UNPROTECTED
    assert [(gap.reason, gap.hint) for gap in coverage.gaps] == [("never-attached", "dayfly attach payments")]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (facts(environment=Environment(WRAPPED)), "no-layer"),
        (facts(environment=Environment(WRAPPED), layers=(LayerFact(LAYER.replace("dayfly-python312", "dayfly-policy-payments"), 1),)), "no-layer"),
        (facts(layers=(LayerFact(LAYER, 1),)), "no-wrapper"),
        (facts(layers=(LayerFact(LAYER, 1),), environment=Environment({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"})), "other-wrapper"),
        (attached({"DAYFLY_ISOLATION": "windw"}), "settings"),
        (attached({"DAYFLY_NEXT_WRAPPER": "/opt/bootstrap"}), "wrapper"),
        (attached(runtime="python3.9"), "unsupported-version"),
        (attached(is_on_managed_instances=True), "managed-instances"),
    ],
)  # fmt: skip
def test_what_looks_attached_and_is_not_active_is_unprotected(found: FunctionFacts, reason: str) -> None:
    level, gaps = _judge(found)
    assert level is Level.UNPROTECTED
    assert gaps[reason] is Effect.ALL


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"layers": (_OTHER,) * 5}, "layers"),
        ({"managed_by": "sam:shop"}, "managed"),
        ({"runtime": "python3.8"}, "unsupported-version"),
        ({"code_bytes": 262_000_000, "layers": (LayerFact(_OTHER.arn, 900_000),)}, "size"),
        ({"state": "Failed", "state_reason": "no subnet"}, "state"),
        ({"environment": Environment({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap"})}, "wrapper"),
        ({"is_durable": True}, "durable"),
        ({"signing_config_arn": "arn:aws:lambda:eu-central-1:1:code-signing-config:csc-1"}, "signing"),
        ({"environment": Environment({"DAYFLY_GUARD": "maybe"})}, "settings"),
    ],
)
def test_why_it_cannot_simply_be_attached_is_told_too(more: dict[str, Any], reason: str) -> None:
    coverage = judge(facts(**more), now=NOW)
    assert coverage.level is Level.UNPROTECTED
    assert {"never-attached", reason} <= {gap.reason for gap in coverage.gaps}


def test_variables_that_cannot_be_read_make_it_unknown_not_unprotected() -> None:
    hidden = Environment(error="AccessDeniedException", kms_key_arn="arn:aws:kms:eu-central-1:1:key/k")
    coverage = judge(facts(environment=hidden), now=NOW)
    assert coverage.level is Level.UNKNOWN
    assert coverage.is_open
    assert "kms:Decrypt on arn:aws:kms:eu-central-1:1:key/k" in coverage.gaps[0].hint


def test_other_runtimes_have_nothing_to_protect() -> None:
    coverage = judge(facts(runtime="nodejs22.x"), now=NOW)
    assert (coverage.level, coverage.gaps, coverage.is_open) == (Level.NOT_PYTHON, (), False)


def test_an_image_is_judged_by_its_environments_alone() -> None:
    image = facts(package_type="Image", runtime="")
    coverage = judge(image, now=NOW)
    assert (coverage.level, coverage.is_open, coverage.gaps[0].reason) == (Level.UNKNOWN, False, "image")
    seen = Seen("the fleet", started=NOW - 60, isolation="invocation", guard="block")
    assert _judge(image, seen=seen) == (Level.PROTECTED, {})
    refused = Seen("CloudWatch Logs", refused=NOW - 60, refusal="no Python")
    assert _judge(image, seen=refused) == (Level.UNPROTECTED, {"not-active": Effect.ALL})


def test_the_log_has_the_last_word() -> None:
    seen = Seen("CloudWatch Logs", started=NOW - 600, refused=NOW - 60, refusal="boot.py is missing")
    coverage = judge(attached(), seen=seen, now=NOW)
    assert coverage.level is Level.UNPROTECTED
    assert "boot.py is missing" in coverage.gaps[0].text
    older = Seen("CloudWatch Logs", started=NOW - 60, refused=NOW - 600, refusal="boot.py is missing")
    assert _judge(attached(), seen=older)[0] is Level.PROTECTED


def test_invocations_without_a_line_of_dayflys_since_the_change_are_a_gap() -> None:
    silent = Seen("the fleet", last_invocation=NOW - 60)
    assert _judge(attached(), seen=silent) == (Level.UNPROTECTED, {"silent": Effect.ALL})
    just_changed = attached(last_modified="2026-11-29T14:53:00.000+0000")
    at = 1_795_964_000.0
    assert _judge(just_changed, seen=Seen("the fleet", last_invocation=at))[0] is Level.PROTECTED
    spoken = Seen("the fleet", last_invocation=NOW - 60, last_line=NOW - 70)
    assert _judge(attached(), seen=spoken)[0] is Level.PROTECTED


def test_process_isolation_is_partly_whoever_says_so() -> None:
    assert _judge(attached({"DAYFLY_ISOLATION": "process"})) == (
        Level.PARTLY,
        {"process-isolation": Effect.PART},
    )
    seen = Seen(
        "the fleet", started=NOW, isolation="process", guard="observe", not_forkable="Dayfly: a thread"
    )
    coverage = judge(attached(), seen=seen, now=NOW)
    assert (coverage.level, coverage.gaps[0].text) == (Level.PARTLY, "a thread")


@pytest.mark.parametrize("lock", ["auto", "http", "off"])
def test_without_the_lock_it_is_said_to_be_unprotected_against_takeover(lock: str) -> None:
    found = judge(attached({"DAYFLY_API_LOCK": lock}), now=NOW)
    assert found.level is Level.PROTECTED
    (gap,) = found.gaps
    assert (gap.reason, gap.effect) == ("takeover", Effect.NOTHING)
    assert "unprotected against takeover, best effort" in gap.text
    assert ("no HTTP service" in gap.text) is (lock != "off")


def test_a_guard_that_is_off_or_an_old_version_is_advice() -> None:
    assert _judge(attached({"DAYFLY_GUARD": "off"})) == (Level.PROTECTED, {"guard-off": Effect.NOTHING})
    notes = {LAYER: LayerNote("Dayfly 0.0.9 for Python 3.12")}
    coverage = judge(attached(), layers=notes, now=NOW)
    assert (coverage.level, coverage.dayfly_version, coverage.gaps[0].reason) == (
        Level.PROTECTED,
        "0.0.9",
        "older",
    )
    assert _judge(attached(), layers={LAYER: LayerNote("somebody's words")}) == (Level.PROTECTED, {})


def test_a_guard_that_could_not_be_armed_is_a_gap() -> None:
    seen = Seen("the fleet", started=NOW, isolation="invocation", guard="not armed")
    assert _judge(attached(), seen=seen)[0] is Level.PARTLY


def test_what_may_not_be_looked_at_is_no_proof_of_protection() -> None:
    denied = ("aliases could not be read: AccessDeniedException",)
    assert _judge(attached(unknown=denied)) == (Level.PARTLY, {"no-permission": Effect.PART})
    assert _judge(attached(unknown=("code signing could not be read: x",)))[0] is Level.PROTECTED


def test_a_function_that_may_not_be_read_is_unknown_and_one_that_is_not_there_says_so() -> None:
    denied = unreadable(ARN, DeniedError("denied", hint="ask", code="AccessDeniedException"))
    assert (denied.level, denied.is_open, denied.gaps[0].reason) == (Level.UNKNOWN, True, "no-permission")
    away = unreadable(ARN, CallError("cannot connect", code="EndpointConnectionError"))
    assert (away.level, away.is_open, away.gaps[0].reason) == (Level.UNKNOWN, True, "not-checked")
    gone = unreadable("payments", CallError("not found", code="ResourceNotFoundException"))
    assert gone.gaps[0].reason == "not-found"


def test_no_value_of_a_variable_is_shown() -> None:
    secrets = {
        "TOKEN": "s3cr3t-1",
        "DAYFLY_FLEET_KEY": "s3cr3t-2",
        "DAYFLY_ISOLATION": "s3cr3t-3",
        "DAYFLY_GUARD": "s3cr3t-4",
        "DAYFLY_RECYCLED": "s3cr3t-5",
        "DAYFLY_NEXT_WRAPPER": "s3cr3t-6",
    }
    for found in (attached(secrets), facts(environment=Environment(secrets))):
        coverage = judge(found, now=NOW)
        told = repr(coverage.described())
        assert "s3cr3t" not in told


def test_when_it_was_recycled_is_read_from_the_stamp() -> None:
    coverage = judge(attached({"DAYFLY_RECYCLED": "20261126T061500Z-manual-a1b2c3"}), now=NOW)
    assert coverage.recycled == read_stamp("20261126T061500Z-x") == 1_795_673_700.0
    assert read_stamp("20269926T061500Z-x") == read_stamp("soon") == 0.0


def test_every_gap_of_these_tests_says_what_to_do() -> None:
    found: list[Coverage] = [
        judge(facts(), now=NOW),
        judge(facts(environment=Environment(WRAPPED)), now=NOW),
        judge(attached({"DAYFLY_ISOLATION": "process", "DAYFLY_GUARD": "off"}), now=NOW),
        judge(attached(), seen=Seen("the fleet", last_invocation=NOW, infected=2), now=NOW),
    ]
    gaps = [gap for one in found for gap in one.gaps]
    assert len(gaps) >= 6
    assert [gap for gap in gaps if not gap.hint] == []


def test_a_policy_in_a_layer_is_told_with_its_age() -> None:
    policy = LAYER.replace("dayfly-python312:7", "dayfly-policy-payments:4")
    found = attached(layers=(LayerFact(LAYER, 1), LayerFact(policy, 1)))
    assert judge(found, now=NOW).policy == "layer version 4"
    dated = judge(found, layers={policy: LayerNote("A policy for Dayfly", 1_795_673_700.0)}, now=NOW)
    assert (dated.policy, dated.dayfly_version) == ("layer version 4 of 2026-11-26", "")


def test_everybody_tells_the_same_figures_of_a_takeover() -> None:
    header = Path(__file__).parents[3] / "native" / "supervisor" / "announce.h"
    assert f'"{TAKEN}"' in header.read_text()
