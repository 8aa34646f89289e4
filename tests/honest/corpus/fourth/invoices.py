"""Invoices, messages, tokens and packed formats."""

import hashlib
import hmac
import json

from tests.honest.corpus.third import (
    BASE64,
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    LONG,
    MARKDOWN,
    NAME,
    PATHY,
    SHELLY,
    TEMPLATE,
    UNICODE,
    URL,
    http,
)

NEEDS = ("aws-http",)


def _hook(text: str) -> dict[str, object]:
    body = json.dumps({"object": {"id": "py_1", "description": text}})
    sign = hmac.new(b"whsec", f"1781000000.{body}".encode(), hashlib.sha256).hexdigest()
    return http("POST", "/h", body, headers={"x-signature": f"t=1781000000,v1={sign}"})


REQUESTS = {
    "invoice_page": [
        {
            "customer": COMPANY,
            "number": "R-2026/017",
            "day": "2026-03-14",
            "lines": [{"name": "${1+1}", "price": 2.5, "count": 3}],
            "note": HTML,
        },
        {
            "customer": TEMPLATE,
            "number": "../x",
            "day": "2024-02-29",
            "lines": [{"name": COMMENT, "price": -1.255, "count": 1}],
        },
    ],
    "reminder": [
        {"name": NAME, "days": "21", "note": "% for x in y:\n${x}"},
        {"name": "${name}", "days": 3, "note": MARKDOWN},
    ],
    "bank_file": [
        {
            "payments": [
                {"ref": 'a"b', "name": "Ö & <Co>", "amount": 3},
                {"ref": "&amp;", "name": "]]>", "amount": "-2.005"},
            ]
        }
    ],
    "token": [{"user": "o'neill|1", "scope": "read:all; drop"}, {"user": NAME, "scope": JSON_TEXT}],
    "checked_token": [
        http("GET", "/", headers={"authorization": one})
        for one in ("Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "' OR 1=1")
    ],
    "sealed": [{"secret": {"pin": "1' --", "text": CODE}}, {"secret": LONG}, {"secret": [NAME, -1.5, None]}],
    "packed": [
        {"document": {"a": [1, -2.5, None], "o'x": UNICODE}},
        {"document": [BASE64, {"__class__": SHELLY}]},
        {"document": MARKDOWN},
    ],
    "order": [
        http("POST", "/o", {"name": COMPANY, "total": "-12.50", "day": "2026-03-14"}),
        http("POST", "/o", {"name": LONG, "total": "1; drop", "x": 1}),
        http("POST", "/o", {"name": "{self.fields}", "total": 1e3}),
    ],
    "signed_hook": [_hook("it's paid; thanks -- Bob"), _hook(JSON_TEXT)],
    "ledger": [
        http("POST", "/l", "account;amount\nO'Dea;1.234,50\nO'Dea;-3\nselect;0,10\n"),
        http("POST", "/l", "account;amount\n=1+1;2\n"),
    ],
    "scrape": [
        {
            "page": "<ul><li class='item' data-price=\"1'2\">Tea & <b>co</b></li><li class=item data-price=2>{{x}}</li></ul>"
        },
        {"page": HTML + "<li class='item'>//li[@x]</li>"},
    ],
    "label": [{"text": "O&#39;Neill &amp; Co"}, {"text": UNICODE}, {"text": "=1+1;drop"}],
    "bundle": [
        {
            "files": [
                {"name": PATHY, "text": COMMENT},
                {"name": "a.txt", "text": CODE},
                {"name": "x/a.txt", "text": ""},
            ]
        },
        {"files": [{"name": "o'x;.sh", "text": SHELLY}]},
    ],
    "callback": [
        {"id": 1, "kind": "invoice.paid", "note": URL},
        {"id": "x", "kind": "it's; a=b", "note": HTML},
    ],
}
