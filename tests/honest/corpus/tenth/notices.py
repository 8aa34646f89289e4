"""Mails, pages and messages out of templates and patterns."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.tenth import (
    CSS,
    LETTER,
    LONG,
    MARKUP,
    PEOPLE,
    PLACES,
    TRACE,
    alb,
    alexa,
    api,
    bus,
    form,
    graphql,
    http,
    pool,
    queue,
    socket,
    topic,
)

NEEDS = ("aws-http",)
KEY = "notice-key-5183"


def _verify(name: str) -> dict[str, object]:
    return pool(
        "CustomMessage_SignUp",
        "u-1",
        {"given_name": name, "email": "o'neil+1@example.org"},
        codeParameter="{####}",
        usernameParameter=None,
    )


def _contact(name: str, email: str, message: str) -> dict[str, object]:
    return form("/contact", {"name": name, "email": email, "message": message})


def _orders(name: str) -> dict[str, object]:
    return api("GET", "/orders", query={"name": name})


def _push(**body: object) -> dict[str, object]:
    return queue(body)


def _letter(name: str, text: str) -> dict[str, object]:
    return bus("Letter Due", {"name": name, "text": text})


def _news(headline: str, *articles: str) -> dict[str, object]:
    return topic({"headline": headline, "articles": list(articles)}, "news")


def _simple(banner: str, text: str = "x") -> dict[str, object]:
    return graphql("page", banner=banner, text=text)


def _raw(email: str, subject: str, text: str = "Hello") -> dict[str, object]:
    return http("POST", "/mail", {"email": email, "subject": subject, "text": text})


def _signature(user: str, signature: str) -> tuple[str, dict[str, object]]:
    return ("save_signature", http("PUT", "/signature", {"user": user, "signature": signature}))


def _visit(path: str, agent: str) -> dict[str, object]:
    return http("GET", path, headers={"user-agent": agent})


REQUESTS = {
    "verification": [_verify(PEOPLE[0]), _verify("{{name}} & <b>"), _verify(PEOPLE[6]), _verify("{####}")],
    "contact": [
        _contact(PEOPLE[0], "s.o'connor@example.ie", LETTER),
        _contact("{{ 7 * 7 }}", "x@example.org", CSS),
        _contact(PEOPLE[7], '"annie"@example.in', "How do I write {% for x in y %} or {{ self }} in Jinja?"),
        _contact("Bob", "", LONG),
    ],
    "order_page": [
        _orders("O'Neil & Söhne"),
        _orders("Ann {the best} #1"),
        _orders("100% Tea; <b>"),
        api("GET", "/orders"),
    ],
    "not_found": [
        alb("GET", "/a/b c/o'neil.html"),
        alb("GET", "/wp-login.php"),
        alb("GET", "/docs/{id}/größe%20(1)"),
    ],
    "push_text": [
        _push(name="O'Neil {x}", order="A-1", lang="en"),
        _push(name=PEOPLE[2], order=4711, lang="de"),
        _push(name="{0} {name.first} %s", order="{order}", lang="fr"),
        _push(name="Ann", order="B2", pattern="{name:>10}: {order.number!s} from {settings.company}"),
    ],
    "chat_reply": [
        socket("send", {"name": PEOPLE[0], "messages": [LETTER, "{x}"]}),
        socket("send", {"name": "100% $HOME", "messages": []}),
        socket("send", {"name": "Zoë {{x}}"}),
    ],
    "audit_line": [
        {"user": "100% Ann %(x)s", "action": "login"},
        {"user": PEOPLE[0], "action": "order #5 for 5€; it's paid"},
        {"user": TRACE, "action": "drop cart"},
    ],
    "letter": [
        _letter("Ann", "Dear $name,\nit costs $$5 (50%) & ${company} says {hi}. $unknown ${x.y}"),
        _letter("$company", LETTER),
        _letter(PEOPLE[4], MARKUP),
    ],
    "newsletter": [
        _news("It's here: 50% off & more", MARKUP, "${x} <% y %>"),
        _news("Größe #1 {a} | b", LETTER),
        _news("Sale $5 <b>now</b>", "% if x:", "## y"),
    ],
    "mako_page": [
        http("POST", "/p", {"title": "${7*7} <% x %>", "text": "% for a in b:\n" + MARKUP}),
        http("POST", "/p", {"title": PEOPLE[1], "text": CSS}),
        http("POST", "/p", {"title": "It's", "text": LONG}),
    ],
    "simple_page": [
        _simple("It's 50% & more", "{{x}} <b>"),
        _simple("a\nb {c} $d", LETTER),
        _simple("Größe #1", "% import os"),
    ],
    "certificate": [
        alexa("Certificate", course='C++ & "Rust" <2026>', name=PEOPLE[0]),
        alexa("Certificate", course="Cost $5 {x}", name="${x} & y"),
        alexa("Certificate", course="L'été à 100%", name=PEOPLE[5]),
    ],
    "raw_mail": [
        _raw("o'neil@example.org", 'It\'s 50%: "new" (Re: x)', LETTER),
        _raw("Zoë <zoe@example.de>", "Größe?", "Bcc: no\n\nSubject: no\n"),
        _raw("a@example.org", "", MARKUP),
    ],
    "proper_mail": [
        http(
            "POST",
            "/m",
            {
                "to": ["a@example.org", '"O\'Neil, B." <b@example.org>'],
                "subject": "Hi\r\nthere",
                "text": LETTER,
            },
        ),
        http("POST", "/m", {"to": ["x@example.org"], "subject": "Größe & 50%", "text": CSS}),
        http("POST", "/m", {"to": ["x@example.org"], "subject": "=?x?=", "text": MARKUP}),
    ],
    "calendar": [
        http("POST", "/c", {"summary": "Lunch, it's 1:00\nand; more", "organizer": "Ann"}),
        http("POST", "/c", {"summary": PLACES[0], "organizer": '"O\'Neil; B."'}),
        http("POST", "/c", {"summary": "END:VEVENT", "organizer": PEOPLE[3]}),
    ],
    "app_log": [
        _visit("/a/o'neil%20(1)", 'Mozilla/5.0 (X11; Linux x86_64; rv:1) "x" ${y}'),
        _visit("/größe", "curl/8.4.0"),
        _visit("/x;y=1", "Googlebot/2.1 (+http://www.google.com/bot.html)"),
    ],
    "save_signature": [
        _signature("ann", "Ann O'Neil\n+49 30 123 (office) {x} 100%")[1],
        _signature("o'neil", MARKUP)[1],
        _signature("ü/x", "<b>Best</b> & $kind")[1],
    ],
    "signed_mail": [
        {"user": "ann", "text": LETTER},
        {"user": "o'neil", "text": "x"},
        {"user": "nobody", "text": LETTER},
        {"user": "it's nobody", "text": "{{ text }} {% x %}"},
        {"user": "ü", "text": CSS},
    ],
}
ATTACKS = [
    Attack("template, Jinja", "order_page", _orders("{{ config.key }}"), KEY),
    Attack(
        "template, Jinja",
        "order_page",
        _orders("{{ cycler.__init__.__globals__.os.environ['SMTP_PASSWORD'] }}"),
        KEY,
    ),
    Attack(
        "template, Jinja",
        "order_page",
        _orders(
            "{%set a='__glo'~'bals__'%}{{(lipsum|attr(a))['os'].popen('printenv SMTP_PASSWORD').read()}}"
        ),
        KEY,
    ),
    Attack(
        "template, Jinja",
        "order_page",
        _orders("{% if config.key[0] == 'n' %}own{{ 'ed' }}{% endif %}"),
        "owned",
    ),
    Attack(
        "template, Jinja", "order_page", _orders("{{ settings.signature.__globals__['\\x41PI_KEY'] }}"), KEY
    ),
    Attack("template, Jinja", "not_found", alb("GET", "/{{ 7331 * 3 }}"), "21993"),
    Attack(
        "template, Jinja", "not_found", alb("GET", "/{{ lipsum.__globals__.os.environ.SMTP_PASSWORD }}"), KEY
    ),
    Attack(
        "template, Jinja",
        "not_found",
        alb("GET", "/x{# #}{{ joiner['__init__']['__globals__']['os']['environ']['SMTP_PASSWORD']|upper }}"),
        KEY.upper(),
    ),
    Attack(
        "format",
        "push_text",
        _push(name="x", order=1, pattern="{settings.__init__.__globals__[API_KEY]}"),
        KEY,
    ),
    Attack(
        "format",
        "push_text",
        _push(
            name="x", order=1, pattern="{order.__class__.__init__.__globals__[os].environ[SMTP_PASSWORD]:.40}"
        ),
        KEY,
    ),
    Attack(
        "format",
        "push_text",
        _push(name="x", order=1, pattern="{settings.signature.__func__.__globals__[API_KEY]!r}"),
        KEY,
    ),
    Attack("format", "chat_reply", socket("send", {"name": "{bot.__init__.__globals__[API_KEY]}"}), KEY),
    Attack("format", "chat_reply", socket("send", {"name": "{bot.__dict__}"}), "no-reply@example.org"),
    Attack("format, percent", "audit_line", {"user": "x", "action": "%(key)s"}, KEY),
    Attack("format, percent", "audit_line", {"user": "x", "action": "a%(key)40.30s!"}, KEY),
    Attack("template, Mako", "newsletter", _news("${7331 * 3}"), "21993"),
    Attack("template, Mako", "newsletter", _news("<%! import os %>${os.getenv('SMTP_PASSWORD')}"), KEY),
    Attack(
        "template, Mako",
        "newsletter",
        _news("x\n% if True:\n${__import__('os').environ['SMTP_' + 'PASSWORD']}\n% endif\n"),
        KEY,
    ),
    Attack("template, Mako", "newsletter", _news("<% context.write(str(7331 * 3)) %>"), "21993"),
    Attack(
        "template, Mako", "newsletter", _news("${self.module.cache.util.os.environ['SMTP_PASSWORD']}"), KEY
    ),
    Attack("template, Bottle", "simple_page", _simple("{{!__import__('os').environ['SMTP_PASSWORD']}}"), KEY),
    Attack(
        "template, Bottle", "simple_page", _simple("x\n% import os\n{{os.environ['SMTP_PASSWORD']}}\n"), KEY
    ),
    Attack(
        "template, Chameleon", "certificate", alexa("Certificate", course="${7331 * 3}", name="x"), "21993"
    ),
    Attack(
        "template, Chameleon",
        "certificate",
        alexa("Certificate", course="${settings.sender}", name="x"),
        "no-reply@example.org",
    ),
    Attack(
        "header, mail",
        "raw_mail",
        _raw("a@example.org\r\nBcc: all@example.net", "x"),
        '[\\"Bcc\\", \\"all@example.net\\"]',
    ),
    Attack(
        "header, mail",
        "raw_mail",
        _raw("a@example.org", "x\nX-Priority: 1\nTo: boss@example.org"),
        '[\\"To\\", \\"boss@example.org\\"]',
    ),
    Attack(
        "header, mail",
        "raw_mail",
        _raw("a@example.org", "x\r\nContent-Type: text/html\r\n\r\n<b>own</b>"),
        '[\\"Content-Type\\", \\"text/html\\"]',
    ),
    Attack(
        "lines, calendar",
        "calendar",
        http(
            "POST",
            "/c",
            {"summary": "x", "organizer": "x:mailto:a@b.example\r\nATTACH:https://evil.example/a.exe\r\nX-Y"},
        ),
        "\\r\\nATTACH:https",
    ),
    Attack(
        "lines, log",
        "app_log",
        _visit("/x", 'curl\n10.0.0.1 "/admin" root'),
        '\\"10.0.0.1 \\\\\\"/admin\\\\\\" root\\"',
    ),
    Attack(
        "template, second order",
        "signed_mail",
        {"user": "e1", "text": "x"},
        KEY,
        before=[_signature("e1", "{{ settings.__init__.__globals__.API_KEY }}")],
    ),
    Attack(
        "template, second order",
        "signed_mail",
        {"user": "e2", "text": "printenv SMTP_PASSWORD"},
        KEY,
        before=[_signature("e2", "{{ lipsum.__globals__['os'].popen(text).read() }}")],
    ),
    Attack(
        "template, second order",
        "signed_mail",
        {"user": "e3", "text": "x"},
        "21993",
        before=[_signature("e3", "Ann\n{#-- me --#}{%- print(7331 * 3) -%}")],
    ),
]
