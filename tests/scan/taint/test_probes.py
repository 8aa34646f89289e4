"""Who may ask whether a file exists learns something; who opens it as well is reported for that alone."""

from __future__ import annotations

import pytest
from tests.scan.taint.snippets import run


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("return os.path.exists('/opt/d/' + event['n'])", [4]),
        ("return Path('/opt/d', event['n']).is_file()", [4]),
        ("p = '/opt/d/' + event['n']\n    if os.path.exists(p):\n        return open(p).read()", [6]),
        ("return os.path.exists('/opt/d/' + str(int(event['n'])))", []),
        ("n = event['n']\n    if n in {'a', 'b'}:\n        return os.path.exists('/opt/d/' + n)", []),
    ],
)
def test_a_probe_is_a_finding_where_nothing_worse_is(body: str, lines: list[int]) -> None:
    source = f"import os\nfrom pathlib import Path\ndef handler(event, context):\n    {body}\n"
    assert [one.place.line for one in run(source).findings if one.check == "event.path"] == lines
