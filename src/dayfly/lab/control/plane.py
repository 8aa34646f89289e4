"""The control plane of one lab: its parts, and what they share."""

from __future__ import annotations

from dayfly.lab.control.aliases import Aliases
from dayfly.lab.control.code_signing import CodeSigning
from dayfly.lab.control.concurrency import Concurrency
from dayfly.lab.control.deferred import Deferred
from dayfly.lab.control.event_invoke import EventInvoke
from dayfly.lab.control.event_sources import EventSources
from dayfly.lab.control.functions import Functions
from dayfly.lab.control.layer_permissions import LayerPermissions
from dayfly.lab.control.layers import Layers
from dayfly.lab.control.log_store import LogStore
from dayfly.lab.control.packages import Packages
from dayfly.lab.control.permissions import Permissions
from dayfly.lab.control.pollers import Pollers
from dayfly.lab.control.registry import Registry
from dayfly.lab.control.runtimes import Runtimes
from dayfly.lab.control.tags import Tags
from dayfly.lab.control.upkeep import Upkeep
from dayfly.lab.control.urls import Urls
from dayfly.lab.control.versions import Versions
from dayfly.lab.lab import Lab

# Lambda takes one to a few seconds without a VPC; long enough for a client to see that it must wait.
UPDATE_S = 0.5


class ControlPlane:
    """Answers Lambda's API for the functions of one lab; `close` ends what is under way.

    What takes Lambda a while (an update, a new version) takes `update_s` here.
    """

    def __init__(self, lab: Lab, *, update_s: float = UPDATE_S) -> None:
        self._deferred = Deferred()
        self.registry = Registry(lab)
        self.layers = Layers(lab)
        self.versions = Versions(self.registry, self._deferred, publish_s=update_s)
        self.runtimes = Runtimes(lab)
        self.signing = CodeSigning(self.registry)
        self.packages = Packages(
            self.registry,
            self.layers,
            self.versions,
            self.runtimes,
            self.signing,
            self._deferred,
            update_s=update_s,
        )
        self.functions = Functions(
            self.registry, self.layers, self.packages, self.runtimes, self._deferred, update_s=update_s
        )
        self.aliases = Aliases(self.registry)
        self.tags = Tags(self.registry)
        self.concurrency = Concurrency(self.registry)
        self.permissions = Permissions(self.registry)
        self.layer_permissions = LayerPermissions(self.layers)
        self.upkeep = Upkeep(self.registry)
        self.event_invoke = EventInvoke(self.registry)
        self.urls = Urls(self.registry)
        self.sources = EventSources(self.registry, self._deferred, update_s=update_s)
        self._pollers = Pollers(self.registry, self.sources)
        self.logs = LogStore()
        lab.subscribe_lines(self.logs.take)
        lab.route = self.registry.lead

    def close(self) -> None:
        """Give up updates that are under way, and read no queue any more."""
        self._deferred.close()
        self._pollers.close()
