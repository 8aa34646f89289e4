"""The web API of a marina."""

import subprocess

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventeenth import (
    JSONISH,
    MAILS,
    NAMES,
    NOTES,
    PLACES,
    SEARCHES,
    SNIPPET,
    TEMPLATEISH,
    TICKET,
    TYPED,
    api,
    b64,
    form,
    get,
    http,
    pickled_call,
    post,
    raw,
)

NEEDS = ()
KEY = "harbour-key-5512"


def _multipart(**files: tuple[str, str]) -> dict[str, object]:
    parts = "".join(
        f'--Xb7\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        f"Content-Type: text/plain\r\n\r\n{text}\r\n"
        for field, (name, text) in files.items()
    )
    return raw(parts + "--Xb7--\r\n", 'multipart/form-data; boundary="Xb7"')


def _form(path: str, **fields: str) -> dict[str, object]:
    event = form(**fields)
    context = event["requestContext"]
    assert isinstance(context, dict)
    return event | {"rawPath": path, "requestContext": context | {"http": context["http"] | {"path": path}}}


def _session(data: object) -> dict[str, object]:
    import base64
    import pickle

    return http("GET", "/", cookies=["s=" + base64.b64encode(pickle.dumps(data)).decode(), "theme=dark"])


REQUESTS = {
    "berths": [http("GET", "/berths"), http("GET", "/berths", limit="3", offset="6", sort="-length")]
    + [http("GET", "/berths", q=q) for q in ("O'Malley", "café", SEARCHES[0])]
    + [http("GET", "/berths/7"), http("GET", "/berths/99"), http("GET", "/berths", limit="500")],
    "bookings": [
        http(
            "POST", "/bookings", {"guest": n, "email": m, "boat": b, "length": 9.5, "nights": 2, "remarks": r}
        )
        for n, m, b, r in zip(
            NAMES, MAILS, ("Sea; Breeze", "L'Étoile", "Drop Anchor", "--"), TYPED, strict=False
        )
    ]
    + [
        http("POST", "/bookings", {"guest": "A", "email": "none", "boat": "x", "length": 100}),
        http("POST", "/bookings", "{broken"),
    ],
    "fast_file": [
        http("GET", "/file/prices%202026.txt"),
        http("GET", "/file/rules.md"),
        http("GET", "/file/%C3%A9t%C3%A9.txt"),
        http("GET", "/file/missing%20(1).txt"),
    ],
    "fast_go": [
        http("GET", "/go", next=n) for n in ("/account", "/berths?q=O'Malley&limit=3", "/search?q=50%25")
    ],
    "flask_pages": [
        http("GET", "/boats/sea-breeze"),
        http("GET", "/boats/l'étoile"),
        _form("/contact", name=NAMES[0], message=TICKET),
        _form("/contact", name=NAMES[3], message=SNIPPET),
        _form("/contact", name="", message="hello?"),
        http("GET", "/card", name=NAMES[7], text=TEMPLATEISH),
        http("GET", "/card", name="<b>Tom</b>", text=JSONISH),
        http("GET", "/theme", t="dark"),
    ],
    "flask_welcome": [
        http("GET", "/welcome", name=n) for n in (NAMES[0], NAMES[2], "Tom & Jo (5%)", "李雷; {x}")
    ],
    "flask_after": [
        http("GET", "/after", next=n) for n in ("/boats/x?y=1&z='2'", "/", "https://example.org/")
    ],
    "cargo": [api("GET", "/cargo"), api("GET", "/cargo", kind="café"), api("GET", "/cargo", kind="O'Malley")]
    + [api("GET", f"/cargo/{n}") for n in ("7", "99", "seven")]
    + [api("POST", "/cargo", {"label": t, "weight": 12.5}) for t in TYPED[:3]]
    + [api("POST", "/cargo", {"label": "x", "weight": "12"})],
    "notice_board": [
        http("GET", "/notices", headers={"accept-language": "de-DE,de;q=0.9"}),
        http("GET", "/notices"),
        http("POST", "/notices", {"title": "It's windy; 8 Bft", "text": NOTES}),
        http("POST", "/notices", {"title": NAMES[6], "text": TICKET}),
    ],
    "pages": [get(), get(size="3", cursor="NQ"), get(size="100"), get(cursor="it's"), get(q=SEARCHES[1])],
    "conditional": [get(), get(n="2"), http("GET", "/", headers={"if-none-match": '"abc", W/"def"'})],
    "document": [get(name=n) for n in ("prices 2026.txt", "été.txt", "rules.md", "O'Hara's list.pdf", "")],
    "manual": [get(), get(file="prices 2026.txt"), get(file="été.txt"), get(file="plan (old).md")],
    "legacy_file": [get(f=n) for n in ("rules.md", "prices 2026.txt", "it's not there.txt", "été.txt")],
    "export": [get(), get(format="csv", min="8"), get(format="csv"), get(format="o'xml")],
    "serialise": [
        http("POST", "/", {"data": JSONISH}, with_="json.loads"),
        http("POST", "/", {"data": {"name": NAMES[0], "note": TICKET}}, with_="json.dumps"),
        http("POST", "/", {"data": "Tom & <Jo> it's"}, with_="html.escape"),
        http("POST", "/", {"data": PLACES[1]}, with_="urllib.parse.quote"),
    ],
    "upload": [
        _multipart(file=("crew list (v2).txt", "\n".join(NAMES))),
        _multipart(file=("O'Neill; notes.md", NOTES), more=("../../x.txt", "just text")),
        raw("no parts at all", "text/plain"),
    ],
    "attach": [
        post(name=n, content=c)
        for n, c in (
            ("photo 1.txt", "x"),
            ("O'Neill & Sons (2026).txt", TICKET),
            ("2026/12/bill.txt", "12,50 €"),
            ("größe.md", NOTES),
        )
    ],
    "report": [get(), get(name="daily", rows="12"), get(name="o'clock")],
    "front": [get(), get(title="Winter -- it's closed"), get(title=NAMES[6])],
    "language": [get(), get(lang="de-DE"), get(lang="pt_BR"), get(lang="zh-Hant")],
    "preferences": [
        http("POST", "/", {"theme": "dark", "name": NAMES[0]}, cookies=["theme=light", "units=ft"]),
        http("POST", "/", {"name": "Tom; Path=/x", "other": "1"}, cookies=['name="O\\"Hara"']),
        http("POST", "/", {}),
    ],
    "profile": [post(name=n, email=m, bio=TICKET) for n, m in zip(NAMES[:3], MAILS, strict=False)]
    + [post(name="Null", about=SNIPPET)],
    "settings": [
        post(units="imperial", colours={"sea": "green"}),
        post(colours={"land": "O'Brown; 5%", "sea": "#00f"}),
        post(motto="It's -- 'fine'"),
    ],
    "whoami": [get(mail=m) for m in MAILS],
    "session": [
        http("GET", "/"),
        _session({"visits": 3, "name": NAMES[0]}),
        _session({"cart": [SEARCHES[1]]}),
    ],
    "signed_session": [
        http("GET", "/"),
        http("GET", "/", name=NAMES[4]),
        http("GET", "/", cookies=["s=eyJ2aXNpdHMiOiA5fQ==.0000"]),
    ],
    "tide": [
        get(),
        get(formula="round(h * 0.7, 2)", h="4.5"),
        get(formula="abs(h - 12) / 2 if h > 6 else h"),
    ],
    "validated": [
        post(guest=n, email="ana.silva+shop@example.org", day="2026-12-24", berth=4, remark=r)
        for n, r in zip(NAMES[:3], (TICKET, SNIPPET, TEMPLATEISH), strict=True)
    ]
    + [post(guest="x", email="o'brien@", day="tomorrow", berth=99), post(where="1=1")],
    "visit_log": [post(name=n, boat=b) for n, b in zip(NAMES[:4], PLACES, strict=True)],
    "negotiate": [
        http("GET", "/", headers={"accept": a}, q=q)
        for a, q in (
            ("text/html", SEARCHES[0]),
            ("text/html", TYPED[2]),
            ("application/json", JSONISH),
            ("*/*", SEARCHES[6]),
        )
    ],
    "partial": [http("GET", "/", headers={"range": r}) for r in ("bytes=0-9", "bytes=20-", "lines=1-2")],
    "short_link": [http("GET", "/w"), http("GET", "/t", q="50% & more", d="2026-12-02"), http("GET", "/o'x")],
    "login": [
        get(),
        get(return_to="https://www.harbour.example/a?b=c'd&e=5%25"),
        get(return_to="https://example.org/"),
        get(return_to="/account"),
    ],
    "newsletter": [form(name=n, email=m) for n, m in zip(NAMES, MAILS, strict=False)]
    + [form(name="Bo", email="bo at example")],
}

