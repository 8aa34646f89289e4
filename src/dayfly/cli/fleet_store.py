"""Opens what a fleet command asks: the running service of a folder, or else the folder's store itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from dayfly.cli.fleet_status import connect
from dayfly.errors import DayflyError
from dayfly.fleet.service.client import Client
from dayfly.fleet.service.place import default_folder
from dayfly.fleet.service.serving import STORE
from dayfly.fleet.store.schema import Deployment, migrate
from dayfly.fleet.store.store import Place, Store


@contextlib.contextmanager
def service_or_store(folder: Path | None, server: str) -> Iterator[tuple[Client | None, Store | None, Path]]:
    """Yield the running service's client, or the store of a folder that nobody serves; and the folder.

    Raises DayflyError where neither is there.
    """
    home = folder or default_folder(os.environ)
    if server or is_held(home):
        # What fails from here on is the command's, not a reason to open the folder's store.
        with connect(folder, server) as client:
            yield client, None, home
        return
    if not (home / STORE).is_dir():
        raise DayflyError(
            f"no store in the folder {home}",
            hint="give the service's folder with --folder, or start `dayfly fleet serve`",
        )
    with Store(Place(folder=home / STORE)) as store:
        migrate(store, Deployment.SINGLE)
        yield None, store, home


def is_held(home: Path) -> bool:
    """Say whether a service answers for a folder: then what it says is its answer, and the store is not ours."""
    try:
        with Client.beside(home) as client:
            client.get("/status")
    except DayflyError:
        return False
    return True
