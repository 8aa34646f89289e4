"""PartiQL, NoSQL conditions, XML entities, XPath and XSLT."""

import io
import json
import zipfile
from base64 import b64encode

from tests.honest.corpus.cases import Attack

NEEDS = ("aws-http",)
ENTITY = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"


def document():
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("sheet.xml", ENTITY)
    return b64encode(memory.getvalue()).decode()


ATTACKS = [
    Attack("PartiQL", "partiql", {"id": "mine' OR id = 'theirs"}, "their-secret"),
    Attack("PartiQL", "partiql_owner", {"note": "x' OR buyer = 'bob"}, "their-secret"),
    Attack("PartiQL", "partiql_batch", {"ids": ["theirs' AND buyer = 'bob"]}, "their-secret"),
    Attack(
        "NoSQL",
        "filter_expression",
        {"condition": "attribute_exists(id) OR attribute_exists(buyer)"},
        "their-secret",
    ),
    Attack("NoSQL", "update_expression", {"more": ", buyer = :note"}, '"buyer": {"S": "x"}'),
    Attack(
        "NoSQL",
        "raw_filter",
        {"body": json.dumps({"FilterExpression": "attribute_exists(id)"})},
        "their-secret",
    ),
    Attack("XXE", "xml_entities", {"xml": ENTITY}, "root:"),
    Attack("XXE", "xml_sax", {"xml": ENTITY}, "root:"),
    Attack("XXE", "sheet_document", {"file": document()}, "root:"),
    Attack("XPath", "xpath", {"name": "x' or '1'='1"}, "pw-bob"),
]
