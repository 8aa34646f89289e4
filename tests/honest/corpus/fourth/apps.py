"""Web frameworks."""

from tests.honest.corpus.third import (
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    MARKDOWN,
    NAME,
    TEMPLATE,
    UNICODE,
    URL,
    http,
)

FORM = {"content-type": "application/x-www-form-urlencoded"}
REQUESTS = {
    "fastapi_app": [
        http("GET", "/articles", query={"q": "O'Neill", "sort": "views", "order": "desc"}),
        http("GET", "/articles", query={"sort": "title; drop", "limit": "-1"}),
        http("GET", "/articles", query={"q": "%' OR 1=1 --", "limit": "5"}),
        http("POST", "/articles", {"title": COMPANY, "body": MARKDOWN, "author": NAME, "tags": ["a;b"]}),
        http("POST", "/articles", {"title": ":title", "body": CODE, "author": JSON_TEXT}),
        http("GET", "/articles/2", query={"theme": "dark'><b>"}),
        http("POST", "/contact", form={"name": TEMPLATE, "message": COMMENT}, headers=FORM),
    ],
    "flask_app": [
        http("GET", "/search", query={"q": HTML}),
        http("GET", "/search", query={"q": "{{ config }} {% raw %}"}),
        http("GET", "/docs/v2/notes.v2.1.txt"),
        http("GET", "/docs/../app.py"),
        http(
            "POST", "/login", form={"user": "o'neill"}, headers=FORM, query={"next": "/account?tab=1&x=/../y"}
        ),
        http("POST", "/login", form={"user": "select"}, headers=FORM, query={"next": URL}),
    ],
    "flask_upload": [
        {"name": "../../o'neill (1).txt", "content": CODE},
        {"name": "résumé.v2.pdf", "content": "%PDF " + UNICODE},
        {"name": "-rf", "content": "x"},
    ],
    "bottle_page": [
        {"title": "% import os", "items": ["{{x}}", HTML]},
        {"title": COMPANY, "items": ["<%", COMMENT]},
    ],
    "powertools_app": [
        http("GET", "/todos/1", ids={"todo_id": "1"}, query={"fields": "title,(select 1)"}),
        http("GET", "/todos/1%27--", ids={"todo_id": "1'--"}),
        http("POST", "/todos", {"title": "  buy milk; it's cheap  ", "labels": ["b", "a & c"]}),
    ],
}
