"""Pages, letters and messages."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixteenth import (
    AWKWARD,
    ESSAY,
    GUESTS,
    HOWTO,
    HTML,
    PROGRAM,
    PROSE,
    api,
    form,
    url,
)

NEEDS = ()
KEY = "aviary-secret-9023"


def _get(**query: str) -> dict[str, object]:
    return api("GET", "/", query=query)


def _post(**body: object) -> dict[str, object]:
    return url("POST", "/", body)


def _bot(text: str) -> dict[str, object]:
    return _post(update_id=1, message={"chat": {"id": 2}, "text": text})


REQUESTS = {
    "order": [
        _post(name=one, items=[{"title": one, "price": 5}], note=PROSE) for one in (*AWKWARD, GUESTS[4])
    ],
    "greeting": [_get(name=one) for one in ("Zoë", "O'Hara & Sons; (UK) -- 5%", "<3 Ana", "李雷 #1")]
    + [_get()],
    "greeting_parts": [
        _post(title="Dr.", first="Jean-Luc", last="d'Arcy"),
        _post(title="", first="M'Baye", last="Diop (Sr.); -- x"),
        _post(title="Prof. {honorary}", first="$name", last="100%"),
    ],
    "greeting_value": [_get(name=one) for one in (*AWKWARD, "{{ 7*7 }}", "${7*7}")],
    "template_name": [_get(), _get(t="badge.txt", name="o'hara; {{ x }}"), _get(name=AWKWARD[1])],
    "letter": [
        _post(text="Dear $name, it's $5 -- 10% off at ${shop}; {ok}?", name="O'Hara"),
        _post(text=HOWTO, name=PROSE),
        _post(text="$$100 $unknown ${x y}", name="x"),
    ],
    "letter_format": [
        _post(text="Dear {bird.name}, your {bird.kind} isn't here -- {shop}", name="Zoë"),
        _post(text="Hello {shop:>20}! {{not a field}} 100% $5"),
        _post(text="I like {0} and {bird"),
        _post(text=PROSE),
    ],
    "letter_map": [
        _post(text=one, name="O'Hara {shop}") for one in ("Dear {name}; from {shop}", HOWTO, PROGRAM)
    ],
    "letter_percent": [
        _post(text="Dear %(name)s, it's 5 o'clock at %(shop)s", name="Zoë"),
        _post(text=PROSE),
        _post(text="100%% %(name)-10s|", name="x;"),
    ],
    "sandboxed": [
        _post(
            template="Hi {{ name|title }}, {% for i in items %}{{ loop.index }}. {{ i }}{{ ', ' if not loop.last }}{% endfor %}",
            name="zoë",
            items=["it's", "--"],
        ),
        _post(
            template="{% if items|length > 2 %}many{% else %}few{% endif %}; {{ name or 'you' }}", items=[1]
        ),
        _post(template="{{ unclosed", name="x"),
    ],
    "mako_page": [_get(), _get(title="Owls & kites -- it's (new); 5 #1"), _get(title="50 % off")],
    "mako_value": [_get(title=one) for one in (*AWKWARD, "${1+1}")],
    "chameleon_page": [_get(text="Owls & <kites> -- it's (new); $5"), _get(text="100% O'Hara {x}")],
    "article": [
        _post(text=one) for one in (HOWTO, PROSE, HTML, ESSAY, "[x](javascript:alert(1)) <script>y</script>")
    ],
    "article_template": [
        _post(text="# Owls\n\n* it's **5** o'clock -- `ls`\n* [x](https://example.org/?a=1&b='2')"),
        _post(text=PROSE.replace("#", "No. ")),
        _post(text="1 < 2 & {x} %s"),
    ],
    "save_text": [_post(name=one[:9], body=one) for one in (*AWKWARD, HTML)],
    "footer": [_get(), _get(name="none'; --")],
    "field": [_get(), _get(field="kind"), _get(field="greet()"), _get(field="kinds[0]")],
    "field_checked": [_get(), _get(field="kind"), _get(field="__class__"), _get(field="config['token']")],
    "money": [
        _post(
            items=[
                {"title": one, "price": price}
                for one, price in zip(AWKWARD, ("12,50 €", "$5", 3, "-1.005", "0"), strict=True)
            ]
        ),
        _post(items=[{"title": "it's {x} %s", "price": "1'000.50"}]),
    ],
    "mail": [
        _post(name=one, subject=one, text=HTML) for one in (*AWKWARD[:4], GUESTS[4], "two\r\nBcc: lines")
    ],
    "mail_lines": [
        form("/c", email="o'hara+x@example.org", topic="It's -- (late); 5%", text=PROSE),
        form("/c", email="zoe@example.org", topic="Größe", text="a\r\n\r\nBcc: b\r\n.\r\n"),
    ],
    "cookie": [_get(name="O'Hara; Path=/x"), _get(name="Zoe (5) -- x=1"), _get(name="a,b")],
    "translated": [_get(name=one, n="2", lang="pt_BR") for one in (*AWKWARD, "%(n)s")]
    + [_get(lang="en-GB,en")],
    "telegram": [_bot(f"{c} {one}") for c in ("/echo", "/quote", "/len") for one in AWKWARD[:3]]
    + [_bot("/start"), _bot("it's me; {{7*7}}")],
}

ATTACKS = [
    Attack("template", "greeting", _get(name="{{ config.token }}"), KEY),
    Attack(
        "template",
        "greeting",
        _get(name="{%- for k, v in config.items() -%}{{ k }}={{ v }};{%- endfor -%}"),
        "token=" + KEY,
    ),
    Attack("template", "greeting", _get(name="{{ config|attr('get')('to'~'ken') }}"), KEY),
    Attack(
        "template",
        "greeting",
        _get(name="{{ lipsum.__globals__['os'].popen('echo ran-$((6*7))').read() }}"),
        "ran-42",
    ),
    Attack("template", "greeting", _get(name="{{ cycler.__init__.__globals__.os.environ.PATH }}"), "/bin"),
    Attack("template, fields", "greeting_parts", _post(title="{{", first="config.token", last="}}"), KEY),
    Attack(
        "template, fields",
        "greeting_parts",
        _post(title="{%", first="set x = config", last="%}{{ x['token'] }}"),
        KEY,
    ),
    Attack(
        "template, escapes",
        "greeting_parts",
        _post(title="{{ config['\\x74\\u006fken']", first="|upper", last="}}"),
        KEY.upper(),
    ),
    Attack("template, name", "template_name", _get(t="admin.txt"), KEY),
    Attack("format", "letter_format", _post(text="{bird.config[token]}"), KEY),
    Attack("format", "letter_format", _post(text="{bird.greet.__globals__[SECRET]:>30}"), KEY),
    Attack("format", "letter_format", _post(text="{bird.__init__.__globals__[CONFIG]!r}"), KEY),
    Attack("percent", "letter_percent", _post(text="Dear %(config)s"), KEY),
    Attack("percent", "letter_percent", _post(text="%(name)s %(config)-80r", name="x"), KEY),
    Attack("mako", "mako_page", _get(title="${open('/etc/passwd').read()}"), "root:"),
    Attack("mako", "mako_page", _get(title="<%! import os %>${os.sep*3}${6*111}"), "///666"),
    Attack("mako", "mako_page", _get(title="x\n% for i in range(3):\nn${i}-\n% endfor\n"), "n2-"),
    Attack(
        "mako",
        "mako_page",
        _get(title="${self.module.cache.util.os.getcwd() and 'got-' + str(7*6)}"),
        "got-42",
    ),
    Attack("chameleon", "chameleon_page", _get(text="${token}"), KEY),
    Attack("chameleon", "chameleon_page", _get(text="${python: token[:7] + token[7:][::1]}"), KEY),
    Attack("template, markdown", "article_template", _post(text="*hi* {{ config.token }}"), KEY),
    Attack("template, markdown", "article_template", _post(text="a {{ config\n.token\n}} b"), KEY),
    Attack(
        "template, second order",
        "footer",
        _get(name="evil"),
        KEY,
        before=[("save_text", _post(name="evil", body="It's {{ config['token'] }}"))],
    ),
    Attack(
        "template, second order",
        "footer",
        _get(name="evil2"),
        "uid-done-42",
        before=[
            (
                "save_text",
                _post(
                    name="evil2",
                    body="{{ joiner.__init__.__globals__.__builtins__.__import__('os').popen('echo uid-done-$((40+2))').read() }}",
                ),
            )
        ],
    ),
    Attack("Python, eval", "field", _get(field="config['token']"), KEY),
    Attack("Python, eval", "field", _get(field="greet.__globals__['SECRET']"), KEY),
    Attack(
        "Python, eval",
        "field",
        _get(field="name if 0 else bird.__class__.greet.__globals__.get('SE' 'CRET')"),
        KEY,
    ),
    Attack(
        "header, CRLF",
        "mail_lines",
        form("/c", email="a@b.org\r\nBcc: all@example.net", topic="x", text="y"),
        '"Bcc: all@example.net"'.replace('"', '\\"'),
    ),
    Attack(
        "header, CRLF",
        "mail_lines",
        form("/c", email="a@b.org", topic="x\r\nX-Spam: no", text="y"),
        "X-Spam: no",
    ),
    Attack("header, CRLF", "cookie", _get(name="x\r\nSet-Cookie: admin=1"), "\\r\\nSet-Cookie: admin=1"),
]
