"""Puts the parts of the service together over one store: collector, detections, console, actions, the CLI's routes."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from litestar import Router

from dayfly.errors import DayflyError
from dayfly.fleet.blast.routes import routes as blast_routes
from dayfly.fleet.console.console import Console
from dayfly.fleet.console.routes import routes as console_routes
from dayfly.fleet.ingest.collector import Collector
from dayfly.fleet.ingest.routes import routes as ingest_routes
from dayfly.fleet.ingest.senders import Sender
from dayfly.fleet.ownrules.routes import routes as rule_routes
from dayfly.fleet.protection.routes import routes as protection_routes
from dayfly.fleet.records.judging import LineReader
from dayfly.fleet.records.recalling import recall
from dayfly.fleet.retirement.routes import proof_routes
from dayfly.fleet.retirement.routes import routes as retirement_routes
from dayfly.fleet.rollout.routes import routes as rollout_routes
from dayfly.fleet.service.actions import action_routes
from dayfly.fleet.service.alerts.alerting import Alerting
from dayfly.fleet.service.alerts.routes import alert_routes
from dayfly.fleet.service.app import build
from dayfly.fleet.service.detecting import Detecting
from dayfly.fleet.service.exporting import export_routes
from dayfly.fleet.service.fleetkeys import load_keys
from dayfly.fleet.service.retirement import Retirements
from dayfly.fleet.service.roles import SENDER, Role
from dayfly.fleet.service.ticking import Ticking
from dayfly.fleet.service.triaging import Triaging

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar import Litestar

    from dayfly.fleet.service.retiring import Retirer
    from dayfly.fleet.service.service import Service

TICK_SECONDS = 1.0
_PROOF_SECONDS = 15.0
_ALERT_SECONDS = 2.0
_RETENTION_SECONDS = 3600.0


def assemble(
    service: Service,
    stack: ExitStack,
    *,
    retirer: Retirer | None = None,
    let_go: Callable[[], None] = lambda: None,
) -> Litestar:
    """Return the application; what runs beside it is started, and stopped when `stack` is left."""
    keys = load_keys(service.folder)
    reader = LineReader(keys)
    try:
        collector = Collector(
            service.folder,
            service.store,
            reader,
            trail_key=keys[0],
            recall=lambda: recall(reader, service.store, now=time.time()),
        )
    except OSError as error:
        raise DayflyError(
            f"cannot use {error.filename or service.folder / 'spool'}: {error.strerror}",
            hint="check the owner of the folder and the free disk space; it contains received data that is not stored yet",
        ) from error
    stack.enter_context(collector)
    service.health["collector"] = collector.health
    detecting = Detecting(service.store, service.folder, lambda written: None)
    alerting = Alerting(service.store, service.ledger, service.settings.alert, url=_public(service))
    service.faults["alerts"] = alerting.faults
    service.faults["rules"] = detecting.faults
    retirements = Retirements(service, retirer)
    service.faults["retirements"] = retirements.faults
    work: list[tuple[str, Callable[[], object], float]] = [
        ("detections", detecting.tick, TICK_SECONDS),
        ("proofs", retirements.prove, _PROOF_SECONDS),
        ("retention", let_go, _RETENTION_SECONDS),
        ("alerts", alerting.collect, _ALERT_SECONDS),
        # One that hangs holds up nobody else.
        *(
            (f"alerts to {name}", partial(alerting.deliver, name), _ALERT_SECONDS)
            for name in alerting.channels
        ),
    ]
    for name, run, seconds in work:
        ticking = Ticking(name, run, seconds=seconds)
        service.health[name] = ticking.health
        stack.callback(ticking.close)
        ticking.start()
    console = Console(service.store, collector.health, detecting.shown, detecting.runs)
    stack.callback(console.close)
    return build(
        service,
        parts=[
            (SENDER, [ingest_routes(collector, lambda secret: _sender(service, secret))]),
            (Role.VIEWER, [console_routes(console)]),
            (
                Role.VIEWER,
                [
                    Router(
                        "/api/v1",
                        route_handlers=[
                            *retirement_routes(service.store),
                            *rollout_routes(service.store),
                            *protection_routes(service.store),
                            *alert_routes(service, alerting),
                        ],
                    )
                ],
            ),
            (Role.VIEWER, [Router("/api/v1", route_handlers=blast_routes(service.store))]),
            (
                Role.RESPONDER,
                [
                    Router(
                        "/api/v1",
                        route_handlers=[*export_routes(service), *proof_routes(service.store)],
                    )
                ],
            ),
            (
                Role.RESPONDER,
                [Router("/api/v1", route_handlers=rule_routes(service.store, lambda: detecting.loaded))],
            ),
            (Role.RESPONDER, action_routes(Triaging(service), retirements)),
        ],
    )


def _public(service: Service) -> str:
    # An address of loopback in somebody's mail would lead to their own machine.
    return service.front.url if service.front.public_url or not service.front.is_loopback else ""


def _sender(service: Service, secret: str) -> Sender | None:
    token = service.accounts.token(secret, "sender", "local")
    return Sender(token.name, token.scope) if token is not None else None
