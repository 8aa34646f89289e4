"""A fruit farm's shop in the usual layers."""

import base64
import hashlib
import hmac
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fourteenth import (
    ESSAY,
    FOLK,
    GRUMBLE,
    HTML,
    LISTING,
    NOTES,
    PATTERN,
    SPOTS,
    api,
    bus,
    cognito,
    get,
    one,
    post,
    sns,
    sqs,
)

NEEDS = ()
PIN = "orchard-pin-9086"


def _patch(sku: str, **fields: object) -> dict[str, object]:
    return api("PATCH", "/products/{sku}", fields, ids={"sku": sku})


def _orders(state: str = "", number: str = "1") -> dict[str, object]:
    return api("GET", "/customers/{id}/orders", ids={"id": number}, query={"state": state} if state else None)


def _paid(kind: str, secret: bytes = b"orchard-hook-5512", **metadata: str) -> dict[str, object]:
    body = json.dumps({"type": kind, "data": {"object": {"id": "pi_1", "metadata": metadata}}})
    sign = hmac.new(secret, f"1790000000.{body}".encode(), hashlib.sha256).hexdigest()
    return api("POST", "/hook", body, headers={"Pay-Signature": f"t=1790000000,v1={sign}"})


def _token(user: str, *, good: bool = True) -> dict[str, object]:
    sign = hmac.new(b"orchard-hook-5512", user.encode(), hashlib.sha256).hexdigest()[:16]
    return {
        "type": "TOKEN",
        "authorizationToken": f"Bearer {user}.{sign if good else 'x'}",
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:a/v1/GET/products",
    }


def _slots(**values: str) -> dict[str, object]:
    slots = {k: {"value": {"originalValue": v, "interpretedValue": v}} for k, v in values.items()}
    return {"bot": {"name": "farm"}, "sessionState": {"intent": {"name": "PickUp", "slots": slots}}}


def _ask(question: str, **more: object) -> dict[str, object]:
    return {"info": {"fieldName": "ask"}, "arguments": {"question": question, **more}}


def _track(number: str, **more: str) -> dict[str, object]:
    return {"tracking": {"number": number, **more}}


def _label(pattern: str, **more: object) -> dict[str, object]:
    return post("/labels", pattern=pattern, **more)


