"""An honest library of the function's: it fetches pages."""

import socket
import urllib.request


def get(url):
    with urllib.request.urlopen(url, timeout=60) as reply:
        return reply.read().decode()


def resolve(host):
    return sorted({entry[4][0] for entry in socket.getaddrinfo(host, 80)})
