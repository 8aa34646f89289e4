"""The same shop under FastAPI, Flask, Bottle, Falcon and Powertools."""

import json
import sqlite3
from typing import Annotated, Literal

import bottle
import falcon
import flask
from aws_lambda_powertools.event_handler import (
    APIGatewayHttpResolver,
    APIGatewayRestResolver,
    Response,
    content_types,
)
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.parameters import get_parameter
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.responses import HTMLResponse, RedirectResponse
from mangum import Mangum
from pydantic import BaseModel

GOODS = [("t1", "Green tea", 450), ("t2", "Black tea", 390), ("c1", "Espresso", 720)]


def database():
    db = sqlite3.connect(":memory:", check_same_thread=False)
    db.row_factory = sqlite3.Row
    db.execute("CREATE TABLE goods (id TEXT, name TEXT, price INTEGER)")
    db.executemany("INSERT INTO goods VALUES (?, ?, ?)", GOODS)
    return db


api = FastAPI()


class Order(BaseModel):
    goods: str
    quantity: int = 1
    note: str | None = None


@api.get("/goods")
def list_goods(
    db: Annotated[sqlite3.Connection, Depends(database)],
    sort: Literal["name", "price", "id"] = "id",
    direction: Annotated[str, Query(pattern="^(asc|desc)$")] = "asc",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
):
    return [dict(one) for one in db.execute(f"SELECT * FROM goods ORDER BY {sort} {direction} LIMIT {limit}")]


@api.get("/goods/{good}")
def one_good(good: str, db: Annotated[sqlite3.Connection, Depends(database)]):
    found = db.execute("SELECT * FROM goods WHERE id = ?", (good,)).fetchone()
    if found is None:
        raise HTTPException(404, f"no {good}")
    return dict(found)


@api.post("/orders", status_code=201)
async def order(order: Order):
    return order.model_dump(exclude_none=True)


@api.post("/form")
async def form(data: dict):
    return sorted(data)


@api.get("/page", response_class=HTMLResponse)
def page(title: str):
    return f"<h1>{title}</h1>"


@api.get("/go")
def go(to: str):
    return RedirectResponse("/goods/" + to)


_fast = Mangum(api, lifespan="off")


def fast(event, context):
    answer = _fast(event, context)
    answer.pop("headers", None)
    return answer


site = flask.Flask(__name__)


@site.get("/hello/<name>")
def hello(name):
    return flask.render_template_string("Hello {{ name }}! {{ request.args.get('q', '') }}", name=name)


@site.post("/notes")
def notes():
    body = flask.request.get_json()
    return flask.jsonify({key: body[key] for key in ("title", "text") if key in body})


@site.errorhandler(404)
def gone(error):
    return {"error": str(error.code)}, 404


def flasked(event, context):
    with site.test_client() as client:
        answer = client.open(
            event["path"], method=event["method"], query_string=event.get("query"), json=event.get("json")
        )
        return [answer.status_code, answer.get_data(as_text=True)]


def bottle_page(event, context):
    return bottle.template("Hi {{name}}\n% for x in items:\n- {{x}}\n% end\n", **event)


class _Thing:
    def on_get(self, request, response, name):
        response.media = {"name": name, "q": request.get_param("q")}


_falcon = falcon.App()
_falcon.add_route("/things/{name}", _Thing())


def falconed(event, context):
    from falcon import testing

    return testing.TestClient(_falcon).simulate_get(event["path"], query_string=event.get("query", "")).json


rest = APIGatewayRestResolver()


@rest.get("/goods/<good>")
def power_good(good: str):
    for one in GOODS:
        if one[0] == good:
            return {"id": one[0], "name": one[1]}
    raise NotFoundError(good)


@rest.get("/search")
def power_search():
    word = rest.current_event.get_query_string_value("q", "")
    return [one[1] for one in GOODS if word.lower() in one[1].lower()]


@rest.post("/goods")
def power_add():
    return Response(201, content_types.APPLICATION_JSON, json.dumps(rest.current_event.json_body))


def powered(event, context):
    return rest.resolve(event, context)


typed = APIGatewayHttpResolver(enable_validation=True)


@typed.get("/sum")
def power_sum(a: int, b: int = 1) -> int:
    return a + b


@typed.post("/orders")
def power_order(order: Order) -> dict:
    return order.model_dump()


def powered_typed(event, context):
    return typed.resolve(event, context)


def discounted(event, context):
    return int(get_parameter(f"/shop/{event['name']}")) * event["price"] / 100
