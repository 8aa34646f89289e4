"""A members' club on AWS's services."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventeenth import (
    JSONISH,
    NAMES,
    NOTES,
    SEARCHES,
    SNIPPET,
    TEMPLATEISH,
    TICKET,
    TYPED,
    api,
    get,
    post,
)

NEEDS = ("aws-http",)
KEY = "lighthouse-key-7714"

REQUESTS = {
    "member": [get(), get(id="2"), get(id="o'9"), get(id="1 OR 1=1")],
    "member_new": [
        post(id=n, name=a, note=t)
        for n, (a, t) in enumerate(zip(NAMES[:4], (TICKET, NOTES, SNIPPET, JSONISH), strict=True))
    ]
    + [post(id=0, name="again"), post(id=9)],
    "members": [get(), get(q="O'"), get(q=SEARCHES[0]), get(q="ë")],
    "member_update": [post(nick=TYPED[0], note=TICKET), post(note=TEMPLATEISH), post(role="admin")],
    "partiql": [get(), get(name="O'Hara"), get(name="x' OR '1'='1"), get(name=SEARCHES[1])],
    "partiql_text": [get(), get(club="south-west"), get(club="St. Ives (old)")],
    "scan_filter": [post(), post(filter="club = :c AND points > :n", values={":c": "north", ":n": 3})],
    "file_get": [api("GET", "/f", None, name=n) for n in ("card (1).txt", "O'Hara's.txt", "größe & co.txt")],
    "file_any": [get(key="members/u-17/card+(1).txt"), get(key="texts/none's.txt"), get(key="a b/c%20d")],
    "file_put": [
        post(name=n, text=t) for n, t in (("it's (1).txt", TICKET), ("größe.md", NOTES), ("a/b.py", SNIPPET))
    ],
    "file_local": [
        post(name="u/O'Hara (1).txt", text=TICKET),
        post(name="größe.md", text=NOTES),
        post(name="none"),
    ],
    "queue_send": [post(kind="mail", text=t) for t in (TICKET, JSONISH, *TYPED[:2])],
    "notify": [post(subject=s, text=TICKET) for s in ("It's late -- 50%", NAMES[0], "two\nlines; x")]
    + [post(text="x")],
    "parameter": [get(), get(name="o'hara"), get(name="motto/x")],
}

ATTACKS = [
    Attack("PartiQL", "partiql_text", get(club="x' OR role = 'admin"), KEY),
    Attack("PartiQL", "partiql_text", get(club="x' OR name = 'Keeper"), KEY),
    Attack("NoSQL", "scan_filter", post(filter="club <> :c", values={":c": "x"}), KEY),
    Attack("NoSQL", "scan_filter", post(filter="begins_with(pin, :p)", values={":p": "lighthouse-"}), KEY),
    Attack("path", "file_any", get(key="members/u-18/card.txt"), KEY),
    Attack("path", "file_any", get(key="members%2Fu-18%2Fcard.txt"), KEY),
    Attack("path", "file_local", post(name="/etc/passwd"), "root:"),
    Attack("path", "file_local", post(name="../../../../../etc/passwd"), "root:"),
    Attack("path, parameter", "parameter", get(name="../private/key"), KEY),
    Attack("path, parameter", "parameter", get(name="x/../../private//key"), KEY),
]
