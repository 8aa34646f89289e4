"""Registrar: people and documents in tables of the cloud, XML of authorities, a directory, and kept objects."""

import base64
import functools
import io
import json
import os
import pathlib
import pickle
import plistlib
import re
import shelve
import shutil
import xml.etree.ElementTree as ET
import xml.sax
import xml.sax.handler
import xml.sax.saxutils
from decimal import Decimal
from xml.dom import minidom

import boto3
import ldap3
import lxml.etree
import lxml.html
import msgpack
import orjson
import pymongo
import yaml
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError
from bson import json_util
from google.protobuf import json_format, struct_pb2
from ldap3.utils.conv import escape_filter_chars

import documents
import tables

WORK = pathlib.Path("/tmp/registrar")
shutil.rmtree(WORK, ignore_errors=True)
WORK.mkdir()
(WORK / "secret.xml").write_text(f"<secret>{tables.SECRET}</secret>")
(WORK / "secret.txt").write_text(tables.SECRET)
os.environ["REGISTRY_TOKEN"] = tables.SECRET
ENDPOINT = tables.start()
make = functools.partial(
    boto3.client,
    endpoint_url=ENDPOINT,
    region_name="us-east-1",
    aws_access_key_id="local",
    aws_secret_access_key="local",
    config=Config(retries={"max_attempts": 1}),
)
dynamodb, rds, athena = make("dynamodb"), make("rds-data"), make("athena")
people = boto3.resource(
    "dynamodb",
    endpoint_url=ENDPOINT,
    region_name="us-east-1",
    aws_access_key_id="local",
    aws_secret_access_key="local",
).Table("people")
REGISTER = lxml.etree.fromstring(
    f"<register><person id='p-1' pin='1111'><name>Ada O'Neil</name><town>Cork</town></person><person id='p-2' pin='2222'><name>Minh</name><town>Hue</town></person>"
    f"<admin id='a-1'><token>{tables.SECRET}</token></admin></register>"
)

documents_client = pymongo.MongoClient(documents.start(), serverSelectionTimeoutMS=5000)
notes = documents_client.app


def out(body, status=200):
    return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False, default=str)}


def by_town(event, context):
    """People of a town, by a statement."""
    town = event["queryStringParameters"]["town"]
    try:
        r = dynamodb.execute_statement(Statement=f"SELECT id, name FROM \"people\" WHERE town = '{town}'")
    except ClientError as error:
        return out({"error": error.response["Error"]["Code"]}, 400)
    return out(r["Items"])


def by_town_bound(event, context):
    """The same with a parameter."""
    r = dynamodb.execute_statement(
        Statement='SELECT id, name FROM "people" WHERE town = ?',
        Parameters=[{"S": event["queryStringParameters"]["town"] or "-"}],
    )
    return out(r["Items"])


def scan(event, context):
    """People by a filter: the field's name comes from the page."""
    q = event["queryStringParameters"]
    r = people.scan(
        FilterExpression=f"{q['field']} = :v AND id <> :hidden",
        ExpressionAttributeValues={":v": q["value"], ":hidden": "p-9"},
    )
    return out(r["Items"])


def scan_conditions(event, context):
    """The same by the library's conditions."""
    q = event["queryStringParameters"]
    r = people.scan(
        FilterExpression=Attr(q.get("field", "name")).contains(q["value"]) & Attr("id").ne("p-9"),
        ProjectionExpression="id, #n",
        ExpressionAttributeNames={"#n": "name"},
    )
    return out(r["Items"])


def projection(event, context):
    """Which fields the page wants of one person."""
    ids, q = event["pathParameters"], event.get("queryStringParameters") or {}
    r = people.query(
        KeyConditionExpression="id = :id",
        ExpressionAttributeValues={":id": ids["id"]},
        ProjectionExpression=q.get("fields", "id,name"),
    )
    return out(r["Items"])


def person(event, context):
    """One person."""
    r = people.query(
        KeyConditionExpression=Key("id").eq(event["pathParameters"]["id"]), ProjectionExpression="id, town"
    )
    return out(r["Items"])


def update(event, context):
    """Sets what the form has; names and values are placeholders."""
    body = json.loads(event["body"], parse_float=Decimal)
    names = {f"#f{i}": k for i, k in enumerate(body)}
    values = {f":v{i}": v for i, v in enumerate(body.values())}
    r = people.update_item(
        Key={"id": event["pathParameters"]["id"]},
        UpdateExpression="SET " + ", ".join(f"#f{i} = :v{i}" for i in range(len(body))),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        ReturnValues="ALL_NEW",
    )
    return out(r["Attributes"])


