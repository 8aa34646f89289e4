"""Sign-in."""

import base64
import hashlib
import hmac
import json
import pickle
import subprocess

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifth import (
    EMOJI,
    IRISH,
    JAVA,
    NESTED,
    PROSE,
    QUOTED,
    SCRIPTS,
    SNIPPET,
    TICKET,
    WINDOWS,
    gateway,
    url,
)

NEEDS = ("redis",)
MAIN = "main-key-" + "k" * 40
ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1/live/GET/orders"


class _Call:
    def __reduce__(self) -> tuple[object, ...]:
        return subprocess.getoutput, ("id; true",)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _token(kid: str, key: str, **claims: str) -> str:
    head = _text(json.dumps({"alg": "HS256", "typ": "JWT", "kid": kid}).encode())
    signed = f"{head}.{_text(json.dumps(claims).encode())}"
    return f"{signed}.{_text(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest())}"


def _authorizer(kid: str, key: str, sub: str = "ann") -> dict[str, object]:
    return {"type": "TOKEN", "methodArn": ARN, "authorizationToken": "Bearer " + _token(kid, key, sub=sub)}


def _simple(kid: str, key: str, sub: str = "ann") -> dict[str, object]:
    return url("GET", "/orders", headers={"authorization": "Bearer " + _token(kid, key, sub=sub)})


def _cognito(trigger: str, name: str, /, **attributes: str) -> dict[str, object]:
    return {
        "version": "1",
        "triggerSource": trigger,
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_x",
        "userName": name,
        "callerContext": {"awsSdkVersion": "x", "clientId": "c"},
        "request": {"userAttributes": {"email": "x@example.org", **attributes}, "codeParameter": "{####}"},
        "response": {},
    }


def _cart(value: object, protocol: int = 4) -> dict[str, object]:
    cookie = base64.urlsafe_b64encode(pickle.dumps(value, protocol)).decode()
    return url("GET", "/cart", cookies=["theme=dark", f"cart={cookie}"])


def _login(user: str, password: str) -> dict[str, object]:
    return gateway("POST", "/login", {"user": user, "password": password})


def _settings(**body: object) -> dict[str, object]:
    return gateway("PUT", "/settings", body)


PRE = "TokenGeneration_Authentication"
SIGNING = "signing-secret-of-the-service-3141592653"
BANNER = "Welcome to the public site, everybody can read this."
REQUESTS = {
    "pre_token": [_cognito(PRE, "ann"), _cognito(PRE, "bob"), _cognito(PRE, "google_1153-select.x")],
    "post_confirmation": [
        _cognito("PostConfirmation_ConfirmSignUp", "O'Brien", email="o'brien+x@example.org"),
        _cognito("PostConfirmation_ConfirmSignUp", "x'); DROP TABLE users; --", email='"a b"@example.org'),
    ],
    "custom_message": [
        _cognito("CustomMessage_SignUp", "u", name="${code} $name {{x}}"),
        _cognito("CustomMessage_SignUp", "u", name=IRISH),
    ],
    "token_authorizer": [
        _authorizer("main.pem", MAIN),
        _authorizer("main.pem", "wrong" * 10),
        _authorizer("other-key.v2.pem", MAIN, "O'Brien"),
    ],
    "table_authorizer": [
        _simple("k1", SIGNING),
        _simple("k1", SIGNING, "O'Brien; --"),
        _simple("k-2026/05", "x" * 40),
    ],
    "path_authorizer": [
        {**gateway("GET", "/users/1", headers={"x-user": "ann"}), "methodArn": ARN},
        {**gateway("GET", "/orders/../users", headers={"x-user": "bob"}), "methodArn": ARN},
        {**gateway("GET", "/orders", headers={"x-user": "' OR 1=1 --"}), "methodArn": ARN},
    ],
    "ldap_login": [_login("ann", "pw"), _login("ann", "correct; horse & battery"), _login("cn=x,dc=y", "pw")],
    "ldap_find": [{"name": "O'Brien (Sales)"}, {"name": "bob*"}, {"name": "*)(uid=*"}, {"name": SCRIPTS}],
    "cart": [url("GET", "/cart"), _cart([{"sku": "O'B-1", "n": 2}]), _cart([TICKET, 2.5, None], 2)],
    "cart_signed": [
        url("POST", "/cart", {"add": {"sku": "os.system", "note": SNIPPET}}),
        url("POST", "/cart", {"add": NESTED}, cookies=["cart=eyJhIjoxfQ.bad"]),
    ],
    "settings": [
        _settings(theme="dark"),
        _settings(language="ga", limits={"rows": 50, "o'x": JAVA}),
        _settings(theme=QUOTED),
    ],
    "settings_checked": [
        _settings(theme=EMOJI, language="__class__"),
        _settings(__class__={"__init__": {"__globals__": {"DEFAULT_ROLE": "x"}}}, theme=WINDOWS),
    ],
    "visits": [{"page": "/docs/index.html?a=1"}, {"page": "Jörg & Söhne -- 100%"}],
    "visits_bound": [
        {"page": "O'Brien'), 1) --", "note": PROSE},
        {"page": "x') .. redis.call('GET', 'fifth:service-key", "note": "]] return 1"},
    ],
}
ATTACKS = [
    Attack("SQL", "pre_token", _cognito(PRE, "x' UNION SELECT 'admin', secret FROM signing --"), SIGNING),
    Attack("SQL", "pre_token", _cognito(PRE, "bob' AND 0 UNION SELECT 'super'||'user', 'x"), "superuser"),
    Attack("path", "token_authorizer", _authorizer("../banner.txt", BANNER, "root"), '"Allow"'),
    Attack(
        "path", "token_authorizer", _authorizer("/tmp/fifth-identity/banner.txt", BANNER, "root"), '"Allow"'
    ),
    Attack("path", "token_authorizer", _authorizer("/proc/sys/kernel/ostype", "Linux\n", "root"), '"Allow"'),
    Attack(
        "SQL",
        "table_authorizer",
        _simple("x' UNION SELECT '" + "a" * 40, "a" * 40, "root"),
        '"isAuthorized": true',
    ),
    Attack("LDAP", "ldap_login", _login("*", "*"), "ldap-pin-7"),
    Attack("LDAP", "ldap_login", _login("ann)(|(uid=ann", "x)(uid=ann)"), "ldap-pin-7"),
    Attack("LDAP, blind", "ldap_login", _login("ann)(pager=ldap*", "pw"), "ldap-pin-7"),
    Attack("pickle", "cart", _cart(_Call()), "uid="),
    Attack("pickle", "cart", _cart([1, {"a": _Call()}], 0), "uid="),
    Attack(
        "attribute pollution",
        "settings",
        _settings(__init__={"__globals__": {"DEFAULT_ROLE": "owner-of-all"}}),
        "owner-of-all",
    ),
    Attack(
        "attribute pollution",
        "settings",
        _settings(theme="x", __class__={"__init__": {"__globals__": {"DEFAULT_ROLE": "owner-by-class"}}}),
        "owner-by-class",
    ),
    Attack(
        "Lua",
        "visits",
        {"page": "x', 1); do return redis.call('GET', 'fifth:service-key') end --"},
        "redis-key-2718",
    ),
]
