"""A library that takes its time to load."""

import time

time.sleep(0.15)


class Client:
    def price(self, amount):
        return amount * 3
