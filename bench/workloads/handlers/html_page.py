"""SeBS's `dynamic-html`: a page of random numbers and a user's name by Jinja2; the page itself is the answer."""

import random

from jinja2 import Environment

PAGE = Environment(autoescape=True).from_string(
    "<!doctype html><title>{{ name }}</title><h1>Welcome, {{ name }}</h1>"
    "<ol>{% for figure in figures %}<li>{{ figure }}</li>{% endfor %}</ol>"
)
COUNT = 2_000


def handler(event, context):
    drawn = random.Random(event["number"])
    figures = [drawn.randrange(1_000_000) for _ in range(COUNT)]
    return {"statusCode": 200, "body": PAGE.render(name="<testname>", figures=figures)}
