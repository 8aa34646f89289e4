"""The Telemetry API and the Logs API of one environment: who subscribed, and what each is sent.

Facts: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html and, for the older API,
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html. Seen on Lambda: whoever subscribes gets what
happened earlier in the initialisation as well; a subscription outlives a reset, and an extension that subscribes again
after one is told "Already subscribed" (https://github.com/Danwakeem/aws-lambda-telemetry-failure).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from dayfly.lab.extensions import JSON_HEADERS, refuse
from dayfly.lab.http1 import Exchange
from dayfly.lab.telemetry.delivery import Delivery
from dayfly.lab.telemetry.events import Event
from dayfly.lab.telemetry.events import subscription as subscription_event
from dayfly.lab.telemetry.sending import make_sender
from dayfly.lab.telemetry.subscription import Api, Subscription, SubscriptionRefusedError, parse_subscription

TELEMETRY_PATH = "/2022-07-01/telemetry"
LOGS_PATH = "/2020-08-15/logs"
_MAX_BODY_BYTES = 65536
# What is kept for those who subscribe later in the same initialisation.
_MAX_EARLIER_EVENTS = 10_000
_MAX_EARLIER_BYTES = 1024 * 1024
_LOGS_ONLY = ("platform.end", "platform.fault", "platform.logsSubscription")
# From which schema on a function's JSON log lines are objects.
_OBJECTS_FROM = "2022-12-13"


@dataclass(slots=True)
class _Subscriber:
    subscription: Subscription
    delivery: Delivery


class TelemetryService:
    """Serves both routes and sends every published event to whom it concerns.

    `name_of` tells the extension that an exchange is of, having refused it otherwise; `host` is what
    sandbox.localdomain stands for; `report` publishes an event of this service's own, through the platform's log,
    `log` writes one to the log alone.
    `has_json_logs`: the function's log format is JSON.
    """

    def __init__(
        self,
        *,
        name_of: Callable[[Exchange], Awaitable[str | None]],
        host: str,
        report: Callable[[Event], None],
        log: Callable[[Event], None],
        has_json_logs: bool,
    ) -> None:
        self._name_of = name_of
        self._host = host
        self._report = report
        self._write = log
        self._has_json_logs = has_json_logs
        self._subscribers: dict[str, _Subscriber] = {}
        self._earlier: list[Event] = []
        self._earlier_bytes = 0
        self._is_open = True
        self._is_frozen = False
        self._is_hurried = False

    def routes(self) -> dict[str, dict[str, Callable[[Exchange], Awaitable[None]]]]:
        return {TELEMETRY_PATH: {"PUT": self._put_telemetry}, LOGS_PATH: {"PUT": self._put_logs}}

    def new_life(self) -> None:
        """An initialisation begins: subscriptions are taken again, and those there are stay."""
        self._forget()
        self._is_open = True
        self.hurry(False)

    def close_subscriptions(self) -> None:
        """The initialisation is over: from now on subscriptions are refused."""
        self._is_open = False
        self._forget()

    def _forget(self) -> None:
        self._earlier = []
        self._earlier_bytes = 0

    def publish(self, event: Event) -> None:
        size = len(event.record) if isinstance(event.record, str) else 0
        is_room = (
            self._earlier_bytes + size <= _MAX_EARLIER_BYTES and len(self._earlier) < _MAX_EARLIER_EVENTS
        )
        if self._is_open and is_room:
            self._earlier.append(event)
            self._earlier_bytes += size
        # Written once for all who are sent the same: a line may be a megabyte.
        written: dict[tuple[str, str], str | None] = {}
        for subscriber in self._subscribers.values():
            self._give(subscriber, event, written)

    def freeze(self) -> None:
        self._is_frozen = True
        for subscriber in self._subscribers.values():
            subscriber.delivery.freeze()

    def thaw(self) -> None:
        self._is_frozen = False
        for subscriber in self._subscribers.values():
            subscriber.delivery.thaw()

    def hurry(self, is_urgent: bool = True) -> None:
        """Say whether events are delivered without waiting for more: the runtime is being ended."""
        self._is_hurried = is_urgent
        for subscriber in self._subscribers.values():
            subscriber.delivery.hurry(is_urgent)

    async def close(self) -> None:
        for subscriber in self._subscribers.values():
            await subscriber.delivery.close()
        self._subscribers.clear()

    async def _put_telemetry(self, exchange: Exchange) -> None:
        await self._subscribe("telemetry", exchange)

    async def _put_logs(self, exchange: Exchange) -> None:
        await self._subscribe("logs", exchange)

    async def _subscribe(self, api: Api, exchange: Exchange) -> None:
        body = await exchange.read_body(_MAX_BODY_BYTES)
        name = await self._name_of(exchange)
        if name is None:
            return
        title = api.capitalize()
        if not self._is_open:
            message = f"{title} API subscription is closed already"
            await refuse(exchange, 403, f"{title}.SubscriptionClosed", message)
            return
        error_type = "ValidationError" if api == "telemetry" else "Logs.ValidationError"
        try:
            subscription = parse_subscription(api, body.data)
        except SubscriptionRefusedError as refusal:
            await refuse(exchange, 400, error_type, refusal.message)
            return
        before = self._subscribers.get(name)
        if before is not None and before.subscription.api != api:
            # "After subscribing using one of these APIs, any attempt to subscribe using the other API returns an
            # error", says the documentation; which one it does not.
            message = f"the extension is subscribed to the {before.subscription.api.capitalize()} API already"
            await refuse(exchange, 400, error_type, message)
            return
        state = "Subscribed" if before is None else "Already subscribed"
        await self._admit(name, subscription, before)
        self._report(subscription_event(api, name, state, subscription.types))
        await exchange.answer(200, json.dumps("OK").encode(), JSON_HEADERS)

    async def _admit(self, name: str, subscription: Subscription, before: _Subscriber | None) -> None:
        """Begin to deliver; again, where the same extension names another destination."""
        if before is not None:
            if before.subscription == subscription:
                return
            await before.delivery.close()
        sender = make_sender(subscription, self._host)
        delivery = Delivery(sender, subscription.buffering, tell=self._write)
        delivery.hurry(self._is_hurried)
        if self._is_frozen:
            delivery.freeze()
        self._subscribers[name] = subscriber = _Subscriber(subscription, delivery)
        if before is None:
            for event in self._earlier:
                self._give(subscriber, event, {})

    def _give(
        self, subscriber: _Subscriber, event: Event, written: dict[tuple[str, str], str | None]
    ) -> None:
        subscription, delivery = subscriber.subscription, subscriber.delivery
        if event.category not in subscription.types:
            return
        if delivery.is_full and isinstance(event.record, str):
            delivery.drop(len(event.record))
            return
        key = (subscription.api, subscription.schema_version)
        if key not in written:
            written[key] = shown(subscription, event, has_json_logs=self._has_json_logs)
        text = written[key]
        if text is not None:
            delivery.put(text)


def shown(subscription: Subscription, event: Event, *, has_json_logs: bool) -> str | None:
    """The event as this subscriber is sent it, or None: it is none of its types, or its API has no such event."""
    if event.category not in subscription.types:
        return None
    if subscription.api == "logs":
        return _as_log(subscription, event)
    if event.type in _LOGS_ONLY:
        return None
    if event.type == "function" and has_json_logs and subscription.schema_version >= _OBJECTS_FROM:
        return event.as_json(_object(event))
    return event.as_json()


def _as_log(subscription: Subscription, event: Event) -> str | None:
    """The Logs API's records are smaller: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html"""
    record = event.record
    if isinstance(record, str):
        return event.as_json()
    if event.type == "platform.runtimeDone":
        is_wanted = subscription.schema_version >= "2021-03-18"
        return event.as_json(_only(record, "requestId", "status")) if is_wanted else None
    fields = {
        "platform.start": ("requestId", "version"),
        "platform.end": ("requestId",),
        "platform.report": ("requestId", "metrics"),
        "platform.initRuntimeDone": ("initializationType", "status"),
        "platform.initReport": ("initializationType", "metrics"),
        "platform.extension": ("name", "state", "events"),
        "platform.logsSubscription": ("name", "state", "types"),
        "platform.logsDropped": ("reason", "droppedRecords", "droppedBytes"),
    }.get(event.type)
    return None if fields is None else event.as_json(_only(record, *fields))


def _only(record: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: record[name] for name in names if name in record}


def _object(event: Event) -> object:
    """A log line that is a JSON object, as an object; any other as it is."""
    try:
        value = json.loads(str(event.record))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
