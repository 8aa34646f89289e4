"""Requests with and for documents."""

import gzip
import io
import tarfile
import zipfile
from base64 import b64encode

from tests.honest.samples.sample import TEXTS


def tgz(**files):
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return b64encode(memory.getvalue()).decode()


def zipped(**files):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return b64encode(memory.getvalue()).decode()


MAIL = b"Subject: =?utf-8?b?SGVsbG8g4pi6?=\r\nContent-Type: text/plain\r\n\r\nHi; rm -rf /\r\n"
REQUESTS = {
    "invoice": [
        {"customer": {"name": "Ada"}, "lines": [{"what": "tea", "price": 3.5}]},
        {"customer": {"name": TEXTS["template"]}, "lines": [{"what": TEXTS["html"], "price": 0}]},
    ],
    "by_kind": [
        {"kind": "letter", "customer": {"name": "Bob"}},
        {"kind": "../x", "customer": {"name": "{{ 7 }}"}},
    ],
    "macro": [{"rows": ["a", "<b>"]}, {"rows": ["{% raw %}"]}],
    "customer_template": [
        {"template": "Hello {{ name|upper }}, {{ total * 2 }}", "name": "ada"},
        {"template": "{% if total > 2 %}much{% endif %}", "name": "x"},
    ],
    "mako_page": [{"name": "Ada", "lines": ["a", "${1}"]}, {"name": "<% x %>", "lines": []}],
    "chameleon_list": [{"items": ["a", "${x}"]}],
    "notice": [
        {
            "kind": "order",
            "names": {"order_id": 7, "customer": {"name": "Ada", "city": "{state}"}, "state": "sent"},
        },
        {"kind": "total", "values": [1234.5, "EUR"]},
    ],
    "aligned": [{"width": "10", "rows": [["tea", 3], ["{x}", 4]]}, {"width": 3, "rows": []}],
    "letter": [
        {"title": "Dr", "name": "Ada", "when": "2026-11-30"},
        {"title": "$name", "name": "${when}", "when": "x"},
    ],
    "to_html": [{"fields": {"name": "<Ada>", "n": 1}}, {"fields": {TEXTS["html"][:20]: "x"}}],
    "scraped": [
        {"page": "<p><a href='b.html'>x</a><img src='/y.png'></p>"},
        {"page": "<a href='javascript:alert(1)'>z</a>"},
    ],
    "xml_read": [
        {"xml": "<r xmlns='urn:shop'><name>tea</name></r>"},
        {"xml": "<r><item>a</item><item>b</item></r>", "n": "2"},
    ],
    "xml_pretty": [{"xml": "<a><b x='1'>t</b></a>"}],
    "xml_iter": [{"xml": "<a><b/><c/></a>"}, {"xml": "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"}],
    "rss": [
        {"posts": [{"title": "A < B", "slug": "a-b"}]},
        {"posts": [{"title": TEXTS["html"], "slug": "../x"}]},
    ],
    "xslt": [{"xml": "<l><i>a</i><i>b</i></l>", "label": "Things"}, {"xml": "<l/>", "label": "x' or \"y"}],
    "csv_clean": [{"csv": "a,=1+1\n-2,@x\n"}, {"csv": '"q""q",b\n'}],
    "pivot": [
        {"csv": "kind,price\ntea,3\ntea,5\n", "index": "kind", "value": "price", "how": "sum"},
        {"csv": "a b,c\nx,1\n", "index": "a b", "value": "c", "how": "mean"},
    ],
    "computed": [{"rows": [{"price": 2, "quantity": 2}, {"price": 1, "quantity": 1}]}],
    "numpy_stats": [{"values": [1, 2, 3], "what": "mean"}, {"values": ["4", "6"], "what": "max"}],
    "picture": [
        {"size": [8, 8], "colour": "red", "format": "PNG"},
        {"size": [5, 2], "colour": "#00ff00", "format": "JPEG"},
    ],
    "attachment": [
        {"subject": "Bericht für Ada", "to": ["a@b.c", "d@e.f"], "text": "x", "name": "../../Q1 (final).txt"}
    ],
    "mail_read": [{"mail": b64encode(MAIL).decode()}],
    "archive_in_tmp": [
        {"tgz": tgz(**{"a/b.txt": "x", "../evil.txt": "y"}), "names": ["b.txt"]},
        {"tgz": tgz(**{"my file.txt": "z"}), "names": ["my file.txt"]},
    ],
    "archive_flat": [
        {"zip": zipped(**{"d/a.txt": "x", "b (1).txt": "yy"})},
        {"zip": zipped(**{"../../tmp/c.txt": "x"})},
    ],
    "gz_lines": [{"gz": b64encode(gzip.compress(b'{"m": "a"}\n{"m": "eval(x)"}\n', mtime=0)).decode()}],
    "icalendar": [
        {"start": "2026-11-30T10:00:00", "minutes": "30", "title": "Tea; with Ada, Bob"},
        {"start": "2026-01-01", "minutes": 5, "title": "x\nATTENDEE:y"},
    ],
}
