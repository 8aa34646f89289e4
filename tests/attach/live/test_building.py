"""The layer is built and published once for each Python, and a dry run publishes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from tests.attach.live.aws import make_caller
from tests.attach.live.conftest import Scene

from dayfly.attach.live.attaching import Attacher
from dayfly.attach.live.building import BuiltLayers
from dayfly.attach.live.journal import Journal
from dayfly.attach.live.model import AttachOptions, State


@pytest.mark.slow  # builds a layer, which takes two seconds of a processor
def test_many_functions_get_one_layer_that_a_dry_run_did_not_publish(scene: Scene) -> None:
    client: Any = scene.aws
    for name in ("payments", "orders"):
        scene.function(name)
    caller = make_caller(scene.time)
    layers = BuiltLayers(caller, client)
    attacher = Attacher(caller, client, layers, AttachOptions())
    assert any("to be published" in change for change in attacher.plan("payments").changes)
    assert scene.aws.asked("publish_layer_version") == []
    with Journal(scene.journal) as journal:
        updater = scene.updater(journal)
        assert [attacher.attach(name, updater).state for name in ("payments", "orders")] == [State.DONE] * 2
    assert len(scene.aws.asked("publish_layer_version")) == 1
    again = Attacher(caller, client, BuiltLayers(caller, client), AttachOptions())
    assert again.plan("payments").state == "up-to-date"
    scene.detach()
    assert scene.state() == ([], {})
