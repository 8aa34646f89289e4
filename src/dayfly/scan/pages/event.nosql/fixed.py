"""Signs a customer in against a MongoDB collection."""

import json
import os

import pymongo

CUSTOMERS = pymongo.MongoClient(os.environ["MONGO_URL"]).shop.customers


def handler(event, context):
    body = json.loads(event["body"])
    customer = CUSTOMERS.find_one({"name": str(body["name"]), "password_digest": str(body["digest"])})
    if customer is None:
        return {"statusCode": 401, "body": json.dumps({"error": "no such customer"})}
    return {"statusCode": 200, "body": json.dumps({"customer": customer["name"]})}
