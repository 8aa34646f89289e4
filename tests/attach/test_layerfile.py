"""A zip is looked at before it is taken for a layer, and unpacked as Lambda does, to nowhere else."""

from __future__ import annotations

import stat
import sys
import zipfile
from pathlib import Path

import pytest

from dayfly.attach.build import build_layer
from dayfly.attach.layerfile import read_layer, unpack
from dayfly.attach.layout import LayerError

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture(scope="module")
def zip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_layer(tmp_path_factory.mktemp("layerfile") / "layer.zip", [HERE]).path


def repacked(
    source: Path, target: Path, change: dict[str, bytes | None], *, keeps_modes: bool = True
) -> Path:
    """A copy of a zip with other members: None takes one away."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        members = {info.filename: (info, old.read(info)) for info in old.infolist()}
        for name, data in change.items():
            if data is None:
                del members[name]
            else:
                info = zipfile.ZipInfo(name)
                info.compress_type = zipfile.ZIP_DEFLATED
                members[name] = (info, data)
        for info, data in members.values():
            if not keeps_modes:
                info.external_attr = 0
            new.writestr(info, data)
    return target


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dayfly": None}, "is not a Dayfly layer"),
        ({"dayfly.d/manifest.json": None}, "is not a Dayfly layer"),
        ({"dayfly.d/manifest.json": b"[]"}, "an unsupported manifest"),
        ({"dayfly.d/manifest.json": b"{"}, "is damaged"),
        ({"dayfly.d/manifest.json": b'{"bytecode": ["2.7"], "dayfly": "1"}'}, "an unsupported manifest"),
        ({"python/evil.py": b"x" * 9_000_000}, "bytes unzipped; a Dayfly layer has at most"),
    ],
)
def test_what_is_no_layer_is_refused(
    change: dict[str, bytes | None], words: str, zip_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(LayerError, match=words):
        read_layer(repacked(zip_file, tmp_path / "other.zip", change))


def test_one_whose_wrapper_lost_its_mode_is_refused(zip_file: Path, tmp_path: Path) -> None:
    with pytest.raises(LayerError, match="not executable"):
        read_layer(repacked(zip_file, tmp_path / "other.zip", {}, keeps_modes=False))


@pytest.mark.parametrize("length", [0, 100, -1, -400])
def test_half_a_layer_is_refused(length: int, zip_file: Path, tmp_path: Path) -> None:
    (tmp_path / "half.zip").write_bytes(zip_file.read_bytes()[:length])
    with pytest.raises(LayerError, match="is damaged"):
        read_layer(tmp_path / "half.zip")


def test_a_layer_with_a_spoilt_member_is_refused(zip_file: Path, tmp_path: Path) -> None:
    data = bytearray(zip_file.read_bytes())
    data[2000] ^= 0xFF
    (tmp_path / "spoilt.zip").write_bytes(data)
    with pytest.raises(LayerError, match="is damaged"):
        read_layer(tmp_path / "spoilt.zip")


@pytest.mark.parametrize("is_read", [True, False])
def test_a_member_that_cannot_be_inflated_is_refused(is_read: bool, zip_file: Path, tmp_path: Path) -> None:
    data = bytearray(zip_file.read_bytes())
    with zipfile.ZipFile(zip_file) as file:
        member = next(one for one in file.infolist() if one.compress_type == zipfile.ZIP_DEFLATED)
    # A deflate stream does not begin with this kind of block.
    data[member.header_offset + 30 + len(member.filename) + len(member.extra)] = 0xFF
    (tmp_path / "spoilt.zip").write_bytes(data)
    (tmp_path / "opt").mkdir()
    with pytest.raises(LayerError, match="is damaged"):
        read_layer(tmp_path / "spoilt.zip") if is_read else unpack(tmp_path / "spoilt.zip", tmp_path / "opt")


def _zip(path: Path, members: list[tuple[str, bytes, int]]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, data, mode in members:
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            info.external_attr = mode << 16
            file.writestr(info, data)
    return path


@pytest.mark.parametrize(
    ("name", "mode"),
    [("../x", 0o644), ("/x", 0o644), ("a/../../x", 0o644), ("link", stat.S_IFLNK | 0o777)],
)
def test_what_leads_outside_is_not_unpacked(name: str, mode: int, tmp_path: Path) -> None:
    opt = tmp_path / "opt"
    opt.mkdir()
    with pytest.raises(LayerError, match="a link, or a path outside"):
        unpack(_zip(tmp_path / "other.zip", [(name, b"/etc", mode)]), opt)
    assert list(opt.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["opt", "other.zip"]


def test_a_file_where_a_folder_is_wanted_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "opt").mkdir()
    with pytest.raises(LayerError, match="is damaged"):
        unpack(_zip(tmp_path / "other.zip", [("a", b"", 0), ("a/b", b"", 0)]), tmp_path / "opt")


def test_files_keep_their_modes_and_everybody_may_read_them(tmp_path: Path) -> None:
    opt = tmp_path / "opt"
    opt.mkdir()
    members = [("bin/run", b"1", 0o700), ("bin/data", b"2", 0o600), ("none", b"3", 0)]
    unpack(_zip(tmp_path / "other.zip", members), opt)
    modes = {path.name: path.stat().st_mode & 0o777 for path in opt.rglob("*")}
    assert modes == {"bin": 0o755, "run": 0o744, "data": 0o644, "none": 0o644}


def test_a_later_layers_files_win(tmp_path: Path) -> None:
    opt = tmp_path / "opt"
    opt.mkdir()
    for number in (b"1", b"2"):
        unpack(_zip(tmp_path / "other.zip", [("both", number, 0o644), (f"only{number!r}", b"", 0o644)]), opt)
    assert (opt / "both").read_bytes() == b"2"
    assert len(list(opt.iterdir())) == 3
