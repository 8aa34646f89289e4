"""Folders, archives, layers and environments, and what hostile ones become."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from dayfly.errors import DayflyError
from dayfly.scan.model import NoteKind
from dayfly.scan.source.limits import Limits
from dayfly.scan.source.reading import read_project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HANDLER = b"def handler(event, context):\n    return {}\n"


def make_zip(entries: Mapping[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def write(top: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(data)
    return top


def test_a_folder_is_read_without_what_is_not_the_function(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "app.py": HANDLER,
            "pkg/__init__.py": b"",
            "pkg/orders.py": b"",
            "template.yaml": b"Resources: {}",
            "__pycache__/app.cpython-313.pyc": b"\0",
            ".git/hooks/hook.py": HANDLER,
            "env/pyvenv.cfg": b"",
            "env/lib/python3.13/site-packages/requests/__init__.py": b"",
            "node_modules/tool/gyp.py": HANDLER,
        },
    )
    project = read_project(folder)
    assert sorted(project.python) == ["app.py", "pkg/__init__.py", "pkg/orders.py"]
    assert list(project.others) == ["template.yaml"]
    assert project.python["pkg/orders.py"].module == "pkg.orders"
    assert project.python["pkg/__init__.py"].module == "pkg"
    assert project.notes == []


def test_an_environment_is_read_when_it_is_what_was_asked_for(tmp_path: Path) -> None:
    site = "lib/python3.13/site-packages"
    folder = write(
        tmp_path,
        {
            "pyvenv.cfg": b"",
            f"{site}/requests/__init__.py": b"",
            f"{site}/requests/python/tool.py": b"",
            f"{site}/requests-2.32.0.dist-info/METADATA": b"Name: requests\nVersion: 2.32.0\n",
            f"{site}/requests-2.32.0.dist-info/RECORD": b"requests/__init__.py,,\n../../../bin/x,,\n",
        },
    )
    project = read_project(folder)
    file = project.python[f"{site}/requests/__init__.py"]
    assert (file.module, file.root, file.is_dependency) == ("requests", site, True)
    assert project.python[f"{site}/requests/python/tool.py"].module == "requests.python.tool"
    [distribution] = project.distributions
    assert (distribution.name, distribution.version) == ("requests", "2.32.0")
    assert distribution.files == (f"{site}/requests/__init__.py",)


def test_libraries_beside_a_handler_in_a_zip_are_told_from_it(tmp_path: Path) -> None:
    path = tmp_path / "function.zip"
    path.write_bytes(
        make_zip(
            {
                "app.py": HANDLER,
                "six.py": b"",
                "six-1.17.0.dist-info/METADATA": b"Name: six\nVersion: 1.17.0\n",
                "six-1.17.0.dist-info/RECORD": b"six.py,,\n",
                "old.py": b"",
                "old-1.egg-info/PKG-INFO": b"Name: old\nVersion: 1\n",
                "old-1.egg-info/top_level.txt": b"old\n",
            }
        )
    )
    project = read_project(path)
    assert {path for path, file in project.python.items() if file.is_dependency} == {"six.py", "old.py"}


def test_imports_of_a_layer_begin_at_its_python_folder(tmp_path: Path) -> None:
    path = tmp_path / "layer.zip"
    path.write_bytes(make_zip({"python/shared/db.py": b"", "python/lib/python3.12/site-packages/x.py": b""}))
    project = read_project(path)
    assert project.python["python/shared/db.py"].module == "shared.db"
    assert project.python["python/lib/python3.12/site-packages/x.py"].module == "x"


def test_an_archive_within_a_folder_is_read_and_its_imports_begin_in_it(tmp_path: Path) -> None:
    write(tmp_path, {"build/function.zip": make_zip({"app.py": HANDLER, "orders.py": b""})})
    project = read_project(tmp_path)
    app = project.python["build/function.zip!/app.py"]
    assert app.module == "app"
    found = project.find_module("orders", seen_from=app)
    assert found is not None
    assert found.path == "build/function.zip!/orders.py"


@pytest.mark.parametrize(
    "name", ["../evil.py", "/etc/cron.d/evil.py", "a/../../evil.py", "C:/evil.py", "..\\evil.py"]
)
def test_an_entry_that_leaves_its_archive_is_refused_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "f.zip"
    path.write_bytes(make_zip({name: HANDLER, "app.py": HANDLER}))
    project = read_project(path)
    assert list(project.python) == ["app.py"]
    assert [note.kind for note in project.notes] == [NoteKind.REFUSED]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "f.zip"
    path.write_bytes(make_zip({"data.bin": bytes(30_000_000), "app.py": HANDLER}))
    project = read_project(path)
    assert list(project.python) == ["app.py"]
    assert "data.bin" not in project.others
    assert [note.kind for note in project.notes] == [NoteKind.BOUNDED]


def test_a_directory_that_lies_about_sizes_is_caught_while_reading(tmp_path: Path) -> None:
    data = bytearray(make_zip({"app.py": b"#" * 5_000_000}, compression=zipfile.ZIP_STORED))
    # The central directory's uncompressed and compressed sizes, 20 bytes into its only record.
    at = data.index(b"PK\x01\x02") + 20
    data[at : at + 8] = (10).to_bytes(4, "little") * 2
    path = tmp_path / "f.zip"
    path.write_bytes(bytes(data))
    project = read_project(path)
    assert project.python == {} or len(project.python["app.py"].data) <= 10
    assert len(project.notes) <= 1


def test_archives_within_archives_end(tmp_path: Path) -> None:
    data = make_zip({"app.py": HANDLER})
    for _ in range(6):
        data = make_zip({"inner.zip": data, "app.py": HANDLER})
    path = tmp_path / "f.zip"
    path.write_bytes(data)
    project = read_project(path)
    assert len(project.python) == 3
    assert [note.kind for note in project.notes] == [NoteKind.BOUNDED]


def test_two_entries_of_one_name_and_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("app.py", HANDLER)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("app.py", b"import os")
        link = zipfile.ZipInfo("secrets.py")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    project = read_project(path)
    assert project.python["app.py"].data == HANDLER
    assert [note.kind for note in project.notes] == [NoteKind.REFUSED, NoteKind.REFUSED]


@pytest.mark.parametrize("cut", [10, 60, 200])
def test_a_damaged_archive_is_an_error_or_a_note(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "f.zip"
    data = make_zip({"app.py": HANDLER * 50, "b.py": os.urandom(300)})
    path.write_bytes(data[:cut] + b"\xff" * 20 + data[cut + 20 :])
    project = read_project(path)
    assert len(project.python) + len(project.notes) >= 2


def test_what_is_called_a_zip_and_is_none_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "f.zip"
    path.write_bytes(b"hello")
    with pytest.raises(DayflyError, match="not a zip"):
        read_project(path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "f.zip").write_bytes(b"hello")
    assert [note.kind for note in read_project(tmp_path / "folder").notes] == [NoteKind.NOT_ANALYSABLE]


def test_links_are_not_followed_and_loops_end(tmp_path: Path) -> None:
    folder = write(tmp_path / "f", {"app.py": HANDLER, "pkg/a.py": b""})
    (folder / "loop").symlink_to(folder)
    (folder / "pkg" / "up").symlink_to("..")
    (folder / "outside.py").symlink_to("/etc/passwd")
    (folder / "dangling.py").symlink_to("nowhere")
    project = read_project(folder)
    assert sorted(project.python) == ["app.py", "pkg/a.py"]
    assert [(note.kind, note.place.path) for note in project.notes] == [(NoteKind.REFUSED, "outside.py")]


def test_devices_and_pipes_are_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "app.py").write_bytes(HANDLER)
    assert list(read_project(tmp_path).python) == ["app.py"]
    with pytest.raises(DayflyError, match="neither a file nor a folder"):
        read_project(tmp_path / "pipe.py")


def test_limits_become_notes(tmp_path: Path) -> None:
    write(tmp_path, {f"m{n}.py": HANDLER for n in range(10)})
    write(tmp_path, {"big.py": b"#" * 2_000})
    project = read_project(tmp_path, limits=Limits(python_file=1_000))
    assert "big.py" not in project.python
    assert [note.kind for note in project.notes] == [NoteKind.BOUNDED]
    few = read_project(tmp_path, limits=Limits(files=4))
    assert len(few.python) == 4
    assert [note.kind for note in few.notes] == [NoteKind.BOUNDED]


def test_a_tree_of_folders_without_end_is_bounded(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(100):
        deep = deep / "d"
    write(deep, {"app.py": HANDLER})
    project = read_project(tmp_path)
    assert project.python == {}
    assert NoteKind.BOUNDED in [note.kind for note in project.notes]


def test_globs_leave_out_files_and_folders(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": HANDLER, "tests/test_app.py": b"", "gen/x_pb2.py": b"", "gen/y.py": b""})
    project = read_project(tmp_path, exclude=("tests/**", "*_pb2.py"))
    assert sorted(project.python) == ["app.py", "gen/y.py"]


def test_nothing_there_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(DayflyError) as caught:
        read_project(tmp_path / "nowhere")
    assert caught.value.hint
