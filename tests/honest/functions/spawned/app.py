"""A process for a part of the work, spawned: multiprocessing keeps one of its own beside it."""

import multiprocessing

from work import measure

spawning = multiprocessing.get_context("spawn")


def handler(event, context):
    receiver, sender = spawning.Pipe(duplex=False)
    process = spawning.Process(target=measure, args=(sender, event["text"]))
    process.start()
    sender.close()
    measured = receiver.recv()
    process.join()
    return {"measured": measured, "exit": process.exitcode}
