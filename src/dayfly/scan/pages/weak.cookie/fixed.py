"""Begins a session."""

import secrets


def handler(event, context):
    cookie = f"session={secrets.token_urlsafe()}; Path=/; Secure; HttpOnly; SameSite=Lax"
    return {"statusCode": 204, "headers": {"Set-Cookie": cookie}, "body": ""}
