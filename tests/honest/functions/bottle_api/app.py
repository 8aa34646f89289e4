"""A small router of Bottle's, with its own templates, which become Python."""

import io
import json
import sys
import urllib.parse

import bottle

app = bottle.Bottle()
PAGE = """
<h1>{{title}}</h1>
% for line in lines:
  <p>{{line}}</p>
% end
%if not lines:
  nothing
%end
"""


@app.get("/pages/<name:path>")
def page(name):
    return bottle.template(PAGE, title=name, lines=bottle.request.query.getunicode("q", "").split()[:5])


@app.post("/orders")
def place():
    return {"note": bottle.request.json["note"]}


def handler(event, context):
    body = (event["body"] or "").encode()
    environ = {
        "REQUEST_METHOD": event["requestContext"]["http"]["method"],
        "PATH_INFO": urllib.parse.unquote(event["rawPath"], "latin-1"),
        "QUERY_STRING": event["rawQueryString"],
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": event["headers"]["content-type"],
        "SERVER_NAME": "shop",
        "SERVER_PORT": "443",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "https",
    }
    status = []
    text = b"".join(app.wsgi(environ, lambda line, headers, info=None: status.append(line))).decode()
    return {"status": status, "body": text, "raw": json.dumps(event["rawQueryString"])}