def put_all(event, context):
    """A queue's people into the table, as they are."""
    kept = []
    for record in event["Records"]:
        item = json.loads(record["body"], parse_float=Decimal)
        people.put_item(Item=item)
        kept.append(item["id"])
    return {"kept": kept}


def count_events(event, context):
    """How many events of a kind, by Athena."""
    d = event["detail"]
    sql = f"SELECT day, sum(n) AS n FROM events WHERE kind = '{d['kind']}' AND day >= '{d.get('since', '2026-01-01')}' GROUP BY day"
    query = athena.start_query_execution(
        QueryString=sql, ResultConfiguration={"OutputLocation": "s3://results/"}
    )["QueryExecutionId"]
    assert (
        athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "SUCCEEDED"
    )
    rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    return {"rows": [[c["VarCharValue"] for c in r["Data"]] for r in rows]}


def count_events_quoted(event, context):
    """The same, quotes doubled."""
    d = event["detail"]
    kind = d["kind"].replace("'", "''")
    query = athena.start_query_execution(QueryString=f"SELECT sum(n) AS n FROM events WHERE kind = '{kind}'")[
        "QueryExecutionId"
    ]
    rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    return {"rows": [[c["VarCharValue"] for c in r["Data"]] for r in rows]}


def data_service(event, context):
    """A list over the data service of the cluster, ordered as wished."""
    q = event["queryStringParameters"] or {}
    sql = "SELECT id, name FROM people WHERE town LIKE :town AND secret = '' ORDER BY " + q.get(
        "order", "name"
    )
    try:
        r = rds.execute_statement(
            resourceArn="arn:aws:rds:us-east-1:210987654321:cluster:x",
            secretArn="arn:aws:secretsmanager:us-east-1:210987654321:secret:y",
            database="d",
            sql=sql,
            parameters=[{"name": "town", "value": {"stringValue": f"%{q.get('town', '')}%"}}],
        )
    except ClientError as error:
        return out({"error": error.response["Error"]["Message"]}, 400)
    return out([[next(iter(c.values())) for c in row] for row in r["records"]])


def directory():
    server = ldap3.Server("directory")
    conn = ldap3.Connection(server, user="cn=web,dc=example", password="x", client_strategy=ldap3.MOCK_SYNC)
    conn.strategy.add_entry("cn=web,dc=example", {"userPassword": "x", "sn": "web", "objectClass": "person"})
    for uid, extra in (
        ("ada", {"mail": "ada@example.net"}),
        ("o'neil", {"mail": "o@example.net"}),
        ("root", {"mail": "r@example.net", "description": tables.SECRET}),
    ):
        conn.strategy.add_entry(
            f"uid={uid},ou=people,dc=example",
            {"uid": uid, "userPassword": "pw-" + uid, "sn": uid, "objectClass": "person", **extra},
        )
    conn.bind()
    return conn


def find_person(event, context):
    """A person of the directory."""
    uid = event["queryStringParameters"]["uid"]
    conn = directory()
    conn.search(
        "dc=example",
        f"(&(objectClass=person)(uid={uid})(!(uid=root)))",
        attributes=["uid", "mail", "description"],
    )
    return out([json.loads(e.entry_to_json())["attributes"] for e in conn.entries])


def find_person_escaped(event, context):
    """The same, escaped."""
    uid = escape_filter_chars(event["queryStringParameters"]["uid"])
    conn = directory()
    conn.search(
        "dc=example",
        f"(&(objectClass=person)(|(uid={uid})(mail={uid}))(!(uid=root)))",
        attributes=["uid", "mail"],
    )
    return out([json.loads(e.entry_to_json())["attributes"] for e in conn.entries])


def sign_in(event, context):
    """A sign-in by the directory: found by name and password."""
    body = json.loads(event["body"])
    conn = directory()
    conn.search(
        "ou=people,dc=example",
        "(&(uid=%(user)s)(userPassword=%(password)s))" % body,
        attributes=["uid", "description"],
    )
    if not conn.entries:
        return out({"error": "unknown"}, 401)
    return out(
        {"hello": [str(e.uid) for e in conn.entries], "notes": [str(e.description) for e in conn.entries]}
    )


