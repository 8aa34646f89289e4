"""Queries in the languages of other services, written by the function with escapes of its own: SOQL, OData, GraphQL, Lucene."""

import json
import os
import re
import urllib.parse

import requests

SERVICE = os.environ["SERVICE_URL"]
QUERY = """
query orders($name: String!, $first: Int = 10) {
  customer(name: $name) { orders(first: $first) { nodes { id total } } }
}
"""


def soql(value):
    return value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")


def odata(value):
    return "'" + value.replace("'", "''") + "'"


def lucene(value):
    return re.sub(r'([+\-=&|><!(){}\[\]^"~*?:\\/])', r"\\\1", value)


def get(path, **params):
    reply = requests.get(f"{SERVICE}{path}", params=params, timeout=60)
    return reply.json()["path"]


def handler(event, context):
    name, text = event["name"], event["text"]
    statement = f"SELECT Id, Name FROM Account WHERE Name = '{soql(name)}' AND Total__c > {float(event['total'])} LIMIT 10"
    return {
        "soql": get("/services/data/v60.0/query", q=statement),
        "odata": get("/odata/Orders", **{"$filter": f"Name eq {odata(name)} and Total gt 3", "$top": "5"}),
        "graphql": requests.post(
            f"{SERVICE}/graphql", json={"query": QUERY, "variables": {"name": name}}, timeout=60
        ).json()["bytes"],
        "lucene": get("/search", q=f'title:"{lucene(text)}" AND shop:north'),
        "jql": get(
            "/rest/api/3/search", jql=f"project = SHOP AND summary ~ {json.dumps(text)} ORDER BY created DESC"
        ),
        "encoded": get("/find?" + urllib.parse.urlencode({"q": text, "sort": "name"})),
    }
