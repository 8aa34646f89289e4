"""Which variables attach sets and takes away, and what is said about other tools."""

from __future__ import annotations

import pytest

from dayfly.attach.wrappers import (
    MAX_VARIABLES_BYTES,
    AttachRefusedError,
    attached_variables,
    conflicts,
    detached_variables,
    is_attached,
    known_wrappers,
    parse_settings,
)
from dayfly.errors import SettingError

LWA = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap", "AWS_LWA_PORT": "8000"}
CHAINED = ["/opt/otel-instrument", "/opt/datadog_wrapper", "/opt/dynatrace", "/opt/mine.sh", "/var/task/wrap"]


@pytest.mark.parametrize("isolation", ["thread", "", "invocation\0"])
def test_a_setting_that_would_stop_the_function_is_refused(isolation: str) -> None:
    with pytest.raises(SettingError):
        attached_variables({}, {"DAYFLY_ISOLATION": isolation})


def test_a_wrong_setting_that_is_there_already_is_told_as_well() -> None:
    with pytest.raises(SettingError, match="DAYFLY_GUARD is 'blok'"):
        attached_variables({"DAYFLY_GUARD": "blok"}, {})


def test_two_settings_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(SettingError, match="cannot be combined with isolation 'process'"):
        attached_variables({"DAYFLY_TENANT": "lambda"}, {"DAYFLY_ISOLATION": "process"})


@pytest.mark.parametrize("name", ["DAYFLY_NEXT_WRAPPER", "DAYFLY_RECYCLED", "DAYFLY_TYPO", "TOKEN"])
def test_what_is_no_setting_is_refused_without_its_value(name: str) -> None:
    with pytest.raises(SettingError) as told:
        attached_variables({}, {name: "hunter2"})
    assert "hunter2" not in told.value.message + told.value.hint


def test_a_wrapper_that_never_starts_its_command_is_refused() -> None:
    with pytest.raises(AttachRefusedError, match=r"Lambda Web Adapter: /opt/bootstrap starts the web server"):
        attached_variables(LWA, {})


def test_two_wrappers_of_others_are_refused() -> None:
    current = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/first", "DAYFLY_NEXT_WRAPPER": "/opt/second"}
    with pytest.raises(AttachRefusedError, match="one of them would be lost"):
        attached_variables(current, {})


def test_more_variables_than_lambda_holds_are_refused() -> None:
    with pytest.raises(AttachRefusedError, match="more than Lambda allows"):
        attached_variables({"A": "x" * (MAX_VARIABLES_BYTES - 40)}, {})


