"""What is written to the channel is heard, whole line by whole line, whoever wrote it."""

from __future__ import annotations

import asyncio
import os

from dayfly.lab.learn.channel import Channel


def test_lines_are_heard_whole_and_in_order() -> None:
    async def run() -> list[str]:
        heard: list[str] = []
        with Channel(heard.append) as channel:
            for piece in (b"one\ntw", b"o\n", b"\xff\n", b"never ended"):
                file = os.open(
                    channel.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOFOLLOW
                )
                os.write(file, piece)
                os.close(file)
                channel.drain()
            # Nobody may list the folder: who does not know the name cannot have his own uses learned.
            modes = [oct(place.stat().st_mode)[-3:] for place in (channel.path.parent, channel.path)]
            assert modes == (["711", "622"] if os.geteuid() == 0 else ["700", "600"])
        assert not channel.path.parent.exists()
        return heard

    assert asyncio.run(run()) == ["one", "two", "\ufffd"]


def test_a_writer_that_nobody_waits_for_is_read_by_the_loop() -> None:
    async def run() -> int:
        heard: list[str] = []
        with Channel(heard.append) as channel:

            def write() -> None:
                file = os.open(channel.path, os.O_WRONLY)
                for _ in range(3000):
                    os.write(file, b"x" * 1000 + b"\n")
                os.close(file)

            await asyncio.to_thread(write)
            channel.drain()
        return len(heard)

    # Three times what the pipe holds.
    assert asyncio.run(run()) == 3000


def test_a_line_without_end_does_not_grow_for_ever() -> None:
    async def run() -> list[str]:
        heard: list[str] = []
        with Channel(heard.append) as channel:
            file = os.open(channel.path, os.O_WRONLY)
            os.write(file, b"x" * 200_000)
            channel.drain()
            os.write(file, b"\nnext\n")
            channel.drain()
            os.close(file)
        return heard

    assert asyncio.run(run()) == ["", "next"]
