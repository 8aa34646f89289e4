"""A requests session used at init."""

import os

import requests

SESSION = requests.Session()


def post():
    SESSION.post(os.environ["PEER"], json={"id": "0001"}, timeout=10).raise_for_status()


post()


def handler(event, context):
    post()
    return {}
