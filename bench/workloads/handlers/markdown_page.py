"""FaaSProfiler's `markdown-to-html`: a text of headings, lists, tables and code by Python-Markdown."""

import hashlib

import markdown

SECTION = """
## Section {number}

Some *emphasised* and **strong** words, a [link](https://example.com/{number}) and `code`.

* one
* two
    1. nested
    2. again

| left | right |
| ---- | ----- |
| {number} | cell |

> A quotation over
> two lines.

    indented = code({number})
"""


def handler(event, context):
    first = event["number"]
    text = "# Title\n" + "".join(SECTION.format(number=first + at) for at in range(8))
    page = markdown.markdown(text, extensions=["tables"])
    return {"number": first, "length": len(page), "hash": hashlib.sha256(page.encode()).hexdigest()}
