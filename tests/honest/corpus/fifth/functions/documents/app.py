"""Documents in MongoDB, of a small server that stands in for it."""

import json
import re

import pymongo
import tiny_mongo

mongo = pymongo.MongoClient(tiny_mongo.start(), serverSelectionTimeoutMS=5000)


def people():
    found = mongo["fifth"]["people"]
    found.delete_many({})
    found.insert_many(
        [
            {"_id": 1, "user": "root", "password": "s3cret!", "tenant": "core", "pin": "pin-root-0042"},
            {"_id": 2, "user": "O'Brien", "password": "$ne", "tenant": "acme", "pin": "pin-b"},
            {"_id": 3, "user": "null", "password": "null", "tenant": "acme", "pin": "pin-n"},
        ]
    )
    return found


def mongo_login(event, context):
    """A sign-in with what the body has."""
    body = json.loads(event["body"])
    user = people().find_one({"user": body["user"], "password": body["password"]})
    if not user:
        return {"statusCode": 401, "body": "no"}
    return {"statusCode": 200, "body": json.dumps({"user": user["user"], "pin": user["pin"]})}


def mongo_login_text(event, context):
    """The same with both values made text."""
    body = json.loads(event["body"])
    user = people().find_one({"user": str(body["user"]), "password": {"$eq": str(body["password"])}})
    return {"statusCode": 200 if user else 401, "body": user["user"] if user else "no"}


def mongo_list(event, context):
    """A list of one tenant's people with a filter of the client's."""
    wanted = json.loads((event.get("queryStringParameters") or {}).get("filter", "{}"))
    rows = (
        people()
        .find({"tenant": event["requestContext"]["authorizer"]["claims"]["tenant"], **wanted})
        .sort("_id")
    )
    return {"statusCode": 200, "body": json.dumps([[row["user"], row["pin"]] for row in rows])}


def mongo_prefix(event, context):
    """Names that begin with a text."""
    text = event["queryStringParameters"]["q"]
    rows = people().find({"user": {"$regex": "^" + re.escape(text)}}, {"user": 1})
    return {"statusCode": 200, "body": json.dumps([row["user"] for row in rows])}


def mongo_update_rules(event, context):
    """A search by rules that the client builds: field, comparison and value, of lists."""
    comparisons = {"is": "$eq", "isNot": "$ne", "oneOf": "$in"}
    query = {"tenant": "acme"}
    for rule in json.loads(event["body"])["rules"]:
        if rule["field"] in ("user", "pin"):
            query[rule["field"]] = {comparisons[rule["how"]]: rule["value"]}
    return {"statusCode": 200, "body": json.dumps([row["user"] for row in people().find(query)])}


def mongo_any(event, context):
    """A search in which the client's conditions are one branch of many."""
    wanted = json.loads(event["body"])
    rows = people().find(
        {"$or": [{"tenant": "acme", "user": wanted["user"]}, {"pin": wanted.get("pin", "-")}]}
    )
    return {"statusCode": 200, "body": json.dumps(sorted(row["pin"] for row in rows))}
