"""What stands for the services here: a thread's server that knows as much of their protocols as the function needs."""

import copy
import email
import json
import os
import re
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

TOKEN = "spade-token-8841"
TABLES = {
    "plants": [
        {"id": "p-1", "name": "Rose 'Alba'", "kind": "shrub", "month": Decimal(5), "stock": Decimal(7)},
        {"id": "p-2", "name": "Bean", "kind": "vegetable", "month": Decimal(4), "stock": Decimal(90)},
        {"id": "p-3", "name": "Hidden", "kind": "trial", "month": Decimal(1), "code": TOKEN},
    ],
    "tasks": [
        {
            "id": "t-1",
            "bed": "north",
            "due": "2026-04-01",
            "owner": "u-17",
            "version": Decimal(1),
            "text": "dig",
        },
        {
            "id": "t-2",
            "bed": "north",
            "due": "2026-05-09",
            "owner": "u-99",
            "version": Decimal(3),
            "text": "sow; water",
        },
    ],
    "members": [
        {"id": "u-17", "name": "Ana", "role": "viewer", "phone": "+34 600", "token": TOKEN, "note": ""},
        {"id": "u-99", "name": "root", "role": "admin", "token": TOKEN, "note": ""},
    ],
    "sales": [
        {"id": "1", "shop": "north", "day": "2026-03-01", "total": Decimal(12), "memo": "cash -- till 2"},
        {"id": "2", "shop": "south", "day": "2026-03-02", "total": Decimal(30), "memo": TOKEN},
    ],
}
OBJECTS = {
    "photos": {
        "u-17/rose bed (1).txt": b"a red rose",
        "u-17/o'hara & co/50% off.txt": b"half",
        "u-17/notes.csv": b"id,name,kind\nn-1,\"O'Hara's rose; new\",shrub\nn-2,B\xc3\xa9an -- tall,vegetable\n",
        "../settings.json": b'{"mode": "taken-over"}',
        "x/../../settings.json": b'{"mode": "taken-over-too"}',
    }
}
tables, objects = copy.deepcopy(TABLES), copy.deepcopy(OBJECTS)
_server = {}
_in, _out = TypeDeserializer(), TypeSerializer()
_TOKENS = re.compile(
    r"\s+|--[^\n]*|/\*.*?\*/|('(?:[^']|'')*'|\"[^\"]*\"|[:#]?\w[\w.\[\]]*|<>|<=|>=|!=|[=<>(),*?;+-])",
    re.DOTALL,
)


class Parser:
    """Conditions, updates and selects."""

    def __init__(self, text, names=None, values=None, parameters=()):
        self.tokens = [m[1] for m in _TOKENS.finditer(text) if m[1]]
        self.at, self.names, self.values, self.parameters = 0, names or {}, values or {}, list(parameters)

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *words):
        if words and self.peek().upper() not in words:
            return None
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else ""

    def disjunction(self):
        terms = [self.conjunction()]
        while self.take("OR"):
            terms.append(self.conjunction())
        return lambda item: any(term(item) for term in terms)

    def conjunction(self):
        terms = [self.negation()]
        while self.take("AND"):
            terms.append(self.negation())
        return lambda item: all(term(item) for term in terms)

    def negation(self):
        if self.take("NOT"):
            term = self.negation()
            return lambda item: not term(item)
        if self.take("("):
            term = self.disjunction()
            self.take(")")
            return term
        left = self.operand()
        word = self.peek().upper()
        if word in ("=", "<>", "!=", "<", ">", "<=", ">="):
            self.take()
            right = self.operand()
            return lambda item: _compare(word, left(item), right(item))
        if self.take("BETWEEN"):
            low, _, high = self.operand(), self.take("AND"), self.operand()
            return lambda item: (
                _compare(">=", left(item), low(item)) and _compare("<=", left(item), high(item))
            )
        if self.take("LIKE"):
            right = self.operand()
            return lambda item: bool(
                re.fullmatch(re.escape(str(right(item))).replace("%", ".*"), str(left(item)), re.DOTALL)
            )
        if self.take("IN"):
            several = self.arguments()
            return lambda item: left(item) in [one(item) for one in several]
        return lambda item: bool(left(item))

    def arguments(self):
        self.take("(")
        found = []
        while self.peek() not in (")", ""):
            found.append(self.operand())
            self.take(",")
        self.take(")")
        return found

    def operand(self):
        word = self.take()
        if word == "?":
            value = self.parameters.pop(0)
            return lambda item: value
        if word.startswith("'"):
            return lambda item: word[1:-1].replace("''", "'")
        if word.isdigit():
            return lambda item: Decimal(word)
        if word.startswith(":"):
            return lambda item: self.values[word]
        if self.peek() == "(" and word.lower() in FUNCTIONS:
            several = self.arguments()
            return lambda item: FUNCTIONS[word.lower()](*(one(item) for one in several))
        name = ".".join(self.names.get(part, part) for part in word.strip('"').split("."))
        return lambda item: item.get(name)

    def update(self, item):
        old = dict(item)
        section = ""
        while self.peek():
            if found := self.take("SET", "ADD", "REMOVE"):
                section = found.upper()
            word = self.take()
            name = self.names.get(word, word)
            if section == "REMOVE":
                item.pop(name, None)
            elif section == "ADD":
                item[name] = old.get(name, 0) + self.operand()(old)
            else:
                if self.take("=") is None:
                    raise ValueError(f"expected = near {word}")
                value = self.operand()(old)
                while sign := self.take("+", "-"):
                    more = self.operand()(old)
                    value = value + more if sign == "+" else value - more
                item[name] = value
            self.take(",")

    def select(self):
        rows = []
        while self.take("SELECT"):
            columns = []
            while self.peek().upper() not in ("FROM", ""):
                columns.append(self.take())
                self.take(",")
            self.take("FROM")
            name = self.take().strip('"').rpartition(".")[2]
            where = self.disjunction() if self.take("WHERE") else lambda item: True
            found = [item for item in tables.get(name, []) if where(item)]
            rows += [
                {k: v for k, v in item.items() if "*" in columns or k in columns or k.strip() in columns}
                for item in found
            ]
            if self.take("ORDER"):
                self.take(), self.take(), self.take("ASC", "DESC")
            if self.take("LIMIT"):
                rows = rows[: int(self.take())]
            if not self.take("UNION"):
                break
            self.take("ALL")
        return rows


