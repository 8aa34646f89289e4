"""Leave work behind on demand: threads, tasks."""

import asyncio
import threading
import time

LOOPS = []


def job():
    time.sleep(60)


async def later():
    await asyncio.sleep(60)


def handler(event, context):
    if event.get("thread"):
        threading.Thread(target=job, name="4111 1111", daemon=True).start()
    if event.get("joined"):
        thread = threading.Thread(target=time.sleep, args=(0.001,))
        thread.start()
        thread.join()
    if event.get("task"):
        loop = asyncio.new_event_loop()
        LOOPS.append(loop)

        async def main():
            LOOPS.append(loop.create_task(later()))

        loop.run_until_complete(main())
    return "done"
