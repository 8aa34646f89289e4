"""Speaks to a carrier's service."""

import urllib.request


def ship(service, order):
    with urllib.request.urlopen(f"{service}/labels/{order}") as answer:
        return answer.read().decode()
