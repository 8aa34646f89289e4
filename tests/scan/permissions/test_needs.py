"""Code as people write it, and the actions and resources it needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scan.permissions.projects import lines_of, needs_of

HEAD = "import os\nimport boto3\n"
ENVIRONMENT = {
    "TABLE": "${Orders}",
    "USERS": "${Users}",
    "BUCKET": "${Uploads}",
    "QUEUE": "${Jobs}",
    "TOPIC": "${News}",
    "MACHINE": "${Machine.Arn}",
    "SECRET": "${Password}",
    "WORKER": "${Worker}",
    "PLAIN": "plain-table",
    "RESOLVED": "{{resolve:ssm:/table}}",
    "STACK": "${AWS::StackName}-files",
    "URL": "https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/jobs",
    "PARAMETER": "${TableName}",
}


def read_cases() -> dict[str, tuple[str, set[str]]]:
    """Sections of `needs.txt`: a name, code (under HEAD), and what it needs."""
    cases: dict[str, tuple[str, set[str]]] = {}
    for section in (Path(__file__).parent / "needs.txt").read_text().split("=== ")[1:]:
        name, _, rest = section.partition("\n")
        code, _, needs = rest.partition("--- needs\n")
        assert name not in cases, name
        cases[name] = (code, set(needs.split("\n")) - {""})
    return cases


CASES = read_cases()


def test_there_are_cases() -> None:
    assert len(CASES) > 60


@pytest.mark.parametrize("name", CASES)
def test_code_needs_these_actions_on_these_resources(name: str) -> None:
    code, expected = CASES[name]
    needs, _ = needs_of(HEAD + code, ENVIRONMENT)
    assert lines_of(needs) == expected


def test_helpers_in_other_files_are_followed_and_the_line_is_theirs() -> None:
    files = {
        "app.py": "from shared import store\nfrom shared.store import save\ndef handler(e, c):\n    save(e)\n    store.load('k')\n",
        "shared/__init__.py": "",
        "shared/clients.py": "import boto3\ndef table():\n    return boto3.resource('dynamodb').Table('t')\n",
        "shared/store.py": (
            "from .clients import table\nfrom . import clients as c\ndef save(item):\n    table().put_item(Item=item)\n"
            "def load(key):\n    return c.table().get_item(Key=key)\ndef drop():\n    table().delete()\n"
        ),
    }
    needs, notes = needs_of(files)
    found = {(need.action, str(need.place), need.line) for need in needs}
    assert found == {
        ("dynamodb:PutItem", "shared/store.py:4", "table().put_item(Item=item)"),
        ("dynamodb:GetItem", "shared/store.py:6", "return c.table().get_item(Key=key)"),
    }
    assert not notes


def test_another_handlers_file_is_not_this_ones() -> None:
    files = {
        "app.py": "import boto3\ndef handler(e, c):\n    boto3.client('s3').get_object(Bucket='b', Key='k')\n",
        "other.py": "import boto3\ndef handler(e, c):\n    boto3.client('s3').delete_bucket(Bucket='b')\n",
    }
    assert lines_of(needs_of(files)[0]) == {"s3:GetObject arn:aws:s3:::b/k"}


UNRESOLVED: dict[str, tuple[str, str]] = {
    "a service the event names": (
        "def handler(e, c):\n    boto3.client(e['service']).list_buckets()\n",
        "could not resolve the service of this client",
    ),
    "an operation the event names": (
        "def handler(e, c):\n    getattr(boto3.client('s3'), e['operation'])()\n",
        "could not resolve which operation is called",
    ),
    "a package that is not followed": (
        "import awswrangler as wr\ndef handler(e, c):\n    wr.s3.read_csv('s3://b/k')\n",
        "could not resolve which calls awswrangler makes to s3",
    ),
    "an address for an operation of the event": (
        "def handler(e, c):\n    boto3.client('s3').generate_presigned_url(e['o'], Params={})\n",
        "could not resolve which operation the URL is signed for",
    ),
    "a module the event names": (
        "import importlib\ndef handler(e, c):\n    importlib.import_module(e['m']).run()\n",
        "could not resolve which module is imported",
    ),
    "the command line of AWS": (
        "import subprocess\ndef handler(e, c):\n    subprocess.run(['aws', 's3', 'cp', e['a'], e['b']])\n",
        "could not resolve which AWS calls the `aws` command makes",
    ),
    "a package that signs for itself": (
        "from botocore.auth import SigV4Auth\ndef handler(e, c):\n    SigV4Auth(None, 'es', 'x').add_auth(e)\n",
        "could not resolve which calls botocore.auth makes to AWS",
    ),
    "a query that reads for the caller": (
        "def handler(e, c):\n    boto3.client('athena').start_query_execution(QueryString='select 1')\n",
        "could not resolve which calls athena.StartQueryExecution makes",
    ),
    "an operation newer than the catalogue": (
        "def handler(e, c):\n    boto3.client('cognito-idp').admin_list_user_sessions(UserPoolId='p')\n",
        "not in the catalogue",
    ),
}


@pytest.mark.parametrize("name", UNRESOLVED)
def test_what_cannot_be_resolved_is_said(name: str) -> None:
    code, message = UNRESOLVED[name]
    _, notes = needs_of(HEAD + code)
    assert any(message in note.message for note in notes), notes


def test_a_method_of_an_unknown_object_is_an_operation_where_its_parameters_fit() -> None:
    code = "import boto3\ndef handler(e, c):\n    work(*e['x'])\ndef work(secrets):\n    secrets.get_secret_value(SecretId='s')\n"
    (need,) = needs_of(code)[0]
    assert (need.action, need.confidence.value) == ("secretsmanager:GetSecretValue", "medium")


def test_a_method_of_an_unknown_object_with_other_parameters_is_none() -> None:
    code = "import cache\ndef handler(e, c):\n    work(cache.x)\ndef work(thing):\n    thing.get_item(1)\n    thing.publish('x')\n"
    assert not needs_of(code)[0]
