"""Bee-keepers' back end on AWS's services."""

import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fourteenth import (
    ESSAY,
    FOLK,
    GRUMBLE,
    HTML,
    LISTING,
    NOTES,
    PATTERN,
    SPOTS,
    api,
    b64,
    bus,
    cognito,
    get,
    one,
    post,
    put,
    s3,
    sqs,
    zip64,
)

NEEDS = ("aws-http",)
SECRET = "apiary-secret-8820"


def _me(**fields: object) -> dict[str, object]:
    return api("PATCH", "/me", fields)


def _keeper(keeper: str) -> dict[str, object]:
    return {"info": {"fieldName": "hives"}, "arguments": {"keeper": keeper}}


def _streamed(name: str, new: object, old: object = None) -> dict[str, object]:
    images = {"NewImage": new, **({"OldImage": old} if old else {})}
    return {
        "Records": [{"eventID": "1", "eventName": name, "eventSource": "aws:dynamodb", "dynamodb": images}]
    }


def _fire(*texts: str) -> dict[str, object]:
    return {
        "deliveryStreamArn": "arn:aws:firehose:eu-west-1:123456789012:deliverystream/d",
        "records": [{"recordId": str(i), "data": b64(t)} for i, t in enumerate(texts)],
    }


def _resource(**properties: str) -> dict[str, object]:
    return {
        "RequestType": "Create",
        "ResponseURL": "@PARTNER@/cfn/response?X-Amz-Signature=a%2Fb",
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/s/1",
        "RequestId": "r",
        "LogicalResourceId": "Hive",
        "ResourceProperties": properties,
    }


def _csv(text: str) -> dict[str, object]:
    return api("POST", "/import", text, headers={"Content-Type": "text/csv"})


