"""Hands back a report that an earlier invocation wrote for its customer."""

import json
import os

REPORTS = "/tmp/dayfly-page-reports"
os.makedirs(REPORTS + "/public", exist_ok=True)
with open(REPORTS + "/public/prices.txt", "w") as file:
    file.write("lamp: 10")
with open(REPORTS + "/customer-before.txt", "w") as file:
    file.write("salary of the customer before")


def handler(event, context):
    name = event["queryStringParameters"]["report"]
    with open(os.path.join(REPORTS, "public", name)) as file:
        return {"statusCode": 200, "body": json.dumps({"report": file.read()})}
