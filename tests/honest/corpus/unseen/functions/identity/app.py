"""Sign-up, tokens, sessions, permissions, features and languages."""

import base64
import binascii
import gettext
import hashlib
import hmac
import json
import locale
import logging
import re
import secrets
import string
import time
import urllib.parse
import uuid
import zlib
from functools import wraps
from http import cookies

import jwt
import structlog
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from jsonschema import ValidationError, validate
from marshmallow import Schema, fields
from marshmallow import ValidationError as Invalid

KEY = "a-key-of-thirty-two-characters!!"
logger = logging.getLogger("identity")
structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()])
log = structlog.get_logger()
PERMISSIONS = {"admin": {"*"}, "editor": {"orders:read", "orders:write"}, "viewer": {"orders:read"}}
TEXTS = {"en": {"hi": "Hi %(name)s", "n": "%d items"}, "de": {"hi": "Hallo %(name)s", "n": "%d Artikel"}}
SCHEMA = {
    "type": "object",
    "required": ["email"],
    "properties": {"email": {"type": "string", "pattern": "^[^@]+@[^@]+$"}, "age": {"type": "integer"}},
    "additionalProperties": False,
}
FEATURES = {
    "beta": {"rules": [{"field": "country", "op": "in", "value": ["DE", "FR"]}]},
    "fast": {"rules": [{"field": "plan", "op": "is", "value": "pro"}]},
}


def authorised(scope):
    def decorate(act):
        @wraps(act)
        def inner(event, context):
            token = event["headers"].get("authorization", "").partition(" ")[2]
            try:
                claims = jwt.decode(
                    token, KEY, algorithms=["HS256"], audience="shop", options={"verify_exp": False}
                )
            except jwt.PyJWTError as error:
                logger.warning("refused: %s", error)
                return {"statusCode": 401, "body": type(error).__name__}
            if scope not in claims.get("scope", "").split():
                return {"statusCode": 403, "body": scope}
            return act(event, context, claims)

        return inner

    return decorate


@authorised("orders:read")
def protected(event, context, claims):
    return {"statusCode": 200, "body": claims["sub"]}


def make_token(event, context):
    return jwt.encode(
        {"sub": event["user"], "aud": "shop", "scope": event.get("scope", "")}, KEY, algorithm="HS256"
    )


def asymmetric(event, context):
    key = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"seed").digest())
    token = jwt.encode({"sub": event["user"]}, key, algorithm="EdDSA")
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return jwt.decode(token, public, algorithms=["EdDSA"])["sub"]


def header_of_token(event, context):
    try:
        return sorted(jwt.get_unverified_header(event["token"]))
    except jwt.DecodeError:
        return "no token"


def password(event, context):
    derived = hashlib.pbkdf2_hmac("sha256", event["password"].encode(), b"salt", 1000)
    return hmac.compare_digest(derived.hex()[:8], event.get("hash", ""))


def derived_key(event, context):
    kdf = PBKDF2HMAC(algorithm=hashes.SHA256(), length=32, salt=b"salt", iterations=1000)
    box = Fernet(base64.urlsafe_b64encode(kdf.derive(event["secret"].encode())))
    return box.decrypt(box.encrypt(event["text"].encode())).decode()


def session_cookie(event, context):
    jar = cookies.SimpleCookie()
    jar.load("; ".join(event.get("cookies", [])))
    session = jar["session"].value if "session" in jar else ""
    try:
        data, _, mark = session.partition(".")
        if hmac.new(KEY.encode(), data.encode(), "sha256").hexdigest()[:10] != mark:
            raise ValueError("mark")
        return json.loads(base64.urlsafe_b64decode(data + "=="))
    except (ValueError, binascii.Error) as error:
        return str(error)[:20]


def permitted(event, context):
    granted = set().union(*(PERMISSIONS.get(role, set()) for role in event["roles"]))
    return "*" in granted or event["action"] in granted


