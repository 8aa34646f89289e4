"""A botanical garden: documents, directories and search languages other than SQL."""

import copy
import io
import json
import os
import re
import sqlite3
import urllib.request
import xml.etree.ElementTree as ElementTree
from xml.dom import minidom
from xml.sax import saxutils

import igraph
import jmespath
import networkx as nx
from bs4 import BeautifulSoup
from jsonpath_ng.ext import parse as parse_jsonpath
from ldap3 import MOCK_SYNC, Connection, Server
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn
from lxml import etree

PARTNER = os.environ["PARTNER_URL"]
XML = """<garden><plants>
<plant id="1" bed="a"><name>Rosa 'Peace'</name><note>smells "sweet"</note></plant>
<plant id="2" bed="b"><name>Tulipa</name><note>water &amp; sun</note></plant>
<plant id="3" bed="a"><name>椿</name><note/></plant></plants>
<users><user name="ann" pin="1234" role="visitor"/><user name="root" pin="root-pin-6174" role="curator"/></users>
<vault><code>vault-xml-1089</code></vault></garden>"""
tree = etree.fromstring(XML)
plain_tree = ElementTree.fromstring(XML)
soup = BeautifulSoup(XML, "html.parser")
DATA = {
    "plants": [
        {"name": "Rosa 'Peace'", "bed": "a", "price": 7},
        {"name": "Tulipa", "bed": "b", "price": 2},
        {"name": "椿", "bed": "a", "price": 40},
    ],
    "staff": [{"name": "root", "token": "staff-token-2584"}],
}
directory = Connection(Server("directory"), client_strategy=MOCK_SYNC, user="cn=app,o=garden", password="x")
for uid, name, kind, phone in (
    ("ann", "Ann Lee", "public", "11"),
    ("obrien", "Siobhán O'Brien (Dr.)", "public", "12"),
    ("bo", "Bo Ek", "hidden", "phone-hidden-4181"),
):
    directory.strategy.add_entry(
        f"uid={uid},o=garden",
        {"uid": uid, "cn": name, "objectClass": "person", "employeeType": kind, "telephoneNumber": phone},
    )
directory.strategy.add_entry("cn=app,o=garden", {"userPassword": "x", "objectClass": "account"})
directory.bind()
db = sqlite3.connect(":memory:", check_same_thread=False)
db.executescript(
    "CREATE VIRTUAL TABLE notes USING fts5(title, body, internal);"
    "INSERT INTO notes VALUES ('Roses', 'cut in spring; don''t wait', 'thief77 broke in'), ('Tulips', 'plant in autumn', '');"
)
graph = igraph.Graph(n=3, edges=[(0, 1), (1, 2)])
graph.vs["name"] = ["gate", "pond", "O'Brien's bench"]


def _json(status, body):
    return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False)}


def visitor(event, context):
    """The role of a visitor, out of the document of users."""
    body = json.loads(event["body"])
    found = tree.xpath(f"//user[@name='{body['name']}' and @pin='{body['pin']}']/@role")
    return _json(200 if found else 401, {"roles": list(found)})


def plant_note(event, context):
    """The note of a plant, with the name as a variable of the query."""
    found = tree.xpath(
        "//plant[name = $wanted or contains(name, $wanted)]/note", wanted=event["arguments"]["name"]
    )
    return [note.text or "" for note in found]


def plant_by_bed(event, context):
    """Plants of a bed; names in double quotes, as somebody made it safe for apostrophes."""
    bed = event["queryStringParameters"]["bed"].replace("'", "&apos;")
    return _json(200, [plant.findtext("name") for plant in tree.xpath('//plant[@bed="' + bed + '"]')])


def plant_by_id(event, context):
    """A plant by its number, by the standard library."""
    number = event["pathParameters"]["id"]
    found = plain_tree.find(f".//plant[@id='{number}']")
    return _json(200, {"name": found.findtext("name")} if found is not None else {})


def styled(event, context):
    """A page of one plant by a stylesheet that is made for it."""
    sheet = f"""<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
    <xsl:output method="text"/><xsl:template match="/">
    <xsl:for-each select="//plant[starts-with(name, &quot;{saxutils.escape(event["plant"], {chr(34): "&quot;"})}&quot;)]/note"><xsl:value-of select="."/>;</xsl:for-each>
    </xsl:template></xsl:stylesheet>"""
    return {"text": str(etree.XSLT(etree.fromstring(sheet))(tree)).strip()}


def styled_with_parameter(event, context):
    """The same with a parameter."""
    sheet = etree.XSLT(
        etree.fromstring(
            '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:param name="p"/>'
            '<xsl:output method="text"/><xsl:template match="/"><xsl:value-of select="$p"/>: '
            '<xsl:value-of select="//plant[name=$p]/note"/></xsl:template></xsl:stylesheet>'
        )
    )
    return {"text": str(sheet(tree, p=etree.XSLT.strparam(event["plant"])))}


