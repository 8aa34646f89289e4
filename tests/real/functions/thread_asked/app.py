"""A daemon thread, started at import, that computes prices it is asked for over a queue."""

import queue
import threading

questions = queue.Queue()


def compute():
    while True:
        number, answer = questions.get()
        answer.put(number * 2 if number >= 0 else ValueError("no price below zero"))


threading.Thread(target=compute, name="pricing", daemon=True).start()


def ask(number):
    answer = queue.Queue(1)
    questions.put((number, answer))
    return answer.get(timeout=60)


WARM = ask(1)


def handler(event, context):
    price = ask(-1 if event["fail"] else event["n"])
    if isinstance(price, Exception):
        raise price
    return {"price": price, "warm": WARM}
