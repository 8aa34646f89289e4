"""A Kafka broker for functions, run with their interpreter: prints its address and serves until standard input ends."""

import sys

from confluent_kafka import Producer


def main():
    """Serve librdkafka's own broker for tests, which lives in memory."""
    cluster = Producer({"test.mock.num.brokers": 1})
    (broker,) = cluster.list_topics(timeout=60).brokers.values()
    print(f"{broker.host}:{broker.port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
