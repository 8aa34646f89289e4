"""`dayfly scan` tells safe from unsafe twins: the thresholds of docs/scan-measured.md."""

from __future__ import annotations

import pytest
from tests.scan.corpus.generating import corpus
from tests.scan.examining import examine
from tests.scan.scoring import as_table, failures_by_construct, score

MEAN = 0.8
FLOOR = 0.6
# Every fifth pair: enough to see a category break, quick enough for every run.
SOME = [case for number, case in enumerate(corpus()) if number // 2 % 5 == 0]


def test_some_of_the_corpus_is_told_apart() -> None:
    result = score(SOME, examine)
    assert result.mean >= MEAN, failures_by_construct(result)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_corpus_is_told_apart_in_every_category() -> None:
    result = score(corpus(), examine)
    said = f"{as_table(result)}\n{failures_by_construct(result)}"
    assert result.mean >= MEAN, said
    assert result.worst.score >= FLOOR, said
