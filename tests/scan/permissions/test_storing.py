"""What is put into a dictionary or a list is found there, wherever the code puts it."""

from __future__ import annotations

import pytest
from tests.scan.permissions.projects import lines_of, needs_of

STORED = {
    "at the top": "BUCKETS = {}\nBUCKETS['a'] = 'one'\ndef handler(e, c):\n    read(BUCKETS['a'])\n",
    "by another function": "BUCKETS = {}\ndef fill():\n    BUCKETS['a'] = 'one'\ndef handler(e, c):\n    fill()\n    read(BUCKETS['a'])\n",
    "in its own function": "def handler(e, c):\n    buckets = {}\n    buckets['a'] = 'one'\n    read(buckets['a'])\n",
    "beside what is there": "BUCKETS = {'b': 'two'}\nBUCKETS['a'] = 'one'\ndef handler(e, c):\n    read(BUCKETS.get('a'))\n",
    "under a key of a loop": "BUCKETS = {}\nfor k in ('a', 'b'):\n    BUCKETS[k] = {'a': 'one', 'b': 'two'}[k]\ndef handler(e, c):\n    read(BUCKETS['a'])\n",
    "appended": "def handler(e, c):\n    buckets = []\n    buckets.append('one')\n    for b in buckets:\n        read(b)\n",
}
READ = "import boto3\ns3 = boto3.client('s3')\ndef read(bucket):\n    s3.get_object(Bucket=bucket, Key='k')\n"


@pytest.mark.parametrize("name", STORED)
def test_what_is_stored_is_found_under_its_key_and_no_other(name: str) -> None:
    needs, _ = needs_of(READ + STORED[name])
    assert lines_of(needs) == {"s3:GetObject arn:aws:s3:::one/k"}


def test_any_of_what_is_stored_may_be_meant_by_a_key_of_the_event() -> None:
    code = READ + "B = {}\nB['a'] = 'one'\nB['b'] = 'two'\ndef handler(e, c):\n    read(B[e['which']])\n"
    needs, _ = needs_of(code)
    assert lines_of(needs) == {"s3:GetObject arn:aws:s3:::one/k", "s3:GetObject arn:aws:s3:::two/k"}


def test_a_dictionary_that_holds_itself_comes_to_an_end() -> None:
    code = (
        READ
        + "B = {}\nB['me'] = B\nB['a'] = 'one'\ndef handler(e, c):\n    read(B['me']['a'])\n    read(B['a'])\n"
    )
    needs, _ = needs_of(code)
    assert "s3:GetObject arn:aws:s3:::one/k" in lines_of(needs)