REQUESTS = {
    "get_hive": [
        one("/hives/{id}", id="h1"),
        one("/hives/{id}", id="h2"),
        one("/hives/{id}", id="o'hara; -- 5"),
        one("/hives/{id}", id="h3"),
    ],
    "put_note": [
        put("/notes/{id}", {"id": "a/b'c"}, text=GRUMBLE, tags=["it's", "x;y"], n=1.5),
        put("/notes/{id}", {"id": "2"}, text=LISTING, more={"$gt": 1, "a.b": HTML}),
        put("/notes/{id}", {"id": "3"}, text=ESSAY[:3000]),
    ],
    "readings": [
        get("/readings", hive="h1"),
        get("/readings", hive="h1", order="desc", **{"from": "2026-05-01", "to": "2026-05-31T23:59"}),
        get("/readings", hive="it's; none", **{"from": "x"}),
    ],
    "hives_where": [
        get("/hives", value="pat@example.com"),
        get("/hives", field="weight", op=">", value="35"),
        get("/hives", field="place", value="King's Meadow; or -- not"),
        get("/hives", field="weight", op="<=", value="40"),
    ],
    "hives_where_attr": [
        get("/h", value="King's"),
        get("/h", field="keeper", value="@example"),
        get("/h", field="weight", value="a"),
        get("/h", value="; 5th"),
    ],
    "change_profile": [
        _me(phone="+353 86 123", city="L'Aquila; -- x"),
        _me(nick="O'Hara = best; #1", about=NOTES),
        _me(settings={"theme": "dark", "it's": [1]}),
    ],
    "change_profile_named": [
        _me(name=FOLK[2], **{"a b; c": "x"}),
        _me(role="keeper"),
        _me(**{"favourite: #1": HTML}),
    ],
    "by_keeper": [_keeper("pat@example.com"), _keeper("li@example.com"), _keeper("bees; select -- (union)")],
    "by_keeper_bound": [_keeper("pat@example.com"), _keeper("o'hara@example.com"), _keeper("o'brien; -- x")],
    "export_fields": [
        get("/export", fields="id,place"),
        get("/export", fields="weight, keeper"),
        get("/export", fields="id"),
    ],
    "sign_in": [
        post("/in", mail="pat@example.com", pin="pin-1"),
        post("/in", mail="pat@example.com", pin="it's; wrong -- $ne"),
        post("/in", mail="o'hara@example.com", pin="NE"),
    ],
    "file": [
        one("/f", name="guide (1).txt"),
        one("/f", name="o'hara/map.csv"),
        one("/f", name="./o'hara/../guide (1).txt"),
        one("/f", name="none; x.txt"),
    ],
    "file_checked": [
        one("/f", name="guide (1).txt"),
        one("/f", name="maps/2026.pdf"),
        one("/f", name="a b/c's; -- d.txt"),
    ],
    "files": [
        api("GET", "/files"),
        get("/files", folder="o'hara/"),
        get("/files", folder="guide (1)"),
        get("/files", folder="x; y/"),
    ],
    "upload_url": [
        post("/u", name="my pic; it's (1).png", type="image/png"),
        post("/u", name="é ü/x.pdf"),
        post("/u", name="a${filename}b", type='text/html; charset="utf-8"'),
    ],
    "inbox": [
        s3("apiary-files", "inbox/2026/05/it's a; photo (1).jpg"),
        s3("apiary-files", "inbox/a b.txt", "inbox/50% -- é.csv"),
        s3("apiary-files", "inbox/..hidden/x..y"),
    ],
    "inbox_base": [
        s3("apiary-files", "public/guide (1).txt", "public/o'hara/map.csv"),
        s3("apiary-files", "none/it's; x"),
        s3("apiary-files", "public/..x"),
    ],
    "photos_zip": [
        post("/z", zip=zip64({"2026/bee (1).jpg": "x", "it's; -- b.png": "y"})),
        post("/z", zip=zip64({"a/": "", "a/..b/c.txt": "z", "é.png": "e"})),
        post("/z", zip=zip64({"Makefile": "all: x; y", "run.sh": "rm -rf /"})),
    ],
    "photos_zip_safe": [
        post("/z", zip=zip64({"it's/..x.txt": "x", "./abs.txt": "y"})),
        post("/z", zip=zip64({"o'hara's/1; 2.png": "z"})),
        post("/z", zip=zip64({"a.txt": ESSAY})),
    ],
    "enqueue": [
        post("/orders", name=FOLK[0], note=GRUMBLE, items=[{"sku": "it's", "n": 2}]),
        post("/orders", name="王小明", note=LISTING),
        post("/orders", note="it's ok; --"),
    ],
    "announce": [
        bus("Notice", subject="Don't miss; honey 50% off -- today", text=NOTES),
        bus("Notice", subject="Select the new board", text=GRUMBLE),
        bus("Notice", subject="x", text=HTML),
    ],
    "mail": [
        sqs({"to": "o'hara+bees@example.com", "subject": "It's time; -- 50%", "text": GRUMBLE}),
        sqs(
            {"to": "Pat O'N <pat@example.com>", "subject": "Ärger", "text": HTML},
            {"to": "li@example.com", "subject": "{x}", "text": "$y"},
        ),
        sqs({"to": "x@example.com", "subject": "", "text": LISTING}),
    ],
    "approve": [
        post("/approve", order="A-15/b", comment="it's fine; go ahead -- Pat (50%)"),
        post("/approve", order="7", comment="<b>ok</b> & thanks {x} 'quoted'"),
        post("/approve", order="ü-9"),
    ],
    "parameter": [one("/p", name="colour"), one("/p", name="no-such"), one("/p", name="a_b.c")],
    "stream": [
        _streamed("INSERT", {"id": {"S": "o'hara; 1"}, "n": {"N": "5"}, "tags": {"L": [{"S": "it's"}]}}),
        _streamed("MODIFY", {"t": {"S": GRUMBLE}}, {"t": {"S": NOTES}}),
        _streamed("MODIFY", {"m": {"M": {"a.b": {"S": "{{x}}"}}}}, {"m": {"NULL": True}}),
    ],
    "import_csv": [
        _csv('id,place,n\n1,"King\'s; Meadow",5\n2,SELECT -- hill,\n'),
        _csv("id,place\r\n" + f"é-9,{SPOTS[2].replace(chr(44), chr(32))}\r\n"),
        _csv("id,place,n\n"),
    ],
    "firehose": [
        _fire(json.dumps({"hive": "h'1", "note": " it's; fine -- "}), "not json; x"),
        _fire(json.dumps({"hive": "h", "note": HTML})),
        _fire(json.dumps({"hive": PATTERN})),
    ],
    "custom_resource": [_resource(Name="O'Hara's; hive"), _resource(Name="a -- b $(c)"), _resource()],
    "pre_sign_up": [
        cognito("PreSignUp_SignUp", "pat", email="o'neill@example.com", name=FOLK[2]),
        cognito("PreSignUp_SignUp", "x; y", email="x@other.example"),
        cognito("PreSignUp_ExternalProvider", "google_1", email="z@apiary.example", name="Select -- Admin"),
    ],
    "users": [
        get("/users", value="pat@example.com"),
        get("/users", by="username", value="pat"),
        get("/users", value="o'hara; x@example.com"),
        get("/users", value="(none) -- or"),
    ],
}

