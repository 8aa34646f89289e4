"""A function whose refused operation is tried where nobody waits for its error: each way waits for ever, or long enough."""

import _thread
import asyncio
import atexit
import concurrent.futures
import functools
import gc
import http.server
import multiprocessing
import multiprocessing.dummy
import os
import queue
import signal
import sys
import threading
import time
import weakref

import boto3

WAIT_S = 60.0


def attempt(event):
    eval(event["code"])


def wait():
    time.sleep(WAIT_S)


class Bucket(http.server.BaseHTTPRequestHandler):
    """An object of S3's."""

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.send_header("ETag", '"1"')
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(b"data")

    def log_message(self, *_):
        """Print nothing."""


class Broken:
    """Something that is cleaned up by code of the event's."""

    def __init__(self, event):
        self.event = event

    def __del__(self):
        attempt(self.event)


def of_thread(event):
    done = threading.Event()

    def work():
        attempt(event)
        done.set()

    threading.Thread(target=work).start()
    done.wait()


def of_raw_thread(event):
    _thread.start_new_thread(attempt, (event,))
    wait()


def of_future(event):
    pool = concurrent.futures.ThreadPoolExecutor(1)
    pool.submit(attempt, event)
    wait()


def of_dummy_pool(event):
    multiprocessing.dummy.Pool(1).apply_async(attempt, (event,)).get()


def of_consumer(event):
    waiting = queue.Queue()

    def consume():
        while True:
            attempt(waiting.get())
            waiting.task_done()

    threading.Thread(target=consume, daemon=True).start()
    waiting.put(event)
    waiting.join()


def of_s3transfer(event):
    server = http.server.HTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    boto3.client("s3", endpoint_url=url).download_file("bucket", "key", event["file"])


def of_task(event):
    async def work():
        attempt(event)

    async def main():
        task = asyncio.create_task(work())
        await asyncio.sleep(WAIT_S)
        return task

    asyncio.run(main())


def of_to_thread(event):
    async def main():
        waiting = asyncio.ensure_future(asyncio.to_thread(attempt, event))
        await asyncio.sleep(WAIT_S)
        return waiting

    asyncio.run(main())


def of_child(event):
    pool = multiprocessing.get_context("fork").Pool(1)
    pool.apply(attempt, (event,))


def of_raw_child(event):
    ready, done = os.pipe()
    if os.fork() == 0:
        try:
            attempt(event)
        except BaseException:
            wait()
    os.read(ready, 1)
    return done


def of_finaliser(event):
    broken = Broken(event)
    del broken
    wait()


def of_collected(event):
    broken = Broken(event)
    broken.itself = broken
    del broken
    gc.collect()
    wait()


def of_weak_reference(event):
    held = threading.Event()
    reference = weakref.ref(held, lambda _gone: attempt(event))
    del held
    wait()
    return reference


def of_swallowed(event):
    try:
        attempt(event)
    except BaseException:
        wait()


def of_generator(event):
    def produce():
        try:
            yield 1
        finally:
            try:
                attempt(event)
            except BaseException:
                wait()

    produced = produce()
    next(produced)
    produced.close()


def of_signal(event):
    signal.signal(signal.SIGUSR1, lambda *_: attempt(event))
    try:
        signal.raise_signal(signal.SIGUSR1)
    except BaseException:
        wait()


def of_exit(event):
    def at_exit():
        try:
            attempt(event)
        finally:
            wait()

    atexit.register(at_exit)
    sys.exit(0)


def of_excepthook(event):
    def hook(*_):
        try:
            attempt(event)
        finally:
            wait()

    sys.excepthook = hook
    raise SystemExit(ValueError("x")) if event.get("exits") else KeyboardInterrupt


def of_sudden_end(event):
    try:
        attempt(event)
    except BaseException:
        os._exit(0)


def of_late_thread(event):
    """A thread that is refused while the handler's thread is at work in C, and swallows it."""

    def work():
        try:
            attempt(event)
        except BaseException:
            wait()

    threading.Thread(target=work, daemon=True).start()
    functools.reduce(lambda total, _: total + sum(range(10_000)), range(10**9), 0)


def of_below(event):
    """A module below the package that the event happens to name."""
    from wsgiref.headers import Headers

    return Headers([(event["name"], "1")]).keys()


def of_honest(event):
    """The handler's own cleaning up after a refusal goes on as ever."""
    try:
        attempt(event)
    finally:
        sys.stdout.write("cleaned up\n")


def handler(event, context):
    return {"found": globals()["of_" + event["of"]](event)} if "of" in event else "served"
