"""What honest functions do every day is no finding; its faulty twin is."""

from __future__ import annotations

import textwrap

import pytest
from tests.scan.taint.snippets import run

PAIRS = [
    (
        "event.request: a query string with a global that another function binds",
        "import requests\ndef start():\n    global booking\n    booking = 7\n",
        'requests.get("https://shop.example/book?card=" + event["card"] + "&id=" + booking)',
        'requests.get("https://" + event["card"] + ".example/book?id=" + booking)',
    ),
    (
        "event.nosql: the number of a list's element",
        "import boto3\ntable = boto3.resource('dynamodb').Table('users')\n",
        "table.update_item(Key={'id': '1'}, UpdateExpression='REMOVE repos[%s]' % table.get_item(Key={'id': '1'})['Item']['repos'].index(event['repo']))",
        "table.update_item(Key={'id': '1'}, UpdateExpression='REMOVE repos[%s]' % event['repo'])",
    ),
    (
        "event.request: a path below an address of the operator's",
        'import os, requests\nBASE = os.environ["BASE"]\n',
        "requests.get(f\"{BASE}/orders/{event['id']}\")",
        "requests.get(f\"{BASE}{event['id']}\")",
    ),
    (
        "event.request: through a helper",
        'import os, requests\nBASE = os.environ["BASE"]\ndef get(path):\n    return requests.get(f"{BASE}{path}")\n',
        'get("/orders?q=" + event["q"])',
        'get(event["q"])',
    ),
    (
        "event.request: joined",
        'import os, requests\nfrom urllib.parse import urljoin\nBASE = os.environ["BASE"]\n',
        'requests.get(urljoin(BASE, "/orders?q=" + event["q"]))',
        'requests.get(urljoin(BASE, event["q"]))',
    ),
    (
        "event.request: a client of one address",
        'import httpx\nclient = httpx.Client(base_url="https://orders.example.com")\n',
        'client.get("/orders/" + event["id"])',
        'client.get(event["id"])',
    ),
    (
        "event.deserialisation: what was written here",
        "import pickle\n",
        'pickle.loads(pickle.dumps({"q": event["q"]}))',
        'pickle.loads(event["q"].encode())',
    ),
    (
        "event.code: a level of logging",
        "import logging.config\n",
        'logging.config.dictConfig({"version": 1, "root": {"level": event["level"]}})',
        "logging.config.dictConfig(event)",
    ),
    (
        "event.code: a plugin of one's own package",
        "import importlib\n",
        "importlib.import_module(f\"plugins.{event['plugin']}\")",
        'importlib.import_module(event["plugin"])',
    ),
    (
        "event.command: characters that are left when some are taken out",
        "import os\n",
        'host = event["host"]\nif host.replace(".", "").replace("-", "").isalnum():\n    os.system("ping " + host)',
        'host = event["host"]\nif host.replace(".", "").replace(";", "").isalnum():\n    os.system("ping " + host)',
    ),
    (
        "event.deserialisation: a cookie by its name",
        "import json, pickle\n",
        'c = dict(p.split("=", 1) for p in event["cookie"].split(";"))\njson.loads(c["cart"])',
        'c = dict(p.split("=", 1) for p in event["cookie"].split(";"))\npickle.loads(c["cart"].encode())',
    ),
]


@pytest.mark.parametrize(("name", "before", "safe", "unsafe"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_twins_are_told_apart(name: str, before: str, safe: str, unsafe: str) -> None:
    check = name.partition(":")[0]

    def checks(body: str) -> set[str]:
        source = f"{before}def handler(event, context):\n{textwrap.indent(body, '    ')}\n"
        return {finding.check for finding in run(source).findings}

    assert check not in checks(safe)
    assert check in checks(unsafe)