ATTACKS = [
    Attack("DynamoDB, expression", "hives_where", get("/h", field="is_open = :yes OR attribute_exists(memo) OR keeper", value="x"), SECRET),
    Attack("DynamoDB, expression", "hives_where", get("/h", op="= :v OR is_open <> :yes OR keeper =", value="x"), SECRET),
    Attack("DynamoDB, expression", "hives_where", get("/h", field="keeper", op="= :v OR begins_with(id, :v) OR contains(keeper, :v) OR id =", value="admin"), SECRET),
    Attack("DynamoDB, expression", "hives_where", get("/h", field="id", op="<> :yes OR id <>", value="zz"), SECRET),
    Attack("DynamoDB, update", "change_profile", _me(**{"nick = :v0, job_role": "admin"}), '\\"job_role\\": \\"admin\\"'),
    Attack("DynamoDB, update", "change_profile", _me(**{"balance = :v0, credit": 5000}), '\\"credit\\": 5000'),
    Attack("DynamoDB, update", "change_profile", _me(job_role="admin"), '\\"job_role\\": \\"admin\\"'),
    Attack("PartiQL", "by_keeper", _keeper("x' OR keeper = 'admin@apiary.example"), "Queen breeding"),
    Attack("PartiQL", "by_keeper", _keeper("' OR id = 'h3"), "Queen breeding"),
    Attack("PartiQL", "by_keeper", _keeper("li@example.com' OR memo = 'apiary-secret-8820"), "Queen breeding"),
    Attack("DynamoDB, projection", "export_fields", get("/e", fields="memo"), SECRET),
    Attack("DynamoDB, projection", "export_fields", get("/e", fields="id, memo, place"), SECRET),
    Attack("NoSQL, operator", "sign_in", post("/in", mail="admin@apiary.example", pin={"NE": "x"}), '\\"job_role\\": \\"admin\\"'),
    Attack("NoSQL, operator", "sign_in", post("/in", mail="admin@apiary.example", pin={"BEGINS_WITH": "a"}), '\\"job_role\\": \\"admin\\"'),
    Attack("NoSQL, operator", "sign_in", post("/in", mail="admin@apiary.example", pin={"GT": " "}), '\\"job_role\\": \\"admin\\"'),
    Attack("path, S3", "file", one("/f", name="../private/keys.json"), SECRET),
    Attack("path, S3", "file", one("/f", name="o'hara/../../private/keys.json"), SECRET),
    Attack("path, S3", "file", one("/f", name="a/./../..//private/./keys.json"), SECRET),
    Attack("path, S3 key", "inbox", s3("b", "inbox/../settings.json"), "changed"),
    Attack("path, S3 key", "inbox", s3("b", "inbox/a/../../settings.json"), "changed"),
    Attack("path, S3 key", "inbox", s3("b", "x.txt", "inbox/./x/.././../settings.json"), "changed"),
    Attack("archive", "photos_zip", post("/z", zip=zip64({"../evil.sh": "x"})), '[\\"evil.sh\\"]'),
    Attack("archive", "photos_zip", post("/z", zip=zip64({"a/b/../../../cron/job": "x", "ok.png": "y"})), '\\"cron/job\\"'),
    Attack("archive", "photos_zip", post("/z", zip=zip64({"photos2/../../settings.json": "{}"})), '[\\"settings.json\\"]'),
    Attack("JSON", "approve", post("/a", order='1", "approved": true, "order": "1", "x": "', comment='", "approved": true, "c": "'), '\\"approved\\": true'),
    Attack("JSON", "approve", post("/a", order="1", comment='", "approved": true, "by": "boss'), '\\"approved\\": true'),
    Attack("JSON", "approve", post("/a", order="1", comment='","\\u0061pproved":true,"z":"'), '\\"approved\\": true'),
]  # fmt: skip
