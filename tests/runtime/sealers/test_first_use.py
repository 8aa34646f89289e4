"""Libraries prepare what their first use needs, if the settings want it; what is the function's own is not asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flask
import jinja2
import pytest

from dayfly.runtime import heap
from dayfly.runtime.sealers import first_use
from dayfly.runtime.sealing import Sealing

PAGES = {"a.txt": "one {{ name }}", "b.txt": "{% broken", "c.txt": "{% include 'a.txt' %}"}


def prepare(*, warms: bool = True) -> Sealing:
    sealing = Sealing(warms=warms)
    first_use.seal(heap.find(first_use.kinds()), sealing)
    return sealing


def compiled(environment: jinja2.Environment) -> set[str]:
    assert environment.cache is not None
    cache: Any = environment.cache  # keyed by the loader and the name
    return {key[1] for key in cache.keys()}  # noqa: SIM118


@pytest.mark.parametrize(("warms", "expected"), [(True, {"a.txt", "c.txt"}), (False, set())])
def test_templates_are_compiled_but_for_broken_ones_if_the_settings_want_it(
    warms: bool, expected: set[str]
) -> None:
    environment = jinja2.Environment(loader=jinja2.DictLoader(PAGES), autoescape=True)
    assert prepare(warms=warms).faults == []
    assert compiled(environment) == expected
    assert environment.get_template("c.txt").render(name="x") == "one x"


def test_a_loader_of_the_functions_own_is_not_asked() -> None:
    class Loader(jinja2.BaseLoader):
        asked = 0

        def list_templates(self) -> list[str]:
            self.asked += 1
            return []

    loader = Loader()
    environment = jinja2.Environment(loader=loader, autoescape=True)
    prepare()
    assert loader.asked == 0
    assert compiled(environment) == set()


def test_a_site_has_its_routes_and_templates_and_has_served_nobody(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text("<p>{{ name }}")
    site = flask.Flask("site", root_path=str(tmp_path))
    served: list[str] = []

    def answer(name: str) -> str:
        served.append(name)
        return name

    site.before_request(lambda: served.append("before"))
    site.add_url_rule("/<path:name>", view_func=answer, endpoint="all")
    prepare()
    assert "jinja_env" in vars(site)
    assert compiled(site.jinja_env) == {"page.html"}
    assert served == []
    assert site.test_client().get("/x").text == "x"


def test_a_fault_of_a_library_leaves_the_work_to_workers() -> None:
    class Environment(jinja2.Environment):
        @property
        def bytecode_cache(self) -> Any:
            raise RuntimeError("not here")

        @bytecode_cache.setter
        def bytecode_cache(self, value: Any) -> None:
            """Kept nowhere."""

    kept = Environment(loader=jinja2.DictLoader(PAGES), autoescape=True)
    assert prepare().faults == ["Environment: RuntimeError"]
    assert compiled(kept) == set()
