"""A market's orders in services of AWS."""

import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixteenth import AWKWARD, GUESTS, PROSE, api, b64, rule, sqs

NEEDS = ()
KEY = "bazaar-secret-7712"


def _get(**query: str) -> dict[str, object]:
    return api("GET", "/orders", query=query)


def _one(number: str, body: object = None) -> dict[str, object]:
    return api("PATCH" if body else "GET", "/orders/{id}", body, ids={"id": number})


def _scan(*filters: tuple[str, str]) -> dict[str, object]:
    return api("POST", "/scan", {"filters": [{"name": n, "value": v} for n, v in filters]})


def _at(**place: str) -> dict[str, object]:
    return _get(at=b64(json.dumps(place)))


REQUESTS = {
    "orders": [_get(), _get(state="sent", q="'old'")] + [_get(state=one, q=one) for one in AWKWARD],
    "orders_filter": [_get(), _get(field="title", value="Lamp, 'old'"), _get(field="sk", value="o-1; --")],
    "orders_names": [_get(field="title", value=one) for one in AWKWARD] + [_get(field="pk <> :v or pk")],
    "scan": [_scan(("title", "Kilim")), _scan(("title", "'old'"), ("state", "sent")), _scan()],
    "fields": [_get(), _get(fields="title"), _get(fields="sk,qty,state")],
    "one": [_one("o-1"), _one("o'x; --"), _one("*")],
    "update": [_one("o-1", {"title": PROSE, "qty": 5}), _one("o-2", {"state": "it's lost; drop"})],
    "update_names": [_one("o-1", {"title": one, "state = x, pk": "y"}) for one in (*AWKWARD, GUESTS[4])],
    "partiql": [_get(), _get(state="sent"), _get(state="on hold; -- (5)")],
    "partiql_bound": [_get(q=one) for one in ("'old'", *AWKWARD)],
    "athena": [
        rule("R", {"user": "u-5", "state": "open", "title": PROSE}),
        rule("R", {"user": "u-5", "state": "sent -- late; x", "title": "it's"}),
    ],
    "athena_bound": [
        rule("R", {"state": "open", "title": PROSE}),
        rule("R", {"state": "'it''s; --'", "title": AWKWARD[2]}),
    ],
    "data_api": [_get(q=one, sort="qty") for one in ("'old'", *AWKWARD)]
    + [_get(sort="title; drop"), _get(sort="title")],
    "data_api_text": [sqs({"q": "Kilim -- red"}, {"q": "50% off; select (x)"}), sqs({"q": "Lamp,"})],
    "document": [_get(), _get(name="o'hara (2).txt"), _get(name="v1..2/it's; x.txt")],
    "document_key": [_at(key="u-5/a.txt"), _at(key="u-5/o%27hara+(2).txt"), _at(key="u-5/none; --.txt")],
}

ATTACKS = [
    Attack(
        "NoSQL, expression",
        "orders_filter",
        _get(field="pk <> :u) OR (pk <> :u AND state", value="open"),
        KEY,
    ),
    Attack("NoSQL, expression", "orders_filter", _get(field="attribute_exists(pk)) OR (:v", value="x"), KEY),
    Attack("NoSQL, expression", "scan", _scan(("title, :v0) OR pk = :hidden OR contains(title", "zz")), KEY),
    Attack(
        "NoSQL, expression in two parts",
        "scan",
        _scan(("title", "zz"), ("sk, :v1) OR begins_with(pk", "u-9")),
        KEY,
    ),
    Attack("NoSQL, keys", "update", _one("o-1", {"title = sk, state": "stolen-state"}), "stolen-state"),
    Attack("NoSQL, keys", "update", _one("o-2", {"qty = 1000 * 1000, title": "x"}), "1000000"),
    Attack("PartiQL", "partiql", _get(state="x' OR pk = 'u-9"), KEY),
    Attack("PartiQL", "partiql", _get(state="x' OR begins_with(title, 'bazaar-') OR 'a' = 'b"), KEY),
    Attack(
        "SQL, Athena",
        "athena",
        rule(
            "R",
            {
                "user": "u-5",
                "state": "x' GROUP BY 1 UNION ALL SELECT title, 1 FROM orders WHERE pk = 'u-9' --",
            },
        ),
        KEY,
    ),
    Attack(
        "SQL, Athena, two fields",
        "athena",
        rule("R", {"user": "x' /*", "state": "*/ union select title, pk from orders --"}),
        KEY,
    ),
    Attack("SQL, Data API", "data_api_text", sqs({"q": "zz' UNION SELECT title FROM orders --"}), KEY),
    Attack(
        "SQL, Data API, escapes",
        "data_api_text",
        sqs({"q": "zz' UN\\ION SEL\\ECT title FR\\OM orders WHERE '%' = '"}),
        KEY,
    ),
    Attack("object key, token", "document_key", _at(key="u-9/b.txt"), KEY),
]
