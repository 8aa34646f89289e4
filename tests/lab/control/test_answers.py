"""Bodies of refusals, as the API's model has them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import boto3
import pytest

import dayfly.lab
from dayfly.lab.control.answers import refusal_body
from dayfly.lab.model import InvokeRefusedError


def _errors_of_the_lab() -> set[str]:
    """Names of errors in the lab's source that Lambda's model has."""
    texts = {
        node.value
        for path in Path(dayfly.lab.__path__[0]).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {shape.name for shape in _model().error_shapes if shape.name in texts}


def _model() -> Any:
    # botocore has no types.
    return boto3.client("lambda", region_name="us-east-1").meta.service_model


def test_the_lab_raises_errors_of_the_model() -> None:
    assert {"ResourceNotFoundException", "InvalidParameterValueException"} <= _errors_of_the_lab()


@pytest.mark.parametrize("name", sorted(_errors_of_the_lab()))
def test_the_message_of_a_refusal_is_the_member_that_its_model_has(name: str) -> None:
    members = _model().shape_for(name).members
    body = refusal_body(InvokeRefusedError(400, name, "said"))
    assert {key for key in body if key.lower() == "message"} == {
        key for key in members if key.lower() == "message"
    }
