"""Reports over whatever columns an upload has: classes with those fields, and an order that the caller chooses by name."""

import dataclasses
import sqlite3

import attrs
import falcon.testing

SORT = {"name": "name", "total": "total"}
DIRECTIONS = {"asc": "ASC", "desc": "DESC"}
database = sqlite3.connect(":memory:", check_same_thread=False)
database.execute("CREATE TABLE orders (id TEXT PRIMARY KEY, name TEXT, total REAL)")


class Orders:
    def on_get(self, request, response, order, part):
        response.media = {"order": order, "part": part, "search": request.params}


api = falcon.App()
api.add_route("/orders/{order}/parts/{part}", Orders())


def handler(event, context):
    columns, values = event["columns"], event["row"]
    Row = dataclasses.make_dataclass(
        "Row", [(name, object, dataclasses.field(default=None)) for name in columns], frozen=True, order=True
    )
    Loose = attrs.make_class("Loose", {name: attrs.field(default=None) for name in columns}, slots=True)
    with database:
        database.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?)", (event["id"], event["text"], 3.5))
    found = database.execute(
        f'SELECT "name" "name", total FROM orders WHERE name = ? '
        f"ORDER BY {SORT[event['sort']]} {DIRECTIONS[event['direction']]} LIMIT {int(event['limit'])}",
        (event["text"],),
    ).fetchall()
    # Its router writes itself at the first request.
    answer = falcon.testing.simulate_get(
        api, f"/orders/{event['id']}/parts/7", params={"q": event["text"] or "-"}
    )
    return {
        "row": repr(Row(*values)),
        "same": Row(*values) == dataclasses.replace(Row(*values)),
        "loose": attrs.asdict(Loose(*values)),
        "found": found,
        "answer": answer.json,
    }
