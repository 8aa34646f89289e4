"""Web frameworks in one function: FastAPI behind Mangum, Flask and Bottle behind a small adapter, powertools."""

import html
import io
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl

import bottle
import flask
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse
from mangum import Mangum
from pydantic import BaseModel, Field
from werkzeug.utils import safe_join, secure_filename

HERE = Path(__file__).parent
db = sqlite3.connect(":memory:", check_same_thread=False)
db.executescript(
    "create table articles (id integer primary key, title text, body text, author text, views integer);"
    "insert into articles values (1, 'Tea & biscuits', 'where to order', 'Máire O''Neill', 10);"
    "insert into articles values (2, 'SELECT the best', 'drop by', 'Bob', 3);"
)
api = FastAPI()


class Article(BaseModel):
    title: str = Field(max_length=200)
    body: str = ""
    author: str
    tags: list[str] = []


@api.get("/articles")
def list_articles(
    q: str = "",
    sort: Literal["id", "title", "views"] = "id",
    order: Literal["asc", "desc"] = "asc",
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
):
    found = db.execute(
        f"SELECT id, title FROM articles WHERE title LIKE :q OR author LIKE :q ORDER BY {sort} {order} LIMIT :limit",
        {"q": f"%{q}%", "limit": limit},
    )
    return [{"id": row[0], "title": row[1]} for row in found]


@api.post("/articles")
def create_article(article: Article):
    with db:
        db.execute("DELETE FROM articles WHERE id = 9")
        db.execute(
            "INSERT INTO articles VALUES (9, ?, ?, ?, 0)", (article.title, article.body, article.author)
        )
    return dict(
        zip(
            ("title", "body", "author"),
            db.execute("SELECT title, body, author FROM articles WHERE id = 9").fetchone(),
            strict=True,
        )
    )


@api.get("/articles/{article_id:int}", response_class=HTMLResponse)
def show_article(article_id: int, theme: str = "light"):
    row = db.execute("SELECT title, body FROM articles WHERE id = ?", (article_id,)).fetchone()
    return f"<body class='{html.escape(theme)}'><h1>{html.escape(row[0])}</h1></body>"


@api.post("/contact", response_class=PlainTextResponse)
async def contact(request: Request):
    form = dict(parse_qsl((await request.body()).decode()))
    return f"Thanks, {form['name']}: {len(form['message'])}"


fast = Mangum(api, lifespan="off")


def fastapi_app(event, context):
    return fast(event, context)


shop = flask.Flask(__name__, template_folder=str(HERE / "templates"))


@shop.get("/search")
def search():
    return flask.render_template("search.html", q=flask.request.args.get("q", ""), pages=range(1, 3))


@shop.get("/docs/<path:name>")
def docs(name):
    path = safe_join(str(HERE / "docs"), name)
    if path is None or not os.path.isfile(path):
        flask.abort(404)
    return flask.send_file(path, mimetype="text/plain")


@shop.post("/upload")
def upload():
    sent = flask.request.files["file"]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, secure_filename(sent.filename))
        sent.save(path)
        return {"name": os.path.basename(path), "size": os.path.getsize(path)}


@shop.post("/login")
def login():
    flask.session["user"] = flask.request.form["user"]
    target = flask.request.args.get("next", "/")
    return flask.redirect(target if target.startswith("/") and not target.startswith("//") else "/")


shop.secret_key = "k"


def flask_app(event, context):
    """An event into WSGI by the framework's own client."""
    request = event["requestContext"]["http"]
    answer = shop.test_client().open(
        event["rawPath"],
        method=request["method"],
        query_string=event["rawQueryString"],
        data=event.get("body"),
        headers=event["headers"],
    )
    return {
        "statusCode": answer.status_code,
        "body": answer.get_data(as_text=True),
        "location": answer.headers.get("Location"),
    }


def flask_upload(event, context):
    answer = shop.test_client().post(
        "/upload",
        data={"file": (io.BytesIO(event["content"].encode()), event["name"])},
        content_type="multipart/form-data",
    )
    return answer.get_json()


def bottle_page(event, context):
    """A template of the function's with the request's values."""
    return bottle.template(
        "<h2>{{title}}</h2>\n% for one in items:\n<li>{{one}}</li>\n% end\n",
        title=event["title"],
        items=event["items"],
    )


tools = APIGatewayHttpResolver()


@tools.get("/todos/<todo_id>")
def get_todo(todo_id: str):
    row = db.execute("SELECT title FROM articles WHERE id = ?", (todo_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"no todo {todo_id}")
    return {"title": row[0], "fields": tools.current_event.get_query_string_value("fields", "")}


@tools.post("/todos")
def make_todo():
    body = tools.current_event.json_body
    return {"title": body["title"].strip(), "labels": sorted(body.get("labels", []))}, 201


def powertools_app(event, context):
    return tools.resolve(event, context)
