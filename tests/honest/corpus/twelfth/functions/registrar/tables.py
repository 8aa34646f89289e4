"""Tables, statements and queries for local runs: what DynamoDB, the RDS data service and Athena answer, on SQLite."""

import json
import re
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "registry-token-8812"
SEED = """
CREATE TABLE IF NOT EXISTS people (id TEXT PRIMARY KEY, name TEXT, town TEXT, secret TEXT);
CREATE TABLE IF NOT EXISTS events (day TEXT, kind TEXT, n INTEGER);
INSERT OR REPLACE INTO people VALUES ('p-1','Ada O''Neil','Cork',''),('p-2','Minh','Hue',''),('p-9','root','-','registry-token-8812');
DELETE FROM events;
INSERT INTO events VALUES ('2026-05-01','click',5),('2026-05-01','view',50),('2026-05-02','click',7);
"""
lock = threading.Lock()
queries = {}


def ask(sql, values=()):
    with lock:
        conn = sqlite3.connect(":memory:")
        conn.row_factory = sqlite3.Row
        conn.executescript(SEED)
        try:
            return [dict(r) for r in conn.execute(sql, values)], ""
        except (sqlite3.Error, sqlite3.Warning) as error:
            return [], str(error)
        finally:
            conn.close()


def typed(value):
    return (
        {"N": str(value)} if isinstance(value, (int, float)) else {"S": "" if value is None else str(value)}
    )


def plain(value):
    (kind, inner), *_ = value.items()
    return (
        float(inner)
        if kind in ("N", "longValue", "doubleValue")
        else inner
        if kind in ("S", "stringValue")
        else None
    )


def matches(expression, names, values, item):
    """A scan's filter: conditions joined by AND or OR, as far as the handlers use them."""
    for name, real in (names or {}).items():
        expression = re.sub(re.escape(name) + r"\b", real, expression)

    def one(text):
        text = text.strip().strip("()")
        if m := re.match(r"(?:contains|begins_with)\s*\(?(\w+),\s*(:\w+)", text):
            return str(plain(values[m[2]])) in str(item.get(m[1], ""))
        if m := re.match(r"attribute_exists\s*\(?(\w+)", text):
            return bool(item.get(m[1]))
        m = re.match(r"(\w+)\s*(=|<>)\s*(:\w+)$", text)
        return bool(m) and (str(item.get(m[1])) == str(plain(values[m[3]]))) == (m[2] == "=")

    return any(
        all(one(part) for part in re.split(r"\s+AND\s+", alternative))
        for alternative in re.split(r"\s+OR\s+", expression)
    )


class Services(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        status, answer = 200, {}
        if target == "ExecuteStatement":
            sql = re.sub(r'"(\w+)"(\.\w+)?', r"\1", body["Statement"])
            rows, error = ask(sql, [plain(p) for p in body.get("Parameters", [])])
            answer = {"Items": [{k: typed(v) for k, v in r.items()} for r in rows]}
            if error:
                status, answer = 400, {"__type": "ValidationException", "message": error}
        elif target in ("Scan", "Query"):
            rows, _ = ask("SELECT id, name, town, secret FROM people ORDER BY id")
            condition = body.get("FilterExpression") or body.get("KeyConditionExpression") or ""
            found = [
                r
                for r in rows
                if not condition
                or matches(
                    condition,
                    body.get("ExpressionAttributeNames"),
                    body.get("ExpressionAttributeValues", {}),
                    r,
                )
            ]
            if body.get("ProjectionExpression"):
                wanted = [
                    (body.get("ExpressionAttributeNames") or {}).get(w.strip(), w.strip())
                    for w in body["ProjectionExpression"].split(",")
                ]
                found = [{k: v for k, v in r.items() if k in wanted} for r in found]
            answer = {
                "Items": [{k: typed(v) for k, v in r.items()} for r in found],
                "Count": len(found),
                "ScannedCount": 3,
            }
        elif target == "PutItem":
            answer = {"Attributes": body["Item"]}
        elif target == "UpdateItem":
            answer = {"Attributes": {"expression": typed(body["UpdateExpression"])}}
        elif target == "StartQueryExecution":
            queries[f"q-{len(queries)}"] = body["QueryString"]
            answer = {"QueryExecutionId": f"q-{len(queries) - 1}"}
        elif target == "GetQueryExecution":
            answer = {"QueryExecution": {"Status": {"State": "SUCCEEDED"}}}
        elif target == "GetQueryResults":
            rows, error = ask(queries[body["QueryExecutionId"]])
            rows = rows or [{"error": error}]
            lines = [list(rows[0]), *([*map(str, r.values())] for r in rows)]
            answer = {
                "ResultSet": {"Rows": [{"Data": [{"VarCharValue": v} for v in line]} for line in lines]}
            }
        elif self.path == "/Execute":
            rows, error = ask(body["sql"], {p["name"]: plain(p["value"]) for p in body.get("parameters", [])})
            answer = {
                "records": [[{"stringValue": str(v)} for v in r.values()] for r in rows],
                "numberOfRecordsUpdated": 0,
            }
            if error:
                status, answer = 400, {"message": error, "code": "BadRequestException"}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(data)))
        if status != 200:
            self.send_header("x-amzn-ErrorType", answer.get("__type") or answer.get("code"))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *args):
        pass


def start():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Services)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"
