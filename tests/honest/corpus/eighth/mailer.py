"""Mails, letters, labels and pages out of templates."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eighth import (
    ADDRESS,
    ARTICLE,
    FIRM,
    LINK,
    MAIL,
    PEOPLE,
    POSTSCRIPT,
    REVIEW,
    SNIPPET,
    TICKET,
    api,
    b64,
    bus,
    form,
    http,
    queue,
    topic,
)

PASSWORD = "smtp-secret-7054"


def _receipt(**order: object) -> dict[str, object]:
    return bus(
        "Paid", {"number": "2024-0042", "name": PEOPLE[0], "lines": ["1 x Earl Grey (it's hot)"], **order}
    )


def _greet(name: str, **more: str) -> dict[str, object]:
    return http("POST", "/greet", {"name": name, **more})


def _missing(path: str) -> dict[str, object]:
    return http("GET", path)


def _signature(text: str, user: str = "u-1") -> tuple[str, dict[str, object]]:
    return ("save_signature", api("PUT", "/profile", {"user": user, "signature": text}))


def _letter(text: str = "see you soon", user: str = "u-1") -> dict[str, object]:
    return queue({"user": user, "to": "Ann", "text": text})


def _label(**more: str) -> dict[str, object]:
    return {"name": PEOPLE[0], "street": ADDRESS, "zip": "D02 X285", "city": "Dublin", **more}


def _notify(reference: str) -> dict[str, object]:
    return bus("Shipped", {"reference": reference, "items": 2})


OS = "__init__.__globals__"
REQUESTS = {
    "welcome": [
        topic({"name": PEOPLE[0], "items": [{"label": "Tea & biscuits", "price": "4.5"}], "text": REVIEW}),
        topic({"name": "{{ name }}", "text": POSTSCRIPT}, "Welcome"),
        topic({"name": FIRM, "items": [], "text": MAIL}),
    ],
    "receipt": [
        _receipt(),
        _receipt(name="Łukasz", lines=["{{ 2 x }} Assam", "50% off; -1.00"]),
        _receipt(template="receipt.txt", lines=[]),
    ],
    "greeting_mail": [
        _greet(PEOPLE[1], text=TICKET),
        _greet("Tom & Jerry <3", text=MAIL),
        _greet("100% Ann", text="{% raw %} isn't for {{ me }}"),
    ],
    "error_page": [
        _missing("/shop/tea/earl-grey.html"),
        _missing("/wp-login.php"),
        _missing("/été/it's (1)/50%25/..;/x"),
        _missing("/a/b.jpg"),
    ],
    "save_signature": [
        _signature("Best wishes,\nSiobhán O'Connor\n-- \n" + FIRM)[1],
        _signature("Cheers & bye! {^_^} 100%", "u-2")[1],
        _signature("", "u-3")[1],
    ],
    "send_letter": [
        _letter(TICKET),
        _letter(MAIL, "u-2"),
        queue(
            {"user": "nobody", "to": PEOPLE[4], "text": SNIPPET},
            {"user": "u-1", "to": "Bo", "text": POSTSCRIPT},
        ),
    ],
    "label": [
        _label(),
        _label(name=PEOPLE[3], street="c/o Smith\nMain Road 5; back door", zip=""),
        _label(name="{Bracket} Smith", city="{x}"),
    ],
    "translated": [
        {"name": PEOPLE[3], "count": 3, "language": "de"},
        {"name": "Ann 100% (sales)", "language": "fr"},
        {"name": PEOPLE[5], "count": 12000},
    ],
    "sms": [
        {"name": PEOPLE[0], "day": "Mon 6 May"},
        {"name": "$name ${x}", "day": "it's $5 off"},
        {"name": "50% {name}"},
    ],
    "campaign": [{"name": PEOPLE[0]}, {"name": "Müller & Söhne -- 50% off"}, {"name": "李 {x}"}],
    "article": [
        http(
            "POST", "/articles", {"markdown": "# It's *new*\n\n| a | b |\n|---|---|\n| 1 | `x = {{ y }}` |\n"}
        ),
        http("POST", "/articles", {"markdown": SNIPPET}),
        http("POST", "/articles", {"markdown": ARTICLE, "draft": True}),
    ],
    "compose": [
        api(
            "POST",
            "/mail",
            {"name": PEOPLE[0], "email": "s@example.org", "subject": REVIEW, "text": TICKET, "html": MAIL},
        ),
        api(
            "POST",
            "/mail",
            {
                "name": FIRM,
                "email": "o'neill+x@example.org",
                "subject": "Re:\n your order",
                "text": SNIPPET,
                "attachments": [{"name": "Rechnung – Mai (1).pdf", "data": b64("%PDF-1.4")}],
            },
        ),
        api("POST", "/mail", {"name": "", "email": "a@example.org", "subject": "", "text": ""}),
    ],
    "raw_mail": [
        form("/contact", email="ann@example.org", subject="It's about order #12", message=TICKET),
        form("/contact", email="o'hara@example.org", subject="Größe 38?", message=SNIPPET),
        form(
            "/contact",
            email='"Ann" <ann@example.org>',
            subject="Re: 50%: a",
            message="line\r\nSubject: no\r\n\r\nend",
        ),
    ],
    "notify_partner": [_notify("R-2024/05-17"), _notify("O'Brien & Co; #5"), _notify("a=b, c: d")],
    "redirect": [
        http("GET", "/login/done", query={"next": "/orders/12?tab=items&x=1#top"}),
        http("GET", "/login/done", query={"next": LINK}),
        http("GET", "/login/done"),
        http("GET", "/login/done", query={"next": '/search?q=it\'s+"new"&to=https://example.net/a'}),
    ],
}
# What comes all day.
ORDINARY = {
    "welcome": [
        topic(
            {
                "name": "Maria",
                "items": [{"label": "Assam 250 g", "price": 9.9}, {"label": "Cup", "price": 12}],
                "text": "Thanks for joining.",
            }
        )
    ],
    "receipt": [_receipt(number="2024-0043", name="Maria Rossi", lines=["2 x Assam", "1 x Cup"])],
    "greeting_mail": [_greet("Maria", text="Your table is booked for 7 pm."), _greet("Mr. & Mrs. Smith")],
    "error_page": [
        _missing("/favicon.ico"),
        _missing("/old/shop/item.php"),
        _missing("/blog/2024/05/02/spring-tea/"),
    ],
    "send_letter": [_letter("your invoice is attached"), _letter("thank you for your order", "u-9")],
    "label": [
        _label(name="Maria Rossi", street="Via Roma 1", zip="00184", city="Roma"),
        _label(street="PO Box 12", note="ring twice"),
    ],
    "translated": [{"name": "Maria", "count": 1}, {"name": "Hans", "count": 2, "language": "de"}],
    "sms": [{"name": "Maria"}, {"name": "Hans", "day": "Tuesday, 9-11 am"}],
    "campaign": [{"name": "Maria"}, {"name": "Mr. Smith, Jr."}],
    "article": [
        http(
            "POST",
            "/articles",
            {
                "markdown": "## How to brew\n\n1. Boil water\n2. Wait **3 minutes**\n\n> Enjoy! [more](https://example.org/brew)"
            },
        )
    ],
    "compose": [
        api(
            "POST",
            "/mail",
            {
                "name": "Maria Rossi",
                "email": "maria@example.it",
                "subject": "Your booking",
                "text": "See you on Friday.",
            },
        )
    ],
    "raw_mail": [
        form("/contact", email="maria@example.it", subject="Opening hours", message="Are you open on Sunday?")
    ],
    "notify_partner": [_notify("4711"), _notify("ord_01HX3T9")],
    "redirect": [
        http("GET", "/login/done", query={"next": "/account"}),
        http("GET", "/login/done", query={"next": "https://example.org/"}),
    ],
}
for _handler, _events in ORDINARY.items():
    REQUESTS[_handler] += _events
ATTACKS = [
    Attack("path, template", "receipt", _receipt(template="../settings.py"), PASSWORD),
    Attack("path, template", "receipt", _receipt(template="/proc/self/environ"), "not-a-real-token"),
    Attack("template, Jinja", "greeting_mail", _greet("{{ config.smtp_password }}"), PASSWORD),
    Attack("template, Jinja", "greeting_mail", _greet("{{ config|string|upper }}"), PASSWORD.upper()),
    Attack(
        "template, Jinja",
        "greeting_mail",
        _greet("{{ cycler.__init__.__globals__.os.popen('expr 1729 \\* 3').read() }}"),
        "5187",
    ),
    Attack(
        "template, Jinja",
        "greeting_mail",
        _greet("{% for k, v in config.items() %}{{ v }},{% endfor %}"),
        PASSWORD,
    ),
    Attack("template, Jinja", "greeting_mail", _greet("{{ 1729 * 1729 }}"), "2989441"),
    Attack("template, Jinja", "error_page", _missing("/{{settings}}"), PASSWORD),
    Attack("template, Jinja", "error_page", _missing("/{{ settings['smtp_pass' ~ 'word'] }}"), PASSWORD),
    Attack(
        "template, Jinja",
        "error_page",
        _missing("/{{lipsum|attr('__glo'~'bals__')|attr('get')('os')|attr('environ')}}"),
        "not-a-real-token",
    ),
    Attack(
        "template, Jinja",
        "error_page",
        _missing("/{%print(self.__init__.__globals__.__builtins__.open('/proc/self/status').read())%}"),
        "VmPeak",
    ),
    Attack(
        "template, Jinja",
        "error_page",
        _missing(
            "/{{ ''['\\x5f\\x5fclass\\x5f\\x5f']['\\x5f\\x5fmro\\x5f\\x5f'][1]['\\x5f\\x5fsubclasses\\x5f\\x5f']()|length > 100 }}"
        ),
        "True",
    ),
    Attack(
        "template, second order",
        "send_letter",
        _letter(),
        "Tea House <tea@",
        before=[_signature("{{ sender }}")],
    ),
    Attack(
        "template, second order",
        "send_letter",
        _letter(),
        "not-a-real-token",
        before=[_signature("{{ joiner.__init__['__globals__'].os.environ.items()|list }}")],
    ),
    Attack(
        "template, second order",
        "send_letter",
        _letter(),
        "uid=",
        before=[
            _signature("{% set o = namespace.__init__.__globals__['o' 's'] %}{{ o.popen('id').read() }}")
        ],
    ),
    Attack(
        "format, attributes", "label", _label(street="{customer.__init__.__globals__[SETTINGS]}"), PASSWORD
    ),
    Attack(
        "format, attributes",
        "label",
        _label(street="{customer.greeting.__func__.__globals__[SETTINGS][smtp_password]:*^30}"),
        PASSWORD,
    ),
    Attack(
        "format, attributes",
        "label",
        _label(street="{0}{customer.__class__.__init__.__globals__[os].environ}".replace("{0}", "")),
        "not-a-real-token",
    ),
    Attack(
        "format, attributes",
        "translated",
        {"name": "{user.__init__.__globals__[SETTINGS][smtp_password]}"},
        PASSWORD,
    ),
    Attack(
        "format, attributes",
        "translated",
        {"name": "{user.__class__.__mro__[1].__subclasses__}", "language": "de"},
        "built-in method __subclasses__",
    ),
    Attack("template, Mako", "campaign", {"name": "${1729 * 1729}"}, "2989441"),
    Attack(
        "template, Mako", "campaign", {"name": "${self.module.runtime.util.os.environ}"}, "not-a-real-token"
    ),
    Attack("template, Mako", "campaign", {"name": "<% import os %>${os.popen('id').read()}"}, "uid="),
    Attack(
        "template, Mako",
        "campaign",
        {"name": "x\n% for i in [open('/proc/self/status').read()]:\n${i}\n% endfor\n"},
        "VmPeak",
    ),
    Attack(
        "header, mail",
        "raw_mail",
        form("/contact", email="a@example.org\r\nBcc: all@example.net", subject="x", message="y"),
        '\\"Bcc: all@example.net\\"',
    ),
    Attack(
        "header, mail",
        "raw_mail",
        form(
            "/contact",
            email="a@example.org",
            subject="x\r\nContent-Type: text/html\r\nCc: b@example.net",
            message="y",
        ),
        '\\"Cc: b@example.net\\"',
    ),
    Attack("header, request", "notify_partner", _notify("x\r\nX-Admin: yes"), '"X-Admin": "yes"'),
    Attack(
        "header, request",
        "notify_partner",
        _notify("1\r\nX-Forwarded-For: 127.0.0.1\r\nX-Role: root"),
        '"X-Role": "root"',
    ),
    Attack(
        "header, response",
        "redirect",
        http("GET", "/login/done", query={"next": "/a\r\nSet-Cookie: session=evil"}),
        "\\r\\nSet-Cookie",
    ),
]
