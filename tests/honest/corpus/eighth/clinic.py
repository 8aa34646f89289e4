"""A clinic's back office on MariaDB."""

from urllib.parse import urlencode

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eighth import (
    ADDRESS,
    PEOPLE,
    REVIEW,
    SNIPPET,
    TICKET,
    api,
    graphql,
    http,
    put,
)

HASH = "pbkdf2-6620-hash"


def _find(**query: str) -> dict[str, object]:
    return api("GET", "/patients", query=query)


def _patient(number: str) -> dict[str, object]:
    return http("GET", f"/patients/{number}", ids={"patientId": number})


def _visits(**arguments: object) -> dict[str, object]:
    return graphql("Query", "visits", patient="1", **arguments)


def _login(email: str, password: str) -> dict[str, object]:
    return api(
        "POST",
        "/login",
        urlencode({"email": email, "password": password}),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )


def _fees(**grid: object) -> dict[str, object]:
    return http("POST", "/fees", grid)


def _grid(**model: object) -> dict[str, object]:
    return http("POST", "/grid", {"startRow": 0, "endRow": 50, **model})


def _set(value: str, name: str = "default_city") -> dict[str, object]:
    return http("PUT", "/settings", {"name": name, "value": value})


def _exists(**state: object) -> dict[str, object]:
    return {"table": "patients", "column": "name", "value": "x", **state}


REPORT = {"report": "city", "time": "2024-05-02T06:00:00Z"}
NEEDS = ("mariadb",)
REQUESTS = {
    "find_patients": [
        _find(name="O'Con"),
        _find(name="Łuk", city="Łódź"),
        _find(),
        _find(name="huber", city='St. Pölten; "Süd"'),
    ],
    "patient": [_patient("1"), _patient("3"), _patient("abc")],
    "visits": [
        _visits(),
        _visits(since="2024-03-05"),
        _visits(since="2024-01-01", until="2024-03-01 23:59:59"),
    ],
    "login": [
        _login("ann@example.org", "it's a secret & more"),
        _login("o'connor@example.org", "p;a-s-s--w#rd"),
        _login("x+tag@example.org", "100%'5"),
    ],
    "add_patient": [
        http(
            "POST",
            "/patients",
            {"name": PEOPLE[0], "born": "1984-02-29", "city": ADDRESS[:70], "notes": TICKET},
        ),
        http("POST", "/patients", {"name": PEOPLE[4], "notes": SNIPPET, "unknown": {"a": [1]}}),
        http("POST", "/patients", {"name": 'Robert"; DROP (Bobby)', "phone": "+1 (555) 010-0199 ext. 3"}),
    ],
    "search_notes": [
        http("GET", "/notes", query={"q": "penicillin"}),
        http("GET", "/notes", query={"q": "+diet -sugar 'select' (from 2020)"}),
        http("GET", "/notes", query={"q": "union; bones"}),
    ],
    "fees": [
        _fees(groupBy="doctor"),
        _fees(groupBy="patient_id", minimum=100),
        _fees(groupBy="day", minimum=50.5),
    ],
    "grid_rows": [
        _grid(),
        _grid(filterModel={"name": {"filterType": "text", "type": "contains", "filter": "O'C"}}),
        _grid(
            filterModel={"born": {"type": "lessThan", "filter": "1985-01-01"}},
            sortModel=[{"colId": "city", "sort": "desc"}, {"colId": "name", "sort": "asc"}],
        ),
        _grid(sortModel=[{"colId": "name", "sort": "asc"}], startRow=1),
    ],
    "set_setting": [
        _set("Linz"),
        _set(REVIEW, name="report_title"),
        _set("SELECT a city; or 'all' -- your choice", name="hint"),
        _set("Cork"),
    ],
    "city_report": [REPORT],
    "exists": [
        _exists(value="Max Huber"),
        _exists(column="city", value="Cork' OR '1'='1"),
        _exists(table="visits", column="doctor", value="Dr. Chen"),
    ],
    "export_rows": [
        put("exports/patients/Linz.json"),
        put("exports/patients/Łódź.json", "exports/patients/New_York.json"),
        put("exports/other/x'y.json"),
    ],
}
# What comes all day.
ORDINARY = {
    "find_patients": [_find(name="Max"), _find(city="Cork"), _find(name="an", city="Linz")],
    "patient": [_patient("2"), _patient("007")],
    "visits": [
        _visits(since="2024-03-01", until="2024-03-31"),
        graphql("Query", "visits", patient=3, since=None),
    ],
    "login": [
        _login("chief@example.org", "correct horse battery staple"),
        _login("ann@example.org", "Pa55word!"),
    ],
    "add_patient": [
        http(
            "POST",
            "/patients",
            {"name": "Maria Rossi", "born": "1965-08-30", "city": "Roma", "phone": "+39 06 555 0101"},
        ),
        http("POST", "/patients", {"name": "John Smith", "born": "2001-01-01", "notes": "first visit"}),
    ],
    "search_notes": [
        http("GET", "/notes", query={"q": "glasses"}),
        http("GET", "/notes", query={"q": "broken arm"}),
    ],
    "fees": [_fees(groupBy="doctor", minimum=50), _fees(groupBy="reason")],
    "grid_rows": [
        _grid(filterModel={"city": {"filterType": "text", "type": "equals", "filter": "Cork"}}),
        _grid(sortModel=[{"colId": "born", "sort": "asc"}]),
    ],
    "exists": [_exists(table="patients", column="phone", value="+353 21 123"), _exists(column="id", value=2)],
    "export_rows": [put("exports/patients/Cork.json"), put("exports/visits/2024.json")],
}
for _handler, _events in ORDINARY.items():
    REQUESTS[_handler] += _events
