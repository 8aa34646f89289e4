"""One Dayfly environment per module, attacked again and again: what one attack leaves is the next test's failure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.attacks.shop import Shop
from tests.aws import REQUIREMENTS
from tests.namespace import own_network
from tests.real.environment import real_python, started_with


@pytest.fixture(scope="module")
def dayfly_shop() -> Iterator[Shop]:
    """A confined environment under Dayfly with default settings."""
    with Shop("dayfly") as shop:
        shop.serve(1)
        yield shop


@pytest.fixture
def plain_shop() -> Iterator[Shop]:
    """A confined environment under plain awslambdaric, fresh for each attack."""
    with Shop("plain") as shop:
        shop.serve(1)
        yield shop


@pytest.fixture(scope="module")
def own_connections() -> Iterator[None]:
    """A network of the module's own: what its attacks leave there would end other tests' environments."""
    # Built, perhaps, with what is downloaded.
    started_with("pip", real_python(REQUIREMENTS), "app.handler")
    with own_network():
        yield
