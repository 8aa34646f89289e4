"""Fetches the picture that a customer gave the address of."""

import http.server
import json
import threading
import urllib.request


class Inside(http.server.BaseHTTPRequestHandler):
    """Stands for what listens inside only: an extension, the Runtime API, a service of the VPC."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"key of an inner service" if self.path == "/keys" else b"picture")

    def log_message(self, format, *arguments):
        pass


SERVER = http.server.ThreadingHTTPServer(("127.0.0.1", 9797), Inside)
threading.Thread(target=SERVER.serve_forever, daemon=True).start()


def handler(event, context):
    address = event["queryStringParameters"]["picture"]
    with urllib.request.urlopen(address, timeout=2) as answer:
        return {"statusCode": 200, "body": json.dumps({"picture": answer.read(1000).decode()})}
