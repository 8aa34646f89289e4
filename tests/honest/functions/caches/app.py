"""What a warm function keeps between its events: clients made once, tables filled as they are asked for, compiled patterns."""

import collections
import functools
import operator
import re
import weakref

import cachetools

seen = collections.OrderedDict()
prices = cachetools.TTLCache(maxsize=100, ttl=300)
counter = collections.Counter()
_client = None


class Catalogue:
    instances = weakref.WeakSet()  # noqa: RUF012

    def __init__(self):
        self.instances.add(self)
        self.rows = {}

    @functools.cached_property
    def index(self):
        return {name: number for number, name in enumerate(("tea", "coffee", "cake"))}


def client():
    global _client
    if _client is None:
        _client = Catalogue()
    return _client


@functools.lru_cache(maxsize=64)
def words(text):
    return tuple(re.findall(r"\w+", text.casefold()))


@cachetools.cached(prices)
def price(name):
    return len(name) * 2


@functools.singledispatch
def shown(value):
    return str(value)


@shown.register
def _(value: list):
    return ", ".join(map(shown, value))


def handler(event, context):
    text = event["text"]
    client().rows[event["id"]] = text
    counter.update(words(text))
    seen[text] = event["id"]
    pattern = re.compile(rf"(?P<before>.*?)\b{re.escape(event['id'])}\b")
    pick = operator.itemgetter("id", "text")
    handler.calls = getattr(handler, "calls", 0) + 1
    return {
        "words": words(text)[:20],
        "price": price(event["id"]) + price(text),
        "index": client().index,
        "shown": shown([text, 1, ["x", event["id"]]]),
        "found": bool(pattern.search(f"order {event['id']}")),
        "picked": pick(event),
        "partial": functools.partial(max, len(text))(3),
    }
