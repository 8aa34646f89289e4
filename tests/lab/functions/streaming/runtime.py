"""A runtime that streams, on the standard library alone: what it sends, and how it ends, its event says.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

import base64
import http.client
import json
import os
import time

API = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
BASE = "/2018-06-01/runtime/invocation/"


def pieces(event):
    """The chunks of a response; a file's name among them is waited for."""
    for piece in event.get("send", []):
        if isinstance(piece, dict) and "await" in piece:
            while not os.path.exists(piece["await"]):
                time.sleep(0.005)
        elif isinstance(piece, dict) and "zeros" in piece:
            for _ in range(piece["zeros"] // 65536):
                yield bytes(65536)
        elif isinstance(piece, dict):
            yield json.dumps(piece).encode() + bytes(8)
        else:
            yield piece.encode()


def stream(request_id, event):
    API.putrequest("POST", BASE + request_id + "/response")
    API.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    API.putheader("Transfer-Encoding", "chunked")
    if event.get("type"):
        API.putheader("Content-Type", event["type"])
    if "error" in event:
        API.putheader("Trailer", "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body")
    API.endheaders()
    for data in pieces(event):
        API.send(b"%x\r\n%b\r\n" % (len(data), data))
    if event.get("end") == "exit":
        os._exit(7)
    if event.get("end") == "hang":
        time.sleep(60)
    trailers = b""
    if "error" in event:
        body = base64.b64encode(json.dumps(event["error"]).encode())
        trailers = b"Lambda-Runtime-Function-Error-Type: %b\r\nLambda-Runtime-Function-Error-Body: %b\r\n" % (
            event["error"]["errorType"].encode(),
            body,
        )
    API.send(b"0\r\n%b\r\n" % trailers)
    answer = API.getresponse()
    return answer.status, answer.read()


while True:
    API.request("GET", BASE + "next")
    got = API.getresponse()
    request_id = got.getheader("Lambda-Runtime-Aws-Request-Id")
    event = json.loads(got.read())
    if "requestContext" in event:
        # By a function URL: the orders are in the request's body.
        event = json.loads(event["body"])
    if "send" in event:
        print("streamed", *stream(request_id, event), flush=True)
        continue
    API.request("POST", BASE + request_id + "/response", json.dumps(event.get("give", event)))
    API.getresponse().read()
