"""A Parameters and Secrets extension: answers on localhost from Parameter Store and Secrets Manager, and keeps what it got.

As documented: https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html and
https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html
"""

import datetime
import http.server
import json
import os
import sys
import threading
import time
import urllib.parse
import urllib.request

import boto3
import botocore.exceptions

TTL_S = 300.0
kept = {}


def fetch(path, query):
    if path == "/systemsmanager/parameters/get":
        decrypts = query.get("withDecryption") == "true"
        return boto3.client("ssm").get_parameter(Name=query["name"], WithDecryption=decrypts)
    return boto3.client("secretsmanager").get_secret_value(SecretId=query["secretId"])


def plain(value):
    return value.isoformat() if isinstance(value, datetime.datetime) else repr(value)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.headers.get("X-Aws-Parameters-Secrets-Token") != os.environ["AWS_SESSION_TOKEN"]:
            self.say(401, b"The request does not have a valid token")
            return
        until, body = kept.get(self.path, (0.0, b""))
        if until < time.monotonic():
            url = urllib.parse.urlsplit(self.path)
            try:
                answer = fetch(url.path, dict(urllib.parse.parse_qsl(url.query)))
            except (botocore.exceptions.ClientError, KeyError) as error:
                self.say(400, str(error).encode())
                return
            answer["ResultMetadata"] = answer.pop("ResponseMetadata") and {}
            body = json.dumps(answer, default=plain).encode()
            kept[self.path] = (time.monotonic() + TTL_S, body)
        self.say(200, body)

    def say(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def call(path, body=None, **headers):
    base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2020-01-01/extension"
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(base + path, data=data, headers=headers))


server = http.server.ThreadingHTTPServer(
    ("localhost", int(os.environ["PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"])), Handler
)
threading.Thread(target=server.serve_forever, daemon=True).start()
name = os.path.basename(sys.argv[0])
answer = call("/register", {"events": ["SHUTDOWN"]}, **{"Lambda-Extension-Name": name})
me = {"Lambda-Extension-Identifier": answer.headers["Lambda-Extension-Identifier"]}
call("/event/next", **me)
