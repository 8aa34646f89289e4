"""Flask behind a small WSGI adapter, with pages from templates of the package and of the code."""

import base64
import io
import sys
import urllib.parse

import flask
from markupsafe import Markup

app = flask.Flask(__name__)
app.secret_key = "not-a-secret"
PAGE = "<h1>{{ title }}</h1>{% for line in lines %}<p>{{ loop.index }} {{ line }}</p>{% else %}nothing{% endfor %}"


@app.route("/orders/<path:name>", methods=["GET", "POST"])
def order(name):
    flask.session["last"] = name[:50]
    note = flask.request.get_json(silent=True) or {}
    return flask.jsonify(name=name, note=note.get("note"), q=flask.request.args.get("q"))


@app.route("/pages")
def page():
    q = flask.request.args["q"]
    return flask.render_template_string(PAGE, title=q, lines=q.split()[:5]) + Markup("<i>%s</i>") % q


@app.route("/lists")
def lists():
    return flask.render_template("list.html", q=flask.request.args["q"])


@app.errorhandler(404)
def missing(error):
    return {"missing": flask.request.path}, 404


def handler(event, context):
    body = (event["body"] or "").encode()
    if event["isBase64Encoded"]:
        body = base64.b64decode(body)
    environ = {
        "REQUEST_METHOD": event["requestContext"]["http"]["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": urllib.parse.unquote(event["rawPath"], "latin-1"),
        "QUERY_STRING": event["rawQueryString"],
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": event["headers"]["content-type"],
        "SERVER_NAME": event["headers"]["host"],
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    answer = {}

    def start(status, headers, _info=None):
        answer["status"] = status

    text = b"".join(app.wsgi_app(environ, start)).decode()
    return {**answer, "body": text}
