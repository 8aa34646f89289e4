"""Documents, pages, feeds, tables, pictures and letters."""

import base64
import csv
import datetime
import gzip
import html
import io
import json
import re
import string
import tarfile
import textwrap
import xml.dom.minidom
import xml.etree.ElementTree as ET
import zipfile
from email import encoders, message_from_bytes
from email.header import Header, decode_header, make_header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path, PurePosixPath

import jinja2
import lxml.etree
import lxml.html
import numpy
import pandas
from chameleon import PageTemplate
from jinja2.sandbox import SandboxedEnvironment
from mako.lookup import TemplateLookup
from PIL import Image

here = Path(__file__).parent
pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(here / "pages"), autoescape=jinja2.select_autoescape(), trim_blocks=True
)
lookup = TemplateLookup(directories=[str(here / "pages")])
sandbox = SandboxedEnvironment()
REPORT = PageTemplate('<ul><li tal:repeat="x items">${x}</li></ul>')
NOTICES = {
    "order": "Order {order_id} for {customer[name]} ({customer[city]}) is {state!s:>10}",
    "total": "{0:,.2f} {1}",
}


def invoice(event, context):
    return pages.get_template("invoice.html").render(**event)


def by_kind(event, context):
    kind = event["kind"] if event["kind"] in ("invoice", "letter") else "letter"
    return pages.get_template(f"{kind}.html").render(customer=event["customer"], lines=[])


def macro(event, context):
    source = "{% macro row(x) %}<td>{{ x|e }}</td>{% endmacro %}{% for x in rows %}{{ row(x) }}{% endfor %}"
    return jinja2.Template(source).render(rows=event["rows"])


def customer_template(event, context):
    """The customer's own template, in the sandbox."""
    return sandbox.from_string(event["template"]).render(name=event["name"], total=3)


def mako_page(event, context):
    return lookup.get_template("note.mako").render(name=event["name"], lines=event["lines"])


def chameleon_list(event, context):
    return REPORT(items=event["items"])


def notice(event, context):
    return NOTICES[event["kind"]].format(*event.get("values", []), **event.get("names", {}))


def aligned(event, context):
    return [f"{name:<{int(event['width'])}}|{value:>8.2f}" for name, value in event["rows"]]


def letter(event, context):
    template = string.Template(
        textwrap.dedent("""\
        Dear $title $name,
        your order of $when has been shipped.
        """)
    )
    return template.substitute(event)


def to_html(event, context):
    rows = "".join(
        f"<tr><td>{html.escape(k)}</td><td>{html.escape(str(v))}</td></tr>"
        for k, v in event["fields"].items()
    )
    return lxml.html.fromstring(f"<table>{rows}</table>").text_content()


def scraped(event, context):
    page = lxml.html.fromstring(event["page"])
    page.make_links_absolute("https://example.org/a/")
    return (
        [one.get("href") for one in page.cssselect("a")]
        if hasattr(page, "never")
        else [one for _, _, one, _ in page.iterlinks()]
    )


def xml_read(event, context):
    root = lxml.etree.fromstring(event["xml"].encode(), lxml.etree.XMLParser(resolve_entities=False))
    spaces = {"s": "urn:shop"}
    return [one.text for one in root.findall(".//s:name", spaces)] or root.xpath(
        f"//item[{int(event.get('n', 1))}]/text()"
    )


def xml_pretty(event, context):
    return xml.dom.minidom.parseString(event["xml"]).documentElement.toprettyxml(indent=" ").splitlines()


def xml_iter(event, context):
    return [element.tag for _, element in ET.iterparse(io.BytesIO(event["xml"].encode()), events=("end",))]


def rss(event, context):
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    for one in event["posts"]:
        item = ET.SubElement(channel, "item")
        ET.SubElement(item, "title").text = one["title"]
        ET.SubElement(item, "link").text = "https://example.org/" + one["slug"]
    return ET.tostring(root, encoding="unicode")


def xslt(event, context):
    sheet = lxml.etree.XSLT(lxml.etree.parse(str(here / "pages" / "list.xsl")))
    return str(
        sheet(lxml.etree.fromstring(event["xml"].encode()), label=lxml.etree.XSLT.strparam(event["label"]))
    )


def csv_clean(event, context):
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    for row in csv.reader(io.StringIO(event["csv"])):
        writer.writerow(["'" + cell if cell[:1] in "=+-@" else cell for cell in row])
    return out.getvalue()


def pivot(event, context):
    found = pandas.read_csv(io.StringIO(event["csv"]))
    return json.loads(
        found.pivot_table(index=event["index"], values=event["value"], aggfunc=event["how"]).to_json()
    )


def computed(event, context):
    found = pandas.DataFrame(event["rows"])
    found["total"] = found.eval("price * quantity")
    return found.query("total >= 4").sort_values("total")["total"].tolist()


def numpy_stats(event, context):
    values = numpy.array(event["values"], dtype=float)
    return [float(getattr(numpy, event["what"])(values)), numpy.round(numpy.percentile(values, 50), 2).item()]


def picture(event, context):
    image = Image.new("RGB", tuple(event["size"]), event["colour"])
    image.thumbnail((4, 4))
    memory = io.BytesIO()
    image.save(memory, format=event["format"])
    return [Image.open(io.BytesIO(memory.getvalue())).format, image.size]


def attachment(event, context):
    mail = MIMEMultipart(boundary="b")
    mail["Subject"] = Header(event["subject"], "utf-8")
    mail["To"] = ", ".join(event["to"])
    mail.attach(MIMEText(event["text"]))
    part = MIMEBase("application", "octet-stream")
    part.set_payload(event["text"].encode())
    encoders.encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=PurePosixPath(event["name"]).name)
    mail.attach(part)
    return mail.as_string()


def mail_read(event, context):
    mail = message_from_bytes(base64.b64decode(event["mail"]))
    parts = [one.get_payload(decode=True).decode() for one in mail.walk() if not one.is_multipart()]
    return [
        str(make_header(decode_header(mail["Subject"]))),
        parts,
        [one.get_filename() for one in mail.walk()],
    ]


def archive_in_tmp(event, context):
    data = base64.b64decode(event["tgz"])
    Path("/tmp/x").mkdir(exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for member in archive.getmembers():
            if member.isfile() and ".." not in member.name and not member.name.startswith("/"):
                archive.extract(member, "/tmp/x", filter="data")
    return sorted(
        str(one.relative_to("/tmp/x"))
        for one in Path("/tmp/x").rglob("*")
        if one.is_file() and one.name in data_names(event)
    )


def data_names(event):
    return set(event["names"])


def archive_flat(event, context):
    found = {}
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["zip"]))) as archive:
        for info in archive.infolist():
            name = PurePosixPath(info.filename).name
            if info.is_dir() or not re.fullmatch(r"[\w .()-]+", name):
                continue
            with archive.open(info) as source, open(f"/tmp/{name}", "wb") as target:
                target.write(source.read())
            found[name] = Path("/tmp", name).stat().st_size
    return found


def gz_lines(event, context):
    with gzip.open(io.BytesIO(base64.b64decode(event["gz"])), "rt") as file:
        return [json.loads(line)["m"] for line in file]


def icalendar(event, context):
    start = datetime.datetime.fromisoformat(event["start"])
    end = start + datetime.timedelta(minutes=int(event["minutes"]))
    title = re.sub(r"([,;\\])", r"\\\1", event["title"]).replace("\n", "\\n")
    return f"BEGIN:VEVENT\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{end:%Y%m%dT%H%M%SZ}\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n"
