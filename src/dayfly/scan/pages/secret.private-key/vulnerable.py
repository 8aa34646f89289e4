import hashlib
import hmac

# No key of anyone's: hashes of a sentence, in the shape of one.
SIGNING_KEY = (
    "-----BEGIN "
    "PRIVATE KEY-----\n"
    "SdGELKKZBk3SzTWmYLsLD6wJodsCNyrFoa5S688CI1zxciwjG3UrcHIGIhIFSI4F\n"
    "ZY1DIyhyTSLoJ1RGp7YkUdMAz57UeimsW4xQCuNI17SU1Diy0UiC+RxqOODB69jX\n"
    "L/F7IQDTHqXxSIZc6XiPiQ951n+bbV0lHBfjs6BVy0/xD/D9gizG8/egrIzQGNDX\n"
    "Ur+FcNTOcpqs24x12eURnvWeDl7XH596F2auTshkN6cMjoXTQATPaDnQMvkswGnd\n"
    "0qlLMAgG90dciebFoF0DApzhA5ercji9AYkYDWUhIc7pk4AglpeVvH1LlNIXL8+S\n"
    "Af5gg3ARZrTAGTiOXChYpa53crKnojcWvKphBhkZTJ73g/6QVEnVJKXc6gMO+UqB\n"
    "rYPfJ4/AAR6tcsneljnqAwvXILOgpwlgsBeC+gKTBLRAGdZjKSVKeray7Fh8UiOU\n"
    "JbDkFmOu/2rjqpQ9hHi/Ypjzig1RWHOloEEBqwlIJ0gYEIH4pMG3EU5VvrjRUZIF\n"
    "-----END "
    "PRIVATE KEY-----\n"
)


def handler(event, context):
    body = str(event.get("body", ""))
    return {
        "statusCode": 200,
        "body": hmac.new(SIGNING_KEY.encode(), body.encode(), hashlib.sha256).hexdigest(),
    }
