"""A clinic's desk."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventh import (
    COMPANY,
    EMOJI,
    HTML_TALK,
    JSON_TALK,
    LETTER,
    LONG,
    NAMES,
    PATH_TALK,
    PYTHON_TALK,
    SHELL_TALK,
    SQL_TALK,
    STREET,
    TEMPLATE_TALK,
    XML_TALK,
    b64,
    form,
    http,
    jwt,
    rest,
    sqs,
    stream,
)


def _new(**values: str) -> dict[str, object]:
    return http("POST", "/patients", values)


def _find(words: str) -> dict[str, object]:
    return http("GET", "/patients", query={"q": words})


def _visits(clinic: str, key: str = "desk-key-1") -> dict[str, object]:
    token = jwt({"sub": "u-1", "custom:clinic": clinic}, key)
    return http("GET", "/visits", headers={"authorization": "Bearer " + token})


def _page(cursor: str, size: str = "10") -> dict[str, object]:
    return http("GET", "/visits/page", query={"cursor": b64(cursor), "size": size})


def _extra(path: str, number: str = "1") -> dict[str, object]:
    return rest("GET", "/visits/{id}/extra", ids={"id": number}, query={"path": path})


def _stock(code: str, **changes: object) -> dict[str, object]:
    return http("PATCH", "/stock/{code}", changes, ids={"code": code})


def _directory(path: str = "/directory", **query: str) -> dict[str, object]:
    return http("GET", path, query=query)


def _line(*lines: str) -> dict[str, object]:
    return sqs(*({"line": line} for line in lines))


REQUESTS = {
    "register": [
        *(_new(name=name, town=COMPANY, notes=STREET) for name in NAMES[:3]),
        _new(name="Robert'); DROP TABLE patients;--", notes=SQL_TALK),
        _new(name="O'Brien", notes=LONG),
        _new(name="", born="yesterday"),
        _new(name="0", town="1' 2\"", notes=JSON_TALK),
    ],
    "find_patient": [
        _find("O'Neill"),
        _find("Ann"),
        _find("李"),
        _find("select a name from a list"),
        _find(""),
    ],
    "my_visits": [_visits("north"), _visits("east"), _visits("north", "other key")],
    "visits_page": [_page('{"after": 0}', "1"), _page('{"after": 1}'), http("GET", "/visits/page")],
    "visit_extra": [_extra("room"), _extra("tags[0]"), _extra("tags", "2"), _extra('"a key"')],
    "patch_stock": [
        _stock("GZ-1", title="Gauze 4\" -- 'new' & <soft>", level=7),
        _stock("SY-2", price=0.45),
        _stock("no'such", level=1),
    ],
    "list_stock": [
        http("GET", "/stock"),
        http("GET", "/stock", query={"sort": "-price"}),
        http("GET", "/stock", query={"sort": "title"}),
    ],
    "stock_by_codes": [
        http("GET", "/stock", query={"codes": "GZ-1,MK-3"}),
        http("GET", "/stock", query={"codes": "GZ-1%2C+SY-2,,"}),
    ],
    "leaflets": [
        http("GET", "/leaflets", query={"q": words})
        for words in (
            "flu",
            "don't smoke",
            'say "when" OR (you NEAR me)*',
            SQL_TALK,
            "title:flu AND -body",
            EMOJI,
        )
    ],
    "directory": [
        _directory(name="o'neill"),
        _directory(name="50%_off"),
        _directory(town="香", name="李"),
        _directory(name=HTML_TALK),
        _directory("/directory/by-age", order="born"),
        _directory("/directory/by-age", order="name desc"),
    ],
    "nightly_import": [
        _line("1|2024-06-01|" + LETTER, "2|2024-06-02|" + PYTHON_TALK),
        _line("4|2024-06-01|" + XML_TALK, "x|2024-06-01|no number"),
        _line("1|1/6/2024|a|b|" + SHELL_TALK),
    ],
    "sign_in": [
        form("/sign-in", {"login": "desk", "pin": "pin-1"}),
        form("/sign-in", {"login": "o'hara", "pin": "it's' 4=4 -- \\"}),
        form("/sign-in", {"login": "", "pin": ""}),
    ],
    "audit": [
        stream({"name": NAMES[0], "note": SQL_TALK}),
        stream({"a.b": TEMPLATE_TALK, "c'd": PATH_TALK}, {"$x[0]": STREET}),
    ],
}
ATTACKS = [
    Attack(
        "SQL",
        "find_patient",
        _find("x＇ UNION SELECT 1, pin FROM staff WHERE login LIKE ＇roo"),
        "pin-90210-secret",
    ),
    Attack(
        "SQL, normalised",
        "find_patient",
        _find("x＇ OR notes LIKE ＇diagnosis%＇ OR name LIKE ＇"),
        "Bo Ek",
    ),
    Attack("SQL, token", "my_visits", _visits("x' OR '1'='1"), "private-visit-31"),
    Attack("SQL, token", "my_visits", _visits("x' UNION SELECT login, pin FROM staff--"), "pin-90210-secret"),
    Attack("SQL, base64", "visits_page", _page('{"after": "0 OR clinic = \'south\'"}'), "private-visit-31"),
    Attack(
        "SQL, base64",
        "visits_page",
        _page('{"after": "9 UNION SELECT 9, login, pin FROM staff"}'),
        "pin-90210-secret",
    ),
    Attack(
        "SQL",
        "visit_extra",
        _extra("room') || (SELECT pin FROM staff LIMIT 1) || trim('"),
        "pin-90210-secret",
    ),
    Attack(
        "SQL, key",
        "patch_stock",
        _stock("GZ-1", **{"title = (SELECT pin FROM staff WHERE login = 'root'), level": 3}),
        "pin-90210-secret",
    ),
    Attack(
        "SQL, key",
        "patch_stock",
        _stock("SY-2", **{"level": 3, "title=(SELECT notes FROM patients WHERE id=3),price": 1}),
        "diagnosis-secret-77",
    ),
    Attack(
        "SQL, percent-encoded",
        "stock_by_codes",
        http(
            "GET",
            "/stock",
            query={"codes": "x%27)+UNION+SELECT+*+FROM+(SELECT+pin+FROM+staff)+JOIN+(SELECT+1)--"},
        ),
        "pin-90210-secret",
    ),
    # The first row is another one when the guess about the secret is right.
    Attack(
        "SQL, order by",
        "directory",
        _directory(
            "/directory/by-age",
            order="born LIMIT 1 OFFSET (SELECT role = 'admin' FROM staff WHERE pin LIKE 'pin-9%')",
        ),
        '[[\\"Siobh',
    ),
    Attack("SQL", "nightly_import", _line("1 OR clinic = 'south'|2024-06-01|x"), "Bo Ek"),
    Attack(
        "SQL",
        "nightly_import",
        _line("0 UNION SELECT pin FROM staff WHERE role = 'admin' ORDER BY 1 DESC|2024-06-01|x"),
        "pin-90210-secret",
    ),
    Attack(
        "SQL, cut",
        "sign_in",
        form("/sign-in", {"login": "x" * 19 + "'", "pin": " OR role = char(97,100,109,105,110)--"}),
        "admin",
    ),
]
