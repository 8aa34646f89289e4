"""A stadium's gates."""

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
    appsync,
    bus,
    http,
    kinesis,
)

CODE = "gate-master-7919"
MASTER = "redis-master-6841"


def _name(name: str) -> dict[str, object]:
    return http("GET", "/tickets", query={"name": name})


def _ticket(number: str) -> dict[str, object]:
    return http("GET", "/tickets/{id}", ids={"id": number})


def _path(path: str) -> dict[str, object]:
    return http("GET", "/extra", query={"path": path})


def _club(host: str) -> dict[str, object]:
    return http("GET", "/club", headers={"host": host})


def _gate(name: str) -> dict[str, object]:
    return http("GET", "/gates/{name}", ids={"name": name})


def _visit(gate: str) -> dict[str, object]:
    return http("POST", "/visits", {"gate": gate})


def _session(cookie: str) -> dict[str, object]:
    return http("GET", "/session", headers={"cookie": cookie})


NEEDS = ("mariadb", "redis")
REQUESTS = {
    "sell": [
        http(
            "POST",
            "/tickets",
            {"holder": 'Siobhán O\'Brien \\ "x"', "seat": "A-1; --", "extra": {"note": SQL_TALK}},
        ),
        http("POST", "/tickets", {"holder": NAMES[2], "extra": {"a'b": [SHELL_TALK, None]}}),
        http("POST", "/tickets", {"holder": 7, "day": "tomorrow"}),
        http(
            "POST",
            "/tickets",
            {"holder": EMOJI[:10], "seat": "%s %(x)s", "day": "2024-02-29", "extra": {"t": LONG}},
        ),
    ],
    "tickets_of": [_name("O'Hara"), _name("李"), _name("Select Union & co -- x"), _name("")],
    "ticket": [_ticket("1"), _ticket("2"), _ticket("77")],
    "tickets_sorted": [
        appsync("Query", "tickets", sort="seat"),
        appsync("Query", "tickets", sort="day, id"),
        appsync("Query", "tickets", sort="holder"),
    ],
    "extra": [_path("$.meal"), _path("$.allergy.nuts"), _path("$.no.such[0]"), _path('$."it\'s"')],
    "day_report": [
        kinesis({"day": "2024-05-01"}, {"day": "2 May 2024"}),
        kinesis({"day": "it's 05/02/2024"}, {"day": "never"}),
    ],
    "seats_in": [
        bus("Seats", {"seats": ["A-12", "B-7 (left)", "St. John's 5; x"]}),
        bus("Seats", {"seats": [SQL_TALK, STREET, ""]}),
    ],
    "club_view": [_club("reds.example.org"), _club("no-such-club.example.org:443")],
    "batch": [
        {"jobs": [{"who": "李小龍", "seat": "A-1"}, {"who": COMPANY.split(" --")[0], "seat": "x; y"}]},
        {"jobs": [{"who": "{seat} & #5", "seat": ""}]},
    ],
    "gate": [_gate("north"), _gate("o'brien (2)"), _gate('x*? [a] "b"'), _gate("a:b c")],
    "visit": [_visit("north"), _visit("St. John’s"), _visit('R&D "east"; {x} $y')],
    "visit_with_arguments": [
        _visit("it's"),
        _visit(SHELL_TALK),
        _visit(PYTHON_TALK),
        _visit("keys: ['a'] -- return at 5"),
    ],
    "console": [
        {"line": "HGET gate:north count"},
        {"line": "lrange names 0 -1"},
        {"line": "SORT names ALPHA DESC"},
        {"line": "exists gate:north gate:x"},
    ],
    "session": [
        _session("sid=abc'1; page=%2Fa%3Fb%3D%27c%27"),
        _session(f"theme=dark; sid=7f..9; page={''.join(PATH_TALK.split())[:40].replace(';', '')}"),
        _session("lang=en"),
    ],
    "raw_counter": [{"box": "7"}, {"box": "O-east (2); x"}, {"box": "茶 3 & 4"}],
    "feed": [
        {"reports": [{"gate": "o'brien", "note": LETTER}, {"gate": 2, "note": HTML_TALK}]},
        {"reports": [{"x y": TEMPLATE_TALK, "lines": "one\r\nGET two\r\n"}, {"json": JSON_TALK}]},
    ],
}
_LATE = "2024-05-01' HAVING 1 = 0 UNION SELECT 7, code FROM codes -- "
ATTACKS = [
    Attack("SQL, backslash", "tickets_of", _name("\\' UNION SELECT 1, code FROM codes -- "), CODE),
    Attack("SQL, backslash", "tickets_of", _name('x\\\' OR club = "blues" -- '), "holder-of-blues-2207"),
    Attack("SQL, number", "ticket", _ticket("0 UNION SELECT 1, 2, code FROM codes"), CODE),
    Attack("SQL, number", "ticket", _ticket("0 || club = char(98,108,117,101,115)"), "holder-of-blues-2207"),
    Attack(
        "SQL, comment", "ticket", _ticket("0/*!00000UNION*//**/SELECT/**/1,code,3/**/FROM/**/codes"), CODE
    ),
    Attack(
        "SQL, identifier",
        "tickets_sorted",
        appsync(
            "Query",
            "tickets",
            sort="id` * (CASE WHEN (SELECT code FROM codes) LIKE 'gate-m%' THEN -1 ELSE 1 END) -- x",
        ),
        '[{"id": 2',
    ),
    Attack("SQL, base64", "day_report", kinesis({"day": _LATE}), CODE),
    Attack(
        "SQL, base64",
        "day_report",
        kinesis({"day": "2024-05-01' AND 1 = 0 OR club = 'blues' -- "}),
        "holder-of-blues-2207",
    ),
    Attack("SQL, header", "club_view", _club("x' UNION SELECT 1, code FROM codes WHERE 9 > :most -- "), CODE),
    Attack("SQL, header", "club_view", _club("x' OR id=3 OR club='x"), "C-1"),
    Attack("SQL, stacked", "batch", {"jobs": [{"who": "x'; SELECT code FROM codes; -- ", "seat": ""}]}, CODE),
    Attack(
        "SQL, two fields",
        "batch",
        {"jobs": [{"who": "x\\", "seat": " UNION SELECT code FROM codes -- "}]},
        CODE,
    ),
    Attack("code, Lua", "visit", _visit("x', redis.call('GET', 'secret:master'), '"), MASTER),
    Attack(
        "code, Lua", "visit", _visit("x', table.concat(redis.call('KEYS', 'sec*'), ' '), '"), "secret:master"
    ),
    Attack("command, Redis", "console", {"line": "SORT kinds BY nosort GET secret:*"}, MASTER),
    Attack("command, Redis", "raw_counter", {"box": "1\r\nGET\tsecret:master"}, MASTER),
    Attack("command, Redis", "raw_counter", {"box": "1\r\n*2\r\n$3\r\nGET\r\n$13\r\nsecret:master"}, MASTER),
    Attack("key", "session", _session("sid=secret%3Amaster"), MASTER),
]
