"""SQL injection in every part of a statement."""

from tests.honest.corpus.cases import Attack, rest

NEEDS = ("aws-http", "postgres", "mariadb")
ATTACKS = [
    Attack("SQL", "search", rest("GET", "/s", q='x" OR account = 2 --'), "vault"),
    Attack("SQL", "numeric_format", {"id": "1 OR admin = 1 --"}, "root"),
    Attack("SQL", "sort_direction", {"dir": "LIMIT (SELECT length(pin) FROM accounts)"}, "ada"),
    Attack("SQL", "group_by", {"by": "(SELECT pin FROM accounts WHERE admin = 1)"}, "pin-0042"),
    Attack("SQL", "having", {"n": "0 OR account = 2 OR count(*) > 0"}, "[2]"),
    Attack(
        "SQL",
        "insert_columns",
        {"row": {"id, owner) SELECT 10, pin FROM accounts WHERE ? IS NOT NULL --": 1}},
        "pin-0042",
    ),
    Attack("SQL", "update_set", {"changes": {"owner": "x', admin = '1"}}, '["x", 1]'),
    Attack("SQL", "delete_where", {"page": "x' OR '1' = '1"}, "[[0]]"),
    Attack("SQL", "escaped_backslash", {"owner": "x' OR admin = 1 --"}, "pin-0042"),
    Attack("SQL", "keyword_filter", {"owner": "x' UNiON SELECt pin FROM accounts --"}, "pin-0042"),
    Attack("SQL", "keyword_filter", {"owner": "x'/**/OR/**/admin/**/=/**/1--"}, "root"),
    Attack(
        "SQL", "pg_format", {"prefix": "x' UNION SELECT pin FROM accounts WHERE owner LIKE 'a"}, "pin-7391"
    ),
    Attack("SQL", "pg_dollar", {"text": "x$$ || current_setting('server_version_num') || $$y"}, "x1"),
    Attack("SQL", "my_double", {"text": '" , CONCAT("le", "ak"), "'}, "leak"),
    Attack("SQL", "text_order", {"order": "(SELECT max(pin) FROM accounts) LIMIT 1 OFFSET 1"}, "root"),
    Attack("SQL", "text_where", {"owner": "x' UNION SELECT pin FROM accounts --"}, "pin-0042"),
    Attack("SQL", "frame", {"owner": "x' UNION SELECT pin FROM accounts --"}, "pin-0042"),
    Attack("SQL, AWS", "athena", {"owner": "x' UNION SELECT secret FROM vault --"}, "UNION SELECT"),
    Attack("SQL, AWS", "data_api", {"page": "x' OR '1' = '1"}, "sent"),
    Attack(
        "SQL, second order",
        "by_stored_sort",
        {"id": "x-note"},
        "ada",
        before=[("stored_note", {"sort": "(SELECT max(pin) FROM accounts) LIMIT 1"})],
    ),
    Attack(
        "SQL, second order",
        "by_queue",
        {"source": "schedule"},
        "pin-0042",
        before=[("stored_queue", {"owner": "x' OR admin = 1 --"})],
    ),
]
