"""Which paths stay: globs as in gitignore, and directories on the way to one."""

from __future__ import annotations

import time

import pytest

from dayfly.core.keep import keep_rule

CASES = [
    # globs, path, verdict
    ((), "/tmp/a", "no"),
    (("/tmp/a",), "/tmp/a", "all"),
    (("/tmp/a",), "/tmp/a/below/it", "all"),
    (("/tmp/a",), "/tmp/ab", "no"),
    (("/tmp/a",), "/tmp/A", "no"),
    (("/tmp/a",), "/tmp", "inside"),
    (("/tmp/a",), "/var/tmp/a", "no"),
    (("/tmp/a/b/c",), "/tmp/a", "inside"),
    (("/tmp/a/b/c",), "/tmp/a/b", "inside"),
    (("/tmp/a/b/c",), "/tmp/a/x", "no"),
    (("/tmp/*.json",), "/tmp/x.json", "all"),
    (("/tmp/*.json",), "/tmp/x.txt", "no"),
    (("/tmp/*",), "/tmp/.hidden", "all"),
    (("/tmp/*/c",), "/tmp/a", "inside"),
    (("/tmp/*/c",), "/tmp/a/c", "all"),
    (("/tmp/*/c",), "/tmp/a/b", "no"),
    (("/tmp/*/c",), "/tmp/a/b/c", "no"),  # a star stays within one part
    (("/tmp/a?",), "/tmp/ab", "all"),
    (("/tmp/a?",), "/tmp/a", "no"),
    (("/tmp/[ab]",), "/tmp/b", "all"),
    (("/tmp/[!a]",), "/tmp/a", "no"),
    (("/tmp/cache/**",), "/tmp/cache/x/y", "all"),
    (("/tmp/cache/**",), "/tmp/cache", "inside"),
    (("/tmp/cache/**",), "/tmp/cached", "no"),
    (("/tmp/**/x",), "/tmp/x", "all"),
    (("/tmp/**/x",), "/tmp/a/b/x", "all"),
    (("/tmp/**/x",), "/tmp/a/b", "inside"),
    (("/tmp/**/x",), "/tmp/a/x/below", "all"),
    (("/tmp/a", "/tmp/b/c"), "/tmp/b", "inside"),
    (("/tmp/a", "/tmp/b/c"), "/tmp/a", "all"),
    (("/tmp/b/c", "/tmp/b"), "/tmp/b", "all"),
    (("/tmp/a/",), "/tmp/a", "all"),
    (("/tmp/a\nb",), "/tmp/a\nb", "all"),
    (("/tmp/a",), "/tmp/a\n", "no"),
    (("/tmp/caf\udce9",), "/tmp/caf\udce9", "all"),
]


@pytest.mark.parametrize(("globs", "path", "verdict"), CASES)
def test_a_path_stays_as_its_globs_say(globs: tuple[str, ...], path: str, verdict: str) -> None:
    assert keep_rule(globs)(path) == verdict


def test_a_long_path_made_by_an_attacker_costs_little_even_with_several_globs() -> None:
    keeps = keep_rule(("/tmp/**/a/**/b/**/c/**/d",))
    path = "/tmp/" + "/".join("ab" * 300)
    began = time.process_time()
    assert keeps(path) == "inside"
    assert time.process_time() - began < 20
