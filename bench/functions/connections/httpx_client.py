"""An httpx client used at init."""

import os

import httpx

CLIENT = httpx.Client(timeout=10)


def post():
    CLIENT.post(os.environ["PEER"], json={"id": "0001"}).raise_for_status()


post()


def handler(event, context):
    post()
    return {}
