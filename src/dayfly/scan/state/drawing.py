"""Calls that draw what is to be unique: random numbers, identities, times, and what generates them."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.values import External, Read, Root, RootKind, Spot, Value, mix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.scan.state.following import Follower
    from dayfly.scan.state.frames import Frame


class Drawing:
    """Tells what a `Follower` sees drawn at init, once for all events, from what each event draws for itself."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower

    def call(
        self, full: str, method: str, receiver: Value, arguments: Sequence[Value], frame: Frame
    ) -> Value | None:
        """What is drawn by a call; None where nothing is."""
        is_init = self.follower.initialising
        if full in knowledge.DRAWING or full in knowledge.CLOCKS:
            if is_init:
                drawn = "random" if full in knowledge.DRAWING else "clock"
                return Value(
                    drawn=drawn, text="{}", refs=(External(f"{full}()"),), parts=mix(*arguments).parts
                )
            value = Value(text="{}", is_unique=True, parts=mix(*arguments).parts)
            scope = self.follower.names.scope(frame.file)
            if full.startswith("random.") and scope.is_seeded:
                root = Root(RootKind.GLOBAL, frame.file.path, "random", 0, "seed")
                return self._draws(value, root, frame)
            return value
        if full in knowledge.GENERATORS and is_init:
            return Value(drawn="generator", refs=(External(f"{full}()"),))
        drawn_roots = [read.spot.root for read in receiver.reads if read.spot.root.drawn == "generator"]
        if drawn_roots and method not in knowledge.DRAWING_METHODS:
            return None
        if is_init and receiver.drawn and method:
            return replace(
                mix(receiver, *arguments), drawn=receiver.drawn, refs=(External(f"{full}()"),), text="{}"
            )
        return None

    def _draws(self, value: Value, root: Root, frame: Frame) -> Value:
        line = (
            next((one for one in (frame.function.node.lineno,) if one), 0)
            if frame.function is not None
            else 0
        )
        place = replace(frame.file.place(ast.Pass()), line=line)
        return value.with_reads([Read(Spot(root), place)])
