"""Takes the next event where processes that are dead may have asked for it first.

A worker that became the runtime is killed while its request for an event waits at the platform, which does
not notice: it gives the next event to that request and to nobody else (seen with AWS's emulator, where those
who wait are served in order). The event is in progress then, and given again to whoever asks. So while our own
request waits, the platform is asked which state it is in.
"""

from __future__ import annotations

import time

from dayfly.supervisor.upstream import Upstream, UpstreamError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from dayfly.core.http1 import Reply
    from dayfly.supervisor.summons import Summons

REQUEST_ID = "lambda-runtime-aws-request-id"
IN_PROGRESS = "Running"
# Customers wait this long at most for their event to be noticed; an environment that is frozen asks nothing.
_FIRST_WAIT_S = 0.002
_LONGEST_WAIT_S = 0.1
# An event that went to us and not to a dead one is here by then.
_OURS_WITHIN_S = 0.02
# Other requests of ours that wait: one more for each event that went to somebody dead.
_MANY_OVERTAKEN = 64
_REFUSED = 403
# Half a second of refusals is no passing state.
_MANY_REFUSALS = 250


class Reclaimer:
    """Asks for events after a worker had been at the Runtime API.

    `answered` are requests whose answers were given: an event that reached us twice is served once.
    `is_needed` turns false once an event came to us that we had waited for: whoever asked before us has had one.
    """

    def __init__(self, upstream: Upstream, summons: Summons | None = None) -> None:
        self._upstream = upstream
        self._summons = summons
        self._probe = upstream.sibling()
        self._can_probe = True
        self.is_needed = False

    def next_event(self, answered: Collection[str]) -> Reply:
        """Return the next event, whoever it was given to first."""
        upstream = self._upstream
        upstream.ask_next()
        wait_s = _FIRST_WAIT_S
        began = time.monotonic()
        refusals = 0
        while True:
            is_probing = self.is_needed and self._can_probe and upstream.overtaken < _MANY_OVERTAKEN
            reply = upstream.reply_within(wait_s if is_probing else None, self._summons)
            if reply is None and self._is_in_progress():
                reply = upstream.reply_within(_OURS_WITHIN_S, self._summons)
                if reply is None:
                    upstream.ask_again()
                    began = time.monotonic()
                    wait_s = _FIRST_WAIT_S
            if (
                reply is not None
                and reply.status == _REFUSED
                and self.is_needed
                and refusals < _MANY_REFUSALS
            ):
                # The request of somebody dead came just before ours, and the platform is between two states.
                refusals += 1
                time.sleep(_FIRST_WAIT_S)
                upstream.ask_next()
                continue
            if reply is not None:
                if reply.headers.get(REQUEST_ID, "") not in answered:
                    if time.monotonic() - began > _FIRST_WAIT_S:
                        self.is_needed = False
                    return reply
                upstream.ask_next()
            wait_s = min(_LONGEST_WAIT_S, wait_s * 1.5)

    def _is_in_progress(self) -> bool:
        """Ask the platform whether it has given an event out."""
        if not self._can_probe:
            return False
        try:
            state = self._probe.state()
        except UpstreamError:
            state = ""
        self._can_probe = state != ""
        return state == IN_PROGRESS
