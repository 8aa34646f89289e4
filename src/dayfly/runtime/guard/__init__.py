"""The guard: looks at what is about to be executed while an event is served, and refuses what the event chose of it."""

from dayfly.runtime.guard.arming import Unarmed, arm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.runtime.guard.guarding import Guard

__all__ = ["Guard", "Unarmed", "arm"]
