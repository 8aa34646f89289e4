"""A route of Flask with a template of Jinja."""

import flask
from serving import serve

app = flask.Flask(__name__)


@app.post("/orders/<name>")
def place(name):
    amount = flask.request.get_json()["amount"]
    return flask.render_template_string(
        "{% for i in range(3) %}{{ name }}: {{ amount + i }};{% endfor %}", name=name, amount=amount
    )


def use(number):
    answer = app.test_client().post(f"/orders/{number}", json={"amount": number})
    return {"status": answer.status_code, "text": answer.text}


handler = serve(use)
