"""FunctionBench's `pyaes`: a text encrypted and decrypted in counter mode by pure Python."""

import hashlib

import pyaes

KEY = bytes(range(16))
TEXT = (
    b"one hundred bytes of a message that is repeated until it is as long as the measurement needs it. " * 8
)


def handler(event, context):
    text = TEXT[event["number"] % 50 :]
    encrypted = pyaes.AESModeOfOperationCTR(KEY).encrypt(text)
    decrypted = pyaes.AESModeOfOperationCTR(KEY).decrypt(encrypted)
    return {"is_same": decrypted == text, "hash": hashlib.sha256(encrypted).hexdigest()}
