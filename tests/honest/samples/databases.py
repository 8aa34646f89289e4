"""Functions with databases: SQLAlchemy, PostgreSQL, MariaDB, Redis."""

from __future__ import annotations

from collections.abc import Sequence

from tests.honest.samples.sample import Event, Sample, http


def _alchemy(text: str) -> Sequence[Event]:
    return [
        {
            "id": text or "o-1",
            "email": text,
            "total": 3.5,
            "ids": [text, "email"],
            "order": order,
            "limit": 3,
            **http("GET", "/orders"),
        }
        for order in ("total", "email")
    ]


def _postgres(text: str) -> Sequence[Event]:
    return [
        {"id": "o-1", "text": text, "order": order, "limit": limit}
        for order, limit in (("name", "5"), ("total", 1))
    ]


def _postgres_orm(text: str) -> Sequence[Event]:
    return [
        {
            "text": text,
            "email": f"{text[:20]}@example.org",
            "filters": {"note": text[:9]},
            "order": "note",
            **http("GET", "/orders"),
        },
        {"text": text, "email": text, "filters": {"email": text, "note": text}, "order": "id"},
        {"text": text, "email": "ada@example.org", "filters": {}, "order": "note"},
    ]


def _mariadb(text: str) -> Sequence[Event]:
    return [{"text": text, "order": order, "limit": 5} for order in ("name", "newest")]


def _redis(text: str) -> Sequence[Event]:
    return [{"text": text, "id": "o-1"}, {"text": text, "id": text}]


SAMPLES = (
    Sample("alchemy", _alchemy),
    Sample("postgres", _postgres, needs=("postgres",)),
    Sample("postgres_orm", _postgres_orm, needs=("postgres",)),
    Sample("mariadb", _mariadb, needs=("mariadb",)),
    Sample("redis_cache", _redis, needs=("redis",)),
)
