"""Seals a customer's note."""

import base64
import json
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY = AESGCM.generate_key(256)


def handler(event, context):
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(KEY).encrypt(nonce, event["body"].encode(), None)
    return {"statusCode": 200, "body": json.dumps({"sealed": base64.b64encode(sealed).decode()})}
