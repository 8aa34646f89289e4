"""A producer of librdkafka, whose threads send to a broker."""

import functools
import os

from confluent_kafka import Producer
from serving import serve


@functools.cache
def producer():
    """The producer, made when it is first asked for."""
    return Producer(
        {
            "bootstrap.servers": os.environ["KAFKA_BROKERS"],
            "linger.ms": 0,
            "enable.idempotence": os.environ.get("IDEMPOTENT", "false"),
        }
    )


def use(number):
    delivered = []
    producer().produce(
        "orders", f"{number}".encode(), on_delivery=lambda error, _: delivered.append(str(error))
    )
    left = producer().flush(30)
    return {"left": left, "errors": delivered}


handler = serve(use, threads=True)
