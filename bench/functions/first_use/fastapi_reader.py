"""A FastAPI service with synchronous routes, middleware and an exception handler, behind Mangum with its life span."""

import contextlib
import time

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
from mangum import Mangum

ARTICLES = {number: {"id": number, "title": f"article {number}"} for number in range(100)}


class UnknownArticleError(Exception):
    pass


@contextlib.asynccontextmanager
async def lifespan(app):
    app.state.articles = ARTICLES
    yield


app = FastAPI(lifespan=lifespan)
app.add_middleware(CORSMiddleware, allow_origins=["https://example.com"], allow_methods=["GET"])
app.add_middleware(GZipMiddleware, minimum_size=100_000)


@app.middleware("http")
async def timed(request: Request, call_next):
    began = time.perf_counter()
    response = await call_next(request)
    response.headers["x-took"] = str(time.perf_counter() - began > 60)
    return response


@app.exception_handler(UnknownArticleError)
async def unknown(request: Request, error: UnknownArticleError):
    return JSONResponse({"error": "no such article"}, 404)


@app.get("/articles/{number}")
def article(number: int, request: Request):
    try:
        return request.app.state.articles[number]
    except KeyError:
        raise UnknownArticleError from None


handler = Mangum(app)