def register_name(event, context):
    """A person of the register, by XPath."""
    name = event["queryStringParameters"]["name"]
    try:
        found = REGISTER.xpath(f'//person[name="{name}"]/town/text()')
    except lxml.etree.XPathError as error:
        return out({"error": type(error).__name__}, 400)
    return out([str(f) for f in found])


def register_name_variable(event, context):
    """The same with a variable."""
    found = REGISTER.xpath(
        "//person[contains(name, $name)]/town/text()", name=event["queryStringParameters"]["name"]
    )
    return out([str(f) for f in found])


def register_pin(event, context):
    """Whether the PIN is right, with ElementTree's small XPath and lxml's large one."""
    body = json.loads(event["body"])
    found = REGISTER.xpath("//person[@id='" + body["id"] + "' and @pin='" + body["pin"] + "']")
    return out(
        {
            "ok": bool(found),
            "town": found[0].findtext("town") if found else None,
            "who": [f.get("id") for f in found],
        }
    )


def declaration(event, context):
    """An authority's declaration: its parts as JSON; entities are resolved as the schema wants."""
    parser = lxml.etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=True)
    try:
        root = lxml.etree.fromstring(base64.b64decode(event["body"]), parser)
    except lxml.etree.XMLSyntaxError as error:
        return out({"error": error.msg[:80]}, 400)
    return out({e.tag: e.text for e in root.iter() if isinstance(e.tag, str)})


def declaration_safe(event, context):
    """The same without entities."""
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = lxml.etree.fromstring(base64.b64decode(event["body"]), parser)
    except lxml.etree.XMLSyntaxError:
        return out({"error": "not well-formed"}, 400)
    return out({e.tag: e.text for e in root.iter() if isinstance(e.tag, str)})


class Names(xml.sax.handler.ContentHandler):
    def __init__(self):
        super().__init__()
        self.text = []

    def characters(self, content):
        self.text.append(content)


def sax_text(event, context):
    """The text of a document by SAX, its outer entities read from where they lie."""
    handler, parser = Names(), xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    parser.setContentHandler(handler)
    try:
        for r in event["Records"]:
            parser.parse(io.StringIO(r["Sns"]["Message"]))
    except (xml.sax.SAXException, OSError) as error:
        return {"error": str(error)[:100]}
    return {"text": "".join(handler.text)[:400]}


def tree_text(event, context):
    """The same by ElementTree."""
    try:
        root = ET.fromstring(event["Records"][0]["Sns"]["Message"])
    except ET.ParseError as error:
        return {"error": str(error)}
    return {"tags": sorted({e.tag for e in root.iter()}), "text": "".join(root.itertext())[:400]}


def transform(event, context):
    """A customer's stylesheet on the public part of the register."""
    sheet = lxml.etree.XSLT(lxml.etree.fromstring(event["stylesheet"].encode()))
    public = lxml.etree.fromstring("<register><person><name>Ada O'Neil</name></person></register>")
    return {"made": str(sheet(public))[:500]}


def include(event, context):
    """A document of parts: XInclude is done before it is read."""
    root = lxml.etree.fromstring(event["document"].encode(), base_url=str(WORK / "document.xml"))
    tree = root.getroottree()
    tree.xinclude()
    return {"text": "".join(tree.getroot().itertext())[:400]}


def write_xml(event, context):
    """A receipt put together as text, and read by the next step."""
    b = event["detail"]
    text = f"<receipt><name>{b['name']}</name><note>{xml.sax.saxutils.escape(b.get('note', ''))}</note><paid>no</paid></receipt>"
    try:
        document = minidom.parseString(text)
    except Exception as error:
        return {"error": type(error).__name__}
    first = {
        n.tagName: "".join(t.data for t in n.childNodes if t.nodeType == t.TEXT_NODE)
        for n in reversed(document.documentElement.childNodes)
        if n.nodeType == n.ELEMENT_NODE
    }
    return {"receipt": first}


def write_xml_tree(event, context):
    """The same by a tree."""
    root = ET.Element("receipt")
    for key in ("name", "note"):
        ET.SubElement(root, key).text = "".join(
            c for c in event["detail"].get(key, "") if c >= " " or c in "\n\t"
        )
    return {"receipt": ET.tostring(root, encoding="unicode")[:400]}


