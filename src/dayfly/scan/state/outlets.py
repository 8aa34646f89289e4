"""Calls that let values out: into a log, to another service, into what is signed or encrypted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.deeds import Outlet
from dayfly.scan.state.values import BOUND_KEYS, ENVIRON, Spot, Value
from dayfly.scan.state.wording import shown

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from dayfly.scan.state.following import Follower
    from dayfly.scan.state.frames import Frame
    from dayfly.scan.state.keeping import State


class Outlets:
    """Notes for a `Follower` where a library's call carries what it is given."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower

    def let_out(
        self,
        full: str,
        method: str,
        receiver: Value,
        given: Sequence[Value],
        node: ast.Call,
        state: State,
        frame: Frame,
    ) -> None:
        """Note what leaves by this call; `given` are its arguments with all that they hold."""
        flow, place, what = self.follower.flow, frame.file.place(node), shown(node.func)
        is_log = full == "print" or (
            method in knowledge.LOG_METHODS
            and (
                any(one.startswith(knowledge.LOGGER_MAKERS) for one in receiver.externals)
                or full.startswith(("logging.", "loguru.", "structlog."))
                or "log" in what.rpartition(".")[0].lower()
            )
        )
        if is_log:
            for value in given:
                flow(value, Outlet.LOG, place, what)
            if not self.follower.initialising:
                flow(
                    Value(reads=frozenset({self.follower.read(Spot(BOUND_KEYS), state, place)})),
                    Outlet.LOG,
                    place,
                    what,
                )
            for root_read in receiver.reads:
                flow(Value(reads=frozenset({root_read})), Outlet.LOG, place, what)
            return
        head = full.partition(".")[0].partition("(")[0]
        owner = next(iter(receiver.externals), "").partition(".")[0].partition("(")[0]
        is_outside = (
            head in knowledge.OUTSIDE_ROOTS
            or owner in knowledge.OUTSIDE_ROOTS
            or receiver.is_client
            or (method in knowledge.OUTSIDE_METHODS and not receiver.externals)
        )
        if is_outside:
            for value in (*given, replace(receiver, drawn="")):
                flow(value, Outlet.OUTSIDE, place, what)
            if full.startswith(("subprocess.", "os.system")) and not any(
                keyword.arg == "env" for keyword in node.keywords
            ):
                environ = self.follower.read(Spot(ENVIRON), state, place)
                flow(Value(reads=frozenset({environ})), Outlet.OUTSIDE, place, what)
            return
        if full.startswith(
            ("hmac.", "hashlib.", "jwt.", "jose.", "cryptography.", "Crypto.", "nacl.", "bcrypt.", "base64.")
        ) or method in ("encrypt", "sign", "encode", "generate"):
            for value in (*given, receiver):
                reads = frozenset(read for read in value.reads if read.spot.root.drawn)
                flow(Value(reads=reads), Outlet.OUTSIDE, place, what)
