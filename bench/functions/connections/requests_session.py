"""A requests session made at init, first used in the handler."""

import os

import requests

SESSION = requests.Session()


def post():
    SESSION.post(os.environ["PEER"], json={"id": "0001"}, timeout=10).raise_for_status()


def handler(event, context):
    post()
    return {}
