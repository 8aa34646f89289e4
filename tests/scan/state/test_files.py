"""Files in temporary directories: what stays there, what is read again, what is one event's own."""

from __future__ import annotations

import pytest
from tests.scan.state.following import found

IMPORTS = "import json, os, pathlib, shutil, tempfile, uuid\n"
START = IMPORTS + "def handler(event, context):\n"
READ_AGAIN = {
    "open": "    if os.path.exists('/tmp/last'):\n        before = open('/tmp/last').read()\n    else:\n        before = ''\n    with open('/tmp/last', 'w') as file:\n        file.write(event['user'])\n    return before\n",
    "pathlib": "    path = pathlib.Path('/tmp') / 'last'\n    before = path.read_text() if path.exists() else ''\n    path.write_text(event['user'])\n    return before\n",
    "appending": "    with open('/tmp/log', 'a') as file:\n        file.write(event['user'])\n    return open('/tmp/log').read()\n",
    "dump": "    before = json.load(open('/tmp/last')) if os.path.exists('/tmp/last') else {}\n    json.dump(event, open('/tmp/last', 'w'))\n    return before\n",
    "a name that is joined": "    path = os.path.join(tempfile.gettempdir(), 'last')\n    before = open(path).read() if os.path.exists(path) else ''\n    open(path, 'w').write(event['user'])\n    return before\n",
}


@pytest.mark.parametrize("name", READ_AGAIN)
def test_a_file_that_a_later_event_reads_is_found(name: str) -> None:
    findings = [one for one in found(START + READ_AGAIN[name]) if one.check == "state.temporary"]
    assert findings
    assert "the next customer's answer contains" in findings[0].harm


LEFT = "    with open('/tmp/report', 'w') as file:\n        file.write(event['user'])\n"


def test_a_file_that_is_left_lies_there_and_one_that_is_removed_does_not() -> None:
    (finding,) = found(START + LEFT)
    assert (finding.check, "stays in /tmp" in finding.harm) == ("state.temporary", True)
    assert not found(START + LEFT + "    os.remove('/tmp/report')\n")


OWN = {
    "a directory that goes": "    with tempfile.TemporaryDirectory() as folder:\n        open(os.path.join(folder, 'x'), 'w').write(event['user'])\n",
    "a tree that is removed": "    folder = tempfile.mkdtemp()\n    open(folder + '/x', 'w').write(event['user'])\n    shutil.rmtree(folder)\n",
    "written before it is read and removed": LEFT
    + "    text = open('/tmp/report').read()\n    os.unlink('/tmp/report')\n    return text\n",
    "somewhere else": "    open('/mnt/data/report', 'w').write(event['user'])\n",
    "a constant": "    open('/tmp/ready', 'w').write('yes')\n",
}


@pytest.mark.parametrize("name", OWN)
def test_a_file_of_one_event_alone_is_left_alone(name: str) -> None:
    assert not found(START + OWN[name])
