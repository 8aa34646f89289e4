"""Configuration that lies beside the code decides as the code does."""

from __future__ import annotations

import pytest

from dayfly.scan.model import Place
from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.taint.checking import analyse
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction, Trigger

INI = "[hashing]\nOld = md5\nNew = sha256\n"
JSON = '{"hashing": {"Old": "md5", "New": "sha256"}}'
READERS = {
    "an ini file": "import configparser\nC = configparser.ConfigParser()\nC.read('settings.ini')\nNAME = C.get('hashing', '{}')",
    "an ini file beside the module": (
        "import configparser, os\nC = configparser.ConfigParser()\n"
        "C.read(os.path.join(os.path.dirname(__file__), 'settings.ini'))\nNAME = C['hashing']['{}']"
    ),
    "a JSON file": "import json\nwith open('settings.json') as file:\n    NAME = json.load(file)['hashing']['{}']",
    "text of one's own": (
        "import configparser\nC = configparser.ConfigParser()\n"
        "C.read_string('[hashing]\\nOld = md5\\nNew = sha256')\nNAME = C.get('hashing', '{}')"
    ),
}


def checks_of(reader: str, **more: bytes) -> set[str]:
    project = Project("test")
    text = (
        f"import hashlib\n{reader}\ndef handler(event, context):\n    return hashlib.new(NAME).hexdigest()\n"
    )
    project.add("app.py", text.encode(), DEFAULT_LIMITS)
    project.add("conf/settings.ini", INI.encode(), DEFAULT_LIMITS)
    project.add("conf/settings.json", JSON.encode(), DEFAULT_LIMITS)
    for path, data in more.items():
        project.add(path, data, DEFAULT_LIMITS)
    function = LambdaFunction("f", "app.handler", Place("app.py"), triggers=(Trigger.UNKNOWN,))
    return {
        one.check for one in analyse(project, Entry(function, project.python["app.py"], "handler")).findings
    }


@pytest.mark.parametrize("name", READERS)
def test_option_of_a_file_is_known(name: str) -> None:
    assert checks_of(READERS[name].replace("'{}'", "'Old'")) == {"weak.hash"}
    assert checks_of(READERS[name].replace("'{}'", "'New'")) == set()


def test_of_two_files_of_one_name_neither_is_believed() -> None:
    reader = READERS["an ini file"].replace("'{}'", "'Old'")
    assert checks_of(reader, **{"other/settings.ini": b"[hashing]\nOld = sha256\n"}) == set()


def test_a_file_that_is_no_configuration_is_no_crash() -> None:
    reader = READERS["an ini file"].replace("settings.ini", "broken.ini").replace("'{}'", "'Old'")
    assert checks_of(reader, **{"broken.ini": b"\xff\xfe\x00[["}) == set()
    assert checks_of(reader, **{"broken.ini": b"no section\n"}) == set()
