"""A client of aiobotocore, kept with its loop."""

import asyncio
import functools

from aiobotocore.session import get_session
from serving import serve


@functools.cache
def loop():
    """The loop, made when it is first asked for."""
    return asyncio.new_event_loop()


@functools.cache
def client():
    """The client, made when it is first asked for."""
    return loop().run_until_complete(get_session().create_client("dynamodb").__aenter__())


async def order(client, number):
    await client.put_item(TableName="orders", Item={"id": {"S": f"{number}"}, "amount": {"N": f"{number}"}})
    found = await client.get_item(TableName="orders", Key={"id": {"S": f"{number}"}})
    return found["Item"]


def use(number):
    return loop().run_until_complete(order(client(), number))


handler = serve(use)
