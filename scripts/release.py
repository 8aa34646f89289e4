"""Builds a release into dist/: wheels, source distributions, layers, checksums and a bill of materials.

`make release` runs it. The same commit, interpreters and uv give the same bytes in any folder at any time.
With --tagged, the commit must bear the tag of its version, CHANGELOG.md must describe it, and no layer may be missing.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import dayfly
from dayfly.attach.layout import PYTHONS
from dayfly.attach.pythons import find_python

ROOT = Path(__file__).resolve().parent.parent
UV = str(ROOT / "scripts" / "uv")
CHECKSUMS = "SHA256SUMS"
SBOM = "dayfly.cdx.json"
# One name space for the serial numbers: the same release has the same number.
_RELEASES = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/dayfly/release")
# What the distributions may bring along, in every extra, as uv.lock has it.
EXPORT = [
    *("--frozen", "--all-packages", "--all-extras", "--no-dev", "--quiet"),
    *("--format", "cyclonedx1.5", "--preview-features", "sbom-export"),
]
_TIMEOUT_S = 600


class ReleaseError(Exception):
    """A release that cannot be built; the message says what to do."""


def main(arguments: Sequence[str]) -> int:
    """Build into dist/ and say what was built; 2 and one line on stderr where that is not possible."""
    parser = argparse.ArgumentParser(prog="make release", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tagged", action="store_true", help="fail unless HEAD bears the version's tag")
    is_tagged = parser.parse_args(arguments).tagged
    try:
        changed = _git("status", "--porcelain", "--untracked-files=no").splitlines()
        # Whatever the user's own settings hide: it would be built in.
        added = _git("ls-files", "--others", "--exclude-per-directory=.gitignore").splitlines()
        check_tree([*(line[3:] for line in changed), *added])
        check_tag(_git("tag", "--points-at", "HEAD").split(), dayfly.__version__, is_required=is_tagged)
        if is_tagged:
            check_changelog((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), dayfly.__version__)
        missing = [version for version in PYTHONS if find_python(version) is None]
        if missing and is_tagged:
            raise ReleaseError(
                f"Python {', '.join(missing)} not found: install it, its layer would be missing"
            )
        written = build(
            int(_git("log", "-1", "--format=%ct")), [one for one in PYTHONS if one not in missing]
        )
    except (ReleaseError, OSError) as error:
        sys.stderr.write(f"make release: {error}\n")
        return 2
    for path in written:
        sys.stdout.write(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes\n")
    if missing:
        sys.stdout.write(f"no layer for Python {', '.join(missing)}: not found on this machine\n")
    if not is_tagged:
        sys.stdout.write("a trial build; a release is built by `make release ARGS=--tagged`\n")
    return 0


def check_tree(files: Sequence[str]) -> None:
    """Raise ReleaseError if any file differs from the commit. Pure."""
    if files:
        shown = ", ".join(files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")
        raise ReleaseError(f"the working tree has changes ({shown}): commit, stash or remove them")


def check_tag(tags: Sequence[str], version: str, *, is_required: bool) -> None:
    """Raise ReleaseError if a version's tag on this commit is another version's, or a required one is missing. Pure."""
    found = [tag for tag in tags if tag.startswith("v")]
    expected = f"v{version}"
    wrong = [tag for tag in found if tag != expected]
    if wrong:
        raise ReleaseError(
            f"tag {wrong[0]} does not match version {version}: correct __version__ or tag {expected}"
        )
    if is_required and not found:
        raise ReleaseError(f"this commit has no tag {expected}: git tag {expected}, or leave --tagged out")


def check_changelog(text: str, version: str) -> None:
    """Raise ReleaseError unless the changelog has a dated section for the version. Pure."""
    if re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", text, re.MULTILINE) is None:
        raise ReleaseError(f"CHANGELOG.md has no section ## [{version}] - YYYY-MM-DD: rename [Unreleased]")


def build(epoch: int, pythons: Sequence[str]) -> list[Path]:
    """Build everything into a new folder, put it in place of dist/, and return its files, sorted."""
    cache = ROOT / ".cache"
    cache.mkdir(exist_ok=True)
    # In the checkout: a rename within one file system is all or nothing.
    with tempfile.TemporaryDirectory(dir=cache) as name:
        folder = Path(name) / "dist"
        variables = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
        _run(
            [UV, "build", "--all-packages", "--quiet", "--no-create-gitignore", "--out-dir", str(folder)],
            variables,
        )
        packages = sorted(folder.iterdir())
        check_versions([path.name for path in packages], dayfly.__version__)
        for python in pythons:
            _run(layer_command(folder, python), variables)
        exported = _run([UV, "export", *EXPORT], variables)
        (folder / SBOM).write_text(
            write_sbom(
                json.loads(exported), version=dayfly.__version__, epoch=epoch, packages=digests(packages)
            )
        )
        sums = digests(sorted(folder.iterdir()))
        (folder / CHECKSUMS).write_text("".join(f"{digest}  {one}\n" for one, digest in sums.items()))
        target = ROOT / "dist"
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    return sorted(target.iterdir())


def check_versions(names: Iterable[str], version: str) -> None:
    """Raise ReleaseError unless every built file is of this version. Pure."""
    for name in names:
        if name.split("-")[1].removesuffix(".tar.gz") != version:
            raise ReleaseError(f"{name} is not of version {version}: give every package the same version")


def layer_command(folder: Path, python: str) -> list[str]:
    """Return the command that builds the layer of one Python."""
    start = "import sys; from dayfly.cli.main import main; sys.exit(main())"
    output = folder / f"dayfly-layer-{dayfly.__version__}-python{python}.zip"
    return [
        sys.executable,
        "-c",
        start,
        "layer",
        "build",
        "--python",
        python,
        "--output",
        str(output),
        "--sbom",
    ]


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """Return each file's SHA-256 by its name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def write_sbom(bill: dict[str, object], *, version: str, epoch: int, packages: Mapping[str, str]) -> str:
    """Return uv's bill of the locked dependencies with our files in it, and nothing that changes from run to run. Pure."""
    files = [
        {
            "type": "file",
            "bom-ref": f"file:{name}",
            "name": name,
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }
        for name, digest in packages.items()
    ]
    metadata = bill["metadata"]
    components = bill["components"]
    assert isinstance(metadata, dict)
    assert isinstance(components, list)
    metadata["timestamp"] = datetime.datetime.fromtimestamp(epoch, datetime.UTC).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
    metadata["component"]["version"] = version
    bill["components"] = [*components, *files]
    del bill["serialNumber"]
    bill["serialNumber"] = uuid.uuid5(_RELEASES, json.dumps(bill, sort_keys=True)).urn
    return json.dumps(bill, indent=2, sort_keys=True) + "\n"


def _git(*arguments: str) -> str:
    return _run(["git", *arguments], dict(os.environ)).rstrip("\n")


def _run(command: Sequence[str], variables: Mapping[str, str]) -> str:
    try:
        run = subprocess.run(
            command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReleaseError(f"{command[0]} did not run: {error}") from error
    if run.returncode != 0:
        raise ReleaseError(f"{' '.join(command[:3])} failed:\n{run.stderr.strip()}")
    return run.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
