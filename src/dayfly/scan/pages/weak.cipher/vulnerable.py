"""Seals a customer's note."""

import base64
import json
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY = os.urandom(32)


def handler(event, context):
    encryptor = Cipher(algorithms.AES(KEY), modes.ECB()).encryptor()
    note = event["body"].encode()
    note += b" " * (-len(note) % 16)
    sealed = encryptor.update(note) + encryptor.finalize()
    return {"statusCode": 200, "body": json.dumps({"sealed": base64.b64encode(sealed).decode()})}
