"""Webhooks and chat bots."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.ninth import (
    BUG,
    COMPLAINT,
    ESSAY,
    LATEX,
    NAMES,
    POSTER,
    STACKTRACE,
    STREETS,
    URL,
    alexa,
    b64,
    bus,
    form,
    http,
    topic,
)

TOKEN = "bot-token-6120"
SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e"


def _slash(text: str, user: str = "caoimhe.o") -> dict[str, object]:
    return form(
        "/slack",
        token="t",
        team_id="T0001",
        channel_name="general",
        user_name=user,
        command="/bot",
        text=text,
    )


def _setting(name: str) -> dict[str, object]:
    return http("POST", "/bot", {"setting": name})


def _message(text: str, chat: object = 271828) -> dict[str, object]:
    return http(
        "POST",
        "/tg",
        {"update_id": 1, "message": {"message_id": 2, "chat": {"id": chat, "type": "private"}, "text": text}},
    )


def _push(
    name: str = "octo-org/hello.world", after: str = SHA, message: str = "Fix typo", **headers: str
) -> dict[str, object]:
    body = {
        "ref": "refs/heads/feature/x-1",
        "after": after,
        "repository": {"full_name": name},
        "head_commit": {"message": message},
    }
    return http("POST", "/github", body, headers={"x-github-event": "push", **headers})


def _issue(title: str, body: str, *labels: str) -> dict[str, object]:
    return http(
        "POST", "/issue", {"action": "opened", "issue": {"title": title, "body": body, "labels": labels}}
    )


def _stripe(kind: str, **data: object) -> dict[str, object]:
    return http(
        "POST",
        "/stripe",
        {"id": "evt_1", "type": kind, "data": {"object": data}},
        headers={"stripe-signature": "t=1,v1=5257"},
    )


def _alarm(name: str, reason: str) -> dict[str, object]:
    return topic({"AlarmName": name, "NewStateValue": "ALARM", "NewStateReason": reason}, "ALARM")


def _card(title: str, pipeline: str = "build-main") -> dict[str, object]:
    return bus(
        "CodePipeline Pipeline Execution State Change",
        {"title": title, "pipeline": pipeline, "state": "FAILED"},
        "aws.codepipeline",
    )


def _poll(text: str) -> dict[str, object]:
    return http("POST", "/poll", {"text": text})


def _rule(key: int, least: object, channel: str) -> tuple[str, dict[str, object]]:
    return ("save_rule", http("PUT", "/rules", {"id": key, "least": least, "channel": channel}))


def _alert(rule: int, severity: object, text: str) -> dict[str, object]:
    return bus("Alert", {"rule": rule, "severity": severity, "text": text})


def _leave(mail: str, name: str = "news-2025") -> dict[str, object]:
    import json

    return http("GET", "/unsubscribe", query={"t": b64(json.dumps({"mail": mail, "list": name}))})


REQUESTS = {
    "slack_command": [
        _slash("help"),
        _slash('echo it\'s <https://example.org|a link> & "more"; `code` $x', "d'angelo"),
        _slash("remind tomorrow at 9:00 to ask @dana about select * from orders"),
        _slash("what is this?"),
        _slash("echo " + BUG),
        _slash(""),
    ],
    "bot_info": [_setting("user"), _setting("language"), _setting("user.color")],
    "telegram": [
        _message("/start"),
        _message(COMPLAINT),
        _message("👍 #tag & more? 100%", -1001234567890),
        _message(LATEX),
    ],
    "github_status": [
        _push(),
        _push(
            "o-reilly/some_repo.js",
            message="Merge pull request #12 from dana/it's-done\n\nCloses #3; see `x`",
        ),
        _push(message=BUG, **{"x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}),
    ],
    "github_issue": [
        _issue('Can\'t select all: "Error 500" & more', BUG, "bug", "good first issue", "a/b"),
        _issue("日本語のタイトル", STACKTRACE, "type: crash"),
        _issue("100% CPU; why?", ESSAY),
    ],
    "stripe_event": [
        _stripe("invoice.paid", customer_name=NAMES[0], amount_paid=8990),
        _stripe("customer.created", name=NAMES[8], email="mj+x@example.com", description=COMPLAINT),
        _stripe("charge.dispute.funds_withdrawn", id="dp_1"),
    ],
    "customer_of": [
        bus("Paid", {"customer": "cus_NffrFeUfNV2Hib"}),
        bus("Paid", {"customer": "4711"}),
        bus("Paid", {"customer": "o.neil-01@example.org"}),
    ],
    "alexa_skill": [
        alexa("WeatherIntent", city="St. John's", day="tomorrow"),
        alexa("WeatherIntent", city="São Paulo & Rio"),
        alexa("NoteIntent", text="buy 2 x milk; it's empty"),
        alexa("AMAZON.HelpIntent"),
    ],
    "pager": [
        _alarm(
            "CPU > 90% (web-1)",
            "Threshold Crossed: 1 datapoint [91.5 (03/11/25 09:12:00)] was greater than 90.0.",
        ),
        _alarm("orders/queue: age", STACKTRACE),
        _alarm('it\'s "down"; 5xx', POSTER),
    ],
    "teams_card": [
        _card('Build failed: "test" it\'s red'),
        _card(STACKTRACE, "deploy/eu-1 (prod)"),
        _card("C:\\Users\\Ann {x} 50%", "nightly"),
        _card("Größe ✔"),
    ],
    "ci_matrix": [
        {"matrix": "[3.11, 3.12, '3.13-dev']"},
        {"matrix": "{'os': ('linux', 'win'), 'extra': None}"},
    ],
    "poll_results": [_poll("3"), _poll("3+4"), _poll("(2 + 3) * 10"), _poll("three or four")],
    "unsubscribe": [
        _leave("o'neil@example.org"),
        _leave("zoe+news@example.de", "weekly_1"),
        _leave("佐藤@example.jp", "a.b-c"),
    ],
    "mention": [
        http("POST", "/c", {"comment": {"body": "@dana @o.neil-x can you look? " + BUG}}),
        http("POST", "/c", {"comment": {"body": STREETS[0] + URL}}),
    ],
    "save_rule": [
        _rule(1, "3", "ops-alerts")[1],
        _rule(2, 2.5, "C024BE91L")[1],
        _rule(3, "1e1", "größe-5")[1],
    ],
    "route_alert": [_alert(1, 5, 'It\'s down: "web-1" (50%)'), _alert(2, 1, "x"), _alert(3, "11.5", BUG)],
}
ATTACKS = [
    Attack(
        "URL, second order",
        "route_alert",
        _alert(50, 5, "x"),
        "/admin/keys?x=",
        before=[_rule(50, "0", "../admin/keys?x=")],
    ),
    Attack(
        "code, second order",
        "route_alert",
        _alert(51, 0, "x"),
        '"text": "shh-2048"',
        before=[_rule(51, "9 or event['detail'].update(text=SIGNING_SECRET) is None", "x")],
    ),
    Attack("attributes", "bot_info", _setting("cmd_help.__globals__"), TOKEN),
    Attack("attributes", "bot_info", _setting("__init__.__globals__"), "shh-2048"),
    Attack("attributes", "bot_info", _setting("__class__.cmd_echo.__globals__"), TOKEN),
    Attack("attributes", "bot_info", _setting("cmd_roll.__func__.__code__.co_consts"), "rolled "),
    Attack(
        "URL, query", "telegram", _message("hi", "1&parse_mode=HTML&reply_markup=evil"), "reply_markup=evil"
    ),
    Attack("URL, query", "telegram", _message("hi", "1#"), '\\"sendMessage?chat_id=1\\"'),
    Attack("URL, path", "telegram", _message("x", "1&chat_id=-100666"), "chat_id=-100666"),
    Attack("URL, path", "github_status", _push("octo-org/x/git/refs?force=1#"), "refs?force=1"),
    Attack("URL, path", "github_status", _push("a/b", "../../../user/keys"), "user/keys"),
    Attack(
        "URL, path", "github_status", _push("a/b/../../../admin/users/octo?x=", "y"), "/admin/users/octo?x="
    ),
    Attack("URL, path", "customer_of", bus("Paid", {"customer": "../../admin/export"}), "/crm/admin/export"),
    Attack("URL, path", "customer_of", bus("Paid", {"customer": "1?fields=iban&x="}), "fields=iban"),
    Attack("URL, path", "customer_of", bus("Paid", {"customer": "%2e%2e/%2e%2e/users/1"}), "users/1"),
    Attack("URL, path", "customer_of", bus("Paid", {"customer": "1/notes#"}), '"/crm/v1/customers/1/notes"'),
    Attack("URL, path", "unsubscribe", _leave("a@example.org", "../admin/users/1?x="), "/admin/users/1?x="),
    Attack("URL, path", "unsubscribe", _leave("a@example.org", "news#"), 'DELETE /lists/news"'),
    Attack("header, request", "pager", _alarm("x\r\nX-Admin: yes", "r"), '"X-Admin": "yes"'),
    Attack(
        "header, request", "pager", _alarm("x\nX-Forwarded-User: root", "r"), '"X-Forwarded-User": "root"'
    ),
    Attack(
        "header, request",
        "pager",
        _alarm("x\r\nContent-Length: 5\r\nX-Q: 1\r\n\r\nPWNED", "r"),
        '"body": "PWNED"',
    ),
    Attack(
        "JSON",
        "teams_card",
        _card("x", 'b", "potentialAction": [{"target": "https://evil.example"}], "z": "'),
        "potentialAction",
    ),
    Attack(
        "JSON",
        "teams_card",
        _card("x", 'b", "title": "Approved by security'),
        '"title": "Approved by security"',
    ),
    Attack("code, eval", "poll_results", _poll("(BOT_TOKEN)"), TOKEN),
    Attack("code, eval", "poll_results", _poll("0 or __import__('os').popen('id').read()"), "uid="),
    Attack("code, eval", "poll_results", _poll("(lambda g: g['BOT'+'_TOKEN'])(globals())"), TOKEN),
    Attack(
        "code, eval",
        "poll_results",
        _poll(
            "1 if 0 else [c for c in ().__class__.__base__.__subclasses__() if c.__name__=='_wrap_close'][0].__init__.__globals__['getcwd']()"
        ),
        "/var/task",
    ),
    Attack("code, eval", "poll_results", _poll("(𝔹OT_TOKEN)"), TOKEN),
]
