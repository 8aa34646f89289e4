"""A botanical garden."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventh import (
    COMPANY,
    EMOJI,
    HTML_TALK,
    JSON_TALK,
    LETTER,
    NAMES,
    PYTHON_TALK,
    SHELL_TALK,
    SQL_TALK,
    STREET,
    TEMPLATE_TALK,
    XML_TALK,
    appsync,
    bus,
    http,
    rest,
    sqs,
)

PIN = "root-pin-6174"


def _visitor(name: str, pin: str) -> dict[str, object]:
    return http("POST", "/visitor", {"name": name, "pin": pin})


def _bed(bed: str) -> dict[str, object]:
    return http("GET", "/plants", query={"bed": bed})


def _plant(number: str) -> dict[str, object]:
    return rest("GET", "/plants/{id}", ids={"id": number})


def _phone(uid: str) -> dict[str, object]:
    return rest("GET", f"/people/{uid}")


def _price(name: str, **more: str) -> dict[str, object]:
    return bus("Price", {"name": name, **more})


def _limit(limit: str) -> dict[str, object]:
    return http("GET", "/cheap", query={"limit": limit})


def _notes(words: str) -> dict[str, object]:
    return http("GET", "/notes", query={"q": words})


REQUESTS = {
    "visitor": [
        _visitor("ann", "1234"),
        _visitor("ann", "4321"),
        _visitor("Zoë & co [1]", "12-34"),
        _visitor("", ""),
    ],
    "plant_note": [
        appsync("Query", "note", name=one)
        for one in ("Rosa 'Peace'", "椿", "it's 'x' or \"y\"", "Tulipa | //Rosa (2)", XML_TALK)
    ],
    "plant_by_bed": [_bed("a"), _bed("it's"), _bed("b & c; [1]")],
    "plant_by_id": [_plant("1"), _plant("77"), _plant("3.5 (new)")],
    "styled": [{"plant": "Rosa"}, {"plant": "Rosa 'Peace'"}, {"plant": "A & <B>"}, {"plant": ""}],
    "styled_with_parameter": [
        {"plant": "Rosa 'Peace'"},
        {"plant": "3' 6\" // tall | x"},
        {"plant": HTML_TALK},
    ],
    "person": [{"name": "Ann"}, {"name": "O'Brien"}, {"name": "Lee & Co; -x"}, {"name": "Siobhán"}],
    "person_escaped": [
        {"name": "O'Brien"},
        {"name": "*new* | x"},
        {"name": STREET},
        {"name": 'a,b+c="d";<e>'},
    ],
    "phone_of": [_phone("ann"), _phone("obrien"), _phone("d'arcy.x-1")],
    "price_list": [_price("Tulipa"), _price("椿", field="[bed, price]"), _price('a "b" | c && d')],
    "price_list_literal": [
        _price("Rosa 'Peace'"),
        _price("the `new` one | x"),
        _price(JSON_TALK),
        _price(EMOJI),
    ],
    "select_json": [_limit("10"), _limit("2.5"), _limit("100")],
    "scrape": [{"bed": "a"}, {"bed": "b, c > d"}, {"bed": "it's [x='y']"}],
    "notes": [
        _notes("spring"),
        _notes('"cut in" OR autumn'),
        _notes("plant NOT spring"),
        _notes('"don\'t wait" AND cut*'),
    ],
    "new_label": [
        {"name": 'O\'Brien & "Söhne"'},
        {"name": HTML_TALK},
        {"name": "<b>It's</b> &amp; more", "rich": True},
        {"name": XML_TALK},
    ],
    "session_note": [
        {"params": {"name": "O'Brien; {x} $y"}},
        {"params": {"name": f"{NAMES[2]}\n{NAMES[5]}"}},
        {"params": {"name": "a: b, c: [d] #5 -- 100%"}},
    ],
    "card": [
        {"name": NAMES[0], "note": SQL_TALK},
        {"name": COMPANY, "note": "TEL: +49 30; NOTE: x"},
        {"name": STREET, "note": TEMPLATE_TALK},
    ],
    "measure": [
        sqs(
            {"place": "bed a, row=1", "value": 7, "note": "it's dry; $x"},
            {"place": "茶室", "value": "3.5", "note": "{{ x }}"},
        ),
        sqs({"place": "O'Brien's bench", "value": -1, "note": SHELL_TALK}),
    ],
    "paths": [
        {"from": "gate", "to": "O'Brien's bench"},
        {"from": "茶室 (1)", "to": "pond"},
        {"from": PYTHON_TALK, "to": LETTER},
    ],
}
ATTACKS = [
    Attack("XPath", "visitor", _visitor("root", "' or '1'='1"), "curator"),
    Attack("XPath", "visitor", _visitor("x' or @role='curator' or 'a'='", "b"), "curator"),
    Attack("XPath", "visitor", _visitor("x']/@pin | //user[@name='root']/@pin | //x['", "y"), PIN),
    Attack("XPath", "visitor", _visitor("x", "y'] | //user/@pin | //a['b"), PIN),
    Attack("XPath, quotes", "plant_by_bed", _bed('a" or @bed="b'), "Tulipa"),
    Attack("XPath, path", "plant_by_id", _plant("1']/../plant[@bed='b"), "Tulipa"),
    Attack(
        "XPath, stylesheet",
        "styled",
        {"plant": 'x")]/note | //vault/code | //x[contains(name, "'},
        "vault-xml-1089",
    ),
    Attack(
        "XPath, stylesheet",
        "styled",
        {"plant": 'x")]/x | //user[@role="curator"]/@pin | //x[starts-with(name, "'},
        PIN,
    ),
    Attack("LDAP", "person", {"name": "x*))(&(employeeType=hidden)(cn=B"}, "phone-hidden-4181"),
    Attack("LDAP", "phone_of", _phone("*"), "phone-hidden-4181"),
    Attack("LDAP", "phone_of", _phone("b*"), "phone-hidden-4181"),
    Attack(
        "JMESPath", "price_list", _price("x'].a || staff[].{price: token} | [?price!='"), "staff-token-2584"
    ),
    Attack("JMESPath, field", "price_list", _price("x", field="y || staff[0].token"), "staff-token-2584"),
    Attack("JSONPath", "select_json", _limit("99)].`parent`.`parent`.staff[?(@.token"), "root"),
    Attack("selector", "scrape", {"bed": 'x"], vault code, plant[bed="y'}, "vault-xml-1089"),
    Attack("full text", "notes", _notes("zzz OR internal : thief77"), "[thief77]"),
    Attack("full text", "notes", _notes("zzz OR {internal title} : ^thief*"), "[thief77]"),
    Attack(
        "XML", "new_label", {"name": "x</name><role>curator-8128</role><name>", "rich": True}, "curator-8128"
    ),
    Attack("JSON", "session_note", {"params": {"name": 'x", "role": "curator-8128'}}, "curator-8128"),
    Attack(
        "header, card", "card", {"name": "x\r\nROLE:curator-8128", "note": ""}, '["ROLE", "curator-8128"]'
    ),
    Attack(
        "line",
        "measure",
        sqs({"place": "a", "value": 1, "note": 'x"\nmoisture,place=z value=8128'}),
        '"moisture,place=z value=8128',
    ),
]
