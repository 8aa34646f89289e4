"""MongoDB with pymongo, and directories with ldap3."""

import json
import re
from contextlib import contextmanager

import ldap3
import pymongo
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn
from store import Store


@contextmanager
def users():
    with Store() as store:
        client = pymongo.MongoClient("127.0.0.1", store.server_address[1], serverSelectionTimeoutMS=5000)
        try:
            yield client.shop.users
        finally:
            client.close()


def find_one(event, context):
    with users() as collection:
        found = collection.find_one({"name": event["queryStringParameters"]["name"]}, {"password": 0})
        return found["_id"] if found else None


def login(event, context):
    """Values made texts, so that no operator gets in."""
    body = json.loads(event["body"])
    with users() as collection:
        return bool(collection.find_one({"name": str(body["name"]), "password": str(body["password"])}))


def search(event, context):
    """A pattern of the escaped text, with sort and page."""
    query = event["queryStringParameters"]
    sort, direction = query.get("sort", "name"), -1 if query.get("dir") == "desc" else 1
    if sort not in {"name", "age"}:
        sort = "name"
    with users() as collection:
        found = (
            collection.find({"name": {"$regex": re.escape(query["q"]), "$options": "i"}})
            .sort(sort, direction)
            .skip(int(query.get("skip", 0)))
            .limit(int(query.get("size", 10)))
        )
        return [one["name"] for one in found]


def any_filter(event, context):
    """Every query parameter one field."""
    with users() as collection:
        return [one["_id"] for one in collection.find(dict(event["queryStringParameters"]))]


def ranges(event, context):
    """`age_gte=30` into an operator of a list."""
    wanted = {}
    for name, value in event["queryStringParameters"].items():
        field, _, operator = name.partition("_")
        wanted.setdefault(field, {})["$" + {"gte": "gte", "lt": "lt"}[operator]] = int(value)
    with users() as collection:
        return [one["_id"] for one in collection.find(wanted)]


def insert(event, context):
    document = json.loads(event["body"])
    with users() as collection:
        collection.insert_one({"_id": 9, **document})
        return collection.find_one({"_id": 9})


def update(event, context):
    body = json.loads(event["body"])
    with users() as collection:
        collection.update_one(
            {"_id": int(event["pathParameters"]["id"])},
            {"$set": {name: body[name] for name in ("name", "note") if name in body}},
        )
        return collection.find_one({"_id": int(event["pathParameters"]["id"])}).get("note")


def count(event, context):
    body = json.loads(event["body"])
    with users() as collection:
        return list(
            collection.aggregate(
                [
                    {"$match": {"role": body["role"], "age": {"$gte": body["least"]}}},
                    {"$group": {"_id": 1, "n": {"$sum": 1}}},
                ]
            )
        )


def in_list(event, context):
    with users() as collection:
        return [one["_id"] for one in collection.find({"name": {"$in": json.loads(event["body"])["names"]}})]


@contextmanager
def directory():
    connection = ldap3.Connection(ldap3.Server("ldap.example.org"), client_strategy=ldap3.MOCK_SYNC)
    for uid, name, mail in (
        ("ada", "Ada Lovelace", "ada@example.org"),
        ("so", "Siobhan O'Brien (dev)", "so@example.org"),
    ):
        connection.strategy.add_entry(
            f"uid={uid},ou=people,dc=example,dc=org",
            {"objectClass": "person", "uid": uid, "cn": name, "mail": mail, "sn": "x"},
        )
    connection.bind()
    yield connection


def people(event, context):
    """A name in a filter, escaped."""
    with directory() as connection:
        connection.search(
            "ou=people,dc=example,dc=org",
            f"(&(objectClass=person)(cn={escape_filter_chars(event['name'])}))",
            attributes=["uid"],
        )
        return sorted(one.uid.value for one in connection.entries)


def people_prefix(event, context):
    with directory() as connection:
        connection.search(
            "ou=people,dc=example,dc=org", f"(mail={escape_filter_chars(event['q'])}*)", attributes=["mail"]
        )
        return sorted(one.mail.value for one in connection.entries)


def person(event, context):
    """An entry by its name, escaped for a DN."""
    with directory() as connection:
        found = connection.search(
            f"uid={escape_rdn(event['uid'])},ou=people,dc=example,dc=org",
            "(objectClass=*)",
            search_scope=ldap3.BASE,
            attributes=["cn"],
        )
        return connection.entries[0].cn.value if found else None