REQUESTS = {
    "products": [
        api("GET", "/products"),
        get("/products", q="granny's", sort="price"),
        get("/products", q="'Conference'; -- 50%", max="10"),
        get("/products", sort="newest"),
        get("/products", q="select apples", page="2", size="1"),
    ],
    "product": [one("/p", sku="AP-1"), one("/p", sku="O'HARA; 5"), one("/p", sku="HID")],
    "add_product": [
        post("/p", sku="QU-1", name="Quinces; it's new -- 50% off", price="3.5"),
        post("/p", sku="AP-1", name="again"),
        post("/p", sku="é'1", name=FOLK[2] + HTML),
        api("POST", "/p", "{broken"),
    ],
    "edit_product": [
        _patch("AP-1", name="Granny's -- best; 5 kg", price=11),
        _patch("PE-2", name=NOTES, active=False),
        _patch("no'x", name="y"),
    ],
    "customer_orders": [
        _orders(),
        _orders("paid"),
        _orders("on hold; ask -- Pat"),
        _orders("select (new)", "2"),
    ],
    "order_search": [
        api("GET", "/orders"),
        get("/orders", note="it's open", sort="total"),
        get("/orders", note="50%_x; --", sort="orders.total desc"),
        get("/orders", sort="note, id"),
    ],
    "place_order": [
        post(
            "/orders", email="Pat@Example.com", lines=[{"sku": "AP-1", "n": 2}, {"sku": "PE-2"}], note=GRUMBLE
        ),
        post("/orders", email="o'hara+x@example.com", name=FOLK[0], lines=[], note=SPOTS[0]),
        post("/orders", email="x@example.com", lines=[{"sku": "no; -- such"}]),
    ],
    "stats": [
        bus("Scheduled Event"),
        bus("Scheduled Event", note="it's; late"),
        bus("Manual -- run", by=FOLK[5]),
    ],
    "batch": [
        sqs({"order": "A'1; x", "amount": "12.345"}, "not json -- sorry", {"order": "B"}),
        sqs({"order": FOLK[4], "amount": 5, "currency": "CHF"}),
        sqs({"order": "C", "amount": "1,5 €"}),
    ],
    "payment_hook": [
        _paid("payment.succeeded", note="it's paid; -- thanks", cart='{"a": [1]}'),
        _paid("payment.failed", reason=HTML),
        _paid("x", b"other"),
    ],
    "token_policy": [_token("pat"), _token("o'hara@example.com"), _token("li wei; x", good=False)],
    "cursor_list": [
        api("GET", "/list"),
        get("/list", cursor=base64.urlsafe_b64encode(b'{"after": 1}').decode()),
        get("/list", cursor="it's broken; --"),
    ],
    "letter": [
        bus("Order", kind="shipped", name="Pat O'Neill", number="A-1; x", weight="5,5"),
        bus("Order", kind="paid", name="$name ${x}", amount="12 € -- net", number="7"),
        bus("Order", kind="paid.txt", name=FOLK[5]),
    ],
    "letter_known": [
        bus("Order", kind="paid", name=FOLK[2], amount="$5", number="it's 7; --"),
        bus("Order", kind="late; it's", name="x"),
        bus("Order", kind="shipped", name=GRUMBLE, weight="{{ x }}"),
    ],
    "invoice_html": [
        post(
            "/i",
            title="Invoice #5; it's due",
            rows=[{"name": "Apples <b>5 kg</b>", "price": "12.5"}],
            note=GRUMBLE,
        ),
        post("/i", title=FOLK[2], rows=[], note=LISTING),
        post("/i", title="x"),
    ],
    "invoice_csv": [api("GET", "/orders.csv"), get("/orders.csv", sep=";"), get("/orders.csv", sep="tab")],
    "rss": [
        {"items": [{"title": "It's harvest; come & see -- 50% off", "id": "a/b?c", "text": ESSAY[:2000]}]},
        {"items": [{"title": HTML, "text": "<![CDATA[x]]>"}, {"title": "Ünï", "id": 7}]},
        {"items": []},
    ],
    "custom_message": [
        cognito("CustomMessage_SignUp", "pat", name="Siobhán O'Donoghue; --"),
        cognito("CustomMessage_ForgotPassword", "li", name="{Li} <Wei> & co"),
        cognito("CustomMessage_Authentication", "x"),
    ],
    "local_time": [
        get("/t", zone="Europe/Dublin"),
        get("/t", zone="America/Argentina/Buenos_Aires", at="2026-12-24T18:00:00-05:00"),
        get("/t", zone="O'Clock; zone"),
        get("/t", zone="Asia/Tokyo", at="tomorrow -- noon"),
    ],
    "slots": [
        _slots(Name="Pat O'Neill; --", Day="2026-05-09"),
        _slots(Day="some day; soon"),
        _slots(Name="Zoë", Day="2026-W20-1"),
    ],
    "prompt": [
        _ask("What's the best apple for a pie; -- and why? {x}"),
        _ask(
            "Ignore the pears; select plums",
            history=[{"role": "user", "content": NOTES}, {"role": "assistant", "content": HTML}],
        ),
        _ask(GRUMBLE, history=[{"role": "system", "content": LISTING}]),
    ],
    "shipping": [
        _track("JJD0146000012345"),
        _track("RX 123 456-7 IE"),
        _track("O'H_77.b"),
        _track("missing"),
    ],
    "shipping_quoted": [_track("A/B; 5?c#d", lang="de-AT"), _track("it's 50%"), _track("..77", lang="x&y=z")],
    "labels": [
        _label("{product.name} ({n}x) -- it's fresh; {product.price:.2f} EUR", n=3),
        _label("{product.sku!r:>12} {{best before}}", sku="PE-2"),
        _label("100% fruit {weight}"),
    ],
    "keywords": [
        sns({"review": "The apples aren't bad; they're GREAT -- really great! 10/10"}),
        sns({"review": ESSAY[:3000]}),
        sns({"review": PATTERN}),
    ],
    "router": [
        api("GET", "/products/AP-1"),
        api("GET", "/products/", query={"q": "pear's"}),
        api("POST", "/products", {"sku": "X'1", "name": "New; it's -- x"}),
        api("DELETE", "/products/O'Hara; 7"),
    ],
}

ATTACKS = [
    Attack("SQL, ORM's text", "customer_orders", _orders("x' UNION SELECT email, secret, id FROM customers --"), PIN),
    Attack("SQL, ORM's text", "customer_orders", _orders("new' OR state = 'internal"), '\\"internal\\"'),
    Attack("SQL, ORM's text", "customer_orders", _orders("'/**/or/**/exists(select/**/1)/**/union/**/select/**/secret,2,3/**/from/**/customers/**/where/**/'1'='1"), PIN),
    Attack("SQL, ORM's order", "order_search", get("/o", sort="json_extract('{}', (SELECT secret FROM customers WHERE id = 2))"), PIN),
    Attack("SQL, ORM's order", "order_search", get("/o", sort="1 LIMIT -1 OFFSET json_extract('[]', (select group_concat(secret) from customers))"), PIN),
    Attack("path", "letter", bus("O", kind="../app.py"), "orchard-hook-5512"),
    Attack("path", "letter", bus("O", kind="../../../../../../../../../../etc/./passwd"), "root:x:0:0"),
    Attack("path", "letter", bus("O", kind="/proc/../etc/passwd"), "root:x:0:0"),
    Attack("request, path", "shipping", _track("../internal/x"), "internal-token-4711"),
    Attack("request, path", "shipping", _track("../../internal?"), "internal-token-4711"),
    Attack("request, path", "shipping", _track("1?apikey=x&admin=true#"), "admin=true"),
    Attack("format", "labels", _label("{product.__class__.__module__} {product.metadata.tables[customers].columns}"), "customers.secret"),
    Attack("format", "labels", _label("{product._sa_instance_state.session.bind.dialect.dbapi!r}"), "sqlite3"),
]  # fmt: skip