def person(event, context):
    """People of the directory by what a caller says, who are not hidden."""
    name = event["name"]
    directory.search(
        "o=garden",
        f"(|(&(employeeType=public)(cn=*{name}*))(uid=garden))",
        attributes=["cn", "telephoneNumber"],
    )
    return sorted([str(entry.cn), str(entry.telephoneNumber)] for entry in directory.entries)


def person_escaped(event, context):
    """The same with the name escaped for filters; the new entry's name is escaped for names."""
    name = event["name"]
    directory.search(
        "o=garden", f"(&(employeeType=public)(cn=*{escape_filter_chars(name)}*))", attributes=["cn"]
    )
    return {
        "found": sorted(str(entry.cn) for entry in directory.entries),
        "dn": f"cn={escape_rdn(name)},o=garden",
    }


def phone_of(event, context):
    """The telephone of one person, by the last part of a path."""
    uid = event["path"].rsplit("/", 1)[-1]
    directory.search("o=garden", f"(uid={uid})", attributes=["telephoneNumber", "employeeType"])
    return _json(200, [str(entry.telephoneNumber) for entry in directory.entries])


def price_list(event, context):
    """Prices out of the garden's JSON, for a name."""
    name, shown = event["detail"]["name"], event["detail"].get("field", "price")
    return jmespath.search(f"plants[?name=='{name}'].{shown}", DATA)


def price_list_literal(event, context):
    """The same with the name as a JSON literal."""
    literal = json.dumps(event["detail"]["name"], ensure_ascii=True).replace("`", "\\u0060")
    return jmespath.search(f"plants[?name==`{literal}`] | [0]", DATA)


def select_json(event, context):
    """Values out of the garden's JSON by the path's language, with a price limit of the page."""
    limit = event["queryStringParameters"]["limit"]
    found = parse_jsonpath(f"$.plants[?(@.price < {limit})].name").find(copy.deepcopy(DATA))
    return _json(200, [one.value for one in found])


def scrape(event, context):
    """Elements of the page by a selector."""
    bed = event["bed"]
    return [one.get_text() for one in soup.select(f'plant[bed="{bed}"] name')]


def notes(event, context):
    """Notes by full text in the columns for visitors; operators are allowed."""
    words = event["queryStringParameters"]["q"]
    found = db.execute(
        "SELECT title, snippet(notes, -1, '[', ']', '…', 8) FROM notes WHERE notes MATCH ?",
        ("{title body} : " + words,),
    )
    return _json(200, found.fetchall())


def new_label(event, context):
    """A label as XML by hand, read again by the printer's side."""
    name = event["name"] if event.get("rich") else saxutils.escape(event["name"])
    made = f"<label><role>guest</role><name>{name}</name></label>"
    document = minidom.parseString(made.encode())
    names = document.getElementsByTagName("name")
    roles = document.getElementsByTagName("role")
    return {"name": names[0].toxml(), "role": roles[-1].firstChild.data}


def session_note(event, context):
    """A session's note as JSON by hand, for a device that wants its keys in order."""
    name = event["params"]["name"].replace("\n", " ")
    made = '{"role": "guest", "name": "%s"}' % name
    return json.loads(made)


def card(event, context):
    """A card of an address book; each value is a line."""
    lines = [
        "BEGIN:VCARD",
        "VERSION:4.0",
        f"FN:{event['name']}",
        f"NOTE:{event.get('note', '')}",
        "END:VCARD",
    ]
    stream = io.StringIO("\r\n".join(lines))
    return {"lines": [line.split(":", 1) for line in stream.read().splitlines()[2:-1]]}


def measure(event, context):
    """Sends measurements on, a line for each, in the time series' own format."""
    lines = []
    for record in event["Records"]:
        reading = json.loads(record["body"])
        place = re.sub(r"([,= ])", r"\\\1", reading["place"])
        lines.append(
            f'moisture,place={place} value={float(reading["value"])},note="{reading.get("note", "")}"'
        )
    request = urllib.request.Request(
        PARTNER + "/write?db=garden", data="\n".join(lines).encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=3) as answer:
        return json.load(answer)["body"].split("\n")


def paths(event, context):
    """Ways through the garden."""
    start, end = event["from"], event["to"]
    ways = nx.Graph([("gate", "pond"), ("pond", "O'Brien's bench"), ("gate", "茶室 (1)")])
    near = [one["name"] for one in graph.vs.select(name_in=[start, end])]
    return {"way": nx.shortest_path(ways, start, end) if start in ways and end in ways else [], "near": near}
