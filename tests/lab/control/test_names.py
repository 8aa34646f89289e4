"""Names, ARNs and qualifiers in every form that Lambda takes, and what it says of the others."""

from __future__ import annotations

import pytest

from dayfly.lab.control.names import NAMESPACED, PLAIN, UNQUALIFIED, URL, Form, check_new, parse_name
from dayfly.lab.model import InvokeRefusedError

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


@pytest.mark.parametrize("form", [NAMESPACED, PLAIN, UNQUALIFIED, URL])
@pytest.mark.parametrize(
    "text",
    [
        *("f", "function:f", "000000000000:f", "000000000000:function:f"),
        *("us-east-1:000000000000:function:f", _ARN, _ARN.replace("aws", "aws-us-gov", 1)),
    ],
)
def test_a_function_is_named_in_every_form_of_an_arn(form: Form, text: str) -> None:
    assert parse_name(text, form=form) == ("f", None)


@pytest.mark.parametrize("text", ["f:live", "000000000000:function:f:live", f"{_ARN}:live"])
def test_a_qualifier_is_read_from_the_name_and_beside_it(text: str) -> None:
    assert parse_name(text) == parse_name("f", "live") == parse_name(text, "live") == ("f", "live")
    assert parse_name(text, form=URL) == ("f", "live")
    with pytest.raises(InvokeRefusedError) as refusal:
        parse_name(text, form=UNQUALIFIED)
    assert refusal.value.error_type == "ValidationException"


@pytest.mark.parametrize(
    ("text", "qualifier", "form", "said"),
    [
        ("a b", None, NAMESPACED, r"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"),
        ("a b", None, PLAIN, r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"),
        ("a.b", None, PLAIN, "at 'functionName'"),
        ("f:1:2", None, NAMESPACED, "at 'functionName'"),
        ("f:1", None, URL, "at 'functionName'"),
        ("x" * 65, None, URL, "at 'functionName'"),
        ("x" * 141, None, PLAIN, "Member must have length less than or equal to 140"),
        ("x" * 257, None, NAMESPACED, "Member must have length less than or equal to 256"),
        (
            "f",
            "a b",
            NAMESPACED,
            r"Member must satisfy regular expression pattern: \$(LATEST(\.PUBLISHED)?)|",
        ),
        ("f", "x" * 129, NAMESPACED, "Member must have length less than or equal to 128"),
        ("f", "1", URL, "at 'qualifier'"),
    ],
)
def test_what_the_model_excludes_is_refused(text: str, qualifier: str | None, form: Form, said: str) -> None:
    with pytest.raises(InvokeRefusedError) as refusal:
        parse_name(text, qualifier, form=form)
    assert (refusal.value.status_code, refusal.value.error_type) == (400, "ValidationException")
    assert said in refusal.value.message


def test_a_name_that_no_function_can_have_is_read_where_the_model_allows_it() -> None:
    assert parse_name("a.b") == ("a.b", None)
    assert parse_name("x" * 65, form=PLAIN) == ("x" * 65, None)
    assert parse_name("f", "$x") == ("f", "$x")


def test_two_things_that_are_wrong_are_told_together() -> None:
    with pytest.raises(InvokeRefusedError) as refusal:
        parse_name("a b", "c d")
    assert refusal.value.message.startswith("2 validation errors detected: Value 'a b' at 'functionName'")


def test_a_bare_name_that_is_too_long_for_a_new_function_has_an_error_of_its_own() -> None:
    check_new("x" * 64)
    check_new("a" * 65 + " b")  # the model's to refuse
    with pytest.raises(InvokeRefusedError) as refusal:
        check_new("x" * 65)
    assert refusal.value.error_type == "InvalidParameterValueException"
    assert refusal.value.message.endswith("Member must have length less than or equal to 64")
