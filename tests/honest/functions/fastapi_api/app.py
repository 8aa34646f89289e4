"""FastAPI behind Mangum: paths, queries, models, dependencies, background work, errors."""

import typing

import fastapi
import pydantic
from mangum import Mangum

app = fastapi.FastAPI(title="orders")


class Order(pydantic.BaseModel):
    id: str
    note: str = ""
    total: float = pydantic.Field(gt=0)


def paging(page: int = 1, size: typing.Annotated[int, fastapi.Query(le=100)] = 10):
    return {"page": page, "size": size}


@app.middleware("http")
async def mark(request: fastapi.Request, call_next):
    response = await call_next(request)
    response.headers["x-shop"] = "north"
    return response


@app.post("/orders", status_code=201)
async def place(order: Order, agent: typing.Annotated[str | None, fastapi.Header(alias="user-agent")] = None):
    return {"order": order, "agent": agent}


@app.get("/orders/{name:path}", response_model=Order)
def find(name: str, tasks: fastapi.BackgroundTasks):
    tasks.add_task(len, name)
    return Order(id=name, total=1)


@app.get("/search")
async def search(
    q: str,
    page: typing.Annotated[dict, fastapi.Depends(paging)],
    tag: typing.Annotated[list[str] | None, fastapi.Query()] = None,
):
    if q == "nothing":
        raise fastapi.HTTPException(404, detail=q)
    return {"q": q, **page, "tag": tag}


handler = Mangum(app, lifespan="off")
