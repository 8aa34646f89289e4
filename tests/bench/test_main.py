"""Every subcommand can be asked what it does, and a stranger is refused."""

from __future__ import annotations

import pytest
from bench.__main__ import SUBCOMMANDS, main


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_a_subcommand_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert f"python -m bench {name}" in printed
    # What is measured is printed or, by `plots`, drawn.
    assert any(option in printed for option in ("--markdown", "--json", "--folder"))


def test_help_names_the_subcommands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    printed = capsys.readouterr().out
    assert all(name in printed for name in SUBCOMMANDS)


def test_an_unknown_subcommand_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["libaries"])
    assert ended.value.code == 2
    assert "libaries" in capsys.readouterr().err