def _compare(word, left, right):
    if word == "=":
        return left == right
    if word in ("<>", "!="):
        return left != right
    if left is None or right is None or isinstance(left, str) != isinstance(right, str):
        return False
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[word]


FUNCTIONS = {
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
    "begins_with": lambda value, start: str(value or "").startswith(str(start)),
    "contains": lambda value, part: part in value if value else False,
    "size": lambda value: Decimal(len(value or "")),
    "if_not_exists": lambda value, other: other if value is None else value,
}


def _plain(values):
    return {k: _in.deserialize(v) for k, v in (values or {}).items()}


def _marked(item):
    return {k: _out.serialize(v) for k, v in item.items()}


def _dynamo(action, q):
    rows = tables.setdefault(q.get("TableName", ""), [])
    names, values = q.get("ExpressionAttributeNames"), _plain(q.get("ExpressionAttributeValues"))

    def test(expression):
        return Parser(expression, names, values).disjunction() if expression else lambda item: True

    if action == "ExecuteStatement":
        found = Parser(
            q["Statement"], parameters=[_in.deserialize(p) for p in q.get("Parameters", ())]
        ).select()
        return {"Items": [_marked(r) for r in found]}
    if action == "BatchExecuteStatement":
        return {
            "Responses": [
                {"TableName": "plants", "Item": _marked(r)}
                for s in q["Statements"]
                for r in Parser(s["Statement"]).select()
            ]
        }
    if action == "BatchWriteItem":
        for name, requests in q["RequestItems"].items():
            for request in requests:
                if "PutRequest" in request:
                    _dynamo("PutItem", {"TableName": name, **request["PutRequest"]})
        return {"UnprocessedItems": {}}
    if action in ("Scan", "Query"):
        key, where = test(q.get("KeyConditionExpression")), test(q.get("FilterExpression"))
        found = [r for r in rows if key(r) and where(r)]
        if q.get("ProjectionExpression"):
            wanted = [(names or {}).get(n.strip(), n.strip()) for n in q["ProjectionExpression"].split(",")]
            found = [{k: r[k] for k in wanted if k in r} for r in found]
        return {
            "Items": [_marked(r) for r in found[: q.get("Limit", 99)]],
            "Count": len(found),
            "ScannedCount": 9,
        }
    key = _plain(q.get("Key") or {"id": q["Item"]["id"]})
    old = next((r for r in rows if all(r.get(k) == v for k, v in key.items())), None)
    if action == "GetItem":
        return {"Item": _marked(old)} if old else {}
    if not test(q.get("ConditionExpression"))(old or {}):
        return {
            "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
            "message": "The conditional request failed",
        }
    if action == "PutItem":
        tables[q["TableName"]] = [r for r in rows if r is not old] + [_plain(q["Item"])]
        return {}
    if action == "DeleteItem":
        tables[q["TableName"]] = [r for r in rows if r is not old]
        return {"Attributes": _marked(old or {})}
    new = old if old is not None else key
    if old is None:
        rows.append(new)
    Parser(q["UpdateExpression"], names, values).update(new)
    return {"Attributes": _marked(new)}


