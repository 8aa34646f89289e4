"""What is handed to a pool or a thread is called with what is known of its arguments."""

from __future__ import annotations

import ast

import pytest
from tests.scan.permissions.projects import lines_of, needs_of

from dayfly.scan.permissions.callbacks import find_callbacks
from dayfly.scan.permissions.containers import Arguments
from dayfly.scan.permissions.values import Operation, text

START = """
import boto3, threading, asyncio, functools
from concurrent.futures import ThreadPoolExecutor
s3 = boto3.client("s3")
def work(bucket, key="k"):
    s3.get_object(Bucket=bucket, Key=key)
def handler(event, context):
    {call}
"""


@pytest.mark.parametrize(
    ("call", "resource"),
    [
        ("ThreadPoolExecutor().submit(work, 'b')", "arn:aws:s3:::b/k"),
        ("ThreadPoolExecutor().submit(work, 'b', key='other')", "arn:aws:s3:::b/other"),
        ("threading.Thread(target=work, args=('b',)).start()", "arn:aws:s3:::b/k"),
        ("asyncio.to_thread(work, 'b')", "arn:aws:s3:::b/k"),
        ("ThreadPoolExecutor().map(work, ['b'])", "arn:aws:s3:::*/k"),
    ],
)
def test_a_function_is_called_with_what_is_handed_on(call: str, resource: str) -> None:
    needs, _ = needs_of(START.format(call=call))
    assert f"s3:GetObject {resource}" in lines_of(needs)


def test_an_operation_is_called_with_the_arguments_around_it() -> None:
    operation = Operation("s3", "GetObject")
    call = ast.parse("pool.submit(get, Bucket='b')", mode="eval").body
    assert isinstance(call, ast.Call)
    arguments = Arguments((frozenset({operation}),), {"Bucket": text("b")})
    assert list(find_callbacks(arguments, call)) == [(operation, arguments)]


@pytest.mark.parametrize("role", ["paginate", "wait"])
def test_a_paginator_that_is_handed_on_is_not_called_yet(role: str) -> None:
    call = ast.parse("use(pages)", mode="eval").body
    assert isinstance(call, ast.Call)
    held = frozenset({Operation("s3", "ListObjectsV2", role=role)})
    assert not list(find_callbacks(Arguments((held,)), call))
