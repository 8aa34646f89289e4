"""An HTTP API of Powertools that validates requests and answers by type annotations."""

from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.params import Header
from pydantic import BaseModel

app = APIGatewayRestResolver(enable_validation=True)


class Line(BaseModel):
    sku: str
    count: int


class Order(BaseModel):
    customer: str
    lines: list[Line]


@app.post("/orders")
def create(order: Order, x_tenant: Annotated[str, Header()]) -> dict[str, int]:
    return {"pieces": sum(line.count for line in order.lines), "tenant": len(x_tenant)}


@app.get("/orders/<number>")
def read(number: int) -> Line:
    return Line(sku=f"sku-{number}", count=1)


def handler(event, context):
    return app.resolve(event, context)
