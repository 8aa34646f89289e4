"""Sign-up, sign-in, directories and profiles."""

import base64
import functools
import hashlib
import hmac
import io
import json
import logging
import os
import pickle
import re
import sqlite3
import tempfile
import xml.etree.ElementTree as ET
import xml.sax
import xml.sax.handler
from email import policy
from email.parser import BytesParser
from pathlib import Path

import jwt
import ldap3
from ldap3.utils.conv import escape_filter_chars
from lxml import etree

logger = logging.getLogger()
ADMIN_TOKEN = "accounts-admin-9009"
ROLE = "visitor"
db = sqlite3.connect(":memory:", check_same_thread=False)
db.executescript(
    """
    CREATE TABLE users (sub TEXT, name TEXT, email TEXT);
    CREATE TABLE keys (kid TEXT, secret TEXT);
    INSERT INTO keys VALUES ('k-1', 'first-secret-of-the-accounts-function-0001');
    CREATE TABLE invites (code TEXT, owner TEXT);
    INSERT INTO invites VALUES ('invite-5353', 'root');
    """
)
KEYS = Path(tempfile.mkdtemp(prefix="accounts-")) / "keys"
KEYS.mkdir()
(KEYS / "main").write_text("second-secret-of-the-accounts-function-02")
(KEYS.parent / "style.css").write_text("body { color: black; background: #ffffff }")


def pre_signup(event, context):
    """Checks who signs up."""
    attributes = event["request"]["userAttributes"]
    email = attributes.get("email", "")
    if not re.fullmatch(r"[^@\s]+@(?:[\w-]+\.)+\w+", email) or len(attributes.get("name", "")) > 200:
        event["response"]["note"] = f"not an address: {email}"
        return event
    event["response"] = {"autoConfirmUser": email.endswith("@example.org"), "autoVerifyEmail": False}
    return event


def custom_message(event, context):
    """The text of a mail."""
    name = event["request"]["userAttributes"].get("given_name", event["userName"])
    if event["triggerSource"] in ("CustomMessage_SignUp", "CustomMessage_ResendCode"):
        event["response"]["emailSubject"] = f"Welcome {name}"
        event["response"]["emailMessage"] = f"<p>Hi {name}, it's {event['request']['codeParameter']}</p>"
    return event


def post_confirmation(event, context):
    """Keeps who signed up, in a statement put together."""
    attributes = event["request"]["userAttributes"]
    with db:
        db.execute("DELETE FROM users")
        db.execute(
            f"INSERT INTO users (sub, name, email) VALUES ('{attributes['sub']}', \"{attributes.get('name', '')}\", "
            f"'{attributes['email']}')"
        )
    logger.info("kept %s", attributes["sub"])
    event["response"] = {"kept": [list(row) for row in db.execute("SELECT name, email FROM users")]}
    return event


def migrate_user(event, context):
    """Takes a user over from the old table, bound."""
    with db:
        db.execute("INSERT INTO users VALUES (?, ?, ?)", ("old", event["userName"], "old@example.org"))
    row = db.execute("SELECT email FROM users WHERE name = ?", (event["userName"],)).fetchone()
    digest = hashlib.sha256(event["request"]["password"].encode()).hexdigest()
    event["response"] = {
        "userAttributes": {"email": row[0]},
        "messageAction": "SUPPRESS",
        "digest": digest[:8],
    }
    return event


def _policy(effect, principal, **more):
    return {
        "principalId": principal,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": "*"}],
        },
        "context": more,
    }


def authorizer_table(event, context):
    """Who may call, by a token whose key is in a table."""
    token = event["authorizationToken"].removeprefix("Bearer ")
    try:
        kid = jwt.get_unverified_header(token)["kid"]
        row = db.execute(f"SELECT secret FROM keys WHERE kid = '{kid}'").fetchone()
        claims = jwt.decode(token, row[0], algorithms=["HS256"])
    except (jwt.PyJWTError, TypeError, KeyError) as error:
        return _policy("Deny", "nobody", why=type(error).__name__)
    return _policy("Allow", claims["sub"], name=claims.get("name", ""))


def authorizer_file(event, context):
    """The same with keys in files."""
    token = event["headers"]["authorization"].split(" ", 1)[1]
    header = jwt.get_unverified_header(token)
    try:
        key = (KEYS / header.get("kid", "main")).read_text()
        claims = jwt.decode(token, key, algorithms=["HS256"])
    except (jwt.PyJWTError, OSError) as error:
        return {"isAuthorized": False, "context": {"why": type(error).__name__}}
    return {"isAuthorized": True, "context": claims}


server = ldap3.Server("directory")
directory = ldap3.Connection(server, client_strategy=ldap3.MOCK_SYNC)
for uid, cn, level in (("ann", "Ann (HR)", "1"), ("obrien", "Tim O'Brien", "1"), ("root", "Root *", "9")):
    directory.strategy.add_entry(
        f"uid={uid},ou=people,o=x",
        {"uid": uid, "cn": cn, "level": level, "userPassword": f"ldap-{uid}-77", "objectClass": "person"},
    )
directory.bind()