def settings(event, context):
    """A project's settings in YAML."""
    try:
        loaded = yaml.load(event["text"], Loader=yaml.Loader)
    except yaml.YAMLError as error:
        return {"error": type(error).__name__}
    return {"settings": json.loads(json.dumps(loaded, default=str))}


def settings_safe(event, context):
    """The same by the safe loader."""
    try:
        return {"settings": json.loads(json.dumps(list(yaml.safe_load_all(event["text"])), default=str))}
    except yaml.YAMLError as error:
        return {"error": type(error).__name__}


def remember(event, context):
    """A key of the client's shelf."""
    body = json.loads(event["body"])
    with shelve.open(str(WORK / "shelf")) as shelf:
        if "value" in body:
            shelf[body["key"]] = body["value"]
        return out({"value": shelf.get(body["key"]), "n": len(shelf)})


def restore(event, context):
    """A job's state from the last run, in the message."""
    states = []
    for r in event["Records"]:
        data = base64.b64decode(r["kinesis"]["data"])
        state = pickle.loads(data) if data[:1] == b"\x80" else json.loads(data)
        states.append(str(state)[:300])
    return {"states": states}


class OnlyPlain(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed")


def restore_plain(event, context):
    """The same, nothing but plain values."""
    try:
        return {
            "states": [
                str(OnlyPlain(io.BytesIO(base64.b64decode(r["kinesis"]["data"]))).load())[:300]
                for r in event["Records"]
            ]
        }
    except (pickle.UnpicklingError, EOFError, ValueError) as error:
        return {"error": str(error)[:80]}


def packed(event, context):
    """Values that come packed: msgpack, a property list, JSON of other kinds."""
    data = base64.b64decode(event["data"])
    match event["kind"]:
        case "msgpack":
            found = msgpack.unpackb(data, raw=False)
        case "plist":
            found = plistlib.loads(data)
        case "bson":
            found = json_util.loads(data)
        case "struct":
            found = json_format.MessageToDict(json_format.Parse(data, struct_pb2.Struct()))
        case _:
            found = orjson.loads(data)
    return {"found": json.loads(json.dumps(found, default=str))}


def page_links(event, context):
    """The links of a page by a selector of the caller."""
    root = lxml.html.fromstring(event["html"])
    try:
        return {
            "found": [
                str(x.text_content() if hasattr(x, "text_content") else x)
                for x in root.xpath(event.get("xpath", "//a/@href"))
            ]
        }
    except lxml.etree.XPathError as error:
        return {"error": type(error).__name__}


def mongo_login(event, context):
    """A sign-in on documents."""
    body = json.loads(event["body"])
    user = notes.users.find_one({"login": body["login"], "password": body["password"]})
    return out({"hello": user["login"], "note": user["note"]}) if user else out({"error": "unknown"}, 401)


def mongo_login_text(event, context):
    """The same, both made text first."""
    body = json.loads(event["body"])
    user = notes.users.find_one({"login": str(body["login"]), "password": {"$eq": str(body["password"])}})
    return out({"hello": user["login"]}) if user else out({"error": "unknown"}, 401)


def posts(event, context):
    """Posts by the filter that the page made; drafts are taken out."""
    wanted = json.loads(event["queryStringParameters"].get("filter", "{}"))
    return out([p["title"] for p in notes.posts.find({"draft": False, **wanted})])


def posts_where(event, context):
    """Posts by title, by a function."""
    title = event["queryStringParameters"]["title"]
    return out([p["title"] for p in notes.posts.find({"$where": f"this.title == '{title}' && !this.draft"})])


def posts_like(event, context):
    """The same by a regex of the words themselves."""
    words = re.escape(event["queryStringParameters"]["title"])
    return out(
        [p["title"] for p in notes.posts.find({"title": {"$regex": words, "$options": "i"}, "draft": False})]
    )


def report(event, context):
    """A report's steps on the posts, as the designer of reports saved them."""
    steps = event["detail"]["steps"]
    return {
        "rows": json.loads(
            json_util.dumps(list(notes.posts.aggregate([{"$match": {"draft": False}}, *steps])))
        )
    }


def keep_post(event, context):
    """Keeps what came, as a document."""
    items = [json.loads(r["body"]) for r in event["Records"]]
    done = notes.posts.insert_many([{"_id": i, "body": item} for i, item in enumerate(items, 100)])
    return {"kept": done.inserted_ids}
