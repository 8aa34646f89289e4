"""A client of MongoDB, whose threads watch the server."""

import functools
import os

import pymongo
from serving import serve


@functools.cache
def client():
    """The client, made when it is first asked for."""
    return pymongo.MongoClient(os.environ["MONGODB_URL"], serverSelectionTimeoutMS=30_000)


def use(number):
    inserted = client().shop.orders.insert_one({"_id": number, "amount": number * 2})
    return {"id": inserted.inserted_id, "found": client().shop.orders.find_one({"_id": number})}


handler = serve(use)
