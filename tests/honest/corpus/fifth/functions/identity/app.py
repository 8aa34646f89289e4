"""Sign-in: Cognito's triggers, authorizers, directories, sessions."""

import base64
import json
import os
import pickle
import sqlite3
from http.cookies import SimpleCookie
from pathlib import Path
from string import Template

import jwt
import ldap3
import redis
from itsdangerous import BadSignature, URLSafeSerializer
from ldap3.utils.conv import escape_filter_chars

KEYS = Path("/tmp/fifth-identity/keys")
KEYS.mkdir(parents=True, exist_ok=True)
(KEYS / "main.pem").write_text("main-key-" + "k" * 40)
(KEYS.parent / "banner.txt").write_text("Welcome to the public site, everybody can read this.")
DEFAULT_ROLE = "reader"


def users():
    db = sqlite3.connect(":memory:")
    db.executescript(
        "create table users (name text, role text, mail text); insert into users values ('ann', 'admin', 'ann@example.org'), ('bob', 'reader', 'bob@example.org');"
        "create table signing (kid text, secret text); insert into signing values ('k1', 'signing-secret-of-the-service-3141592653');"
    )
    return db


def pre_token(event, context):
    """Cognito, before a token is made: claims by the user's name."""
    row = users().execute(f"SELECT role, mail FROM users WHERE name = '{event['userName']}'").fetchone()
    claims = {"role": row[0], "contact": row[1]} if row else {"role": "none"}
    event["response"] = {"claimsOverrideDetails": {"claimsToAddOrOverride": claims}}
    return event


def post_confirmation(event, context):
    """Cognito, after a sign-up: the attributes into a table."""
    attributes = event["request"]["userAttributes"]
    db = users()
    db.execute("INSERT INTO users VALUES (?, ?, ?)", (event["userName"], "reader", attributes["email"]))
    found = db.execute("SELECT * FROM users WHERE name = ?", (event["userName"],)).fetchone()
    return {**event, "response": {"kept": list(found)}}


def custom_message(event, context):
    """Cognito, a mail of a fixed template."""
    text = Template("Hello $name, your code is ${code}. It costs $$0.").safe_substitute(
        name=event["request"]["userAttributes"].get("name", ""), code=event["request"]["codeParameter"]
    )
    event["response"] = {"emailSubject": "Your code", "emailMessage": text}
    return event


def policy(principal, effect, arn, **more):
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": more,
    }


def token_authorizer(event, context):
    """A token whose header names the file with its key."""
    token = event["authorizationToken"].removeprefix("Bearer ")
    try:
        kid = jwt.get_unverified_header(token)["kid"]
        with open(os.path.join(KEYS, kid)) as file:
            claims = jwt.decode(token, file.read(), algorithms=["HS256"])
    except (jwt.PyJWTError, OSError, KeyError) as error:
        return policy("nobody", "Deny", event["methodArn"], why=type(error).__name__)
    return policy(claims["sub"], "Allow", event["methodArn"])


def table_authorizer(event, context):
    """A token whose header names the row with its key."""
    token = event["headers"]["authorization"].removeprefix("Bearer ")
    try:
        kid = jwt.get_unverified_header(token).get("kid", "")
        row = users().execute(f"SELECT secret FROM signing WHERE kid = '{kid}'").fetchone()
        claims = jwt.decode(token, row[0] if row else "x" * 40, algorithms=["HS256"])
    except (jwt.PyJWTError, sqlite3.Error) as error:
        return {"isAuthorized": False, "context": {"why": type(error).__name__}}
    return {"isAuthorized": True, "context": {"user": claims["sub"]}}


def path_authorizer(event, context):
    """Roles by parts of a path, from a list."""
    rights = {"admin": {"orders", "users"}, "reader": {"orders"}}
    row = (
        users().execute("SELECT role FROM users WHERE name = ?", (event["headers"].get("x-user"),)).fetchone()
    )
    area = event["path"].strip("/").split("/")[0]
    is_allowed = row is not None and area in rights[row[0]]
    return policy(
        event["headers"].get("x-user") or "nobody", "Allow" if is_allowed else "Deny", event["methodArn"]
    )


