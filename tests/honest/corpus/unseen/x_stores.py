"""PartiQL, conditions, keys and documents."""

from tests.honest.corpus.cases import Attack

NEEDS = ("aws-http",)
FILE = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"
ATTACKS = [
    Attack("PartiQL", "statement", {"id": "x' OR team = 'blue"}, "blue-secret"),
    Attack("NoSQL", "filter_text", {"word": "zzz", "extra": "OR attribute_exists(note)"}, "blue-secret"),
    Attack("NoSQL", "conditional", {"when": "attribute_exists(note) OR attribute_exists(id)"}, "overwritten"),
    Attack("NoSQL", "projection", {"fields": "note, team"}, "blue-secret"),
    Attack("path", "key_prefix", {"file": "../blue/plan.txt"}, "blue-plan"),
    Attack("XXE", "entities", {"xml": FILE}, "root:"),
    Attack("XXE", "entities_iter", {"xml": FILE}, "root:"),
    Attack(
        "XXE",
        "included",
        {
            "xml": "<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='file:///etc/passwd' parse='text'/></a>"
        },
        "root:",
    ),
    Attack("XPath", "xpath", {"text": "x' or @team='blue"}, "blue-secret"),
]
