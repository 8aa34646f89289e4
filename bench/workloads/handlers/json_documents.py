"""FunctionBench's `json_dumps_loads` and FaaSProfiler's `json`: nested documents parsed, counted, changed and written."""

import hashlib
import json

DOCUMENT = json.dumps(
    {
        "offers": [
            {
                "id": number,
                "price": {"amount": number * 1.25, "currency": "EUR"},
                "seller": {"name": f"shop {number % 17}", "rating": number % 5},
                "tags": [f"tag{number % 7}", "näher", None, True],
            }
            for number in range(1_000)
        ]
    }
)


def handler(event, context):
    document = json.loads(DOCUMENT)
    offers = document["offers"]
    cheapest = min(offers, key=lambda offer: (offer["price"]["amount"] + event["number"]) % 97)
    for offer in offers:
        offer["price"]["amount"] += event["number"]
    written = json.dumps(document)
    return {"cheapest": cheapest["id"], "hash": hashlib.sha256(written.encode()).hexdigest()}
