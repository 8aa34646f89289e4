"""A club's tools, members, loans and notes in PostgreSQL."""

import hashlib
import hmac
import json

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
    get,
    post,
    sqs,
)

NEEDS = ("postgres",)
KEY = "toolshed-secret-3381"


def _token(subject: str, key: str = KEY) -> str:
    head, body = (
        b64(json.dumps(one)).rstrip("=").replace("+", "-").replace("/", "_")
        for one in ({"alg": "HS256", "typ": "JWT"}, {"sub": subject})
    )
    signed = hmac.new(key.ljust(32, "0").encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}." + b64(signed).rstrip("=").replace("+", "-").replace("/", "_")


def _authorize(token: str) -> dict[str, object]:
    return {
        "type": "TOKEN",
        "authorizationToken": f"Bearer {token}",
        "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:t0d4s/prod/GET/staff",
    }


def _code(code: str) -> dict[str, object]:
    return api("GET", f"/tools/{code}", ids={"code": code})


def _patch(key: str, **changes: object) -> dict[str, object]:
    return api("PATCH", f"/members/{key}", changes, ids={"id": key})


def _payment(**data: object) -> dict[str, object]:
    body = json.dumps(data, ensure_ascii=False)
    signature = hmac.new(b"whsec-club", body.encode(), hashlib.sha256).hexdigest()
    return api("POST", "/hooks/payments", body, headers={"X-Signature": signature})


def _user(sub: str, email: str, **more: str) -> dict[str, object]:
    return {
        "version": "1",
        "triggerSource": "PostConfirmation_ConfirmSignUp",
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_x",
        "userName": sub,
        "request": {"userAttributes": {"sub": sub, "email": email, "email_verified": "true", **more}},
        "response": {},
    }


def _branch(kind: str, branch: str) -> dict[str, object]:
    return {
        "RequestType": kind,
        "ResponseURL": "https://cloudformation.example.org/",
        "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/club/1",
        "RequestId": "q",
        "LogicalResourceId": "Branch",
        "ResourceType": "Custom::Branch",
        "ResourceProperties": {"ServiceToken": "arn", "Branch": branch},
    }


def _loan(ref: str, **more: object) -> dict[str, object]:
    return post("/loans", **{"ref": ref, "tool": 1, "member": "m-7", "taken": "2026-03-04", **more})


def _note(key: str, method: str = "GET", **body: object) -> dict[str, object]:
    return api(method, f"/notes/{key}", body or None)


