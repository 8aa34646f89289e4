"""A Flask application with a blueprint, sessions and a template, behind a WSGI adapter."""

import base64
import io
from urllib.parse import urlencode

from flask import Blueprint, Flask, jsonify, render_template, request, session
from werkzeug.wrappers import Response

app = Flask(__name__)
app.secret_key = "only measured"
notes = Blueprint("notes", __name__, url_prefix="/notes")


@notes.get("/<int:number>")
def show(number):
    session["last"] = number
    return render_template("note.html", number=number, words=request.args.get("q", "").split())


@notes.post("")
def create():
    body = request.get_json()
    return jsonify(title=body["title"], length=len(body["text"])), 201


app.register_blueprint(notes)


def handler(event, context):
    body = (event.get("body") or "").encode()
    environ = {
        "REQUEST_METHOD": event["httpMethod"],
        "PATH_INFO": event["path"],
        "QUERY_STRING": urlencode(event.get("queryStringParameters") or {}),
        "SERVER_NAME": "lambda",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": event["headers"].get("content-type", ""),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    }
    for name, value in event["headers"].items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    response = Response.from_app(app.wsgi_app, environ)
    return {
        "statusCode": response.status_code,
        "body": base64.b64encode(response.get_data()).decode(),
        "isBase64Encoded": True,
    }
