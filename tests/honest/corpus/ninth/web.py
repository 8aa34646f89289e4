"""Small applications with web frameworks."""

from urllib.parse import quote

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eighth import jwt
from tests.honest.corpus.ninth import (
    BUG,
    COMPANIES,
    COMPLAINT,
    LATEX,
    NAMES,
    POSTER,
    RICH,
    SPREAD,
    URL,
    api,
    form,
    graphql,
    http,
    socket,
)

SECRET = "web-secret-8150"
KEY = "web-signing-key-71f0c2a9d4e85b36"
KNOWN = "public text of the site, known to everybody"


def _get(path: str, headers: dict[str, str] | None = None, /, **query: str) -> dict[str, object]:
    return http("GET", path, query=query, headers=headers)


def _part(text: str) -> str:
    return quote(text, safe="")


def _token(key: str, kid: str, **claims: object) -> dict[str, object]:
    return {
        "type": "TOKEN",
        "methodArn": "arn:aws:execute-api:eu-west-1:1:a/prod/GET/x",
        "authorizationToken": "Bearer " + jwt({"sub": "u-1", **claims}, key, kid=kid),
    }


def _bearer(key: str, kid: str, **claims: object) -> dict[str, object]:
    return http(
        "GET", "/x", headers={"authorization": "Bearer " + jwt({"sub": "u-1", **claims}, key, kid=kid)}
    )


def _edge(uri: str, query: str = "", host: str = "www.example.org") -> dict[str, object]:
    return {
        "Records": [
            {
                "cf": {
                    "config": {"distributionId": "EXAMPLE", "eventType": "viewer-request"},
                    "request": {
                        "uri": uri,
                        "querystring": query,
                        "method": "GET",
                        "clientIp": "2001:db8::1",
                        "headers": {"host": [{"key": "Host", "value": host}]},
                    },
                }
            }
        ]
    }


def _download(name: str, *rows: list[object]) -> dict[str, object]:
    return api("POST", "/download", {"name": name, "rows": rows})


def _sign(key: str, nick: str, text: str = "Hello") -> tuple[str, dict[str, object]]:
    return ("sign", http("POST", "/guests", {"id": key, "nick": nick, "text": text}))


def _guest(key: str) -> dict[str, object]:
    return api("GET", "/guests/" + key, ids={"id": key})


def _say(action: str, /, **data: object) -> dict[str, object]:
    return socket("$default", {"action": action, "data": data})


