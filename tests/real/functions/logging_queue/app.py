"""A queue between the handler and the log, emptied by a listener that starts at import."""

import logging
import logging.handlers
import os
import queue
import sys

lines = queue.SimpleQueue()
stream = logging.StreamHandler(sys.stdout)
stream.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
listener = logging.handlers.QueueListener(lines, stream, respect_handler_level=True)
listener.start()

logger = logging.getLogger("shop")
logger.propagate = False
logger.setLevel(logging.INFO)
logger.addHandler(logging.handlers.QueueHandler(lines))
logger.info("started %s-init", os.environ["RUN"])


def handler(event, context):
    logger.info("order %s", event["label"])
    if event["fail"]:
        raise ValueError("the order is too small")
    return {"amount": event["n"]}
