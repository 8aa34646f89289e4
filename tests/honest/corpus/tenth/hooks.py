"""Webhooks in and out: chats, trackers, partners' interfaces."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.tenth import (
    CSS,
    LETTER,
    LINK,
    MARKUP,
    PEOPLE,
    PLACES,
    alb,
    alexa,
    api,
    bus,
    graphql,
    http,
    pool,
    queue,
    stack,
    topic,
)

NEEDS = ("aws-http",)
INTERNAL = "internal-token-4711"


def _alarm(name: str, reason: str) -> dict[str, object]:
    return topic({"AlarmName": name, "NewStateValue": "ALARM", "NewStateReason": reason}, "ALARM")


def _update(text: str, chat: object = 4711, name: str = "Ann") -> dict[str, object]:
    return http(
        "POST",
        "/telegram",
        {
            "update_id": 1,
            "message": {"message_id": 2, "from": {"first_name": name}, "chat": {"id": chat}, "text": text},
        },
    )


def _user(key: str) -> dict[str, object]:
    return api("GET", f"/u/{key}", ids={"userId": key})


def _preview(url: str) -> dict[str, object]:
    return alb("GET", "/preview", query={"url": url})


def _avatar(url: str) -> dict[str, object]:
    return pool("PostAuthentication_Authentication", "u", {"email": "a@example.org", "picture": url})


def _feed(url: str) -> dict[str, object]:
    return bus("Feed Due", {"feed": url})


def _next(cursor: str) -> dict[str, object]:
    return http("POST", "/more", {"next": cursor})


def _code(code: str) -> dict[str, object]:
    return http("GET", "/callback", query={"code": code, "state": "s-1"})


def _push(name: str, sha: str, message: str = "Fix") -> dict[str, object]:
    return http(
        "POST",
        "/github",
        {
            "ref": "refs/heads/main",
            "after": sha,
            "repository": {"full_name": name},
            "head_commit": {"message": message},
        },
    )


def _docs(user: str, text: str) -> dict[str, object]:
    return graphql("docs", user=user, text=text)


def _metric(job: str, source: str, metric: str = "up", value: object = 1) -> dict[str, object]:
    return bus("Metric", {"job": job, "source": source, "metric": metric, "value": value})


def _subscribe(key: str, url: str, label: str = "") -> tuple[str, dict[str, object]]:
    return ("subscribe", http("POST", "/hooks", {"id": key, "url": url, "label": label}))


SHA = "9f1c2e0a77aa4f0e8a531f2e3d4c5b6a00000001"
REQUESTS = {
    "slack_alarm": [
        _alarm("CPU > 90% & it's hot", "Threshold Crossed: 1 datapoint [95.3 (05/01/26 10:00:00)] > 90"),
        _alarm('db/reads; "x"', MARKUP),
        _alarm("größe", LETTER),
    ],
    "telegram": [
        _update("/start it's & more"),
        _update(MARKUP, -100123),
        _update("🎉 a=b&c=d#e", 7, PEOPLE[0]),
    ],
    "user_service": [
        _user("42"),
        _user("9f1c2e0a-77aa-4f0e-8a53-1f2e3d4c5b6a"),
        _user("o%27neil%40example.org"),
        _user("Zo%C3%AB%20Kr%C3%BCger"),
    ],
    "weather": [
        alexa("Weather", city="São Paulo"),
        alexa("Weather", city="Washington, D.C."),
        alexa("Weather", city="L'Aquila"),
    ],
    "geocode": [
        graphql("geo", address=PLACES[0]),
        graphql("geo", address=PLACES[1] + " & more=1#x"),
        graphql("geo", address="../x?y"),
    ],
    "deliver": [
        queue({"callback": "@PARTNER@/hooks/in?source=shop&x=%2F", "payload": {"text": LETTER}}),
        queue(
            {"callback": "@PARTNER@/o'neil/hook", "payload": [1, MARKUP]},
            {"callback": "@PARTNER@/b", "payload": {}},
        ),
        queue({"callback": "@PARTNER@/missing", "payload": {"url": "http://169.254.169.254/latest"}}),
    ],
    "preview_link": [
        _preview("@PARTNER@/blog/2026/it's-a-post?utm_source=x&b=c"),
        _preview("@PARTNER@/a%20b/(c);d=1"),
        _preview("https://other.example/x"),
    ],
    "fetch_avatar": [
        _avatar("@PARTNER@/avatars/o'neil.png?s=80&d=identicon"),
        _avatar("@PARTNER@/u/1/../2.png"),
        _avatar("https://gravatar.example/x.png"),
    ],
    "import_feed": [
        _feed("@PARTNER@/feed.xml"),
        _feed("@PARTNER@/feeds/news?lang=de&since=2026-01-05T10:00:00+00:00"),
        _feed("@PARTNER@/f/%C3%BC%20(1).json"),
    ],
    "next_page": [
        _next("?page=2&size=50"),
        _next("eyJpZCI6NX0="),
        _next("/v1/items?cursor=abc%3D%3D"),
        _next("../other/3"),
    ],
    "oauth_code": [
        _code("4/0AX4XfWh-abc_DEF"),
        _code("SplxlOBeZQQYbYS6WxSbIA"),
        _code("M.R3_BAY.c0ffee.1!*"),
    ],
    "commit_status": [
        _push("acme/shop", SHA, "It's done; closes #5 & more"),
        _push("o-reilly/my.repo_2", SHA, MARKUP),
        _push("größe/x", SHA, "Merge branch 'main' of https://github.com/a/b"),
    ],
    "search_index": [
        _docs("ann", 'it\'s "quoted" AND (more OR less) -x*'),
        _docs("o'neil@example.org", CSS),
        _docs("user-42", '{"match_all": {}}'),
    ],
    "upstream_graphql": [
        api("GET", "/c", query={"name": PEOPLE[0]}),
        api("GET", "/c", query={"name": "{ Tea } & (Co)"}),
        api("GET", "/c", query={"name": PEOPLE[6]}),
    ],
    "push_metric": [
        _metric("shop/orders it's", "lambda:eu-central-1"),
        _metric("größe", "a b; c=d"),
        _metric("x", LINK, 'temp{city="x"}', -5.5),
    ],
    "custom_resource": [
        stack(Name="My-Bucket"),
        stack(Name="It's & more", Tags=[{"Key": "a", "Value": "b c"}]),
        stack(),
    ],
    "subscribe": [
        _subscribe("s1", "@PARTNER@/in?x=1&y=it's")[1],
        _subscribe("s'2", "@PARTNER@/b", MARKUP)[1],
        _subscribe("s3", "@PARTNER@/ü", PEOPLE[3])[1],
    ],
    "publish": [
        {"subscriber": "s1", "name": "it's; x"},
        {"subscriber": "s'2", "name": "b"},
        {"subscriber": "none", "name": "x"},
        {"subscriber": "it's none", "name": MARKUP},
        {"subscriber": "ü", "name": "order.created"},
    ],
}
ATTACKS = [
    Attack(
        "URL, parameter",
        "telegram",
        _update("x", "1&parse_mode=HTML&reply_to=5"),
        "chat_id=1&parse_mode=HTML&reply_to=5",
    ),
    Attack("URL, parameter", "telegram", _update("x", "1#"), 'chat_id=1\\",'),
    Attack("URL, path", "user_service", _user("../internal/users"), INTERNAL),
    Attack("URL, path", "user_service", _user("..%2Finternal"), INTERNAL),
    Attack("URL, path", "user_service", _user("x%2F..%2F..%2Finternal%3Fa"), INTERNAL),
    Attack("URL, parameter", "user_service", _user("1%3Fadmin%3Dtrue%23"), "/users/1?admin=true"),
    Attack("URL, parameter", "weather", alexa("Weather", city="x&appid=own&q=y"), "q=x&appid=own&q=y"),
    Attack("URL, parameter", "weather", alexa("Weather", city="x#"), '"/weather?q=x"'),
    Attack("SSRF", "deliver", queue({"callback": "@INSIDE@/internal/x", "payload": {}}), INTERNAL),
    Attack(
        "SSRF, spelling",
        "deliver",
        queue({"callback": "http://2130706433:@PORT@/internal", "payload": {}}),
        INTERNAL,
    ),
    Attack(
        "SSRF, spelling",
        "deliver",
        queue({"callback": "http://0x7f.1:@PORT@/internal", "payload": {}}),
        INTERNAL,
    ),
    Attack(
        "SSRF, spelling",
        "deliver",
        queue({"callback": "http://localhost:@PORT@/internal", "payload": {}}),
        INTERNAL,
    ),
    Attack(
        "SSRF, spelling", "deliver", queue({"callback": "http://0:@PORT@/internal", "payload": {}}), INTERNAL
    ),
    Attack(
        "SSRF, redirect",
        "deliver",
        queue({"callback": "@PARTNER@/redirect?to=@INSIDE@/internal", "payload": {}}),
        INTERNAL,
    ),
    Attack("SSRF, check of host", "preview_link", _preview("@INSIDE@/internal?x=@PARTNER_HOST@"), INTERNAL),
    Attack("SSRF, check of host", "preview_link", _preview("@INSIDE@/internal/@PARTNER_HOST@"), INTERNAL),
    Attack(
        "SSRF, redirect",
        "preview_link",
        _preview("@PARTNER@/redirect?to=http%3A%2F%2F127.0.0.1%3A@PORT@%2Finternal"),
        INTERNAL,
    ),
    Attack(
        "SSRF, check of beginning",
        "fetch_avatar",
        _avatar("@PARTNER@@127.0.0.1:@PORT@/internal/a.png"),
        INTERNAL,
    ),
    Attack("SSRF, redirect", "fetch_avatar", _avatar("@PARTNER@/redirect?to=@INSIDE@/internal/b"), INTERNAL),
    Attack("SSRF, file", "import_feed", _feed("file:///etc/passwd"), "root:x:0"),
    Attack("SSRF, file", "import_feed", _feed("FILE://localhost/var/task/app.py"), "bot-token-7120"),
    Attack("SSRF, data", "import_feed", _feed("@INSIDE@/internal/feed"), INTERNAL),
    Attack("SSRF, join", "next_page", _next("//127.0.0.1:@PORT@/internal"), INTERNAL),
    Attack("SSRF, join", "next_page", _next("http://127.1:@PORT@/internal"), INTERNAL),
    Attack("SSRF, redirect", "next_page", _next("/redirect?to=@INSIDE@/internal"), INTERNAL),
    Attack("URL, path", "next_page", _next("../../internal/all"), INTERNAL),
    Attack(
        "form, parameter",
        "oauth_code",
        _code("x&scope=admin&client_id=root"),
        "code=x&scope=admin&client_id=root",
    ),
    Attack("URL, path", "commit_status", _push("../internal/a", SHA), INTERNAL),
    Attack("URL, path", "commit_status", _push("acme/shop", "../../../../internal/keys"), INTERNAL),
    Attack(
        "query, JSON",
        "search_index",
        _docs('x"}}, {"exists": {"field": "user', "a"),
        '\\"x\\"}}, {\\"exists\\": {\\"field\\": \\"user\\"}}',
    ),
    Attack(
        "query, JSON",
        "search_index",
        _docs('ann"}}], "should": [{"match_all": {}}], "x": [{"term": {"a": "', "a"),
        '\\"should\\": [{\\"match_all\\"',
    ),
    Attack(
        "query, GraphQL",
        "upstream_graphql",
        api("GET", "/c", query={"name": 'x") { id } users(all: true) { email token } y: customer(name: "'}),
        "users(all: true) { email token }",
    ),
    Attack("header, CRLF", "push_metric", _metric("x", "a\r\nX-Role: admin"), '"X-Role": "admin"'),
    Attack(
        "header, CRLF",
        "push_metric",
        _metric("x", "a\r\nContent-Length: 0\r\nX-Smuggled: yes\r\nX-Y: z"),
        '"X-Smuggled": "yes"',
    ),
    Attack(
        "SSRF, stack", "custom_resource", stack(Name="x") | {"ResponseURL": "@INSIDE@/internal/cfn"}, INTERNAL
    ),
    Attack(
        "SSRF, second order",
        "publish",
        {"subscriber": "e1", "name": "x"},
        INTERNAL,
        before=[_subscribe("e1", "@INSIDE@/internal/hook")],
    ),
    Attack(
        "SSRF, second order",
        "publish",
        {"subscriber": "e2", "name": "x"},
        INTERNAL,
        before=[_subscribe("e2", "http://017700000001:@PORT@/internal/hook")],
    ),
    Attack(
        "SSRF, second order",
        "publish",
        {"subscriber": "e3", "name": "x"},
        INTERNAL,
        before=[_subscribe("e3", "@PARTNER@/redirect?to=@INSIDE@/internal", "My hook")],
    ),
]