def policy(event, context):
    allow = event["authorizationToken"].startswith("Bearer ok")
    _, _, _, region, account, rest = event["methodArn"].split(":", 5)
    api, stage, method, *path = rest.split("/")
    return {
        "principalId": "user",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if allow else "Deny",
                    "Resource": f"arn:aws:execute-api:{region}:{account}:{api}/{stage}/{method}/{'/'.join(path)}",
                }
            ],
        },
        "context": {"path": "/".join(path)},
    }


def schema_checked(event, context):
    try:
        validate(event["body"], SCHEMA)
    except ValidationError as error:
        return [error.validator, list(error.path)]
    return "valid"


class Person(Schema):
    name = fields.String(required=True)
    email = fields.Email()
    born = fields.Date()


def marshalled(event, context):
    try:
        return Person().dump(Person().load(event["person"]))
    except Invalid as error:
        return error.messages


def sign_up(event, context):
    attributes = event["request"]["userAttributes"]
    if not re.fullmatch(r"[A-Za-z0-9_.@'-]{3,60}", event["userName"]):
        raise ValueError("name")
    event["response"]["autoConfirmUser"] = attributes["email"].endswith("@example.org")
    logger.info("%s signed up from %s", event["userName"], event["region"])
    return event


def migrate(event, context):
    known = {"ada": hashlib.sha256(b"tea").hexdigest()}
    given = hashlib.sha256(event["request"]["password"].encode()).hexdigest()
    if known.get(event["userName"]) != given:
        return None
    event["response"] = {
        "userAttributes": {"email": f"{event['userName']}@example.org"},
        "finalUserStatus": "CONFIRMED",
    }
    return event


def one_time_code(event, context):
    counter = int(event["time"]) // 30
    digest = hmac.new(base64.b32decode(event["secret"]), counter.to_bytes(8, "big"), "sha1").digest()
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"


def identifiers(event, context):
    made = uuid.uuid5(uuid.NAMESPACE_URL, f"https://example.org/{event['name']}")
    return [
        str(made),
        uuid.UUID(event["id"]).version,
        len(secrets.token_hex(4)),
        len("".join(secrets.choice(string.digits) for _ in range(6))),
    ]


def language(event, context):
    wanted = [one.split(";")[0].strip()[:2] for one in event["headers"].get("Accept-Language", "").split(",")]
    texts = TEXTS[next((one for one in wanted if one in TEXTS), "en")]
    return [
        texts["hi"] % {"name": event["name"]},
        texts["n"] % event["n"],
        gettext.ngettext("item", "items", event["n"]),
    ]


def money(event, context):
    try:
        locale.setlocale(locale.LC_ALL, "C.UTF-8")
    finally:
        text = locale.format_string("%d", event["n"], grouping=True)
    return [text, f"{event['n']:,}".replace(",", "."), time.strftime("%Y", time.gmtime(0))]


def feature(event, context):
    checks = {"in": lambda a, b: a in b, "is": lambda a, b: a == b}
    return {
        name: all(checks[r["op"]](event["user"].get(r["field"]), r["value"]) for r in one["rules"])
        for name, one in FEATURES.items()
    }


def rollout(event, context):
    return zlib.crc32(f"{event['feature']}:{event['user']}".encode()) % 100 < int(event["percent"])


def logged(event, context):
    log.info("login", user=event["user"], agent=event["headers"].get("User-Agent"))
    logger.error("failed for %r", event["user"], extra={"agent": event["headers"].get("User-Agent")})
    print(f"user={event['user']}")
    return "ok"


def magic_link(event, context):
    mark = hmac.new(KEY.encode(), event["email"].encode(), "sha256").hexdigest()[:16]
    query = urllib.parse.urlencode({"email": event["email"], "mark": mark, "next": event.get("next", "/")})
    link = urllib.parse.urlunsplit(("https", "shop.example.org", "/login", query, ""))
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query))["email"]


def tampered(event, context):
    try:
        return Fernet(Fernet.generate_key()).decrypt(event["token"].encode()).decode()
    except InvalidToken:
        return "invalid"