REQUESTS = {
    "list_tools": [
        get("/tools"),
        get("/tools", sort="day_price", order="desc", limit="2"),
        get("/tools", sort="code", page="2", limit="2"),
        get("/tools", sort="rating; cheapest first"),
        get("/tools", limit="all"),
    ],
    "search_tools": [
        get("/search", q=one) for one in ("saw", "Cordless drill", "50%", "ladder 3 m", "union")
    ],
    "search_safe": [get("/search", q=one) for one in (*SEARCHES[:4], "o'malley's")],
    "search_fulltext": [
        get("/search", q=one) for one in ("saw or drill", *SEARCHES[:2], '"circular saw" -drill')
    ],
    "tool_by_code": [_code("DR-100"), _code("SA-201"), _code("la-300"), _code("ZZ 9")],
    "tool_by_code_checked": [_code("SA-200"), _code("LA-300"), _code("it's on the label")],
    "price_list": [
        get("/prices"),
        get("/prices", order_by="day_price"),
        get("/prices", order_by="name DESC"),
    ],
    "filter_tools": [
        post("/filter", kind="saw"),
        post("/filter", kind="drill", name="Cordless drill"),
        post("/filter", name="O'Malley's 50% saw"),
        post("/filter"),
    ],
    "nearby": [
        get("/near", lat="52.50", lon="13.40"),
        get("/near", lat="48.1", lon="11.5", km="25"),
        get("/near", lat="-33.8", lon="151.2", km="1e2"),
        get("/near", lat="52,5", lon="13,4"),
    ],
    "several": [
        get("/basket", ids="1,2,3"),
        get("/basket", ids=" 4 , 9"),
        get("/basket", ids="1;2"),
        get("/basket"),
    ],
    "by_extra": [get("/by"), get("/by", key="volt", value="230"), get("/by", key="colour", value="d'or")],
    "by_tags": [post("/tags", tags=["new"]), post("/tags", tags=["heavy", "it's"]), post("/tags", tags=[])],
    "save_member": [
        post("/members", name=NAMES[0], email=MAILS[0], address=ADDRESSES[0], prefs={"lang": "en"}),
        post("/members", name=NAMES[2], email=MAILS[1], address=ADDRESSES[2], nickname="select * me"),
        post("/members", name=NAMES[4], email="taro@example.jp", address=ADDRESSES[3]),
        post("/members", name=NAMES[5], email="not an address; sorry"),
        post("/members", name="", email=MAILS[2]),
    ],
    "patch_member": [
        _patch("m-1", name=NAMES[1], address=ADDRESSES[1], nickname="ana"),
        _patch("m-1", nickname="ana -- the best; 'drop' it", role="admin"),
        _patch("m-404", name=NAMES[6]),
        _patch("m-1", role="admin"),
    ],
    "staff_login": [
        post("/login", login="helper", password="hammer"),
        post("/login", login="helper", password="Hammer#1"),
        post("/login", login="ana@example.org", password="correct horse battery"),
    ],
    "post_confirmation": [
        _user("5d1c", MAILS[0], name=NAMES[0]),
        _user("5d1d", MAILS[2]),
        _user("5d1e", "zoe@example.org", name=NAMES[7]),
    ],
    "authorizer": [
        _authorize(_token("boss")),
        _authorize(_token("o'neil; select")),
        _authorize(_token("boss", "another")),
        _authorize("undefined"),
    ],
    "loans": [
        _loan("K-1", note="I'll bring it back on Friday; maybe Saturday -- ok?"),
        _loan("K-2", tool=2, days=7, note=TICKET),
        _loan("K-3", days=99),
        api("GET", "/loans/L-2"),
        api("GET", "/loans/K-404"),
        get("/loans", member="m-1", since="2026-02-01"),
        get("/loans", member="O'Hara", since="next week"),
    ],
    "report": [
        post("/report", **{"from": "2026-01-01", "to": "2026-01-31"}),
        post("/report", kind="saw"),
        post("/report", kind="drill", to="2026-06-30"),
        post("/report", **{"from": "January"}),
    ],
    "late_fees": [
        {"today": "2026-03-01"},
        {"today": "2026-04-15", "rate": "0.75", "comment": "April's run; don't mail the O'Haras"},
        {"today": "2026-02-05", "rate": 1},
    ],
    "import_loans": [
        sqs(
            {
                "ref": "K-7",
                "tool": 1,
                "member": "m-2",
                "taken": "2026-04-01",
                "note": "kiosk's card reader failed",
            }
        ),
        sqs(
            {"ref": "K-8", "tool": 3, "member": "m-1", "taken": "2026-04-02", "note": REVIEW},
            {"ref": "K-9", "tool": 77, "member": "m-1", "taken": "2026-04-02", "note": ""},
            "not JSON; it's text",
        ),
        sqs({"ref": "K-10", "tool": 2, "member": "m-2", "taken": "soon", "note": "x"}),
    ],
    "payment_webhook": [
        _payment(type="payment.succeeded", loan=1, description="Thanks, D'Arcy & Co -- 100% paid; bye"),
        _payment(type="payment.failed", loan=1, reason="insufficient_funds"),
        _payment(type="payment.succeeded", loan="77", description="?"),
        api("POST", "/hooks/payments", {"type": "payment.succeeded"}, headers={"X-Signature": "00"}),
    ],
    "write_note": [
        post("/notes", id="n-1", author=NAMES[0], body=REVIEW),
        post("/notes", id="n-2", author="Ana", body=TICKET, stars=4),
        post("/notes", id="n-3", author=NAMES[5], body=MARKDOWN, stars="3"),
        post("/notes", id="n-4", author="Ana", body="It\\'s 5\\\\7; '' -- \"quoted\" " + LINKS[0]),
    ],
    "notes_of_author": [get("/more", id="n-2"), get("/more", id="n-3"), get("/more", id="n'-404")],
    "notes": [
        _note("a-1", "PUT", author="Kim", body=MARKDOWN),
        _note("a-2", "PUT", author=NAMES[2], body=TICKET),
        _note("a-1"),
        _note("a-404"),
    ],
    "new_prices": [
        api("POST", "/prices", "DR-100;4,75\nSA-200;7.25\n"),
        api("POST", "/prices", 'LA-300;2.5\n"it\'s; odd";1\nno price\nSA-201;5,00 €\n'),
    ],
    "raise_prices": [
        post("/raise", kind="saw"),
        post("/raise", kind="ladder"),
        post("/raise", kind="none of them"),
    ],
    "manual": [
        get("/manual", file="drill.txt"),
        get("/manual", file="saws/circular.txt"),
        get("/manual", file="it's missing.txt"),
    ],
    "manual_grep": [get("/grep", word="drill"), get("/grep", word="both hands"), get("/grep", word="it's")],
    "manual_grep_quoted": [
        get("/grep", word=one) for one in ("don't", "hands on", "-r goggles; $HOME", '`x` "y" | z')
    ],
    "query_executor": [
        {"query": "SELECT code, name FROM tools WHERE kind = %s ORDER BY id", "params": ["saw"]},
        {"query": "SELECT count(*) AS n FROM tools WHERE name = %s", "params": ["O'Malley's 50% saw"]},
        {"query": "DELETE FROM loans"},
    ],
    "tenant_schema": [
        _branch("Create", "leipzig"),
        _branch("Create", "Köln's"),
        _branch("Delete", "leipzig"),
    ],
}

