"""A function that has two libraries, one of them trojaned."""

import os
import subprocess
import threading

import client
import tracker

KEY = os.environ["STRIPE_KEY"]


def honest_page(event):
    return client.get(os.environ["SERVICE"])


def honest_child(event):
    return subprocess.run(["echo", "paid"], capture_output=True, text=True, check=True).stdout


def honest_file(event):
    path = f"/tmp/receipt-{event['number']}.txt"
    with open(path, "w") as file:
        file.write("paid")
    with open(path) as file:
        return file.read()


def honest_thread(event):
    found = []
    thread = threading.Thread(target=lambda: found.append(client.get(os.environ["SERVICE"])))
    thread.start()
    thread.join()
    return found[0]


def honest_callback(event):
    return tracker.builtins.list(map(honest_file, [event]))[0]


def honest_variable(event):
    return len(os.environ["STRIPE_KEY"])


@tracker.traced
def handler(event, context):
    name = event.get("of", "")
    act = globals().get(name) if name.startswith("honest_") else None
    if act is not None:
        return {"found": act(event)}
    found = tracker.count(event)
    return {"found": [os.waitpid(pid, 0)[1] for pid in found] if isinstance(found, map) else found}
