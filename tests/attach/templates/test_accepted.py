"""The tools that deploy a template accept it with Dayfly: cfn-lint, and SAM's own translator."""

from __future__ import annotations

import re
from pathlib import Path

import boto3
import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cfnlint.decode.cfn_yaml import loads
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from tests.attach.templates.samples import OPTIONS, PATHS, sample, text_of
from tests.by_day import some_by_day

from dayfly.attach.templates.model import Options
from dayfly.attach.templates.reading import parse

# Forms that are furthest from each other; a fourth of the corpus is linted with the slow tests, all of it at night.
_FEW = ("07", "11", "12", "17", "21", "23", "29", "40")


def errors(text: str) -> list[str]:
    found = lint(text, config=ManualArgs(regions=["eu-west-1"]))
    return [f"{one.rule.id} {one.message}" for one in found if one.rule.id.startswith("E")]


def test_the_linter_sees_errors() -> None:
    assert errors(sample("01").text.replace("Handler:", "Hndler:"))


@pytest.mark.parametrize("name", _FEW)
def test_the_linter_accepts_what_attach_writes(name: str) -> None:
    assert errors(sample(name).attach(OPTIONS).text) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", some_by_day(PATHS, every=4, name=lambda path: path.name))
def test_the_linter_accepts_every_sample_before_and_after(path: Path) -> None:
    assert errors(text_of(path)) == []
    assert errors(parse(text_of(path), path.name).attach(OPTIONS).text) == []
    arn = "arn:aws:lambda:eu-west-1:123456789012:layer:dayfly:4"
    assert errors(parse(text_of(path), path.name).attach(Options(layer=arn)).text) == []


def test_sam_merges_what_attach_wrote_with_globals() -> None:
    # As `sam package` does, which uploads what paths name.
    packaged = re.sub(r"(CodeUri|ContentUri): \S+", r"\1: s3://bucket/key", sample("02").attach(OPTIONS).text)
    template = loads(packaged)
    policies = {"DynamoDBCrudPolicy": "arn:aws:iam::aws:policy/x"}
    done = Translator(policies, Parser(), boto_session=boto3.Session(region_name="eu-west-1")).translate(
        template, {}
    )
    report = done["Resources"]["Report"]["Properties"]
    variables = report["Environment"]["Variables"]
    assert variables["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/dayfly"
    assert variables["POWERTOOLS_SERVICE_NAME"] == "orders"
    assert variables["BUCKET"] == "reports-of-mine"
    assert len(report["Layers"]) == 3
    assert report["Layers"][2]["Ref"].startswith("DayflyLayer")
