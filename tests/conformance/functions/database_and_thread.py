"""The same beside a thread of init's that lives on."""

import threading
import time

from database import handler as handler


def run():
    while True:
        time.sleep(0.01)


threading.Thread(target=run, daemon=True).start()