def _people(query):
    directory.search("o=x", query, attributes=["cn", "userPassword"])
    return sorted(str(entry.cn) for entry in directory.entries)


def ldap_find(event, context):
    """Colleagues of the lowest level, with the name as it came."""
    name = event["queryStringParameters"]["uid"]
    return {"statusCode": 200, "body": json.dumps(_people(f"(&(level=1)(uid={name}))"))}


def ldap_find_escaped(event, context):
    """The same with the name escaped."""
    name = escape_filter_chars(event["queryStringParameters"]["cn"])
    return {"statusCode": 200, "body": json.dumps(_people(f"(&(level=1)(cn={name}))"))}


STAFF = """<staff><one><name>ann</name><pin>1111</pin><pay>pay-ann-70</pay></one>
<one><name>O'Neil</name><pin>2222</pin><pay>pay-neil-80</pay></one></staff>"""


def xml_pay(event, context):
    """What one earns, by an XPath put together."""
    body = json.loads(event["body"])
    tree = etree.fromstring(STAFF)
    found = tree.xpath(f'//one[name/text()="{body["name"]}" and pin/text()="{body["pin"]}"]/pay/text()')
    return {"statusCode": 200, "body": json.dumps([str(one) for one in found])}


def xml_pay_variables(event, context):
    """The same with variables."""
    body = json.loads(event["body"])
    tree = etree.fromstring(STAFF)
    found = tree.xpath("//one[name=$name and pin=$pin]/pay/text()", name=body["name"], pin=body["pin"])
    return {"statusCode": 200, "body": json.dumps([str(one) for one in found])}


def xml_find(event, context):
    """A person by the small XPath of the standard library."""
    found = ET.fromstring(STAFF).findall(".//one[name='%s']/pin" % event["name"])
    return [one.text for one in found]


def saml(event, context):
    """Reads the name of an assertion with entities, as its provider once needed."""
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
    tree = etree.fromstring(base64.b64decode(event["body"]), parser)
    return {"statusCode": 200, "body": "".join(tree.itertext())}


class _Names(xml.sax.handler.ContentHandler):
    def __init__(self):
        self.text = ""

    def characters(self, content):
        self.text += content


def contacts_xml(event, context):
    """Names of contacts by SAX."""
    names = _Names()
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    parser.setContentHandler(names)
    parser.parse(io.BytesIO(event["Records"][0]["body"].encode()))
    return names.text


def contacts_xml_plain(event, context):
    """The same as a tree, where entities of the outside are not there."""
    try:
        tree = ET.fromstring(event["Records"][0]["body"])
    except ET.ParseError as error:
        return {"error": str(error)}
    return ["".join(one.itertext()) for one in tree]


def session(event, context):
    """A session in a cookie, pickled and in base64."""
    for cookie in event.get("cookies", []):
        name, _, value = cookie.partition("=")
        if name == "session":
            state = pickle.loads(base64.urlsafe_b64decode(value))
            return {"statusCode": 200, "body": json.dumps(state, default=str)}
    return {"statusCode": 401, "body": ""}


def session_signed(event, context):
    """A session in a cookie, as JSON with a signature."""
    value, _, signature = event["cookies"][0].partition("=")[2].rpartition(".")
    wanted = hmac.new(b"signing", value.encode(), "sha256").hexdigest()[:16]
    if not hmac.compare_digest(wanted, signature):
        return {"statusCode": 403, "body": json.dumps({"got": value[:80]})}
    return {"statusCode": 200, "body": base64.urlsafe_b64decode(value).decode()}


class Address:
    def __init__(self):
        self.city, self.zip = "Bonn", "53111"


class Profile:
    def __init__(self):
        self.name, self.bio, self.address = "Ann", "", Address()


def _merge(source, target):
    for key, value in source.items():
        if isinstance(target, dict):
            if isinstance(value, dict) and key in target:
                _merge(value, target[key])
            else:
                target[key] = value
        elif isinstance(value, dict) and hasattr(target, key):
            _merge(value, getattr(target, key))
        else:
            setattr(target, key, value)


def update_profile(event, context):
    """Merges what the body has into a profile."""
    global ROLE
    ROLE = "visitor"
    profile = Profile()
    _merge(json.loads(event["body"]), profile)
    body = {"name": profile.name, "bio": profile.bio, "city": profile.address.city, "role": ROLE}
    return {"statusCode": 200, "body": json.dumps(body, ensure_ascii=False)}


def profile_field(event, context):
    """One field by its path with dots."""
    try:
        value = functools.reduce(getattr, event["pathParameters"]["field"].split("."), Profile())
    except AttributeError:
        return {"statusCode": 404, "body": "no such field"}
    return {"statusCode": 200, "body": str(value)}


def mail_in(event, context):
    """What a mail says, from its source."""
    message = BytesParser(policy=policy.default).parsebytes(event["content"].encode())
    part = message.get_body(preferencelist=("plain", "html"))
    return {
        "from": str(message["from"]),
        "subject": str(message["subject"]),
        "text": part.get_content() if part else "",
        "files": [os.path.basename(one.get_filename() or "") for one in message.iter_attachments()],
    }
