"""An account with a layer, for every test of live functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from tests.attach.live.aws import Lambda, Time, make_caller, make_client, make_function, make_layer, make_role

from dayfly.attach.live.attaching import Attacher
from dayfly.attach.live.detaching import Detacher
from dayfly.attach.live.journal import Journal
from dayfly.attach.live.layers import NamedLayer
from dayfly.attach.live.model import AttachOptions, Outcome
from dayfly.attach.live.updating import Updater


@dataclass
class Scene:
    """An account, a layer and a journal; every run opens the journal anew, as a process of its own would."""

    aws: Lambda
    role: str
    layer: str
    journal: Path
    time: Time = field(default_factory=Time)

    def function(self, name: str = "payments", **more: Any) -> None:
        make_function(self.aws.client, self.role, name, **more)

    def attacher(self, **options: Any) -> Attacher:
        caller = make_caller(self.time)
        # The wrapper answers as the client does.
        client: Any = self.aws
        layer = options.pop("layer", self.layer)
        return Attacher(caller, client, NamedLayer(caller, client, layer), AttachOptions(**options))

    def updater(self, journal: Journal, run: str = "run") -> Updater:
        client: Any = self.aws
        return Updater(make_caller(self.time), client, journal, run=run)

    def attach(self, name: str = "payments", **options: Any) -> Outcome:
        with Journal(self.journal) as journal:
            return self.attacher(**options).attach(name, self.updater(journal))

    def detach(self, name: str = "payments", *, journal: Path | None = None, publish: str = "") -> Outcome:
        client: Any = self.aws
        with Journal(journal or self.journal) as opened:
            return Detacher(make_caller(self.time), client, publish).detach(name, self.updater(opened))

    def state(self, name: str = "payments") -> tuple[list[str], dict[str, str]]:
        """What attach and detach are about."""
        return self.aws.layers(name), self.aws.variables(name)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with mock_aws():
        client = make_client()
        role = make_role()
        layer = make_layer(client, CompatibleRuntimes=["python3.12"])
        yield Scene(Lambda(client), role, layer, tmp_path / "state" / "attach.jsonl")