def _typed(row):
    return [{"stringValue": str(v)} for v in row.values()]


def _other(path, target, q):
    action = target.rpartition(".")[2]
    if action == "StartQueryExecution":
        _server["rows"] = Parser(
            q["QueryString"], parameters=[p.strip("'") for p in q.get("ExecutionParameters", ())]
        ).select()
        return {"QueryExecutionId": "q-1"}
    if action == "GetQueryResults":
        return {
            "ResultSet": {
                "Rows": [{"Data": [{"VarCharValue": str(v)} for v in r.values()]} for r in _server["rows"]]
            }
        }
    if action == "StartExecution":
        role = json.loads(q["input"]).get("role")
        return {"executionArn": f"arn:aws:states:eu-central-1:1:execution:m:{role}", "startDate": 1.0}
    if action in ("SendMessage", "PutEvents"):
        return {
            "MessageId": "m-1",
            "Entries": [{"EventId": str(len(q.get("Entries", ())))}],
            "FailedEntryCount": 0,
        }
    if path == "/Execute":
        values = {":" + p["name"]: next(iter(p["value"].values())) for p in q.get("parameters", ())}
        return {"records": [_typed(r) for r in Parser(q["sql"], values=values).select()]}
    if path == "/v2/email/outbound-emails":
        if "Raw" in q["Content"]:
            import base64

            message = email.message_from_bytes(base64.b64decode(q["Content"]["Raw"]["Data"]))
            return {"MessageId": f"to={message['To']} bcc={message['Bcc']} from={message['From']}"}
        return {"MessageId": "simple " + q["Content"]["Simple"]["Subject"]["Data"]}
    return {"path": path, "asked": q}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self, status, data, kind, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        target = self.headers.get("X-Amz-Target", "")
        if target or parts.path.startswith(("/Execute", "/v2/", "/2015-03-31/")):
            q = json.loads(body or b"{}")
            try:
                found = (
                    _dynamo(target.partition(".")[2], q)
                    if "Dynamo" in target
                    else _other(parts.path, target, q)
                )
            except (KeyError, ValueError, AttributeError, TypeError, IndexError) as e:
                found = {"__type": "ValidationException", "message": repr(e)}
            self._answer(
                400 if "__type" in found else 200, json.dumps(found).encode(), "application/x-amz-json-1.0"
            )
            return
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        held = objects.setdefault(bucket, {})
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        if "list-type" in query:
            found = sorted(k for k in held if k.startswith(query.get("prefix", "")))
            entries = "".join(
                f"<Contents><Key>{escape(k)}</Key><Size>{len(held[k])}</Size></Contents>" for k in found
            )
            self._answer(
                200,
                f"<ListBucketResult><Name>{bucket}</Name>{entries}</ListBucketResult>".encode(),
                "application/xml",
            )
        elif self.command == "PUT":
            source = self.headers.get("x-amz-copy-source")
            if source:
                body = objects[unquote(source).lstrip("/").partition("/")[0]].get(
                    unquote(source).lstrip("/").partition("/")[2], b""
                )
            held[key] = body
            self._answer(
                200,
                b"<CopyObjectResult><ETag>e</ETag></CopyObjectResult>" if source else b"",
                "application/xml",
                ETag='"e"',
            )
        elif self.command == "DELETE":
            held.pop(key, None)
            self._answer(204, b"", "text/plain")
        elif key in held:
            self._answer(200, held[key], "application/octet-stream", ETag='"e"')
        else:
            self._answer(
                404, b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>", "application/xml"
            )

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve

    def log_message(self, *args):
        """Nothing."""


def client(service, *, resource=False):
    """A client of a service; the data is as at the beginning."""
    if _server.get("pid") != os.getpid():
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _server.update(pid=os.getpid(), url=f"http://127.0.0.1:{server.server_address[1]}", made={})
    for live, first in ((tables, TABLES), (objects, OBJECTS)):
        for name, value in first.items():
            live[name] = copy.deepcopy(value)
    made = _server["made"]
    if (service, resource) not in made:
        made[service, resource] = (boto3.resource if resource else boto3.client)(
            service,
            endpoint_url=_server["url"],
            region_name="eu-central-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=Config(
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                inject_host_prefix=False,
            ),
        )
    return made[service, resource]
