"""Texts and templates."""

from tests.honest.corpus.third import (
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    LONG,
    MARKDOWN,
    NAME,
    SHELLY,
    TEMPLATE,
    UNICODE,
    URL,
    http,
)

REQUESTS = {
    "order_mail": [
        {
            "source": "shop",
            "detail": {
                "id": "A-17",
                "email": "s@example.org",
                "note": TEMPLATE,
                "items": [{"name": COMPANY, "count": 2}],
            },
        },
        {"source": "shop", "detail": {"id": 18, "email": "o'brien@example.org", "note": HTML, "items": []}},
    ],
    "page_by_name": [
        http("GET", "/p", ids={"page": page}, query={"q": TEMPLATE})
        for page in ("search", "order", "../app", "nosuch")
    ],
    "item_list": [
        {"items": [{"name": HTML, "price": 3}, {"name": "{{ 7 * 7 }}", "price": -1.5}]},
        {"items": []},
    ],
    "customer_template": [
        {
            "template": "Dear {{ name }},\n{% for one in items %}* {{ one|upper }}\n{% endfor %}",
            "name": NAME,
            "items": ["tea", COMMENT],
        },
        {
            "template": "{{ name|title }} has {{ items|length }} items{% if items|length > 1 %}, wow{% endif %}",
            "name": "ada",
            "items": ["a", "b"],
        },
        {"template": "Plain text, 50% off & {braces}", "name": "x", "items": []},
    ],
    "mako_page": [
        {"title": "${1+1} <% x %>", "rows": [HTML, CODE]},
        {"title": "% for x in y:", "rows": ["## no", UNICODE]},
    ],
    "chameleon_page": [{"items": [HTML, "${x}", "python:1"]}, {"items": [COMMENT]}],
    "notification": [
        {"kind": "shipped", "values": {"name": NAME, "order": "{order}", "date": "2026-03-14"}},
        {"kind": "refund", "values": {"name": "{0.__class__}", "amount": -3.5}},
        {"kind": "shipped", "values": {"name": TEMPLATE, "order": 17, "date": "2024-02-29T10:00:00+01:00"}},
    ],
    "merge_fields": [
        {"text": "Hi {first_name} of {company}, {unknown}", "user": {"first": "O'B", "company": COMPANY}},
        {"text": CODE, "user": {"first": "{company}", "company": "x"}},
    ],
    "dollar_template": [
        {"text": "Dear $name, ${amount} $$5 $missing", "values": {"name": "$amount", "amount": -3}},
        {"text": SHELLY, "values": {"HOME": "h"}},
    ],
    "placeholders": [{"text": TEMPLATE}, {"text": "{a} {b.c} {d[0]} {{x}}"}, {"text": "{broken"}],
    "percent": [
        {"name": "100%", "count": "3", "note": COMMENT},
        {"name": "%(note)s", "count": -1, "note": NAME},
    ],
    "comment_html": [{"text": MARKDOWN}, {"text": HTML}, {"text": "```python\n" + CODE + "```\n"}],
    "feed": [
        {"posts": [{"title": HTML, "link": URL, "description": MARKDOWN}]},
        {"posts": [{"title": "]]>", "link": "x", "description": COMMENT}]},
    ],
    "sitemap": [{"urls": [URL, "https://example.org/?a=1&b=<2>"]}],
    "xml_order": [
        {
            "body": '<order><item sku="A&amp;B"><qty>2</qty><note><![CDATA[it\'s <b>; select]]></note></item></order>'
        },
        {"body": "<order xmlns:x='urn:x'><item sku='//user[1]'><qty>-1</qty></item><!-- c --></order>"},
    ],
    "xpath_variable": [{"name": "O'Brien"}, {"name": "' or '1'='1"}, {"name": "//role"}],
    "calendar": [
        {"start": "2026-03-14T09:30:00", "title": "Tea; with O'Brien, & co", "note": MARKDOWN},
        {"start": "2026-12-31", "title": UNICODE, "note": "END:VEVENT\nX:1"},
    ],
    "download_header": [
        http("GET", "/d", query={"name": one}) for one in ("o'brien (1).pdf", 'a"b;c\r\n.txt', "../日本.csv")
    ],
    "form_mail": [
        http(
            "POST",
            "/c",
            form={
                "email": "s.o'brien@example.org",
                "subject": "Question: 50% off?\r\nBcc: x@y.z",
                "message": COMMENT,
            },
        ),
        http("POST", "/c", form={"email": "nobody", "subject": "x", "message": HTML}),
        http("POST", "/c", form={"email": "a+b@example.org", "subject": UNICODE, "message": LONG}),
    ],
    "settings_yaml": [
        {"body": 'name: "O\'Brien"\nsteps:\n  - run: make && make test\n  - if: ${{ x }}\nday: 2026-03-14\n'},
        {"body": JSON_TEXT},
        {"body": "a: &x [1, 2]\nb: *x\nc: no\n"},
    ],
    "wrap": [{"text": LONG}, {"text": COMMENT, "width": "12"}],
    "shared_layout": [{"name": "${x}", "note": COMMENT}, {"name": HTML, "note": URL}],
}
