"""Caches and state are told apart by how they grow over invocations."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.lab.plan.making import sightings, state

from dayfly.lab.plan.held import find_caches, find_library_flags, find_state
from dayfly.lab.plan.sightings import SeenCache, Sighting
from dayfly.lab.plan.source import Source


def cache(hits: int, misses: int, name: str = "app.price", site: str = "app.py:5") -> SeenCache:
    return SeenCache(7, name, site, 0 if name == "app.settings" else 1, hits, misses, misses)


def sizes(*values: int, kind: str = "list") -> list[Sighting]:
    first, *rest = ({"state": (state("app.X", "container", kind, size),)} for size in values)
    return sightings(*rest, init=first)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / "app.py").write_text(
        "import functools\nX = []\n\n\n@functools.cache\ndef settings():\n    return 1\n"
        "\n\n_client = None\n\n\ndef client():\n    global _client\n    _client = object()\n    return _client\n"
    )
    return Source(tmp_path)


def test_a_cache_is_lost_where_later_invocations_compute_less(source: Source) -> None:
    seen = sightings({"caches": (cache(0, 2),)}, {"caches": (cache(2, 2),)}, {"caches": (cache(4, 2),)})
    (found,) = find_caches(seen, cycle=1, source=source)
    assert (found.what, found.uses, found.where) == ("app.price (lru_cache)", 2, "app.py:5")
    assert "2 × per invocation" in found.consequence
    assert found.prime == ()


def test_a_cache_that_never_helps_is_no_loss(source: Source) -> None:
    within = sightings({"caches": (cache(1, 1),)}, {"caches": (cache(2, 2),)}, {"caches": (cache(3, 3),)})
    assert find_caches(within, cycle=1, source=source) == []
    at_init = sightings(
        {"caches": (cache(1, 1),)}, {"caches": (cache(2, 1),)}, init={"caches": (cache(0, 1),)}
    )
    assert find_caches(at_init, cycle=1, source=source) == []


def test_a_cache_without_arguments_can_be_filled_by_a_warm_up(source: Source) -> None:
    seen = sightings({"caches": (cache(0, 1, "app.settings"),)}, {"caches": (cache(1, 1, "app.settings"),)})
    (found,) = find_caches(seen, cycle=1, source=source)
    assert found.prime == ("app.settings",)


def test_library_caches_are_summed_and_the_standard_librarys_left_out(source: Source) -> None:
    names = ("botocore.utils.x", "urllib.parse.y")
    library = tuple(SeenCache(n, name, "", 1, 0, 1, 1) for n, name in enumerate(names))
    later = tuple(SeenCache(n, name, "", 1, 1, 1, 1) for n, name in enumerate(names))
    (found,) = find_caches(sightings({"caches": library}, {"caches": later}), cycle=1, source=source)
    assert found.what == "botocore: 1 internal cache"


def test_powertools_caches_are_named(source: Source) -> None:
    name = "Powertools parameters"
    seen = sightings({"library_caches": {name: 2}}, {"library_caches": {name: 2}})
    (found,) = find_caches(seen, cycle=1, source=source)
    assert (found.what, found.uses) == (name, 1)


@pytest.mark.parametrize(
    ("grown", "kind", "words"),
    [
        ((0, 1, 2, 2, 2, 2), "cache", "2 entries are created again"),
        ((0, 1, 2, 3, 4, 5), "state", "grows with every invocation"),
        ((0, 1, 2, 0, 1, 2), "state", "is emptied 1 ×"),
    ],
)
def test_growth_tells_what_a_container_is(
    grown: tuple[int, ...], kind: str, words: str, source: Source
) -> None:
    (found,) = find_state(sizes(*grown), cycle=2, source=source)
    assert (found.kind, found.what, found.where) == (kind, "app.X (list)", "app.py:2")
    assert words in found.consequence


@pytest.mark.parametrize("constant", [(0, 0, 0, 0), (3, 3, 3, 3), (3, 2, 2, 2)])
def test_what_does_not_grow_is_no_loss(constant: tuple[int, ...], source: Source) -> None:
    assert find_state(sizes(*constant), cycle=1, source=source) == []


def flags(name: str, *values: bool) -> list[Sighting]:
    first, *rest = ({"state": (state(name, "flag", "bool", flag=value),)} for value in values)
    return sightings(*rest, init=first)


def test_a_flag_that_flips_for_good_is_a_cold_start_only_by_its_name(source: Source) -> None:
    (cold,) = find_state(flags("app.is_cold", True, False, False), cycle=1, source=source)
    assert cold.kind == "cold-start-flag"
    (done,) = find_state(flags("app.loaded", False, True, True), cycle=1, source=source)
    assert done.kind == "lazy-object"
    assert find_state(flags("app.is_cold", True, False, True), cycle=1, source=source) == []
    assert find_state(flags("app.is_cold", True, True, True), cycle=1, source=source) == []


def test_library_flags_are_found_beside_own_ones() -> None:
    name = "aws_lambda_powertools.metrics.is_cold_start"
    seen = sightings({"flags": {name: False}}, {"flags": {name: False}}, init={"flags": {name: True}})
    (found,) = find_library_flags(seen)
    assert (found.what, found.uses) == (name, 1)


def test_an_object_made_once_names_its_maker(source: Source) -> None:
    made = {"state": (state("app._client", "object", "botocore.client.S3", is_changed=True),)}
    kept = {"state": (state("app._client", "object", "botocore.client.S3"),)}
    none = {"state": (state("app._client", "none", "None"),)}
    (found,) = find_state(sightings(made, kept, kept, init=none), cycle=1, source=source)
    assert (found.what, found.where, found.uses) == ("app._client (botocore.client.S3)", "app.py:13", 2)
    assert (found.prime, found.is_data) == (("app.client",), False)
    assert find_state(sightings(made, made, made, init=none), cycle=1, source=source) == []


def test_data_made_once_is_marked_as_data(source: Source) -> None:
    kept = {"state": (state("app._client", "value", "str"),)}
    none = {"state": (state("app._client", "none", "None"),)}
    (found,) = find_state(sightings(kept, kept, init=none), cycle=1, source=source)
    assert found.is_data


def test_numbers_that_every_invocation_changes_are_counters_and_texts_are_not(source: Source) -> None:
    def changing(kind: str) -> list[Sighting]:
        still = {"state": (state("app.X", "value", kind),)}
        moved = {"state": (state("app.X", "value", kind, is_changed=True),)}
        return sightings(moved, moved, moved, init=still)

    (found,) = find_state(changing("int"), cycle=1, source=source)
    assert found.kind == "state"
    assert find_state(changing("str"), cycle=1, source=source) == []
