"""FastAPI behind Mangum: a route, a model, a dependency, a middleware."""

import functools
import json
import typing

import fastapi
import pydantic
from mangum import Mangum
from serving import serve

app = fastapi.FastAPI()


class Order(pydantic.BaseModel):
    id: str
    amount: int = pydantic.Field(ge=0)


def currency(code: str = "EUR"):
    return code


@app.middleware("http")
async def mark(request: fastapi.Request, call_next):
    response = await call_next(request)
    response.headers["x-shop"] = "north"
    return response


@app.post("/orders", status_code=201)
def place(order: Order, code: typing.Annotated[str, fastapi.Depends(currency)]):
    return {"order": order, "code": code}


@functools.cache
def adapter():
    """What turns an event into a request, made when it is first asked for."""
    return Mangum(app, lifespan="off")


def use(number):
    http = {
        "method": "POST",
        "path": "/orders",
        "sourceIp": "127.0.0.1",
        "protocol": "HTTP/1.1",
        "userAgent": "t",
    }
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/orders",
        "rawQueryString": "code=CHF",
        "headers": {"host": "shop.example", "content-type": "application/json"},
        "requestContext": {"http": http, "stage": "$default", "requestId": "1"},
        "body": json.dumps({"id": f"order-{number}", "amount": number}),
        "isBase64Encoded": False,
    }
    answer = adapter()(event, None)
    return {
        "status": answer["statusCode"],
        "body": json.loads(answer["body"]),
        "mark": answer["headers"]["x-shop"],
    }


handler = serve(use)
