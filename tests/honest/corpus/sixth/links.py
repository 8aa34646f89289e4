"""Links, hooks and partners' APIs."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixth import (
    ARABIC,
    EMOJI,
    ESSAY,
    HTMLISH,
    IRISH,
    JSON_TEXT,
    LINK,
    PATHISH,
    QUOTED,
    SHELLISH,
    SQL_NOTE,
    TEMPLATISH,
    appsync,
    bus,
    http,
    rest,
    sns,
    stack,
)

SECRET = "internal-token-4711"


def _preview(url: str) -> dict[str, object]:
    return http("POST", "/preview", {"url": url})


def _prefix(url: str) -> dict[str, object]:
    return rest("GET", "/preview", query={"url": url})


def _avatar(source: str) -> dict[str, object]:
    return appsync("Mutation", "setAvatar", source=source)


def _hook(hook: str, data: object, kind: str = "order.created") -> dict[str, object]:
    return sns({"hook": hook, "data": data, "type": kind})


def _user(name: str) -> dict[str, object]:
    return rest("GET", "/partner/{name}", ids={"name": name})


def _search(**query: str) -> dict[str, object]:
    return http("GET", "/partner/search", query=query)


def _next(target: str) -> dict[str, object]:
    return http("GET", "/follow", query={"next": target})


REQUESTS = {
    "preview": [
        _preview("@PARTNER@/articles/o'brien-(2024)?q=select+*+from+x&next=http://127.0.0.1/admin"),
        _preview("@PARTNER@/ünïcode/🍵?redirect_uri=https%3A%2F%2Fexample.org%2F..%2Fx#frag"),
        _preview("@PARTNER@/missing/page.html"),
        _preview("@PARTNER@/redirect?to=/articles/7"),
    ],
    "preview_checked": [
        _preview("@PARTNER@/a/b?x={{7*7}}&y=`id`"),
        _preview("http://169.254.169.254/latest/meta-data/"),
        _preview("file:///etc/passwd"),
        _preview("ftp://localhost/../x"),
    ],
    "preview_by_prefix": [
        _prefix("@PARTNER@/rates?base=EUR&symbols=USD,GBP"),
        _prefix("https://localhost/admin"),
        _prefix("@PARTNER@/redirect?to=@PARTNER@/news?id=1'2"),
    ],
    "avatar": [_avatar("@PARTNER@/avatars/o%27brien.png?s=80"), _avatar("data:text/plain;base64,aGVsbG8=")],
    "deliver": [
        _hook("@PARTNER@/hooks/7?token=a'b", {"note": SQL_NOTE, "cmd": SHELLISH}),
        _hook("@PARTNER@/hooks/8", {"url": "http://127.0.0.1:8080/", "page": HTMLISH}, "user.renamed"),
        _hook("@PARTNER@/hooks/9", ESSAY),
    ],
    "partner_user": [_user("ann"), _user("O'Brien & co"), _user("a..b"), _user("name@example.org;v=1")],
    "partner_user_quoted": [
        _user("../internal"),
        _user("ann?admin=1#x"),
        _user(EMOJI),
        _user("http://127.0.0.1/"),
    ],
    "partner_search": [
        _search(q="title:(tea OR mugs) AND -price:[10 TO *]", sort="-date", page="2"),
        _search(url=LINK, callback="http://localhost:3000/cb", q=ARABIC),
        _search(q=SQL_NOTE, filter=JSON_TEXT, fields="id,name,../x"),
    ],
    "tenant_call": [{"path": "/v1/items?owner=o'brien&x=1@2"}, {"path": "/v1/files/report%20(1).pdf"}],
    "check_hosts": [
        {"hosts": ["@PARTNER_HOST@", "@PARTNER_HOST@"]},
        {"hosts": ["@PARTNER_HOST@"], "path": "/status?verbose=true&q=';--"},
    ],
    "shorten": [
        http("POST", "/links", {"target": "http://169.254.169.254/latest/meta-data/", "title": TEMPLATISH}),
        http("POST", "/links", {"target": LINK, "title": IRISH}),
        http("POST", "/links", {"target": "javascript:alert('x')", "title": PATHISH}),
        http("POST", "/links", {"target": "file:///etc/passwd?" + QUOTED}),
    ],
    "follow": [
        _next("https://example.org/a?b='c'&d=../e"),
        _next("http://127.0.0.1/admin"),
        _next("//cdn.example.org/x;y"),
        _next("javascript:alert(1)"),
    ],
    "oauth_callback": [
        http(
            "GET",
            "/cb",
            query={
                "code": "4/0Ab_5q'--x==",
                "state": JSON_TEXT,
                "redirect_uri": "http://localhost:8080/cb?x=1",
            },
        ),
        http(
            "GET",
            "/cb",
            query={"error": "access_denied", "error_description": "The user said \"no\"; see <a href='x'>"},
        ),
    ],
    "custom_resource": [
        stack("Create", {"Text": TEMPLATISH}),
        stack("Update", {"Text": "#!/bin/bash\nyum -y update; curl http://169.254.169.254/ | sh\n"}),
        stack("Delete", {"Text": {"Fn::Sub": "${AWS::Region}-x"}}, "@PARTNER@/cfn?X-Amz-Signature=a%2Fb'c"),
    ],
    "legacy_notify": [
        bus("Bell", {"room": "Room 5: O'Brien, door (left)"}),
        bus("Bell", {"room": "X-Admin: yes\\r\\n"}),
    ],
}
ATTACKS = [
    Attack("SSRF", "preview", _preview("@INSIDE@/internal/keys"), SECRET),
    Attack("SSRF", "preview", _preview("http://localhost:@PORT@/internal"), SECRET),
    Attack("SSRF, spelling", "preview", _preview("http://2130706433:@PORT@/internal"), SECRET),
    Attack("SSRF, spelling", "preview", _preview("http://0x7f.1:@PORT@/internal"), SECRET),
    Attack("SSRF, spelling", "preview", _preview("http://0.0.0.0:@PORT@/internal"), SECRET),
    Attack("SSRF, spelling", "preview", _preview("http://[::ffff:127.0.0.1]:@PORT@/internal"), SECRET),
    Attack("SSRF, redirect", "preview", _preview("@PARTNER@/redirect?to=@INSIDE@/internal"), SECRET),
    # The answer names the address only after the request was sent, whatever came of it.
    Attack(
        "SSRF, metadata",
        "preview",
        _preview("http://169.254.169.254/latest/meta-data/iam/security-credentials/"),
        '\\"url\\": \\"http://169.254.169.254/latest',
    ),
    Attack(
        "SSRF, metadata",
        "preview",
        _preview("http://0xa9fea9fe/latest/api/token"),
        '\\"url\\": \\"http://0xa9fea9fe/latest',
    ),
    Attack(
        "SSRF, redirect", "preview_checked", _preview("@PARTNER@/redirect?to=@INSIDE@/internal/a"), SECRET
    ),
    Attack(
        "SSRF, redirect",
        "preview_checked",
        _preview("@PARTNER@/redirect?to=http%3A%2F%2F127.1%3A@PORT@%2Finternal"),
        SECRET,
    ),
    Attack("SSRF, redirect", "preview_by_prefix", _prefix("@PARTNER@/redirect?to=@INSIDE@/internal"), SECRET),
    Attack("SSRF, user part", "preview_by_prefix", _prefix("@PARTNER@@127.0.0.1:@PORT@/internal/x"), SECRET),
    Attack("SSRF", "avatar", _avatar("@INSIDE@/internal/avatar.png"), SECRET),
    Attack("SSRF, file", "avatar", _avatar("file:///etc/passwd"), "root:x:0"),
    Attack("SSRF, file", "avatar", _avatar("FILE://localhost/proc/self/environ"), "AWS_SECRET_ACCESS_KEY"),
    Attack("SSRF, file", "avatar", _avatar("<URL:file:///etc/../etc/passwd>"), "root:x:0"),
    Attack("SSRF", "deliver", _hook("http://127.0.0.1:@PORT@/internal/run", {"a": 1}), SECRET),
    Attack("SSRF", "deliver", _hook("http://127.1:@PORT@/internal", {"a": 1}), SECRET),
    Attack("SSRF, path", "partner_user", _user("../internal/keys"), SECRET),
    Attack("SSRF, path", "partner_user", _user("x/../../internal?name="), SECRET),
    Attack("SSRF, user part", "tenant_call", {"path": "@127.0.0.1:@PORT@/internal"}, SECRET),
    Attack("SSRF", "check_hosts", {"hosts": ["127.0.0.1:@PORT@"], "path": "/internal"}, SECRET),
    Attack(
        "header",
        "legacy_notify",
        bus("Bell", {"room": "1\r\nX-Admin: yes-9191"}),
        '\\"X-Admin\\": \\"yes-9191\\"',
    ),
    Attack(
        "header",
        "legacy_notify",
        bus("Bell", {"room": "1\nX-Forwarded-User: root"}),
        '\\"X-Forwarded-User\\": \\"root\\"',
    ),
]
