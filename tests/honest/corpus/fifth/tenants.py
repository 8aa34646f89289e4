"""Many tenants."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifth import (
    EMOJI,
    IRISH,
    JAVA,
    ODD_NAMES,
    PROSE,
    SNIPPET,
    TICKET,
    resource,
    url,
)

NEEDS = ("postgres",)
VAULT = "vault-secret-908"


def _tenant(name: str) -> dict[str, object]:
    return url("GET", "/notes", headers={"x-tenant": name})


def _posts(field: str, *fields: str, **arguments: object) -> dict[str, object]:
    return {
        "arguments": arguments,
        "identity": {"sub": "u-1", "username": "ann"},
        "source": None,
        "info": {
            "fieldName": field,
            "parentTypeName": "Query",
            "selectionSetList": list(fields) or ["id", "title"],
            "variables": {},
        },
        "prev": None,
        "stash": {},
    }


def _selected(*fields: str, **arguments: object) -> dict[str, object]:
    return _posts("listPosts", *fields, **arguments)


REQUESTS = {
    "tenant_rows": [_tenant("acme"), _tenant("umbrella")],
    "tenant_rows_checked": [
        _tenant("acme"),
        _tenant("acme; drop table x"),
        _tenant("select"),
        _tenant("../etc"),
    ],
    "appsync_posts": [
        _posts("listPosts", filter={"title": {"contains": "O'Brien"}}),
        _posts("listPosts", filter={"or": [{"score": {"gt": 5}}, {"author": {"eq": "' OR 1=1 --"}}]}),
        _posts(
            "countPosts", filter={"and": [{"author": {"ne": PROSE}}, {"id": {"lt": 99}}], "hidden": {"eq": 1}}
        ),
        _posts("listPosts"),
    ],
    "appsync_dynamic": [
        _selected("id", "title"),
        _selected("title", where=[{"field": "score", "op": ">=", "value": 4}], orderBy="score DESC"),
        _selected("author", where=[{"field": "title", "op": "LIKE", "value": "%O'Brien%"}]),
    ],
    "pg_tenant": [{"tenant": "acme"}],
    "pg_fields": [
        {"fields": dict.fromkeys(("select", "; drop", "O'Brien", "-rf", "NaN"), TICKET)},
        {"fields": {"Größe": EMOJI, 'a "b" c': PROSE, "order by 1 --": JAVA}},
        {"fields": {name: str(number) for number, name in enumerate(ODD_NAMES) if "%" not in name}},
    ],
    "cfn_schema": [
        resource({"Comment": "Reports of Acme; owner: data-team -- see wiki"}),
        resource({"Comment": 'DROP SCHEMA "x" /* not really */'}, "Update"),
    ],
    "graphql_forward": [_posts("c", id="c-17"), _posts("c", id="Jörg & Söhne {x} 'y'")],
    "graphql_variables": [
        _posts("c", id='1") { name } admin { key } #'),
        _posts("c", id=SNIPPET),
        _posts("c", id=IRISH),
    ],
}
ATTACKS = [
    Attack(
        "SQL, table",
        "tenant_rows",
        _tenant("acme WHERE 0 UNION SELECT title FROM posts --"),
        "draft-secret-31",
    ),
    Attack(
        "SQL, table",
        "tenant_rows",
        _tenant("acme UNION SELECT body FROM notes_umbrella --"),
        "umbrella-plan-66",
    ),
    Attack(
        "SQL, names",
        "appsync_dynamic",
        _selected("title", where=[{"field": "1=1 OR id", "op": "=", "value": 3}]),
        "draft-secret-31",
    ),
    Attack(
        "SQL, names",
        "appsync_dynamic",
        _selected("(SELECT group_concat(title) FROM posts)"),
        "draft-secret-31",
    ),
    Attack(
        "SQL, names",
        "appsync_dynamic",
        _selected("title", where=[{"field": "id", "op": "= ? OR hidden = 1 --", "value": 9}]),
        "draft-secret-31",
    ),
    Attack(
        "SQL, stacked",
        "pg_tenant",
        {"tenant": "acme; CREATE TEMP TABLE reports AS SELECT title FROM t_vault.secrets"},
        VAULT,
    ),
    Attack(
        "SQL, stacked",
        "cfn_schema",
        resource(
            {
                "Comment": "x'; DO $$ BEGIN EXECUTE (SELECT format('COMMENT ON SCHEMA t_acme IS %L', title) FROM t_vault.secrets); END $$ --"
            }
        ),
        VAULT,
    ),
    Attack(
        "GraphQL",
        "graphql_forward",
        _posts("c", id='1") { name } everybody: customers { name secretKey } x: customer(id: "2'),
        "everybody: customers { name secretKey }",
    ),
]
