"""Comments are found, and what only looks like one is not: strings, block scalars, heredocs."""

from __future__ import annotations

import pytest

from dayfly.scan.report.comments import comments_of

MARK = "# dayfly: ignore[x]"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.py", f"x = 1  {MARK}\n", [(1, False)]),
        ("a.py", f"{MARK}\nx = 1\n", [(1, True)]),
        ("a.py", f"    {MARK}\n", [(1, True)]),
        ("a.py", f'x = "{MARK}"\n', []),
        ("a.py", f'"""\n{MARK}\n"""\n', []),
        ("a.py", f'f"{{x}} {MARK}"\n', []),
        ("a.py", f"x = (1,\n     2)  {MARK}\n", [(2, False)]),
        ("a.yaml", f"key: value  {MARK}\n", [(1, False)]),
        ("a.yaml", f"{MARK}\nkey: value\n", [(1, True)]),
        ("a.yaml", f'key: "{MARK}"\n', []),
        ("a.yaml", f"key: 'it {MARK}'\n", []),
        ("a.yaml", f"key: |\n  x\n  {MARK}\nother: 1\n", []),
        ("a.yaml", f"key: >\n  {MARK}\n  text\nother: 1  {MARK}\n", [(4, False)]),
        ("a.yaml", "key: a#b\n", []),
        ("a.yml", f"key: ü  {MARK}\n", [(1, False)]),
        ("a.yaml", f"a: !Sub '${{B}}'  {MARK}\n", [(1, False)]),
        ("a.tf", f"a = 1 {MARK}\n", [(1, False)]),
        ("a.tf", f"a = 1 //{MARK[1:]}\n", [(1, False)]),
        ("a.tf", f'a = "{MARK}"\n', []),
        ("a.tf", f'a = "\\"{MARK}"\n', []),
        ("a.tf", f"a = <<EOF\n{MARK}\nEOF\nb = 1 {MARK}\n", [(4, False)]),
        ("a.tf", f"a = <<-EOF\n  {MARK}\n  EOF\n", []),
        ("a.toml", f"a = 1 {MARK}\n", [(1, False)]),
        ("a.toml", f"a = '{MARK}'\n", []),
        ("a.toml", f'a = """\n{MARK}\n"""\nb = 1 {MARK}\n', [(4, False)]),
        ("requirements.txt", f"boto3==1.0  {MARK}\n", [(1, False)]),
        ("a.json", f'{{"a": 1}} {MARK}\n', []),
        ("a.md", f"{MARK}\n", []),
    ],
)
def test_comments_are_told_from_text(path: str, text: str, expected: list[tuple[int, bool]]) -> None:
    found = [
        (line, is_alone) for line, _, comment, is_alone in comments_of(path, text) if "dayfly:" in comment
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "def (:\n  '''\n"),
        ("a.py", "(" * 500),
        ("a.py", "\t x\n  y\n z\n"),
        ("a.yaml", "a: [1, 2\nb: }\n\t- x"),
        ("a.yaml", "[" * 3000),
        ("a.tf", 'a = "never closed\n<<EOF\n'),
        ("a.toml", 'a = """never closed\n'),
    ],
)
def test_broken_files_have_no_comments_and_raise_nothing(path: str, text: str) -> None:
    list(comments_of(path, text))