def test_a_function_without_a_wrapper_gets_one_variable() -> None:
    assert attached_variables({"TABLE": "t"}, {}) == {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"}


@pytest.mark.parametrize("wrapper", CHAINED)
def test_another_wrapper_is_chained_and_gets_its_place_back(wrapper: str) -> None:
    current = {"AWS_LAMBDA_EXEC_WRAPPER": wrapper, "TABLE": "t", "DAYFLY_OWN_FLAG": "1"}
    attached = current | attached_variables(current, {"DAYFLY_ISOLATION": "window"})
    assert attached == current | {
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly",
        "DAYFLY_NEXT_WRAPPER": wrapper,
        "DAYFLY_ISOLATION": "window",
    }
    changes = detached_variables(attached)
    detached = {name: value for name, value in (attached | changes).items() if value is not None}
    assert detached == current


def test_attaching_twice_changes_nothing_more() -> None:
    current = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"}
    once = current | attached_variables(current, {"DAYFLY_GUARD": "block"})
    assert once | attached_variables(once, {"DAYFLY_GUARD": "block"}) == once
    assert once | attached_variables(once, {}) == once


@pytest.mark.parametrize("current", [{}, {"TABLE": "t"}, {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"}])
def test_a_function_without_dayfly_loses_nothing(current: dict[str, str]) -> None:
    assert detached_variables(current) == {}


@pytest.mark.parametrize("spelled", ["/opt/./dayfly", "//opt/dayfly", "/opt/dayfly/", "/opt/x/../dayfly"])
def test_dayflys_own_wrapper_is_never_chained_before_itself(spelled: str) -> None:
    for current in (
        {"AWS_LAMBDA_EXEC_WRAPPER": spelled},
        {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly", "DAYFLY_NEXT_WRAPPER": spelled},
    ):
        assert is_attached(current)
        assert attached_variables(current, {}) == {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"}
    assert detached_variables({"AWS_LAMBDA_EXEC_WRAPPER": spelled}) == {"AWS_LAMBDA_EXEC_WRAPPER": None}


def test_recycled_functions_lose_that_mark_too() -> None:
    current = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly", "DAYFLY_RECYCLED": "x"}
    assert detached_variables(current) == {"AWS_LAMBDA_EXEC_WRAPPER": None, "DAYFLY_RECYCLED": None}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/other", "DAYFLY_NEXT_WRAPPER": "/opt/dayfly"}, False),
        ({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/dayfly"}, True),
    ],
)
def test_attached_is_what_lambda_starts(variables: dict[str, str], expected: bool) -> None:
    assert is_attached(variables) is expected


@pytest.mark.parametrize("word", ["isolation", "=window", "isolation=window=", ""])
def test_words_that_are_no_settings_are_refused(word: str) -> None:
    with pytest.raises(SettingError):
        attached_variables({}, parse_settings([word]))


def test_settings_may_be_named_in_either_way() -> None:
    assert parse_settings(["isolation=window", "DAYFLY_ZYGOTE_PRIME=app:prime", "fork.deliver=1s"]) == {
        "DAYFLY_ISOLATION": "window",
        "DAYFLY_ZYGOTE_PRIME": "app:prime",
        "DAYFLY_FORK_DELIVER": "1s",
    }


def test_a_setting_given_twice_must_agree() -> None:
    assert parse_settings(["guard=block", "DAYFLY_GUARD=block"]) == {"DAYFLY_GUARD": "block"}
    with pytest.raises(SettingError, match="twice"):
        parse_settings(["guard=block", "guard=off"])


def test_every_known_wrapper_is_told_of() -> None:
    wrappers = [(tool, wrapper) for tool in known_wrappers() for wrapper in tool.wrappers]
    assert len(wrappers) > 8
    weights = {"yes": "note", "untried": "warning", "no": "refused"}
    for tool, wrapper in wrappers:
        notes = conflicts({"AWS_LAMBDA_EXEC_WRAPPER": wrapper})
        assert (notes[0].tool, notes[0].weight) == (tool.name, weights[tool.chains])
        assert wrapper in notes[0].text
        assert notes[0].source.startswith("https://")


@pytest.mark.parametrize(
    ("layer", "handler", "tool"),
    [
        ("arn:aws:lambda:eu-west-1:464622532012:layer:Datadog-Python312-ARM:100", "", "Datadog"),
        (
            "arn:aws:lambda:eu-west-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python312-x86_64:18",
            "",
            "Powertools for AWS Lambda",
        ),
        ("", "newrelic_lambda_wrapper.handler", "New Relic"),
        ("", "sentry_sdk.integrations.init_serverless_sdk.sentry_lambda_handler", "Sentry"),
    ],
)
def test_tools_are_known_by_their_layers_and_handlers(layer: str, handler: str, tool: str) -> None:
    assert [note.tool for note in conflicts({}, [layer], handler)] == [tool]


def test_a_proxy_before_the_runtime_api_is_a_warning() -> None:
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/datadog_wrapper", "DD_SERVERLESS_APPSEC_ENABLED": "True"}
    warning = conflicts(variables)[0]
    assert (warning.weight, "DAYFLY_API_LOCK" in warning.text) == ("warning", True)


def test_two_layers_of_dayfly_are_told() -> None:
    layers = [f"arn:aws:lambda:eu-west-1:1:layer:dayfly-python31{minor}:1" for minor in (2, 3)]
    assert [note.tool for note in conflicts({}, layers)] == ["Dayfly"]


@pytest.mark.parametrize("wrapper", ["secret-token", "/opt/\x1b[31mred", "/opt/" + "x" * 300])
def test_what_is_no_path_is_not_repeated(wrapper: str) -> None:
    (note,) = conflicts({"AWS_LAMBDA_EXEC_WRAPPER": wrapper})
    assert wrapper not in note.text + note.tool


def test_a_plain_function_has_nothing_to_be_told() -> None:
    assert conflicts({"TABLE": "t"}, ["arn:aws:lambda:eu-west-1:1:layer:pandas:3"], "app.handler") == []
