"""Requests whose words are put into pages, letters and tables."""

from tests.honest.samples.sample import TEXTS

REQUESTS = {
    "order_page": [
        {"order": {"id": 7, "lines": [{"name": "tea", "price": 3}, {"name": TEXTS["template"], "price": 4}]}},
        {"order": {"id": "{{ 7*7 }}", "lines": []}},
    ],
    "inherited": [{"title": "Orders"}, {"title": TEXTS["html"]}],
    "from_string": [
        {"values": {"name": "Ada", "vip": True}},
        {"values": {"name": "{{ config }}"}},
        {"values": {"name": "name"}},
    ],
    "chosen_template": [{"page": "order"}, {"page": "page"}],
    "filtered": [{"lines": [{"name": "tea", "price": 350}, {"name": "x|safe", "price": 1}]}],
    "letter": [
        {"kind": "welcome", "values": {"name": "Ada", "shop": "$shop"}},
        {"kind": "reminder", "values": {"name": "${amount}", "amount": 3}},
    ],
    "formatted": [
        {"language": "de", "items": [1, 2], "name": "Ada"},
        {"language": "en", "items": [], "name": "{count.__class__}"},
    ],
    "format_map": [{"values": {"name": "Ada", "greeting": "Hi"}}, {"values": {"name": "{order}"}}],
    "percent": [
        {"values": {"name": "Ada", "points": 17, "rate": 3.25}},
        {"values": {"name": "%(points)s", "points": 0, "rate": 1}},
    ],
    "mako_page": [{"name": "Ada", "items": ["a", "<b>"]}, {"name": "${7*7}", "items": []}],
    "message": [
        {"to": "ada@example.org", "order": "o-7", "text": "Thanks!"},
        {"to": "Ada Lovelace <ada@example.org>", "order": "#8; DROP", "text": TEXTS["forum"]},
    ],
    "mime": [
        {"to": "Ada <ada@example.org>", "subject": "Hello", "text": "x"},
        {"to": "bob@example.org", "subject": "line\r\nBcc: eve@example.org", "text": TEXTS["lines"]},
    ],
    "markdown_page": [{"text": "# Title\n\n* a\n* b"}, {"text": TEXTS["forum"]}, {"text": TEXTS["html"]}],
    "sanitised": [{"html": "<p>Hi <a href='/x'>you</a></p>"}, {"html": TEXTS["html"]}],
    "masked": [{"text": "card 4111 1111 1111 1111 ok", "word": "ok"}, {"text": "a.b (c)", "word": "(c"}],
    "own_placeholders": [
        {"template": "Hi {{ name }}, {{missing}}", "values": {"name": "Ada"}},
        {"template": "{{ name }}", "values": {"name": "{{ 7*7 }}"}},
    ],
    "table": [{"rows": [{"name": "tea", "price": 3, "x": 1}, {"name": "=cmd|' /C calc'!A0", "price": 0}]}],
    "logged": [{"id": "o-7", "reason": "no stock"}, {"id": "%s%n", "reason": TEXTS["template"]}],
    "json_template": [{"to": "ada", "text": 'say "hi"'}, {"to": "$text", "text": "x"}],
}
