"""Documents in many formats: XML, YAML, pickles, archives, spreadsheets, directories."""

import base64
import configparser
import csv
import io
import json
import os
import pickle
import tarfile
import xml.etree.ElementTree as ET
import zipfile
from email import message_from_bytes
from email.policy import HTTP

import jmespath
import ldap3
import msgpack
import openpyxl
import yaml
from bs4 import BeautifulSoup
from jsonpath_ng.ext import parse as jsonpath
from ldap3.utils.conv import escape_filter_chars
from lxml import etree

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ["DOCS_KEY"] = "docs-secret-4402"
USERS = """<users><user id="1" name="dana" role="clerk"><pin>1111</pin></user>
<user id="2" name="O'Neil" role="clerk"><pin>2222</pin></user>
<user id="3" name="root" role="admin"><pin>xpath-secret-3377</pin></user></users>"""


def body_of(event):
    text = event.get("body") or ""
    return base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()


def invoice(event, context):
    """An invoice in XML; the partner's DTD needs entities."""
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
    root = etree.fromstring(body_of(event), parser)
    return {
        "statusCode": 200,
        "body": json.dumps(
            {
                "number": root.findtext("number"),
                "buyer": root.findtext("buyer"),
                "lines": [one.text for one in root.iter("line")],
            },
            ensure_ascii=False,
        ),
    }


def feed(event, context):
    """A feed with the standard library."""
    root = ET.fromstring(body_of(event))
    return {
        "statusCode": 200,
        "body": json.dumps(
            [{"title": item.findtext("title"), "link": item.findtext("link")} for item in root.iter("item")],
            ensure_ascii=False,
        ),
    }


def user_role(event, context):
    """A user of the old XML file by name."""
    name = event["queryStringParameters"]["name"]
    found = etree.fromstring(USERS).xpath(f'//user[@name="{name}"]/@role')
    return {"statusCode": 200, "body": json.dumps(found)}


def user_pin(event, context):
    """Is the PIN right? Two values in one path."""
    body = json.loads(event["body"])
    path = "//user[@name='" + body["user"] + "' and pin='" + body["pin"] + "']"
    found = etree.fromstring(USERS).xpath(path)
    return {"statusCode": 200 if found else 401, "body": json.dumps([dict(one.attrib) for one in found])}


def user_safe(event, context):
    """With a variable."""
    found = etree.fromstring(USERS).xpath("//user[@name=$name]/@id", name=event["arguments"]["name"])
    return [str(one) for one in found]


def config(event, context):
    """A team's settings in YAML, from their repository's push."""
    loaded = yaml.load(event["detail"]["yaml"], Loader=yaml.UnsafeLoader)
    return {"settings": json.loads(json.dumps(loaded, default=str))}


def workflow(event, context):
    """The careful one."""
    loaded = yaml.safe_load(event["detail"]["yaml"])
    return {"jobs": sorted(map(str, (loaded or {}).get("jobs", {})))}


def session(event, context):
    """A session out of a cookie; the framework before pickled it."""
    cookies = dict(
        one.strip().split("=", 1) for one in event["headers"].get("cookie", "").split(";") if "=" in one
    )
    data = pickle.loads(base64.urlsafe_b64decode(cookies["session"])) if "session" in cookies else {}
    return {"statusCode": 200, "body": json.dumps(data, default=str, ensure_ascii=False)}


def task(event, context):
    """A queue of the workers: messages are pickles or JSON."""
    done = []
    for record in event["Records"]:
        kind = record["messageAttributes"].get("encoding", {}).get("stringValue", "json")
        done.append(
            str(
                pickle.loads(base64.b64decode(record["body"]))
                if kind == "pickle"
                else json.loads(record["body"])
            )
        )
    return done


def directory():
    connection = ldap3.Connection(
        ldap3.Server("fake"), client_strategy=ldap3.MOCK_SYNC, user="cn=app,o=x", password="p"
    )
    connection.strategy.add_entry("cn=app,o=x", {"userPassword": "p", "sn": "app"})
    for uid, mail, secret in (
        ("dana", "dana@example.org", "d-1"),
        ("o'neil", "o.neil@example.org", "d-2"),
        ("root", "root@example.org", "ldap-secret-8810"),
    ):
        connection.strategy.add_entry(
            f"uid={uid},o=x", {"uid": uid, "mail": mail, "description": secret, "objectClass": "person"}
        )
    connection.bind()
    return connection


def person(event, context):
    """A person of the directory."""
    connection = directory()
    connection.search("o=x", f"(&(objectClass=person)(uid={event['uid']}))", attributes=["uid", "mail"])
    return sorted(one["attributes"]["mail"][0] for one in connection.response)


def sign_in(event, context):
    """The old bind: name and PIN in the filter."""
    body = json.loads(event["body"])
    connection = directory()
    connection.search("o=x", "(&(uid=%s)(description=%s))" % (body["user"], body["pin"]), attributes=["uid"])
    return {
        "statusCode": 200,
        "body": json.dumps(sorted(one["attributes"]["uid"][0] for one in connection.response)),
    }


def person_safe(event, context):
    """With the library's escaping."""
    connection = directory()
    connection.search("o=x", f"(mail={escape_filter_chars(event['mail'])})", attributes=["uid"])
    return sorted(one["attributes"]["uid"][0] for one in connection.response)


