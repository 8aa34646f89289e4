"""Begins a session."""

import secrets
from http.cookies import SimpleCookie


def handler(event, context):
    cookie = SimpleCookie()
    cookie["session"] = secrets.token_urlsafe()
    cookie["session"]["secure"] = True
    cookie["session"]["httponly"] = True
    return {"statusCode": 204, "headers": {"Set-Cookie": cookie["session"].OutputString()}, "body": ""}
