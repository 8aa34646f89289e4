"""Where a value comes from: the event of every trigger, and the requests of web frameworks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """How a handler gets `name`, a text its caller chooses.

    `head` opens the handler (and the loop over records, if any), `indent` is the number of blanks its body
    has, `read` assigns `name` (empty where it is a parameter), `reject` leaves for the next event, `answer` is
    what an ordinary handler ends with. `style` is how it answers a browser, "" where no browser waits.
    """

    shape: str
    head: str
    read: str
    style: str = ""
    imports: str = ""
    indent: int = 4
    is_async: bool = False
    reject: str = 'return {"statusCode": 400}'
    answer: str = 'return {"statusCode": 200}'
    after: str = ""


# A header's value holds no line break, a cookie's no semicolon, and no link makes a victim send either.
HEADERS = frozenset({"API Gateway v2, header", "API Gateway v2, cookie"})

_HANDLER = "def handler(event, context):"


def _event(shape: str, expression: str, *, style: str = "event", imports: str = "") -> Source:
    return Source(shape, _HANDLER, f"name = {expression}", style=style, imports=imports)


def _records(shape: str, expression: str, *, imports: str = "") -> Source:
    return Source(
        shape,
        f'{_HANDLER}\n    for record in event["Records"]:',
        f"name = {expression}",
        imports=imports,
        indent=8,
        reject="continue",
        answer="",
        after="    return None",
    )


SOURCES: tuple[Source, ...] = (
    _event("API Gateway v1, query", 'event["queryStringParameters"]["name"]'),
    _event("API Gateway v1, path", 'event["pathParameters"]["name"]'),
    _event("API Gateway v1, JSON body", 'json.loads(event["body"])["name"]', imports="import json"),
    _event("API Gateway v2, header", 'event["headers"]["x-name"]'),
    _event("API Gateway v2, cookie", 'event["cookies"][0].partition("=")[2]'),
    _event("ALB, several values", 'event["multiValueQueryStringParameters"]["name"][0]'),
    _event("Function URL, Base64 body", 'base64.b64decode(event["body"]).decode()', imports="import base64"),
    _event(
        "Function URL, form",
        'parse_qs(event["body"])["name"][0]',
        imports="from urllib.parse import parse_qs",
    ),
    _records(
        "S3", 'unquote_plus(record["s3"]["object"]["key"])', imports="from urllib.parse import unquote_plus"
    ),
    _records("SQS", 'json.loads(record["body"])["name"]', imports="import json"),
    _records("SNS", 'record["Sns"]["Message"]'),
    _records("DynamoDB stream", 'record["dynamodb"]["NewImage"]["name"]["S"]'),
    _records("Kinesis", 'base64.b64decode(record["kinesis"]["data"]).decode()', imports="import base64"),
    _event("EventBridge", 'event["detail"]["name"]', style=""),
    _event("Cognito", 'event["request"]["userAttributes"]["nickname"]', style=""),
    _event("Step Functions", 'event.get("Input", {}).get("name", "")', style=""),
    _event("plain", 'event["name"]', style=""),
    Source(
        "Flask",
        '@app.route("/report")\ndef report():',
        'name = request.args.get("name", "")',
        style="flask",
        imports="from flask import Flask, request\n\napp = Flask(__name__)",
        reject='return "refused", 400',
        answer='return "done"',
    ),
    Source(
        "Flask, handlers within a function",
        'def init(app):\n    @app.route("/report", methods=["POST"])\n    def report():',
        'name = request.form["name"]',
        style="flask",
        imports="from flask import Flask, request",
        indent=8,
        reject='return "refused", 400',
        answer='return "done"',
        after="app = Flask(__name__)\ninit(app)",
    ),
    Source(
        "FastAPI",
        '@app.get("/report")\nasync def report(name: str):',
        "",
        style="fastapi",
        imports="from fastapi import FastAPI\n\napp = FastAPI()",
        is_async=True,
        reject='return {"refused": True}',
        answer='return {"done": True}',
    ),
    Source(
        "Starlette",
        "async def report(request):",
        'name = request.query_params["name"]',
        style="starlette",
        imports=(
            "from starlette.applications import Starlette\n"
            "from starlette.responses import PlainTextResponse\n"
            "from starlette.routing import Route"
        ),
        is_async=True,
        reject='return PlainTextResponse("refused", status_code=400)',
        answer='return PlainTextResponse("done")',
        after='app = Starlette(routes=[Route("/report", report)])',
    ),
    Source(
        "Bottle",
        '@app.get("/report")\ndef report():',
        'name = request.query.get("name", "")',
        style="bottle",
        imports="from bottle import Bottle, request\n\napp = Bottle()",
        reject='return "refused"',
        answer='return "done"',
    ),
    Source(
        "Chalice",
        '@app.route("/report")\ndef report():',
        'name = app.current_request.query_params["name"]',
        style="chalice",
        imports='from chalice import Chalice\n\napp = Chalice(app_name="reports")',
        reject='return {"refused": True}',
        answer='return {"done": True}',
    ),
    Source(
        "Powertools",
        '@app.get("/report")\ndef report():',
        'name = app.current_event.query_string_parameters.get("name", "")',
        style="powertools",
        imports=(
            "from aws_lambda_powertools.event_handler import APIGatewayRestResolver\n\n"
            "app = APIGatewayRestResolver()"
        ),
        reject='return {"refused": True}',
        answer='return {"done": True}',
        after="def handler(event, context):\n    return app.resolve(event, context)",
    ),
    Source(
        "Flask blueprint, JSON",
        '@reports.post("/report")\ndef report():',
        'name = request.get_json()["name"]',
        style="flask",
        imports='from flask import Blueprint, Flask, request\n\nreports = Blueprint("reports", __name__)',
        reject='return "refused", 400',
        answer='return "done"',
        after="app = Flask(__name__)\napp.register_blueprint(reports)",
    ),
    Source(
        "Flask, path converter",
        '@app.route("/report/<path:name>")\ndef report(name):',
        "",
        style="flask",
        imports="from flask import Flask\n\napp = Flask(__name__)",
        reject='return "refused", 400',
        answer='return "done"',
    ),
    Source(
        "FastAPI router, body model",
        '@router.post("/report")\ndef report(order: Order):',
        "name = order.name",
        style="fastapi",
        imports=(
            "from fastapi import APIRouter, FastAPI\nfrom mangum import Mangum\nfrom pydantic import BaseModel\n\n"
            "router = APIRouter()\n\n\nclass Order(BaseModel):\n    name: str"
        ),
        reject='return {"refused": True}',
        answer='return {"done": True}',
        after="app = FastAPI()\napp.include_router(router)\nhandler = Mangum(app)",
    ),
    Source(
        "Chalice, S3 event",
        '@app.on_s3_event(bucket="uploads")\ndef on_upload(event):',
        "name = event.key",
        imports='from chalice import Chalice\n\napp = Chalice(app_name="uploads")',
        reject="return None",
        answer="return None",
    ),
    Source(
        "Powertools, event class",
        "@event_source(data_class=APIGatewayProxyEvent)\ndef lambda_handler(event, context):",
        'name = event.query_string_parameters["name"]',
        style="event",
        imports="from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent, event_source",
    ),
    Source(
        "Powertools, batch of SQS",
        "def record_handler(record):",
        'name = json.loads(record.body)["name"]',
        imports=(
            "import json\n\nfrom aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, "
            "process_partial_response\n\nprocessor = BatchProcessor(event_type=EventType.SQS)"
        ),
        reject="return None",
        answer="return None",
        after=(
            "def lambda_handler(event, context):\n    return process_partial_response(\n"
            "        event=event, record_handler=record_handler, processor=processor, context=context\n    )"
        ),
    ),
)
