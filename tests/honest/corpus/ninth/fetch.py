"""Functions that fetch what others name."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.ninth import (
    BUG,
    COMPANIES,
    COMPLAINT,
    INTERNAL,
    NAMES,
    POSTER,
    RICH,
    STREETS,
    agent,
    api,
    bus,
    fanout,
    graphql,
    http,
    pool,
    queue,
    stack,
)


def _preview(url: str) -> dict[str, object]:
    return http("POST", "/preview", {"url": url})


def _feed(url: str) -> dict[str, object]:
    return graphql("Query", "feed", address=url)


def _hook(url: str, note: str = "") -> dict[str, object]:
    return api("POST", "/hooks/test", {"target": url, "note": note})


def _user(picture: str) -> dict[str, object]:
    return pool("PostAuthentication_Authentication", "google_1", {"name": NAMES[0], "picture": picture})


def _through(path: str, query: str = "", method: str = "GET", body: str | None = None) -> dict[str, object]:
    event = http(method, path, body)
    event["rawQueryString"] = query
    return event


def _bare(path: str) -> dict[str, object]:
    return api("GET", path)


def _shop(host: str, path: str = "/status") -> dict[str, object]:
    return bus("Check", {"host": host, "path": path})


def _url(url: str) -> dict[str, object]:
    return http("GET", "/x", query={"url": url})


def _html(html: str) -> dict[str, object]:
    return http("POST", "/paste", {"html": html})


def _confirm(url: str) -> dict[str, object]:
    return queue(
        {
            "Type": "SubscriptionConfirmation",
            "TopicArn": "arn:aws:sns:eu-west-1:1:t",
            "SubscribeURL": url,
            "Token": "23",
        }
    )


def _place(street: str, **more: str) -> dict[str, object]:
    return api("GET", "/geo", query={"street": street, **more})


def _save(customer: str, url: str) -> tuple[str, dict[str, object]]:
    return ("save_hook", http("POST", "/hooks", {"customer": customer, "url": url}))


PAGE = "@PARTNER@/articles/2025/11/it's-here-(1)?utm_source=a&q=50%25+off#top"
REQUESTS = {
    "preview": [
        _preview(PAGE),
        _preview("@PARTNER@"),
        _preview("@PARTNER@/de/%C3%BCber-uns/?a[]=1&b=http%3A%2F%2Fexample.org"),
        _preview("@PARTNER@/redirect?to=/articles/7"),
    ],
    "feed": [
        _feed("@PARTNER@/feed.xml?format=rss&since=2025-11-03T09:12:44%2B00:00"),
        _feed("@PARTNER@/~dana/blog,1;v=2.atom"),
        _feed("@PARTNER@/a@b/feed"),
    ],
    "hook_test": [
        _hook("@PARTNER@/hooks/T000/B000/xyz", COMPLAINT),
        _hook("@PARTNER@/api/v1/events?token=a.b-c_d%3D%3D", BUG),
        _hook("@PARTNER@/redirect?to=/hooks/new"),
    ],
    "avatar": [
        _user("@PARTNER@/a/AAcHTtd=s96-c"),
        _user("@PARTNER@/photo.jpg?sz=50&name=O%27Neil"),
        _user(""),
    ],
    "gateway": [
        _through("/v1/items/42"),
        _through("/v1/search", "q=it%27s+50%25&sort=-price&page=2"),
        _through("/v1/notes", "", "POST", COMPLAINT),
        _through("/v1/files/a%20b%20(1).txt", "x=../y"),
    ],
    "gateway_bare": [_bare("/v1/items"), _bare("/users/o'neil@example.org/orders"), _bare("/a:b/c;d=1,2")],
    "shop_status": [
        _shop("@PARTNER_HOST@"),
        _shop("@PARTNER_HOST@", "/status/eu-1?full=1&t=2025-11-03T09:12:44Z"),
        _shop("@PARTNER_HOST@", "/missing"),
    ],
    "screenshot": [
        {"url": "@PARTNER@/report/7?from=2025-11-01&to=2025-11-03"},
        {"url": "@PARTNER@/it%27s/a,b(1)"},
        {"url": "@PARTNER@/redirect?to=/landing"},
    ],
    "allowed": [
        _url("@PARTNER@/a/b?c=d"),
        _url("@PARTNER@/@dana/posts"),
        _url("https://example.org/other"),
        _url("@PARTNER@?x=1"),
    ],
    "denied": [
        _url("@PARTNER@/a"),
        _url("http://localhost/x"),
        _url("http://169.254.169.254/latest/meta-data"),
        _url("@PARTNER@/localhost/127.0.0.1"),
    ],
    "images": [
        _html("<p>It's <img src='/img/a (1).png'> and <img src=\"@PARTNER@/b.jpg?x=1&amp;y=2\"></p>"),
        _html(RICH + '<img src="data:image/png;base64,iVBORw0=">'),
        _html("<img src='../up/c.png'><img alt='no source'>"),
    ],
    "confirm": [
        _confirm("@PARTNER@/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:1:t&Token=2336"),
        fanout({"Subject": "x"}),
        queue({"Type": "Notification", "Subject": POSTER, "Message": "http://127.0.0.1/"}),
    ],
    "stack_answer": [
        stack(
            "Create",
            "@PARTNER@/arn%3Aaws%3Acloudformation%3Aeu-central-1%3A1%3Astack/web?X-Amz-Signature=ab%2Bc",
            Name=COMPANIES[0],
        ),
        stack("Delete", "@PARTNER@/cfn?a=1", Name="x"),
    ],
    "geocode": [*(_place(street) for street in STREETS), _place("Straße des 17. Juni & mehr", country="de")],
    "lookup": [
        graphql("Query", "x", name=NAMES[0], text=BUG),
        graphql("Query", "x", url="http://127.0.0.1:80/a?b=c", path="../../etc/passwd"),
        graphql("Query", "x", q="a&b=c#d"),
    ],
    "save_hook": [_save("c-1", "@PARTNER@/in/c-1?key=a%20b")[1], _save("O'Neil & Sons", "@PARTNER@/in/2")[1]],
    "deliver": [
        queue({"customer": "c-1", "text": COMPLAINT}, {"customer": "O'Neil & Sons", "text": "x"}),
        queue({"customer": "unknown"}),
    ],
    "tool": [
        agent("fetch", url="@PARTNER@/wiki/Tea_(drink)", q='it\'s "tea" & more'),
        agent("fetch", url="@PARTNER@/docs?page=2"),
        agent("fetch", url="not an address"),
    ],
}
ATTACKS = [
    Attack("SSRF", "preview", _preview("@INSIDE@/internal/keys"), INTERNAL),
    Attack("SSRF, spelling", "preview", _preview("http://2130706433:@PORT@/internal"), INTERNAL),
    Attack("SSRF, spelling", "preview", _preview("http://0x7f.1:@PORT@/internal"), INTERNAL),
    Attack("SSRF, spelling", "preview", _preview("http://LocalHost:@PORT@/internal"), INTERNAL),
    Attack("SSRF, spelling", "preview", _preview("http://0:@PORT@/internal"), INTERNAL),
    Attack("SSRF, redirect", "preview", _preview("@PARTNER@/redirect?to=@INSIDE@/internal"), INTERNAL),
    Attack("SSRF", "feed", _feed("http://localhost:@PORT@/internal"), INTERNAL),
    Attack("SSRF, redirect", "feed", _feed("@PARTNER@/redirect?to=http://127.1:@PORT@/internal"), INTERNAL),
    Attack("SSRF, spelling", "feed", _feed("HTTP://127.1:@PORT@/internal"), INTERNAL),
    Attack("SSRF", "hook_test", _hook("@INSIDE@/internal/hooks"), INTERNAL),
    Attack(
        "SSRF, redirect",
        "hook_test",
        _hook("@PARTNER@/redirect?to=%2F%2F127.0.0.1:@PORT@%2Finternal"),
        INTERNAL,
    ),
    Attack("SSRF, spelling", "hook_test", _hook("http://[::ffff:127.0.0.1]:@PORT@/internal"), INTERNAL),
    Attack("SSRF", "avatar", _user("http://127.0.0.1:@PORT@/internal/p.jpg"), INTERNAL),
    Attack(
        "SSRF, redirect", "avatar", _user("@PARTNER@/redirect?to=http://0177.0.0.1:@PORT@/internal"), INTERNAL
    ),
    Attack("SSRF, host", "gateway", _through("@127.0.0.1:@PORT@/internal"), INTERNAL),
    Attack(
        "SSRF, host",
        "gateway",
        _through("", "@x", "GET") | {"rawPath": "@localhost:@PORT@/internal"},
        INTERNAL,
    ),
    Attack("SSRF, host", "gateway_bare", _bare("@127.0.0.1:@PORT@/internal"), INTERNAL),
    Attack("SSRF, host", "gateway_bare", _bare("%40x@0x7f000001:@PORT@/internal/x"), INTERNAL),
    Attack("SSRF, host", "shop_status", _shop("127.0.0.1:@PORT@", "/internal"), INTERNAL),
    Attack("SSRF, host", "shop_status", _shop("127.0.1:@PORT@", "/internal/x"), INTERNAL),
    Attack("SSRF, scheme", "screenshot", {"url": "file:///proc/self/status"}, "VmPeak"),
    Attack("SSRF", "screenshot", {"url": "127.0.0.1:@PORT@/internal"}, INTERNAL),
    Attack("SSRF, spelling", "screenshot", {"url": "http://127.0.0.[1-1]:@PORT@/{internal,x}"}, INTERNAL),
    Attack("SSRF, redirect", "screenshot", {"url": "@PARTNER@/redirect?to=@INSIDE@/internal"}, INTERNAL),
    Attack("SSRF, allowed", "allowed", _url("@PARTNER@@127.0.0.1:@PORT@/internal"), INTERNAL),
    Attack(
        "SSRF, allowed",
        "allowed",
        _url("@PARTNER@/redirect?to=http%3A%2F%2Flocalhost%3A@PORT@%2Finternal"),
        INTERNAL,
    ),
    Attack("SSRF, allowed", "allowed", _url("@PARTNER@x:y@127.0.0.1:@PORT@/internal?"), INTERNAL),
    Attack("SSRF, denied", "denied", _url("http://127.0.0.2:@PORT@/internal"), INTERNAL),
    Attack("SSRF, denied", "denied", _url("http://017700000001:@PORT@/internal"), INTERNAL),
    Attack("SSRF, denied", "denied", _url("http://0.0.0.0:@PORT@/internal"), INTERNAL),
    Attack("SSRF, content", "images", _html("<img src='http://127.0.0.1:@PORT@/internal/x.png'>"), INTERNAL),
    Attack(
        "SSRF, content", "images", _html("<p>hi</p><img alt=x src=//localhost:@PORT@/internal>"), INTERNAL
    ),
    Attack(
        "SSRF, content",
        "images",
        _html("<img src='h&#116;tp:&#47;&#x2f;127.0.0.1:@PORT@/internal'>"),
        INTERNAL,
    ),
    Attack("SSRF, queue", "confirm", _confirm("@INSIDE@/internal?Action=ConfirmSubscription"), INTERNAL),
    Attack("SSRF, queue", "stack_answer", stack("Create", "http://127.0.0.1:@PORT@/internal/x"), INTERNAL),
    Attack("URL, query", "geocode", _place("Main St", country="de&key=stolen&admin=1"), "admin=1"),
    Attack(
        "URL, query",
        "geocode",
        _place("Main St", country="de#")
        | {"queryStringParameters": {"street": "x", "country": "us&callback=evil.js"}},
        "callback=evil.js",
    ),
    Attack(
        "SSRF, second order",
        "deliver",
        queue({"customer": "x-1"}),
        INTERNAL,
        before=[_save("x-1", "@INSIDE@/internal")],
    ),
    Attack(
        "SSRF, second order",
        "deliver",
        queue({"customer": "x-2"}),
        INTERNAL,
        before=[_save("x-2", "http://LOCALHOST:@PORT@/internal;v=1")],
    ),
    Attack(
        "SSRF, second order",
        "deliver",
        queue({"customer": "x-3"}),
        INTERNAL,
        before=[_save("x-3", "@PARTNER@@127.0.0.1:@PORT@/internal")],
    ),
    Attack("SSRF, agent", "tool", agent("fetch", url="@INSIDE@/internal/notes"), INTERNAL),
    Attack(
        "SSRF, agent",
        "tool",
        agent("fetch", url="http://user:pw@127.000.000.001:@PORT@/internal", q="x"),
        INTERNAL,
    ),
]
