"""Parameters and idempotency of Powertools, with one boto3 session, as its documentation shows them."""

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

store = DynamoDBPersistenceLayer(table_name="idempotency")
config = IdempotencyConfig(event_key_jmespath="id", expires_after_seconds=3600)
DISCOUNT = int(parameters.get_parameter("/shop/discount", max_age=300))
SECRET = parameters.get_secret("shop/key", transform="json", max_age=300)


class OrderRefused(Exception):
    """The order cannot be taken."""


taken = []


@idempotent_function(data_keyword_argument="order", config=config, persistence_store=store)
def take(order):
    taken.append(order["n"])
    if order["fail"]:
        raise OrderRefused("the order is too small")
    return {"taken": order["label"], "amount": order["n"]}


def handler(event, context):
    config.register_lambda_context(context)
    taken.clear()
    # Every order comes twice, and the second time gets the answer to the first.
    orders = [take(order={"id": event["label"], **event}) for _ in range(2)]
    return {
        "orders": orders,
        "taken": taken,
        "discount": [DISCOUNT, parameters.get_parameter("/shop/discount")],
        "key": parameters.get_secret("shop/key", transform="json", max_age=300)["key"],
    }