def directory():
    server = ldap3.Server("directory")
    connection = ldap3.Connection(server, client_strategy=ldap3.MOCK_SYNC)
    for name, mail, pin in (
        ("ann", "ann@example.org", "ldap-pin-7"),
        ("O'Brien (Sales)", "ob@example.org", "2"),
        ("bob*", "b@example.org", "3"),
    ):
        connection.strategy.add_entry(
            f"uid={name.translate(str.maketrans('', '', '()*'))},ou=people,dc=example",
            {"objectClass": "person", "uid": name, "mail": mail, "pager": pin, "userPassword": "pw"},
        )
    connection.bind()
    return connection


def ldap_login(event, context):
    """A sign-in by a filter of two values."""
    body = json.loads(event["body"])
    connection = directory()
    connection.search(
        "ou=people,dc=example",
        f"(&(uid={body['user']})(userPassword={body['password']}))",
        attributes=["uid", "mail", "pager"],
    )
    found = [one["attributes"] for one in connection.response]
    return {
        "statusCode": 200 if found else 401,
        "body": json.dumps([[str(one["mail"][0]), str(one["pager"][0])] for one in found]),
    }


def ldap_find(event, context):
    """People by a name, with its signs escaped."""
    connection = directory()
    connection.search(
        "ou=people,dc=example",
        f"(|(uid={escape_filter_chars(event['name'])})(mail={escape_filter_chars(event['name'])}))",
        attributes=["mail"],
    )
    return sorted(str(one["attributes"]["mail"][0]) for one in connection.response)


def cart(event, context):
    """A cart in a cookie, pickled."""
    jar = SimpleCookie("; ".join(event.get("cookies") or []))
    items = pickle.loads(base64.urlsafe_b64decode(jar["cart"].value)) if "cart" in jar else []
    return {"statusCode": 200, "body": json.dumps({"items": str(items)})}


signer = URLSafeSerializer("cookie-key", salt="cart")


def cart_signed(event, context):
    """A cart in a signed cookie, as JSON."""
    jar = SimpleCookie("; ".join(event.get("cookies") or []))
    try:
        items = signer.loads(jar["cart"].value) if "cart" in jar else []
    except BadSignature:
        items = []
    items = [*items, json.loads(event["body"])["add"]]
    value = signer.dumps(items)
    return {"statusCode": 200, "items": signer.loads(value), "size": len(value) > 10}


class Settings:
    def __init__(self):
        self.language, self.theme, self.limits = "en", "light", {"rows": 10}


def merge(source, target):
    """A deep merge of a document into an object."""
    for name, value in source.items():
        if isinstance(target, dict):
            if isinstance(target.get(name), dict) and isinstance(value, dict):
                merge(value, target[name])
            else:
                target[name] = value
        elif hasattr(target, name) and isinstance(value, dict):
            merge(value, getattr(target, name))
        else:
            setattr(target, name, value)


def settings(event, context):
    """A user's settings merged into an object; the role comes from the function's own."""
    mine = Settings()
    merge(json.loads(event["body"]), mine)
    return {
        "statusCode": 200,
        "body": json.dumps({"theme": mine.theme, "limits": mine.limits, "role": DEFAULT_ROLE}),
    }


def settings_checked(event, context):
    """The same with names of a list."""
    mine = Settings()
    for name, value in json.loads(event["body"]).items():
        if name in ("language", "theme") and isinstance(value, str):
            setattr(mine, name, value)
    return {"statusCode": 200, "body": json.dumps([mine.language, mine.theme])}


def server():
    db = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    db.set("fifth:service-key", "redis-key-2718")
    return db


def visits(event, context):
    """A counter by a script in the server that has the page's name in its text."""
    return server().eval(
        f"redis.call('SET', 'fifth:v:{event['page']}', 4); return redis.call('GET', 'fifth:v:{event['page']}')",
        0,
    )


def visits_bound(event, context):
    """The same with a key."""
    key = f"fifth:w:{event['page']}"
    return server().eval(
        "redis.call('SET', KEYS[1], ARGV[1]); return redis.call('GET', KEYS[1])", 1, key, event["note"]
    )
