"""The function as a Flask application behind API Gateway."""

import json
import os

from apig_wsgi import make_lambda_handler
from flask import Flask, Response, request
from peer_loading import load

function = load(os.environ["PEER_FUNCTION"])
application = Flask("shop")


@application.post("/orders")
def orders():
    answer = function(request.get_json(), request.environ["apig_wsgi.context"])
    return Response(json.dumps(answer), mimetype="application/json")


handler = make_lambda_handler(application)
