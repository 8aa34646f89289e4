"""Bookings, maps, payroll and sensors."""

from tests.honest.corpus.third import CODE, COMMENT, COMPANY, JSON_TEXT, NAME, UNICODE, http

NEEDS = ("postgres",)


def _get(**query: str) -> dict[str, object]:
    return http("GET", "/x", query=query)


def _tile(layer: str, z: str, x: str, y: str) -> dict[str, object]:
    return http("GET", f"/{layer}/{z}/{x}/{y}", ids={"layer": layer, "z": z, "x": x, "y": y})


REQUESTS = {
    "free_rooms": [
        _get(**{"from": "2026-03-02", "to": "2026-03-04"}),
        _get(**{"from": "2026-03-05", "to": "2026-03-06", "city": "l'aquila", "beds": "2"}),
        _get(**{"from": "2024-02-29", "to": "2026-12-31", "city": "x' OR 1=1 --"}),
    ],
    "book": [
        http("POST", "/b", {"room": 1, "from": "2026-04-01", "nights": 3, "guest": NAME}),
        http("POST", "/b", {"room": 2, "from": "2026-04-01", "nights": 1, "guest": COMMENT}),
        http("POST", "/b", {"room": 2, "from": "2026-04-01", "nights": 0, "guest": "guest"}),
    ],
    "change": [
        http("PATCH", "/r", {"name": COMPANY, "beds": 3}, ids={"id": "1"}),
        http("PATCH", "/r", {"city": ":city", "name": "rooms.name", "x' --": 1}, ids={"id": "2"}),
    ],
    "map_box": [_get(bbox="9.0,45.0,9.5,46"), _get(bbox="-10,-90,180.0,9e1"), _get(bbox=" 1 , 2,3 ,-4")],
    "tile": [
        _tile("roads", "3", "4", "5.pbf"),
        _tile("rail", "1", "0", "0"),
        _tile("roads", "-1", "07", "5"),
        _tile("roads;drop", "1", "1", "1"),
    ],
    "payroll": [
        {
            "year": "2026",
            "rows": [
                {"who": NAME, "month": "2026-01", "amount": "1200.50"},
                {"who": NAME, "month": "2026-02", "amount": "-20"},
            ],
        },
        {
            "year": "2026",
            "rows": [
                {"who": "who", "month": "2026-03", "amount": "1e2"},
                {"who": "x; --", "month": "2025-01", "amount": "0"},
            ],
        },
    ],
    "sensors": [
        {
            "step": "hour",
            "readings": [
                {"device": "o'x/1", "at": "2026-03-14T09:26:53", "value": -4.25},
                {"device": "o'x/1", "at": "2026-03-14T09:59:00", "value": 1},
            ],
        },
        {"step": "month", "readings": [{"device": "device", "at": "2026-03-14", "value": 2}]},
    ],
    "members": [
        _get(name="Ann O'Dea"),
        _get(plan="free", name="plan"),
        _get(plan="gold' OR '1'='1", x="y"),
        _get(),
    ],
    "members_since": [
        {"since": "2025-01-01", "tag": "a b"},
        {"since": "2026-03-14T09:26:53+01:00", "tag": 'x") || (1 == 1'},
    ],
    "import_rows": [
        {
            "table": "f_members",
            "columns": ["name", "plan", "nope"],
            "rows": [[COMPANY, "it's", 1], [CODE, "free", 2]],
        },
        {"table": "f_members", "columns": ["plan", "name"], "rows": [["name", "plan"], [JSON_TEXT, UNICODE]]},
        {"table": "users; drop", "columns": ["name"], "rows": []},
    ],
}
