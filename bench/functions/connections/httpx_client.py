"""An httpx client made at init, first used in the handler."""

import os

import httpx

CLIENT = httpx.Client(timeout=10)


def post():
    CLIENT.post(os.environ["PEER"], json={"id": "0001"}).raise_for_status()


def handler(event, context):
    post()
    return {}