def unzip(event, context):
    """Members of an archive are written below a folder, by hand."""
    target = "/tmp/unzipped"
    written = []
    with zipfile.ZipFile(io.BytesIO(body_of(event))) as archive:
        for name in archive.namelist():
            if name.endswith("/"):
                continue
            path = os.path.join(target, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(archive.read(name))
            written.append(os.path.realpath(path))
    return {"statusCode": 200, "body": json.dumps(written, ensure_ascii=False)}


def untar(event, context):
    """A backup in tar is laid out, with everything it says; then its index is read."""
    target = "/tmp/untarred"
    os.makedirs(target, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(body_of(event))) as archive:
        archive.extractall(target, filter="fully_trusted")
        names = archive.getnames()
    index = os.path.join(target, "index.txt")
    return {
        "statusCode": 200,
        "body": json.dumps(
            {
                "names": names,
                "index": open(index).read() if os.path.exists(index) else "",
                "motd": open("/tmp/motd").read() if os.path.exists("/tmp/motd") else "",
            },
            ensure_ascii=False,
        ),
    }


def people(event, context):
    """JMESPath with a name in it."""
    data = {"people": [{"name": "Ann", "age": 5}, {"name": "Bob", "age": 7, "key": "jmes-secret-1144"}]}
    return {"found": jmespath.search("people[?name=='%s'].age" % event["name"].replace("'", "\\'"), data)}


def pick(event, context):
    """JSONPath with the field that a dashboard shows."""
    data = {"public": {"cpu": 5, "it's": 1}, "private": {"key": "jsonpath-secret-1155"}}
    return {"found": [one.value for one in jsonpath("$.public." + event["field"]).find(data)]}


def settings(event, context):
    """An INI file is made of the form's fields and read again."""
    fields = json.loads(event["body"])
    text = (
        "[profile]\n"
        + "".join(f"{key} = {value}\n" for key, value in fields.items())
        + "[limits]\nadmin = no\n"
    )
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    parser.read_string(text)
    return {
        "statusCode": 200,
        "body": json.dumps({name: dict(parser[name]) for name in parser.sections()}, ensure_ascii=False),
    }


def soap(event, context):
    """An envelope by hand for the accounting system, which reads it so."""
    order = event["detail"]
    text = f"<Envelope><Order><Customer>{order['customer'].replace('&', '&amp;')}</Customer><Discount>0</Discount></Order></Envelope>"
    root = ET.fromstring(text)
    return {
        "customer": root.findtext("Order/Customer"),
        "discount": next(one.text for one in root.iter("Discount")),
    }


def table_csv(event, context):
    """CSV to JSON and to a spreadsheet."""
    rows = list(csv.reader(io.StringIO(body_of(event).decode("utf-8-sig"))))
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    again = openpyxl.load_workbook(io.BytesIO(made.getvalue())).active
    return {
        "statusCode": 200,
        "body": json.dumps([[cell.value for cell in row] for row in again.iter_rows()], ensure_ascii=False),
    }


def packed(event, context):
    """Measurements of devices in msgpack."""
    return [msgpack.unpackb(base64.b64decode(record["kinesis"]["data"])) for record in event["Records"]]


def form_files(event, context):
    """An upload of a browser: names and sizes."""
    kind = event["headers"]["content-type"]
    message = message_from_bytes(
        b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body_of(event), policy=HTTP
    )
    parts = [
        {
            "field": part.get_param("name", header="content-disposition"),
            "file": part.get_filename(),
            "size": len(part.get_payload(decode=True) or b""),
        }
        for part in message.iter_parts()
    ]
    return {"statusCode": 200, "body": json.dumps(parts, ensure_ascii=False)}


def article(event, context):
    """A part of a page by its mark."""
    soup = BeautifulSoup(event["html"], "html.parser")
    found = soup.select_one('[data-id="%s"]' % event["id"])
    return {
        "text": found.get_text(" ", strip=True) if found else None,
        "links": [one.get("href") for one in soup.find_all("a")],
    }


class Account:
    """An account that is filled from the request."""

    plan = "basic"

    def __init__(self):
        self.name, self.address = "", Address()


class Address:
    def __init__(self):
        self.city, self.zip = "", ""


def merge(target, source):
    for key, value in source.items():
        if isinstance(target, dict):
            if isinstance(value, dict) and isinstance(target.get(key), dict):
                merge(target[key], value)
            else:
                target[key] = value
        elif isinstance(value, dict) and hasattr(target, key):
            merge(getattr(target, key), value)
        else:
            setattr(target, key, value)


LIMITS = {"max": 5}


def account(event, context):
    """A recursive merge of what was sent."""
    LIMITS["max"], Account.plan = 5, "basic"
    mine = Account()
    merge(mine, json.loads(event["body"]))
    other = Account()
    return {
        "statusCode": 200,
        "body": json.dumps(
            {
                "name": mine.name,
                "city": mine.address.city,
                "plan of others": other.plan,
                "limit": LIMITS["max"],
            },
            ensure_ascii=False,
            default=str,
        ),
    }


def keep(event, context):
    """Preferences are kept as the client sent them."""
    body = json.loads(event["body"])
    os.makedirs("/tmp/kept", exist_ok=True)
    with open(f"/tmp/kept/{int(body['id'])}.{'yaml' if body['kind'] == 'yaml' else 'bin'}", "w") as file:
        file.write(body["data"])
    return {"statusCode": 204, "body": ""}


def restore(event, context):
    """And read when they are wanted."""
    path = f"/tmp/kept/{int(event['id'])}"
    if os.path.exists(path + ".yaml"):
        with open(path + ".yaml") as file:
            return {"data": str(yaml.load(file, Loader=yaml.Loader))}
    if os.path.exists(path + ".bin"):
        with open(path + ".bin") as file:
            return {"data": str(pickle.loads(base64.b64decode(file.read())))}
    return {"data": None}
