"""A members' portal on MongoDB with a directory (LDAP), Powertools' resolvers and validated forms."""

import base64
import datetime
import decimal
import hashlib
import hmac
import json
import os
import re
import time

import jmespath
import marshmallow
import pydantic
import pymongo
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, AppSyncResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from bson import json_util
from ldap3 import MOCK_SYNC, OFFLINE_SLAPD_2_4, Connection, Server
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars

logger = Logger(service="portal", level="WARNING")
metrics = Metrics(namespace="portal", service="portal")
processor = BatchProcessor(event_type=EventType.SQS)
mongo = pymongo.MongoClient(os.environ["MONGODB_URL"], serverSelectionTimeoutMS=5000)["portal"]
mongo.members.drop()
mongo.posts.drop()
mongo.members.insert_many(
    [
        {"_id": 1, "name": "Aoife Ní Bhriain", "role": "admin", "pin": "portal-pin-5150", "age": 41, "town": "Galway"},
        {"_id": 2, "name": "Tom O'Hara", "role": "member", "pin": "1111", "age": 29, "town": "Cork"},
        {"_id": 3, "name": "小林 誠", "role": "member", "pin": "2222", "age": 35, "town": "大阪"},
    ]
)
mongo.posts.insert_many([{"_id": 1, "by": 1, "title": "It's here", "hidden": False}, {"_id": 2, "by": 1, "title": "board-minutes-6363", "hidden": True}, {"_id": 3, "by": 2, "title": "Tea & cake", "hidden": False}])
directory = Connection(Server("directory", get_info=OFFLINE_SLAPD_2_4), user="cn=app,dc=example", password="x", client_strategy=MOCK_SYNC)
for person, title, phone in (("ann", "Engineer", "+353 1 555"), ("O'Brien", "Chef (senior)", "+353 2 555"), ("root", "ldap-title-8080", "none")):
    directory.strategy.add_entry(f"cn={person},ou={'admins' if person == 'root' else 'people'},dc=example", {"cn": person, "title": title, "telephoneNumber": phone, "objectClass": "person", "sn": person, "employeeType": "admin" if person == "root" else "staff"})
directory.strategy.add_entry("cn=app,dc=example", {"userPassword": "x", "sn": "app", "objectClass": "person"})
directory.bind()


def _json(body, status=200):
    return {"statusCode": status, "body": json.dumps(body, default=str, ensure_ascii=False)}


def login(event, context):
    """JSON in, straight into the query."""
    body = json.loads(event["body"])
    found = mongo.members.find_one({"name": body["name"], "pin": body["pin"]}, {"pin": 0, "_id": 0})
    return _json(found or {"error": "wrong name or pin"}, 200 if found else 401)


def members(event, context):
    """A list with a filter in JSON, as the table's component sends it."""
    query = event.get("queryStringParameters") or {}
    wanted = {**json.loads(query.get("filter", "{}")), "role": "member"} if "filter" in query else {"role": "member"}
    cursor = mongo.members.find(wanted, {"name": 1, "town": 1}).sort(query.get("sort", "_id"), -1 if query.get("dir") == "desc" else 1)
    return _json(list(cursor.skip(int(query.get("skip", 0))).limit(10)))


def members_named(event, context):
    """Names that begin so; what is special in patterns is escaped."""
    text = event["queryStringParameters"]["q"]
    return _json([one["name"] for one in mongo.members.find({"name": {"$regex": "^" + re.escape(text), "$options": "i"}}).sort("_id")])


def posts(event, context):
    """Posts of a member, by an appended stage if the page has one."""
    arguments = event["arguments"]
    stages = [{"$match": {"by": arguments["member"], "hidden": False}}, {"$sort": {"_id": 1}}]
    stages += json.loads(arguments.get("stages") or "[]")
    return json.loads(json_util.dumps(list(mongo.posts.aggregate(stages))))


def save_member(event, context):
    body = json.loads(event["body"])
    mongo.members.update_one({"_id": 9}, {"$set": {key: value for key, value in body.items() if key != "_id"}}, upsert=True)
    found = mongo.members.find_one({"_id": 9})
    mongo.members.delete_one({"_id": 9})
    return _json(found)


def phone(event, context):
    """A person's number out of the directory."""
    name = event["pathParameters"]["name"]
    try:
        directory.search("ou=people,dc=example" if event.get("strict") else "dc=example", f"(&(employeeType=staff)(cn={name}))", attributes=["cn", "title"])
    except LDAPException as error:
        return _json({"error": type(error).__name__}, 400)
    return _json([[str(one.cn), str(one.title)] for one in directory.entries])


def phone_escaped(event, context):
    name = escape_filter_chars(event["pathParameters"]["name"])
    directory.search("dc=example", f"(&(employeeType=staff)(cn={name}))", attributes=["cn", "telephoneNumber"])
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
    found = mongo.members.find_one({"_id": int(ident)} if ident.isdigit() else {"name": ident}, {"pin": 0})
    if not found:
        raise NotFoundError("no such member")
    return found


@app.post("/echo")
def echo():
    body = app.current_event.json_body
    return Response(201, "application/json", json.dumps({"got": body, "page": (app.current_event.query_string_parameters or {}).get("page")}, ensure_ascii=False))


def powertools(event, context):
    return app.resolve(event, context)


graph = AppSyncResolver()


@graph.resolver(type_name="Query", field_name="search")
def search(text="", first=10):
    return [one["title"] for one in mongo.posts.find({"title": {"$regex": re.escape(text)}, "hidden": False}).limit(first)]


@graph.resolver(type_name="Query", field_name="field")
def field(path=""):
    return jmespath.search(path, {"members": list(mongo.members.find({}, {"pin": 0}).sort("_id"))})


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
    return {"ics": "\r\n".join(["BEGIN:VEVENT", f"DTSTART:{start:%Y%m%dT%H%M%S}", f"SUMMARY:{text}", "END:VEVENT"])}