ATTACKS = [
    Attack(
        "SQL, escaped",
        "find_patients",
        _find(name="\\' UNION SELECT 1, password_hash, email FROM users -- "),
        HASH,
    ),
    Attack(
        "SQL, escaped",
        "find_patients",
        _find(name="\\' or extractvalue(1, concat(0x7e, (select password_hash from users limit 1)))#"),
        HASH,
    ),
    Attack(
        "SQL, escaped",
        "find_patients",
        _find(
            name="\\'/*!50000union*//*!50000select*/1,(select(group_concat(password_hash))from(users)),3;\x00"
        ),
        HASH,
    ),
    Attack("SQL, union", "patient", _patient("0' UNION ALL SELECT 1,password_hash,3,4 FROM users#"), HASH),
    Attack(
        "SQL, union",
        "patient",
        _patient("'union(select-1,`password_hash`,0x78,@@version\nfrom`users`limit/**/1)-- -"),
        HASH,
    ),
    Attack("SQL, boolean", "patient", _patient("0'||name like'Max%"), "Max Huber"),
    Attack("SQL, boolean", "patient", _patient("'+(id=3)*'3"), "Linz"),
    Attack(
        "SQL, union",
        "visits",
        _visits(until="2000-01-01' UNION SELECT email, password_hash, role FROM users WHERE '1'='1"),
        HASH,
    ),
    Attack(
        "SQL, comment",
        "visits",
        _visits(
            since="'/*", until="*/ and 'z' union select 1,2,(select password_hash from users limit 1) -- "
        ),
        HASH,
    ),
    Attack("SQL, login", "login", _login('chief@example.org" -- ', "x"), '\\"admin\\"'),
    Attack("SQL, login", "login", _login('chief@example.org"#', "x"), '\\"admin\\"'),
    Attack("SQL, login", "login", _login("\\", ' or role="admin"#'), '\\"admin\\"'),
    Attack("SQL, login", "login", _login("x", '") union select password_hash, role from users -- -'), HASH),
    Attack("SQL, login", "login", _login('"^0#', "x"), '\\"admin\\"'),
    Attack(
        "SQL, group by",
        "fees",
        _fees(groupBy="(SELECT password_hash FROM users WHERE role = 'admin')"),
        HASH,
    ),
    Attack(
        "SQL, having",
        "fees",
        _fees(groupBy="doctor", minimum="1e9 UNION SELECT password_hash, email FROM users"),
        HASH,
    ),
    Attack(
        "SQL, key",
        "grid_rows",
        _grid(
            filterModel={
                "name` = '' union select email, password_hash from users where `email": {
                    "type": "contains",
                    "filter": "chief",
                }
            }
        ),
        HASH,
    ),
    Attack(
        "SQL, key",
        "grid_rows",
        _grid(
            sortModel=[
                {
                    "colId": "name` = 'Max Huber' and (select role from users limit 1) = 'admin' and `id",
                    "sort": "desc",
                },
            ],
        ),
        '[{\\"name\\": \\"Max Huber\\"',
    ),
    Attack(
        "SQL, second order",
        "city_report",
        REPORT,
        HASH,
        before=[("set_setting", _set("x' UNION SELECT email, password_hash FROM users -- "))],
    ),
    Attack(
        "SQL, second order",
        "city_report",
        REPORT,
        HASH,
        before=[("set_setting", _set("' and 0 union select 0x61,unhex(hex(password_hash)) from users#"))],
    ),
    Attack(
        "SQL, table",
        "exists",
        _exists(
            table="users WHERE email LIKE 'chief%%' AND password_hash LIKE 'pbkdf2-6%%' UNION SELECT 1 FROM patients",
            value="nobody at all",
        ),
        '"found": true',
    ),
    Attack(
        "SQL, column",
        "exists",
        _exists(column="(select role from users where id = 1)", value="admin"),
        '"found": true',
    ),
    Attack(
        "SQL, key of a bucket",
        "export_rows",
        put(
            'exports/patients/x"/**/UNION/**/SELECT/**/1,`3`/**/FROM/**/(SELECT/**/1,2,3,4/**/UNION/**/SELECT/**/*/**/FROM/**/users)t#.json'
        ),
        HASH,
    ),
    Attack(
        "SQL, key of a bucket",
        "export_rows",
        put('exports/patients/"or(name)like"%Huber.json'),
        "0732/4711",
    ),
]
