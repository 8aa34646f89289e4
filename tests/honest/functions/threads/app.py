"""Work of one event done at once: pools, queues, locks, context variables, an event loop with tasks and a thread of its own."""

import asyncio
import concurrent.futures
import contextvars
import queue
import threading

tenant = contextvars.ContextVar("tenant", default="")


def measure(line):
    return len(line.split()), tenant.get()


async def gathered(lines):
    async def one(line):
        await asyncio.sleep(0)
        return await asyncio.to_thread(str.upper, line)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(line)) for line in lines]
    return [task.result() for task in tasks]


def handler(event, context):
    tenant.set(event["tenant"])
    lines = event["text"].splitlines() or [""]
    with concurrent.futures.ThreadPoolExecutor(4, thread_name_prefix="measure") as pool:
        here = [contextvars.copy_context() for _ in lines]
        measured = list(pool.map(lambda pair: pair[0].run(measure, pair[1]), zip(here, lines, strict=True)))
    inbox, outbox, lock = queue.Queue(), [], threading.Lock()

    def drain():
        while (line := inbox.get()) is not None:
            with lock:
                outbox.append(line[::-1])

    workers = [threading.Thread(target=drain, name=f"drain-{number}") for number in range(2)]
    for worker in workers:
        worker.start()
    for line in [*lines, None, None]:
        inbox.put(line)
    for worker in workers:
        worker.join()
    timer = threading.Timer(60, print)
    timer.start()
    timer.cancel()
    timer.join()
    return {"measured": measured, "reversed": sorted(outbox), "upper": asyncio.run(gathered(lines))}
