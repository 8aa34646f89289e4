"""An order service of FastAPI behind Mangum: models, a dependency, a router."""

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException
from mangum import Mangum
from pydantic import BaseModel, Field


class Line(BaseModel):
    sku: str = Field(pattern=r"^[a-z0-9-]+$")
    count: int = Field(ge=1, le=100)


class Order(BaseModel):
    customer: str
    lines: list[Line]


class Receipt(BaseModel):
    customer: str
    pieces: int


def tenant(x_tenant: str = Header()) -> str:
    if not x_tenant.isalnum():
        raise HTTPException(400, "unknown tenant")
    return x_tenant


router = APIRouter(prefix="/orders")


@router.get("/{number}")
def read(number: int, tenant: str = Depends(tenant)) -> dict[str, object]:
    return {"number": number, "tenant": tenant}


@router.post("", status_code=201)
async def create(order: Order, tenant: str = Depends(tenant)) -> Receipt:
    return Receipt(customer=order.customer, pieces=sum(line.count for line in order.lines))


app = FastAPI()
app.include_router(router)
handler = Mangum(app, lifespan="off")
