"""`python -m tests.layer.update`: write the allowed lists from what this machine's interpreters load."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.interpreters import found_interpreters
from tests.layer.manifest import ENTRY_POINTS, FORBIDDEN, copy_layer, new_modules, write_allowed


def main() -> None:
    """Rewrite both lists; says what would be refused all the same."""
    with tempfile.TemporaryDirectory() as folder:
        layer = copy_layer(Path(folder))
        for entry in ENTRY_POINTS:
            loaded = {found.version: new_modules(found, layer, entry) for found in found_interpreters()}
            write_allowed(entry, loaded)
            refused = FORBIDDEN & set().union(*loaded.values())
            print(
                f"{entry}: {max(map(len, loaded.values()))} modules; forbidden among them: {sorted(refused)}"
            )


if __name__ == "__main__":
    main()
