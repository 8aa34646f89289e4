"""Libraries in a package are told from the function's own modules by their records."""

from __future__ import annotations

from pathlib import Path

from dayfly.lab.plan.packages import list_vendored


def test_top_level_names_of_installed_distributions_are_vendored(tmp_path: Path) -> None:
    record = tmp_path / "requests-2.34.2.dist-info" / "RECORD"
    record.parent.mkdir()
    record.write_text(
        "requests/__init__.py,sha256=x,1\nrequests-2.34.2.dist-info/METADATA,,\n../../bin/x,,\n"
        '"six.py",sha256=x,1\n__pycache__/six.cpython-313.pyc,,\n'
    )
    (tmp_path / "app.py").touch()
    assert list_vendored(tmp_path) == ("requests", "six")
    assert list_vendored(tmp_path / "requests-2.34.2.dist-info") == ()
