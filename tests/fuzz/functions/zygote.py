"""A real supervisor whose zygote and workers are an attacker's: `python zygote.py SEED`.

They say what Dayfly's own would, with mistakes chosen by SEED. Whatever an honest answer holds is made of its own
event's mark; what is sent under another event's nonce holds the word "forged". The part of the attacker must not
outlast its welcome: whoever has nothing more to say ends.
"""

import json
import os
import random
import signal
import struct
import sys
import time

from dayfly._sys import fds, unreadable
from dayfly._sys.channel import channel_from_environment
from dayfly.core import frames
from dayfly.runtime import native

PATIENCE_S = 8


def main():
    unreadable.arrive(os.environ)
    channel = channel_from_environment(os.environ)
    if channel is None:
        native.hand_over(os.environ)
    signal.alarm(PATIENCE_S)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    dice = random.Random(f"{sys.argv[1]}-{os.getpid()}")
    try:
        Zygote(channel.socket, dice).serve()
    except OSError:
        os._exit(0)
    os._exit(dice.choice([0, 1, 3]))


class Zygote:
    def __init__(self, sock, dice):
        self.socket = sock
        self.dice = dice

    def say(self, kind, payload=b""):
        self.socket.sendall(frames.pack_control(kind, payload))

    def serve(self):
        dice = self.dice
        for _ in range(dice.choice([0, 0, 0, 1])):
            self.mischief()
        self.say(
            frames.READY, dice.choice([b"", b"", b"", b"N\xff\xfe", b"E1e9", "E²".encode(), b"Nx\n" * 50])
        )
        while True:
            data, descriptors = fds.receive_with_descriptors(self.socket, 65536)
            if not data:
                os._exit(0)
            for kind, payload in frames.ControlReader().feed(data):
                if kind in (frames.FORK, frames.SERVE) and dice.random() < 0.2:
                    self.mischief()
                if kind == frames.FORK:
                    self.fork(descriptors)
                    descriptors = []
                elif kind == frames.SERVE:
                    self.say(frames.SERVING, b"%d" % os.getpid())
                    Worker(descriptors[0], dice).serve()
                elif kind == frames.REAP_AND_TELL:
                    status = dice.choice([b"0", b"256", b"9", b"127", b"65535", b"9999999", b"-9", b"x", b""])
                    self.say(frames.REAPED, payload + b" " + status)
                elif kind == frames.REAP:
                    os.waitpid(int(payload), os.WNOHANG)
                elif kind == frames.LEARN:
                    self.say(frames.LEARNED)
                elif kind == frames.TIDY and dice.random() < 0.5:
                    self.say(frames.TIDIED)

    def fork(self, descriptors):
        pid = os.fork()
        if pid == 0:
            self.socket.close()
            try:
                Worker(descriptors[0], self.dice).serve()
            finally:
                os._exit(self.dice.choice([0, 1]))
        for descriptor in descriptors:
            os.close(descriptor)
        self.say(frames.FORKED, b"%d" % pid)

    def mischief(self):
        dice = self.dice
        pids = [b"1", b"0", b"-1", b"%d" % os.getppid(), b"%d" % os.getpid(), b"9" * 30, b"", b"x", b"77 1"]
        kind = dice.choice(["frame", "bytes", "flood", "length", "call", "half", "end", "die"])
        if kind == "frame":
            self.say(dice.randrange(256), dice.choice([*pids, dice.randbytes(20)]))
        elif kind == "bytes":
            self.socket.sendall(dice.randbytes(dice.randrange(1, 2000)))
        elif kind == "flood":
            self.socket.sendall(frames.pack_control(dice.choice([6, 7, 8, 9, 10, 11, 200]), b"5") * 5000)
        elif kind == "length":
            self.socket.sendall(struct.pack("!BI", frames.FORKED, dice.choice([2**32 - 1, 9 << 20, 4 << 20])))
        elif kind == "call":
            call = (
                b"POST\n/invocation/next\n\n",
                b"GET\n/invocation/next\n\n",
                b"",
                b"\n",
                b"POST\n/init/error\r\n",
                b"x" * 9,
            )
            self.say(frames.CALL, dice.choice(call))
        elif kind == "half":
            self.socket.sendall(frames.pack_control(frames.FORKED, b"12345")[: dice.randrange(1, 9)])
            self.socket.shutdown(1)
        elif kind == "end":
            self.socket.close()
        else:
            os.kill(os.getpid(), dice.choice([9, 15, 6]))


class Worker:
    def __init__(self, descriptor, dice):
        import socket

        self.socket = socket.socket(fileno=descriptor)
        self.dice = random.Random(f"{dice.random()}-{os.getpid()}")

    def serve(self):
        dice = self.dice
        if dice.random() < 0.1:
            self.socket.sendall(self.frame(bytes(16), b'"forged"'))
        earlier = bytes(16)
        while True:
            nonce, block, body = frames.unpack_event_head(
                fds.receive_exactly(self.socket, frames.EVENT_HEAD_BYTES)
            )
            fds.receive_exactly(self.socket, block)
            event = json.loads(fds.receive_exactly(self.socket, body))
            self.answer(nonce, earlier, json.dumps({"mark": event["mark"]}).encode())
            earlier = nonce
            if dice.random() < 0.2:
                self.socket.sendall(self.frame(nonce, b'"forged"'))

    def frame(self, nonce, body, kind=frames.RESULT, meta=b"application/json", length=None):
        return frames.pack_answer_head(nonce, kind, meta, len(body) if length is None else length) + body

    def answer(self, nonce, earlier, body):
        dice = self.dice
        good = self.frame(nonce, body)
        forged = b'"forged"'
        case = dice.randrange(16)
        if case < 5:
            self.socket.sendall(good)
        elif case == 5:
            self.socket.sendall(self.frame(dice.choice([earlier, bytes(16), dice.randbytes(16)]), forged))
        elif case == 6:
            for byte in good:
                self.socket.sendall(bytes([byte]))
        elif case == 7:
            self.socket.sendall(good[: dice.randrange(len(good))])
            os.kill(os.getpid(), dice.choice([9, 11, 15]))
        elif case == 8:
            self.socket.sendall(
                self.frame(nonce, forged, meta=dice.choice([b"", b"a\r\nb: c", b"\xff", b"a\0"]))
            )
        elif case == 9:
            self.socket.sendall(self.frame(nonce, forged, kind=dice.choice([0, 5, 99, 255])))
        elif case == 10:
            self.socket.sendall(struct.pack("!16sBIQ", nonce, 1, dice.choice([2**32 - 1, 2**21]), 5))
        elif case == 11:
            refusal = frames.pack_report(dice.choice([earlier, bytes(16), dice.randbytes(16)]), error=forged)
            self.socket.sendall(refusal + frames.pack_note(nonce, dice.randbytes(dice.randrange(200))) + good)
        elif case == 12:
            self.socket.sendall(frames.pack_note(nonce, b"W") * 2 + self.frame(nonce, forged))
        elif case == 13:
            self.socket.sendall(dice.randbytes(dice.randrange(1, 5000)))
        elif case == 14:
            broken = bytearray(self.frame(nonce, forged))
            # Of the first sixteen any other byte is another nonce.
            broken[dice.randrange(16)] ^= dice.randrange(1, 256)
            self.socket.sendall(broken)
        else:
            self.socket.close()
            time.sleep(dice.choice([0, 2]))
            os._exit(0)


main()
