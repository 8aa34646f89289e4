"""How a refusal is called and worded."""

from __future__ import annotations

import json

from dayfly.runtime.guard.refusal import ERROR_TYPE, RefusedRecord, describe, error_body


def test_awss_loop_names_the_error_after_the_class() -> None:
    assert RefusedRecord.__name__ == ERROR_TYPE


def test_the_message_names_rule_and_place_alone() -> None:
    assert describe("sql.x", "") == "Dayfly's guard refused this operation (sql.x)"
    assert describe("sql.x", "app.py:3 f") == "Dayfly's guard refused this operation (sql.x) at app.py:3 f"
    assert json.loads(error_body("m", "r")) == {
        "errorMessage": "m", "errorType": ERROR_TYPE, "requestId": "r", "stackTrace": []
    }  # fmt: skip
