"""Draws the token of a password reset."""

import json
import secrets


def handler(event, context):
    reset_token = secrets.token_hex(16)
    return {"statusCode": 200, "body": json.dumps({"reset_token": reset_token})}
