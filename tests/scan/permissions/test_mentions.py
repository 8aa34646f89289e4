"""Functions that nobody is seen to call are walked where they are mentioned, and left alone where they are not."""

from __future__ import annotations

import pytest
from tests.scan.permissions.projects import lines_of, needs_of

CALL = "    boto3.client('s3').get_object(Bucket='b', Key='k')\n"
MENTIONED = {
    "by a name in a table": f"def work(e):\n{CALL}ACTIONS = {{'work': work}}\ndef handler(e, c):\n    ACTIONS[e['a']].__call__(e)\n",
    "by a decorator": f"import flask\napp = flask.Flask('a')\n@app.get('/')\ndef work():\n{CALL}def handler(e, c):\n    return app(e, c)\n",
    "as a method of a framework's class": (
        f"import flask.views\nclass View(flask.views.MethodView):\n    def get(self):\n    {CALL}"
        "def handler(e, c):\n    return run(View)\n"
    ),
    "as a hook of a class": f"class Rows:\n    def __iter__(self):\n    {CALL}def handler(e, c):\n    return list(Rows())\n",
    "within a function that runs": f"import later\ndef handler(e, c):\n    def work():\n    {CALL}    later.run(lambda: work())\n",
}


@pytest.mark.parametrize("name", MENTIONED)
def test_what_is_mentioned_is_walked(name: str) -> None:
    needs, _ = needs_of("import boto3\n" + MENTIONED[name])
    assert "s3:GetObject arn:aws:s3:::b/k" in lines_of(needs)


UNMENTIONED = {
    "a function": f"def work():\n{CALL}def handler(e, c):\n    pass\n",
    "a method": f"class A:\n    def work(self):\n    {CALL}def handler(e, c):\n    pass\n",
    "a hook of a class that is not": f"class A:\n    def __iter__(self):\n    {CALL}def handler(e, c):\n    pass\n",
}


@pytest.mark.parametrize("name", UNMENTIONED)
def test_what_nobody_mentions_needs_nothing(name: str) -> None:
    needs, _ = needs_of("import boto3\n" + UNMENTIONED[name])
    assert lines_of(needs) == set()
