"""Looks up the customer's tariff in a document that was read at init."""

import json
import xml.etree.ElementTree as ElementTree

CUSTOMERS = ElementTree.fromstring(
    "<customers><public name='ada'><tariff>basic</tariff></public>"
    "<hidden name='bob'><tariff>secret discount</tariff></hidden></customers>"
)


def handler(event, context):
    name = event["queryStringParameters"]["name"]
    found = [one.find("tariff") for one in CUSTOMERS.findall("./public") if one.get("name") == name]
    return {"statusCode": 200, "body": json.dumps({"tariffs": [one.text for one in found]})}
