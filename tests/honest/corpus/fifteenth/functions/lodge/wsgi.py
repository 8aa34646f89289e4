"""An adapter between an HTTP API's event and a WSGI application."""

import base64

from werkzeug.test import Client


def serve(application, event):
    body = event.get("body") or ""
    data = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    headers = {k: v for k, v in event["headers"].items() if k.lower() not in ("host", "content-length")}
    if event.get("cookies"):
        headers["cookie"] = "; ".join(event["cookies"])
    r = Client(application).open(
        path=event["rawPath"],
        query_string=event.get("rawQueryString", ""),
        method=event["requestContext"]["http"]["method"],
        headers=headers,
        data=data,
    )
    return {
        "statusCode": r.status_code,
        "headers": {"content-type": r.headers.get("content-type", "")},
        "body": r.get_data(as_text=True),
    }
