"""What CodeSha256 depends on, and whose code an interpreter is asked with."""

from __future__ import annotations

import asyncio
import base64
import sys
from pathlib import Path

import pytest
from tests.lab.running import basic, run

from dayfly.lab.code import CodeStore, Package, measure_folder
from dayfly.lab.model import LabError


def test_the_hash_tells_names_contents_and_permission_to_execute_and_nothing_else(tmp_path: Path) -> None:
    def measure() -> Package:
        return measure_folder(tmp_path)

    (tmp_path / "a.py").write_text("one")
    first = measure()
    assert (first.size, len(base64.b64decode(first.sha256))) == (3, 32)
    seen = {first.sha256}
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("compiled")
    (tmp_path / "empty").mkdir()
    assert measure() == first
    (tmp_path / "a.py").write_text("two")
    seen.add(measure().sha256)
    (tmp_path / "a.py").chmod(0o755)
    seen.add(measure().sha256)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    seen.add(measure().sha256)
    (tmp_path / "way").symlink_to("/etc/hostname")
    linked = measure()
    seen.add(linked.sha256)
    assert linked.size == 3
    assert len(seen) == 5


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = CodeStore(tmp_path, switches_user=False)
        with pytest.raises(LabError, match="is not a folder"):
            await store.load(basic(folder=tmp_path / "absent"))
        with pytest.raises(LabError, match="is not a folder"):
            await store.load(basic(opt=tmp_path / "absent"))
        store.close()

    run(scenario())


def test_an_interpreter_is_not_asked_with_code_that_somebody_sent(tmp_path: Path) -> None:
    code, root = tmp_path / "code", tmp_path / "root"
    code.mkdir()
    root.mkdir()
    (code / "sitecustomize.py").write_text(f"open({str(tmp_path / 'planted')!r}, 'w').close()\n")

    async def scenario() -> None:
        store = CodeStore(root, switches_user=False)
        config = basic(folder=code, python=Path(sys.executable))
        await store.load(config, Package(1, "hash", 2))
        assert not (tmp_path / "planted").exists()
        assert await store.measure(config) == Package(1, "hash", 2)
        await asyncio.to_thread(store.close)

    run(scenario())