_PLUGIN = "import subprocess\n\ndef run(n):\n    return {'out': subprocess.getoutput('echo up-$((6*7))')}\n"

ATTACKS = [
    Attack("path", "fast_file", http("GET", "/file/..%2fdocs-private%2fkey.txt"), KEY),
    Attack("path", "fast_file", http("GET", "/file/%252e%252e%252fdocs-private%252fkey.txt"), KEY),
    Attack("path", "fast_file", http("GET", "/file//etc/passwd"), "root:"),
    Attack("path", "manual", get(file="../docs-private/key.txt"), KEY),
    Attack("path", "legacy_file", get(f="....//docs-private/key.txt"), KEY),
    Attack("path", "legacy_file", get(f="..././..././..././etc/passwd"), "root:"),
    Attack(
        "path, written",
        "front",
        get(title="x"),
        "defaced-42",
        before=[("attach", post(name="../page.html", content="<h1>defaced-42</h1>"))],
    ),
    Attack(
        "upload, executed",
        "report",
        get(name="weekly"),
        "up-42",
        before=[("attach", post(name="../reports/weekly.py", content=_PLUGIN))],
    ),
    Attack(
        "upload, executed",
        "report",
        get(name="this_month", rows="1"),
        KEY,
        before=[
            (
                "attach",
                post(
                    name="../reports/this_month.py",
                    content="def run(n):\n    import app\n    return app.KEY\n",
                ),
            )
        ],
    ),
    Attack(
        "redirect", "fast_go", http("GET", "/go", next="https://evil.example/login"), '"https://evil.example/'
    ),
    Attack("redirect", "fast_go", http("GET", "/go", next="//evil.example/%2e%2e"), '"//evil.example/'),
    Attack("redirect", "flask_after", http("GET", "/after", next="//evil.example/x"), '"//evil.example/x'),
    Attack("redirect", "flask_after", http("GET", "/after", next="/\\evil.example/x"), "evil.example/x"),
    Attack(
        "redirect", "login", get(return_to="https://evil-harbour.example/x"), '"https://evil-harbour.example'
    ),
    Attack(
        "redirect",
        "login",
        get(return_to="https://evil.example\\@app.harbour.example/"),
        '"https://evil.example\\',
    ),
    Attack("template", "flask_welcome", http("GET", "/welcome", name="{{ config.SECRET_KEY }}"), KEY),
    Attack("template", "flask_welcome", http("GET", "/welcome", name="{{ config.items()|list }}"), KEY),
    Attack(
        "template",
        "flask_welcome",
        http(
            "GET",
            "/welcome",
            name="{{ request.application.__globals__.__builtins__.open('/etc/passwd').read() }}",
        ),
        "root:",
    ),
    Attack(
        "template",
        "flask_welcome",
        http(
            "GET",
            "/welcome",
            name="{% for c in [].__class__.__base__.__subclasses__() if c.__name__=='Popen' %}"
            "{{ c('echo ran-$((6*7))', shell=True, stdout=-1).communicate()[0] }}{% endfor %}",
        ),
        "ran-42",
    ),
    Attack("header, CRLF", "language", get(lang="en\r\nSet-Cookie: sid=evil"), "\\r\\nSet-Cookie: sid=evil"),
    Attack(
        "header, CRLF",
        "language",
        get(lang="en; Domain=.example.org\r\n\r\n<script>1</script>"),
        "\\r\\n\\r\\n<",
    ),
    Attack("mass assignment", "profile", post(name="x", role="harbourmaster"), KEY),
    Attack("mass assignment", "profile", post(name="x", _limit=1000), "all, " + KEY),
    Attack(
        "merge",
        "whoami",
        get(mail="me@evil.example"),
        KEY,
        before=[
            (
                "settings",
                post(__class__={"__init__": {"__globals__": {"ADMINS": {"names": ["me@evil.example"]}}}}),
            )
        ],
    ),
    Attack(
        "deserialise",
        "session",
        http(
            "GET",
            "/",
            cookies=["s=" + b64(pickled_call(subprocess.getoutput, "echo pkl-$((6*7))"))],
        ),
        "pkl-42",
    ),
    Attack(
        "deserialise",
        "session",
        http("GET", "/", cookies=["s=" + b64(pickled_call(eval, "__import__('app').KEY"))]),
        KEY,
    ),
    Attack("Python, eval", "tide", get(formula="__import__('os').popen('echo t-$((6*7))').read()"), "t-42"),
    Attack(
        "Python, eval",
        "tide",
        get(formula="str([c for c in ().__class__.__base__.__subclasses__() if 'wrap_close' in c.__name__])"),
        "wrap_close",
    ),
    Attack("Python, eval", "tide", get(formula="open('/proc/self/environ').read()[:4000]"), "PATH="),
    Attack(
        "import by name",
        "serialise",
        http("POST", "/", {"data": "echo imp-$((6*7))"}, with_="subprocess.getoutput"),
        "imp-42",
    ),
    Attack(
        "import by name",
        "serialise",
        http("POST", "/", {"data": "__import__('app').KEY"}, with_="builtins.eval"),
        KEY,
    ),
    Attack("import by name", "serialise", http("POST", "/", {"data": "/etc"}, with_="os.listdir"), "passwd"),
    Attack("log injection", "visit_log", post(name="x\nlevel=staff name=y", boat="z"), KEY),
    Attack("log injection", "visit_log", post(name="Ann", boat="q\nlevel=staff gate=open"), KEY),
    Attack(
        "merge",
        "whoami",
        get(mail="you@evil.example"),
        "taken-over",
        before=[
            (
                "settings",
                post(
                    __init__={"__globals__": {"KEY": "taken-over", "ADMINS": {"names": ["you@evil.example"]}}}
                ),
            )
        ],
    ),
]
