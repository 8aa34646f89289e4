"""A members' portal on Redis with a directory (LDAP), Powertools' resolvers and validated forms."""

import base64
import datetime
import decimal
import hashlib
import hmac
import json
import os
import pickle
import re
import time

import jmespath
import marshmallow
import pydantic
import redis
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, AppSyncResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from ldap3 import MOCK_SYNC, OFFLINE_SLAPD_2_4, Connection, Server
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars

logger = Logger(service="portal", level="WARNING")
metrics = Metrics(namespace="portal", service="portal")
processor = BatchProcessor(event_type=EventType.SQS)
store = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=5, decode_responses=True)
raw = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=5)
for number, name, role, pin, age, town in (
    (1, "Aoife Ní Bhriain", "admin", "portal-pin-5150", 41, "Galway"),
    (2, "Tom O'Hara", "member", "1111", 29, "Cork"),
    (3, "小林 誠", "member", "2222", 35, "大阪"),
):
    store.hset(
        f"portal:member:{number}", mapping={"name": name, "role": role, "pin": pin, "age": age, "town": town}
    )
store.mset(
    {
        "portal:post:1": "It's here",
        "portal:post:2": "Tea & cake",
        "portal:board:minutes": "board-minutes-6363",
    }
)
directory = Connection(
    Server("directory", get_info=OFFLINE_SLAPD_2_4),
    user="cn=app,dc=example",
    password="x",
    client_strategy=MOCK_SYNC,
)
for person, title, phone in (
    ("ann", "Engineer", "+353 1 555"),
    ("O'Brien", "Chef (senior)", "+353 2 555"),
    ("root", "ldap-title-8080", "none"),
):
    directory.strategy.add_entry(
        f"cn={person},ou={'admins' if person == 'root' else 'people'},dc=example",
        {
            "cn": person,
            "title": title,
            "telephoneNumber": phone,
            "objectClass": "person",
            "sn": person,
            "employeeType": "admin" if person == "root" else "staff",
        },
    )
directory.strategy.add_entry("cn=app,dc=example", {"userPassword": "x", "sn": "app", "objectClass": "person"})
directory.bind()


def _json(body, status=200):
    return {"statusCode": status, "body": json.dumps(body, default=str, ensure_ascii=False)}


def _members():
    found = [store.hgetall(f"portal:member:{number}") for number in (1, 2, 3)]
    return [{**one, "age": int(one["age"])} for one in found]


def members(event, context):
    """Members of a town, by an expression."""
    query = event.get("queryStringParameters") or {}
    expression = "[?role=='member'].{name: name, town: town}"
    if query.get("town"):
        expression = f"[?role=='member' && town=='{query['town']}'].{{name: name, town: town}}"
    return _json(jmespath.search(expression, _members()))


def member_field(event, context):
    """One field of a member, by a small script on the server."""
    ids = event["pathParameters"]
    if ids["field"] == "pin":
        return _json({"error": "not for you"}, 403)
    value = store.eval(f"return redis.call('HGET', 'portal:member:{ids['id']}', '{ids['field']}')", 0)
    return _json({"value": value})


def member_field_bound(event, context):
    ids = event["pathParameters"]
    value = store.eval(
        "return redis.call('HGET', KEYS[1], ARGV[1])", 1, f"portal:member:{ids['id']}", ids["field"]
    )
    return _json({"value": None if ids["field"] == "pin" else value})


def post(event, context):
    """A post, by the command as somebody tried it in the shell first."""
    return {"posts": store.execute_command(f"MGET portal:post:{event['arguments']['id']}")}


def save_member(event, context):
    body = json.loads(event["body"])
    store.hset(
        "portal:member:9",
        mapping={key: value if isinstance(value, str) else json.dumps(value) for key, value in body.items()},
    )
    found = store.hgetall("portal:member:9")
    store.delete("portal:member:9")
    return _json(found)


def remember(event, context):
    """An upload of another service's cache entry, as it is."""
    entry = event["detail"]
    raw.set("portal:cache:" + entry["key"], base64.b64decode(entry["data"]), ex=600)
    return {"stored": raw.strlen("portal:cache:" + entry["key"])}


def cached(event, context):
    """A computed page out of the cache; whatever is there was pickled by a colleague."""
    key = "portal:cache:" + event["queryStringParameters"]["key"]
    data = raw.get(key)
    if data is None:
        data = pickle.dumps({"page": key[-20:], "made": datetime.date(2024, 5, 2)})
        raw.set(key, data, ex=60)
    return _json({"page": pickle.loads(data)})


