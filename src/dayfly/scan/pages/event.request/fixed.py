"""Fetches a picture by the name that a customer gave."""

import http.server
import json
import threading
import urllib.parse
import urllib.request

PICTURES = "http://127.0.0.1:9797/pictures/"


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
    name = urllib.parse.quote(event["queryStringParameters"]["picture"], safe="")
    with urllib.request.urlopen(PICTURES + name, timeout=2) as answer:
        return {"statusCode": 200, "body": json.dumps({"picture": answer.read(1000).decode()})}
