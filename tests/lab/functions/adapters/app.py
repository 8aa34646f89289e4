"""What web frameworks make of a function URL: an ASGI application by Mangum, routes by Powertools."""

import json

SHOWN = ("x-own", "cookie", "content-type", "accept")


async def application(scope, receive, send):
    """Tells the request as ASGI has it; `/bytes` answers what is no text."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = [(key.decode(), value.decode()) for key, value in scope["headers"] if key.decode() in SHOWN]
    if scope["path"] == "/bytes":
        answer, kind = bytes(range(256)), b"application/octet-stream"
    else:
        told = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode(),
            "headers": sorted(headers),
            "body": body.hex(),
        }
        answer, kind = json.dumps(told, sort_keys=True).encode(), b"application/json"
    start = [
        (b"content-type", kind),
        (b"set-cookie", b"a=1; Path=/"),
        (b"set-cookie", b"b=2"),
        (b"x-own", b"yes"),
    ]
    await send({"type": "http.response.start", "status": 207, "headers": start})
    await send({"type": "http.response.body", "body": answer})


def mangum(event, context):
    from mangum import Mangum

    return Mangum(application, lifespan="off")(event, context)


def powertools(event, context):
    from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver
    from aws_lambda_powertools.event_handler.exceptions import NotFoundError

    app = LambdaFunctionUrlResolver()

    @app.post("/orders/<order>")
    def order(order: str):
        current = app.current_event
        return {
            "order": order,
            "size": current.query_string_parameters["size"],
            "agent": current.request_context.http.user_agent,
            "json": current.json_body,
            "cookies": current.cookies,
        }

    @app.get("/missing")
    def missing():
        raise NotFoundError("no such thing")

    return app.resolve(event, context)
