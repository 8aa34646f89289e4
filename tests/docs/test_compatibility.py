"""docs/compatibility.md lists what falls back as the tests do, and no library that is not tested."""

from __future__ import annotations

import re

from tests.real.catalogue import FALL_BACK, LIBRARIES
from tests.rie import ROOT

PAGE = (ROOT / "docs" / "compatibility.md").read_text()
# Of functions that use several libraries, or one by another name.
NAMES = {
    "opencv": "OpenCV",
    "web_parts": "cryptography",
    "confluent_kafka": "confluent-kafka",
    "newrelic": "New Relic",
}


def test_page_lists_each_function_that_falls_back_and_no_other() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", PAGE, re.MULTILINE)
    assert sorted(re.findall("`([^`]+)`", " ".join(rows))) == sorted(FALL_BACK)


def test_page_names_every_library() -> None:
    libraries = {sample.name.rpartition("-")[0] for sample in LIBRARIES}
    assert libraries
    assert [name for name in libraries if NAMES.get(name, name).lower() not in PAGE.lower()] == []
