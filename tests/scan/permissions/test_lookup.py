"""What a name can be: by its scope, its imports and the environment's variables."""

from __future__ import annotations

import pytest
from tests.scan.permissions.projects import lines_of, needs_of

CALL = "boto3.client('s3').get_object(Bucket=BUCKET, Key='k')"
ONE = "s3:GetObject arn:aws:s3:::one/k"
TWO = "s3:GetObject arn:aws:s3:::two/k"
NAMES = {
    "of the module": (f"BUCKET = 'one'\ndef handler(e, c):\n    {CALL}\n", {ONE}),
    "of the function before that of the module": (
        f"BUCKET = 'two'\ndef handler(e, c):\n    BUCKET = 'one'\n    {CALL}\n",
        {ONE},
    ),
    "of either branch": (
        f"import os\nif os.path.exists('x'):\n    BUCKET = 'one'\nelse:\n    BUCKET = 'two'\ndef handler(e, c):\n    {CALL}\n",
        {ONE, TWO},
    ),
    "of the function around": (
        f"def handler(e, c):\n    BUCKET = 'one'\n    def read():\n        {CALL}\n    read()\n",
        {ONE},
    ),
    "that a function binds for the module": (
        f"BUCKET = None\ndef fill():\n    global BUCKET\n    BUCKET = 'one'\ndef handler(e, c):\n    fill()\n    {CALL}\n",
        {ONE},
    ),
    "unpacked": (f"BUCKET, OTHER = 'one', 'two'\ndef handler(e, c):\n    {CALL}\n", {ONE}),
    "of a loop": (f"def handler(e, c):\n    for BUCKET in ('one', 'two'):\n        {CALL}\n", {ONE, TWO}),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_what_its_scope_binds(name: str) -> None:
    code, expected = NAMES[name]
    assert lines_of(needs_of("import boto3\n" + code)[0]) == expected


@pytest.mark.parametrize(
    "line",
    [
        "from settings import BUCKET",
        "from settings import *",
        "from settings import BUCKET as B; BUCKET = B",
        "import settings; BUCKET = settings.BUCKET",
    ],
)
def test_an_imported_name_is_what_the_other_file_binds(line: str) -> None:
    files = {
        "app.py": f"import boto3\n{line}\ndef handler(e, c):\n    {CALL}\n",
        "settings.py": "BUCKET = 'one'\n",
    }
    assert lines_of(needs_of(files)[0]) == {ONE}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"BUCKET": "one"}, "arn:aws:s3:::one/k"),
        ({"BUCKET": "${Uploads}"}, "${Uploads.Arn}/k"),
        ({}, "arn:aws:s3:::default/k"),
    ],
)
def test_a_variable_is_the_template_s_before_the_code_s_default(
    environment: dict[str, str], expected: str
) -> None:
    code = f"import boto3, os\nBUCKET = os.environ.get('BUCKET', 'default')\ndef handler(e, c):\n    {CALL}\n"
    assert lines_of(needs_of(code, environment)[0]) == {f"s3:GetObject {expected}"}


def test_a_variable_that_nobody_sets_is_not_known_and_said_so() -> None:
    code = f"import boto3, os\nBUCKET = os.environ['BUCKET']\ndef handler(e, c):\n    {CALL}\n"
    (need,) = needs_of(code)[0]
    assert (need.resource, need.unknown) == ("arn:aws:s3:::*/k", "the template does not set BUCKET")