def directory_login(event, context):
    """The directory says whether name and badge belong together."""
    body = json.loads(event["body"])
    try:
        directory.search(
            "dc=example", f"(&(cn={body['user']})(title={body['badge']}))", attributes=["cn", "employeeType"]
        )
    except LDAPException as error:
        return _json({"error": type(error).__name__}, 400)
    return _json(
        {"user": str(directory.entries[0].cn), "type": str(directory.entries[0].employeeType)}
        if directory.entries
        else {"error": "no"}
    )


def phone(event, context):
    """A person's number out of the directory."""
    name, number = (
        event["pathParameters"]["name"],
        (event.get("queryStringParameters") or {}).get("number", "0"),
    )
    try:
        directory.search(
            "dc=example",
            f"(|(&(employeeType=staff)(cn={name}))(telephoneNumber={number}))",
            attributes=["cn", "title"],
        )
    except LDAPException as error:
        return _json({"error": type(error).__name__}, 400)
    return _json([[str(one.cn), str(one.title)] for one in directory.entries])


def phone_escaped(event, context):
    name = escape_filter_chars(event["pathParameters"]["name"])
    directory.search(
        "dc=example", f"(&(employeeType=staff)(cn={name}))", attributes=["cn", "telephoneNumber"]
    )
    return _json([str(one.cn) for one in directory.entries])


class Address(pydantic.BaseModel):
    street: str
    zip: str = pydantic.Field(pattern=r"^[\w -]{3,10}$")
    country: str = "IE"


class Order(pydantic.BaseModel):
    customer: str = pydantic.Field(min_length=1)
    address: Address
    lines: list[dict[str, int | str]] = []
    note: str | None = None
    total: decimal.Decimal = decimal.Decimal(0)


def place(event, context):
    try:
        order = Order.model_validate_json(event["body"])
    except pydantic.ValidationError as error:
        return _json({"errors": [".".join(map(str, one["loc"])) for one in error.errors()]}, 422)
    return _json(order.model_dump(), 201)


class Booking(marshmallow.Schema):
    name = marshmallow.fields.String(required=True)
    email = marshmallow.fields.Email(required=True)
    day = marshmallow.fields.Date(required=True)
    guests = marshmallow.fields.Integer(load_default=1, validate=marshmallow.validate.Range(1, 12))
    wishes = marshmallow.fields.String(load_default="")

    class Meta:
        unknown = marshmallow.EXCLUDE


def book(event, context):
    try:
        return _json(Booking().load(json.loads(event["body"])), 201)
    except marshmallow.ValidationError as error:
        return _json(error.messages, 422)


app = APIGatewayHttpResolver()


@app.get("/members/<ident>")
def member(ident):
    found = store.hgetall(f"portal:member:{ident}")
    if not found:
        raise NotFoundError("no such member")
    return {key: value for key, value in found.items() if key != "pin"}


@app.post("/echo")
def echo():
    body = app.current_event.json_body
    return Response(
        201,
        "application/json",
        json.dumps(
            {"got": body, "page": (app.current_event.query_string_parameters or {}).get("page")},
            ensure_ascii=False,
        ),
    )


def powertools(event, context):
    return app.resolve(event, context)


graph = AppSyncResolver()


@graph.resolver(type_name="Query", field_name="search")
def search(text="", first=10):
    return [
        one for one in store.mget("portal:post:1", "portal:post:2") if re.search(re.escape(text), one, re.I)
    ][:first]


@graph.resolver(type_name="Query", field_name="field")
def field(path=""):
    return jmespath.search(
        f"members[*].{path}",
        {"members": [{key: value for key, value in one.items() if key != "pin"} for one in _members()]},
    )


def appsync(event, context):
    return graph.resolve(event, context)


def _job(record):
    job = json.loads(record.body)
    metrics.add_metric(name="jobs", unit=MetricUnit.Count, value=1)
    logger.info("job", extra={"job": job})
    return {"kind": job["kind"], "chars": len(job.get("text", ""))}


@metrics.log_metrics
def jobs(event, context):
    return process_partial_response(event=event, record_handler=_job, processor=processor, context=context)


def signed_link(event, context):
    """A link with a signature and a time when it ends."""
    path = event["path"]
    ends = int(event.get("now", time.time())) + 3600
    signature = hmac.new(b"link-key", f"{path}\n{ends}".encode(), hashlib.sha256).digest()
    return {"link": f"{path}?e={ends}&s={base64.urlsafe_b64encode(signature).decode().rstrip('=')}"}


def calendar(event, context):
    """An entry for a calendar, line by line."""
    entry = event["detail"]
    start = datetime.datetime.fromisoformat(entry["start"])
    text = entry["title"].replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return {
        "ics": "\r\n".join(
            ["BEGIN:VEVENT", f"DTSTART:{start:%Y%m%dT%H%M%S}", f"SUMMARY:{text}", "END:VEVENT"]
        )
    }
