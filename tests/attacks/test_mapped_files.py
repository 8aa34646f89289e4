"""What an invocation writes into a file that init mapped is in no later worker, though the file alone is put back."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.attacks.shop import needs_confinement
from tests.rie import Rie

FUNCTIONS = Path(__file__).parent / "functions"
pytestmark = needs_confinement()


@pytest.mark.parametrize("maps", [False, True])
@pytest.mark.parametrize("undoes", [False, True])
def test_no_worker_is_forked_with_what_another_one_wrote_into_a_file_of_inits(
    undoes: bool, maps: bool
) -> None:
    with Rie(FUNCTIONS, "mapping_a_file.handler", confined=True) as rie:
        for _ in range(4):
            assert rie.invoke({"attacks": 0.3, "undoes": undoes, "maps": maps}).payload == "init's"
            for _ in range(3):
                assert rie.invoke({}).payload == "init's"