REQUESTS = {
    "flask_site": [
        _get("/hello/" + _part(NAMES[0]), count="5"),
        _get("/hello/" + _part("{{ name }} & <b>")),
        _get("/people"),
        _get("/people", order="mail"),
        _get("/person/2"),
        _get("/missing/" + quote("de/über-uns/it's (1).html")),
        _get("/missing/wp-login.php"),
        _get("/files/robots.txt"),
        _get("/raw/robots.txt"),
        form("/contact", mail="o'neil@example.org", text=BUG),
    ],
    "fast_api": [
        _get("/v1/people", q="O'Sh"),
        _get("/v1/people", q="ü", role="user"),
        _get("/v1/people", q="' or 1=1 --"),
        http("POST", "/v1/people", {"name": NAMES[0], "mail": "caoimhe+x@example.ie", "note": COMPLAINT}),
        http("POST", "/v1/people", {"name": NAMES[8], "note": RICH}),
        _get("/v1/hello", {"x-brand": "Tea & Co's shop (50%)"}, name="{{ x }} <b>"),
        _get("/v1/calc", price="4.5", count="3"),
    ],
    "bottle_site": [
        _get("/page/" + quote("about us/it's 50%")),
        _get("/page/" + quote("größe {x} & y")),
        _get("/static/robots.txt"),
        _get("/static/none (1).txt"),
    ],
    "falcon_notes": [
        _get("/notes/" + _part("Zoë Krüger")),
        _get("/notes/" + _part("A & B (select) -- x")),
        http("POST", "/notes/" + _part(NAMES[0]), {"text": COMPLAINT, "tags": ["it's"]}),
    ],
    "authorizer": [
        _token(KEY, "main.key"),
        _token("legacy-key-for-old-clients-0001", "v1.key", role="editor"),
        _token("wrong key that nobody has, 32 byte", "main.key"),
    ],
    "authorizer_db": [
        _bearer(KEY, "main", role="user"),
        _bearer(KEY, "2025-11_b.c (x)"),
        _bearer("wrong key that nobody has, 32 byte", "main"),
    ],
    "language": [_get("/lang", lang="de-AT"), _get("/lang", lang="zh_Hans"), _get("/lang")],
    "download": [
        _download("Q3 report (final) – it's.csv", ["name", "note"], [NAMES[8], BUG]),
        _download('50% "off"; x=y.csv', [SPREAD, 1, None]),
        _download("報告.csv", ["a", "b"]),
    ],
    "cookie_safe": [
        graphql("Query", "x", theme="dark"),
        graphql("Query", "x", theme='it\'s "dark"; Path=/x'),
    ],
    "edge": [
        _edge("/blog/2025/it%27s-here/", "utm_source=a&x=1"),
        _edge("/news/gr%C3%B6%C3%9Fe"),
        _edge("/shop/"),
        _edge("/a/b.js", "v=1.2"),
    ],
    "signed_link": [
        {"mail": "o'neil+x@example.org", "next": "/orders?tab=1&x=a b"},
        {"mail": "zoe@example.de", "next": URL},
    ],
    "socket_message": [
        _say("say", text=COMPLAINT),
        _say("say", text=LATEX, to="@dana", at="2025-11-03T09:12:44+00:00"),
        _say("style", pattern="*{name}* says hi", name=NAMES[2]),
        _say("wave", text=POSTER),
        _say("style", pattern="{{{name}}} 50%", name=COMPANIES[0]),
    ],
    "sign": [
        _sign("g-1", "Caoimhe", COMPLAINT)[1],
        _sign("g-2", "Zoë {x} & Co (50%)", "{{ text }}")[1],
        _sign("g-3", "d.ana_99 -- select", BUG)[1],
    ],
    "guest_page": [_guest("g-1"), _guest("g-2"), _guest("g-3"), _guest("it's none")],
    "guest_stats": [{"id": "g-1"}, {"id": "g-2"}, {"id": "g-3"}, {"id": "none"}],
}
ATTACKS = [
    Attack(
        "template, second order",
        "guest_page",
        _guest("z-1"),
        SECRET,
        before=[_sign("z-1", "{{ config['SECRET' ~ '_KEY'] }}")],
    ),
    Attack(
        "template, second order",
        "guest_page",
        _guest("z-2"),
        SECRET,
        before=[_sign("z-2", "{% set k = text %}{{ config[k] }}", "SECRET_KEY")],
    ),
    Attack(
        "SQL, second order",
        "guest_stats",
        {"id": "z-3"},
        SECRET,
        before=[_sign("z-3", "x' or role='admin")],
    ),
    Attack(
        "SQL, second order",
        "guest_stats",
        {"id": "z-4"},
        SECRET,
        before=[_sign("z-4", "' union select 1, group_concat(mail) from people order by 1 desc --")],
    ),
    Attack(
        "SQL, Flask",
        "flask_site",
        _get("/person/" + _part("0 union select name, mail from people where role='admin'")),
        SECRET,
    ),
    Attack("SQL, Flask", "flask_site", _get("/person/" + _part("3 and mail like 'web-secret%'")), "admin"),
    Attack("SQL, Flask", "flask_site", _get("/people", order="1 limit 0 -- "), '"body": "[]'),
    Attack("template, Flask", "flask_site", _get("/missing/" + _part("{{ config.SECRET_KEY }}")), SECRET),
    Attack(
        "template, Flask",
        "flask_site",
        _get("/missing/" + _part("{{ get_flashed_messages.__globals__['current_app'].secret_key }}")),
        SECRET,
    ),
    Attack(
        "template, Flask",
        "flask_site",
        _get(
            "/missing/" + _part("{{ request.application.__globals__.__builtins__.__import__('app').FLAG }}")
        ),
        SECRET,
    ),
    Attack(
        "template, Flask",
        "flask_site",
        http(
            "GET",
            "/missing/" + _part("{{ config[request.headers['x-key']] }}"),
            headers={"x-key": "SECRET_KEY"},
        ),
        SECRET,
    ),
    Attack(
        "template, Flask",
        "flask_site",
        _get("/missing/%7B%25%20set%20x%3Durl_for.__globals__%25%7D%7B%7Bx.os.getcwd()%7D%7D"),
        "/var/task",
    ),
    Attack("path, Flask", "flask_site", _get("/raw/../keys/main.key"), KEY),
    Attack("path, Flask", "flask_site", _get("/raw/%2e%2e%2fkeys%2fmain.key"), KEY),
    Attack("path, Flask", "flask_site", _get("/raw/../app.py"), "The site in Flask."),
    Attack(
        "SQL, SQLAlchemy",
        "fast_api",
        _get("/v1/people", role="x' union select id, mail from people where '1'='1' or ''='"),
        SECRET,
    ),
    Attack("SQL, SQLAlchemy", "fast_api", _get("/v1/people", role="user' or role = 'admin"), "root"),
    Attack(
        "template, header",
        "fast_api",
        _get(
            "/v1/hello", {"x-brand": "{{ cycler.__init__.__globals__.__builtins__.__import__('app').FLAG }}"}
        ),
        SECRET,
    ),
    Attack("template, header", "fast_api", _get("/v1/hello", {"x-brand": "{{ 7331 * 3 }}"}), "21993"),
    Attack("code, eval", "fast_api", _get("/v1/calc", price="[FLAG]"), SECRET),
    Attack("code, eval", "fast_api", _get("/v1/calc", price="__import__('os').listdir('.')"), "templates"),
    Attack(
        "code, eval",
        "fast_api",
        _get("/v1/calc", price="getattr(__import__('app'), 'FL' + 'AG') or 1"),
        SECRET,
    ),
    Attack("template, Bottle", "bottle_site", _get("/page/" + _part("{{ 7331 * 3 }}")), "21993"),
    Attack("template, Bottle", "bottle_site", _get("/page/" + _part("{{ __import__('app').FLAG }}")), SECRET),
    Attack(
        "template, Bottle",
        "bottle_site",
        _get("/page/" + _part("{{! open('/var/task/keys/main.key').read() }}")),
        KEY,
    ),
    Attack("SQL, Falcon", "falcon_notes", _get("/notes/" + _part("x' or name='root")), SECRET),
    Attack(
        "SQL, Falcon",
        "falcon_notes",
        _get("/notes/" + _part("' union all select group_concat(mail) from people--")),
        SECRET,
    ),
    Attack(
        "path, token", "authorizer", _token(KNOWN, "../public/robots.txt", role="admin"), '"role": "admin"'
    ),
    Attack(
        "path, token",
        "authorizer",
        _token(KNOWN, "/var/task/public/robots.txt", role="root"),
        '"role": "root"',
    ),
    Attack(
        "SQL, token",
        "authorizer_db",
        _bearer(
            "an attacker's key of 32 bytes or more",
            "x' union select 'an attacker''s key of 32 bytes or more' --",
            role="admin",
        ),
        '"role": "admin"',
    ),
    Attack(
        "SQL, token",
        "authorizer_db",
        _bearer("0" * 32, "x' union select printf('%032d', 0) where '1'='1", role="root"),
        '"role": "root"',
    ),
    Attack(
        "header, response",
        "language",
        _get("/lang", lang="de\r\nLocation: https://evil.example"),
        "\\r\\nLocation: https://evil.example",
    ),
    Attack(
        "header, response",
        "language",
        _get("/lang", lang="de\nSet-Cookie: session=stolen"),
        "\\nSet-Cookie: session=stolen",
    ),
    Attack(
        "header, response",
        "language",
        _get("/lang", lang="de; Domain=.example.net; Max-Age=99999999"),
        "Domain=.example.net",
    ),
    Attack("header, response", "download", _download("x\r\nX-Evil: 1", ["a"]), '"X-Evil: 1'),
    Attack(
        "header, response",
        "download",
        _download("x.csv\r\n\r\n<script>alert(1)</script>", ["a"]),
        '"<script>alert(1)</script>',
    ),
    Attack("format, attributes", "socket_message", _say("style", pattern="{room.flag}"), SECRET),
    Attack(
        "format, attributes",
        "socket_message",
        _say("style", pattern="{room.__init__.__globals__[FLAG]}", name="x"),
        SECRET,
    ),
    Attack(
        "format, attributes",
        "socket_message",
        _say("style", pattern="{room.on_say.__func__.__globals__[site].secret_key:>40}"),
        SECRET,
    ),
]