ATTACKS = [
    Attack("SQL, union", "search_tools", get("/s", q="zz%' UNION SELECT 1, login, token FROM staff --"), KEY),
    Attack("SQL, boolean", "search_tools", get("/s", q="drill%' OR hidden OR name ILIKE '%x"), KEY),
    Attack(
        "SQL, comments",
        "search_tools",
        get("/s", q="zz'/**/uNiOn/**/aLl/**/sElEcT/**/1,name,value/**/from/**/settings--"),
        KEY,
    ),
    Attack("SQL, boolean", "tool_by_code", _code("x' OR hidden --"), KEY),
    Attack(
        "SQL, error",
        "tool_by_code",
        _code("x' AND 1=CAST((SELECT value FROM settings WHERE name='signing_key') AS int) --"),
        KEY,
    ),
    Attack(
        "SQL, union, dollar quotes",
        "tool_by_code",
        _code("' UNION SELECT login, token, $$x$$ FROM staff WHERE login = $$boss$$ --"),
        KEY,
    ),
    Attack(
        "SQL, order by",
        "price_list",
        get("/p", order_by="(SELECT CAST(value AS int) FROM settings WHERE name='signing_key')"),
        KEY,
    ),
    Attack(
        "SQL, order by, blind",
        "price_list",
        get(
            "/p",
            order_by="CASE WHEN (SELECT substr(token,1,1) FROM staff WHERE login='boss')='t' "
            "THEN 1/(length(name)-length(name)) ELSE 1 END",
        ),
        "division by zero",
    ),
    Attack("SQL, names", "filter_tools", post("/f", **{"kind = 'x' OR hidden OR kind": "x"}), KEY),
    Attack(
        "SQL, names",
        "filter_tools",
        post("/f", **{"kind = 'q' UNION SELECT name, value FROM settings WHERE name": "signing_key"}),
        KEY,
    ),
    Attack(
        "SQL, JSON path",
        "by_extra",
        get("/by", key="volt' || CAST((SELECT value FROM settings WHERE name='signing_key') AS int) || '"),
        KEY,
    ),
    Attack("SQL, login", "staff_login", post("/l", login="boss' --", password="x"), KEY),
    Attack("SQL, login", "staff_login", post("/l", login="x", password="' OR login='boss"), KEY),
    Attack(
        "SQL, login",
        "staff_login",
        post("/l", login="' OR role LIKE 'adm%' LIMIT 1 /*", password="*/ --"),
        KEY,
    ),
    Attack(
        "SQL, union",
        "report",
        post("/r", kind="x' GROUP BY t.name UNION SELECT value, 1 FROM toolshed.settings --"),
        KEY,
    ),
    Attack("SQL, stacked", "raise_prices", post("/r", kind="x'; SELECT name, value FROM settings; --"), KEY),
    Attack(
        "SQL, stacked",
        "raise_prices",
        post("/r", kind="x'; UPDATE staff SET role = role WHERE login = 'boss' RETURNING login, token; --"),
        KEY,
    ),
    Attack(
        "SQL, program",
        "raise_prices",
        post(
            "/r",
            kind="x'; CREATE TEMP TABLE IF NOT EXISTS o_ (line text); COPY o_ FROM PROGRAM 'id'; SELECT line FROM o_; --",
        ),
        "uid=",
    ),
    Attack(
        "SQL, second order",
        "notes_of_author",
        get("/more", id="e-1"),
        KEY,
        before=[
            (
                "write_note",
                post("/n", id="e-1", author="x' UNION SELECT name, value FROM settings --", body="hi"),
            )
        ],
    ),
    Attack(
        "SQL, second order",
        "notes_of_author",
        get("/more", id="e-2"),
        KEY,
        before=[
            ("notes", _note("e-2", "PUT", author="' UNION ALL SELECT login,token FROM staff--", body="nice"))
        ],
    ),
    Attack("path", "manual", get("/m", file="../settings.ini"), KEY),
    Attack("path", "manual", get("/m", file="saws/../../settings.ini"), KEY),
    Attack("path, absolute", "manual", get("/m", file="/etc/passwd"), "root:"),
    Attack(
        "shell",
        "manual_grep",
        get("/g", word='zzz" /dev/null; cat /tmp/toolshed-*/settings.ini; echo "'),
        KEY,
    ),
    Attack("shell", "manual_grep", get("/g", word='x" /dev/null; echo "got-$((6*7))'), "got-42"),
    Attack("shell", "manual_grep", get("/g", word="$(printf '%s%s' gog gl)es"), "Wear goggles"),
]
