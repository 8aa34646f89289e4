"""A booking site's API over SQL."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixth import (
    ARABIC,
    EMOJI,
    ESSAY,
    HTMLISH,
    IRISH,
    JSON_TEXT,
    QUOTED,
    REVIEW,
    SQL_NOTE,
    bus,
    form,
    http,
    rest,
)

PASSWORD = "staff-pass-4242"
TOKEN = "guest-token-8808"


def _kind(kind: str) -> dict[str, object]:
    return rest("GET", "/rooms", query={"kind": kind})


def _room(number: str) -> dict[str, object]:
    return rest("GET", "/rooms/{id}", ids={"id": number})


def _sorted(order: str, way: str = "asc") -> dict[str, object]:
    return rest("GET", "/rooms/sorted", query={"order": order, "dir": way})


def _note(author: str, body: str) -> dict[str, object]:
    return rest("POST", "/notes", {"author": author, "body": body})


def _text(name: str) -> dict[str, object]:
    return rest("GET", "/guests", query={"name": name})


REQUESTS = {
    "list_rooms": [
        _kind("single"),
        _kind("double -- sea view"),
        _kind("suite; select or update"),
        _kind('5" bed /* wide */'),
    ],
    "get_room": [_room("1"), _room("0002"), _room("77"), _room("3")],
    "search_rooms": [
        rest("GET", "/rooms/search", query={"sort": "-price", "limit": "2", "name__like": "' or 1=1"}),
        rest("GET", "/rooms/search", query={"price__gte": "60", "price__lte": "90", "sort": "+beds"}),
        rest("GET", "/rooms/search", query={"sort": "price; drop table rooms", "kind__ne": "double' --"}),
        rest("GET", "/rooms/search", query={"name__like": "%_&", "union": "select", "beds__gte": "2"}),
    ],
    "sorted_rooms": [
        _sorted("price", "desc"),
        _sorted("name"),
        _sorted("beds, price", "DESC"),
        _sorted("2", "Desc"),
    ],
    "leave_note": [
        _note(IRISH, SQL_NOTE),
        _note("'; DROP TABLE notes; --", ESSAY),
        _note(QUOTED, JSON_TEXT),
        _note(ARABIC, HTMLISH),
    ],
    "count_notes": [_note("Ann", "x"), _note("Select -- Union Ltd; or so", REVIEW), _note(EMOJI, "x")],
    "help_search": [
        rest("GET", "/help", query={"q": "dogs OR cats"}),
        rest("GET", "/help", query={"q": "o'clock"}),
        rest("GET", "/help", query={"q": 'title:"wi-fi" NOT pets'}),
        rest("GET", "/help", query={"q": "select * from docs; --"}),
    ],
    "guests": [
        rest("POST", "/guests/find", {"any": ["o'b", "%zo"], "filter": {"city": "Cork"}}),
        rest("POST", "/guests/find", {"filter": {"name": "Ann' or '1'='1", "token": "x"}}),
        rest("POST", "/guests/find", {"any": [SQL_NOTE]}),
    ],
    "guests_text": [_text("A"), _text("Zoë"), _text("select % from _")],
    "guest_report": [
        {"columns": ["city"]},
        {"columns": ["name", "city"]},
        {"columns": ["guests.city", "guests.name"]},
    ],
    "events": [
        http("POST", "/events", {"title": IRISH + "'s 30th -- bring cake; no gifts", "day": "2024-05-01"}),
        http("POST", "/events", {"title": REVIEW}),
        http("GET", "/events", query={"from": "2024-01-01' OR 'a'='a"}),
    ],
    "occupancy": [bus("Report", {"month": "2024-01"}), bus("Report", {"month": "2024-13 or select"})],
    "login": [
        form("/login", {"login": "boss", "password": PASSWORD}),
        form("/login", {"login": "O'Brien", "password": "' or '1'='1"}),
        form("/login", {"login": "boss", "password": "p--w;/*x*/%_"}),
    ],
}
ATTACKS = [
    Attack("SQL", "list_rooms", _kind("x' OR hidden = 1 --"), "Owner's flat"),
    Attack("SQL", "list_rooms", _kind("x' UNION SELECT login, password FROM staff -- -"), PASSWORD),
    Attack(
        "SQL",
        "list_rooms",
        _kind("x'/**/uNiOn/**/aLl/**/sElEcT/**/1,group_concat(password)/**/from/**/staff/*"),
        PASSWORD,
    ),
    Attack("SQL", "list_rooms", _kind("' || 'suite' OR 'a' LIKE '%"), "Owner's flat"),
    Attack("SQL", "get_room", _room("3 OR id = 3"), "Owner"),
    Attack("SQL", "get_room", _room("-1 UNION SELECT 1, login, password, 0, 0, 0 FROM staff"), PASSWORD),
    Attack("SQL", "get_room", _room("-1\tor\thidden=1"), "Owner"),
    Attack(
        "SQL, blind",
        "get_room",
        _room("1 AND (SELECT unicode(substr(password,1,1)) FROM staff) > 64"),
        "Rose",
    ),
    Attack(
        "SQL, blind",
        "sorted_rooms",
        _sorted("(CASE WHEN (SELECT substr(password,1,1) FROM staff)='s' THEN price ELSE -price END)"),
        '[\\"Rose\\", \\"Oak\\", \\"Sea & Sun\\"]',
    ),
    Attack(
        "SQL",
        "sorted_rooms",
        _sorted("price", "asc LIMIT -1 OFFSET (SELECT length(login) - 3 FROM staff)"),
        '[\\"Oak\\", \\"Sea & Sun\\"]',
    ),
    Attack(
        "SQL, second order",
        "count_notes",
        _note("' UNION SELECT login, password FROM staff --", "x"),
        PASSWORD,
    ),
    Attack(
        "SQL, second order",
        "count_notes",
        _note("x' UNION SELECT name, sql FROM sqlite_master WHERE name='staff' --", "x"),
        "CREATE TABLE staff",
    ),
    Attack("SQL", "guests_text", _text("x' OR '1' LIKE '1"), "Ann"),
    Attack(
        "SQL",
        "guests_text",
        _text("x%' UNION SELECT id, token, city, name FROM guests --"),
        TOKEN,
    ),
    Attack(
        "SQL",
        "guest_report",
        {"columns": ["city, 1 FROM guests UNION SELECT token, 1 FROM guests --"]},
        TOKEN,
    ),
    Attack(
        "SQL",
        "guest_report",
        {"columns": ["(SELECT group_concat(token) FROM guests)"]},
        TOKEN,
    ),
    Attack("SQL", "occupancy", bus("Report", {"month": "x' UNION ALL SELECT 4000 + 242 --"}), "4242"),
    Attack(
        "SQL, file",
        "occupancy",
        bus("Report", {"month": "' UNION ALL SELECT content FROM read_text('/etc/passwd') --"}),
        "root:x:0",
    ),
    Attack("SQL", "login", form("/login", {"login": 'boss" --', "password": "x"}), "welcome"),
    Attack("SQL", "login", form("/login", {"login": "x", "password": '" OR ""="'}), "welcome"),
]
