"""XML and HTML that customers send, and Markdown that they write."""

import html
import re
import xml.sax.saxutils
from xml.dom import minidom

import bs4
import markdown
from lxml import etree
from lxml import html as lxml_html

SHEET = etree.XSLT(
    etree.fromstring(
        "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>"
        "<xsl:param name='shop'/><xsl:output omit-xml-declaration='yes'/>"
        "<xsl:template match='/'><out shop='{$shop}'><xsl:value-of select='//note'/></out></xsl:template>"
        "</xsl:stylesheet>"
    )
)
SAFE = etree.XMLParser(resolve_entities=False, no_network=True)


def handler(event, context):
    text = event["text"]
    document = etree.fromstring(event["xml"].encode(), SAFE)
    found = document.xpath("//note[@kind = $kind]/text()", kind=event["kind"])
    soup = bs4.BeautifulSoup(event["html"], "html.parser")
    page = lxml_html.fromstring(f"<div>{html.escape(text)}</div>")
    clean = re.sub(r"<[^>]*>", "", event["html"])
    for tag in soup.find_all(["script", "style"]):
        tag.decompose()
    return {
        "found": found,
        "transformed": str(SHEET(document, shop=etree.XSLT.strparam("north"))),
        "soup": soup.get_text(" ", strip=True),
        "links": [link.get("href") for link in soup.select("a[href]")],
        "page": page.text_content(),
        "clean": clean,
        "markdown": markdown.markdown(text, extensions=["tables", "fenced_code"]),
        "escaped": xml.sax.saxutils.quoteattr(text),
        "pretty": minidom.parseString(event["xml"]).toprettyxml()[:200],
        "unescaped": html.unescape(text),
    }
