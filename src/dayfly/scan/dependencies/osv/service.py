"""Asks an OSV service which advisories concern a set of versions (https://google.github.io/osv.dev/api/)."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.osv.record import parse_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dayfly.scan.dependencies.osv.record import Advisory

_BATCH = 1_000  # the service's own limit
_MAX_PAGES = 50  # of one batch
_MAX_ADVISORIES = 3_000
_MAX_ANSWER = 64_000_000  # bytes
_TRIES = 3
_AT_ONCE = 4
_AGAIN = frozenset({429, 500, 502, 503, 504})


class ServiceError(Exception):
    """The service could not be asked, or did not answer as it should; the text says why."""


@dataclass(frozen=True)
class Service:
    """An OSV service. `wait` is called with seconds between tries, `clock` gives a monotonic time in seconds."""

    url: str
    wait: Callable[[float], None]
    clock: Callable[[], float]
    timeout: float = 10.0  # seconds for one answer
    patience: float = 90.0  # seconds for all of them

    def ask(self, packages: Sequence[tuple[str, str]]) -> tuple[Advisory, ...]:
        """Every advisory about any of these (name, version); raises ServiceError."""
        if urllib.parse.urlsplit(self.url).scheme not in ("http", "https"):
            raise ServiceError(f"{self.url} is not an HTTP address")
        deadline = self.clock() + self.patience
        ids = sorted(
            {
                one
                for start in range(0, len(packages), _BATCH)
                for one in self._ids(packages[start : start + _BATCH], deadline)
            }
        )
        if len(ids) > _MAX_ADVISORIES:
            raise ServiceError(f"the answer has more than {_MAX_ADVISORIES:,} advisories")
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            documents = list(pool.map(lambda one: self._fetch(one, deadline), ids))
        return tuple(one for document in documents if (one := parse_record(document)) is not None)

    def _ids(self, packages: Sequence[tuple[str, str]], deadline: float) -> Iterator[str]:
        queries: list[dict[str, object]] = [
            {"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in packages
        ]
        for _ in range(_MAX_PAGES):
            answer = self._call("/v1/querybatch", {"queries": queries}, deadline)
            results = answer.get("results") if isinstance(answer, dict) else None
            if not isinstance(results, list) or len(results) != len(queries):
                raise ServiceError("the answer to querybatch has no result for each query")
            following = []
            for query, result in zip(queries, results, strict=True):
                found = result.get("vulns") if isinstance(result, dict) else None
                for one in found if isinstance(found, list) else ():
                    if isinstance(one, dict) and isinstance(one.get("id"), str):
                        yield one["id"]
                token = result.get("next_page_token") if isinstance(result, dict) else None
                if isinstance(token, str) and token:
                    following.append({**query, "page_token": token})
            if not following:
                return
            queries = following
        raise ServiceError(f"more than {_MAX_PAGES} pages of results")

    def _fetch(self, identity: str, deadline: float) -> object:
        return self._call("/v1/vulns/" + urllib.parse.quote(identity, safe=""), None, deadline)

    def _call(self, path: str, body: object | None, deadline: float) -> object:
        request = urllib.request.Request(
            self.url.rstrip("/") + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "User-Agent": "dayfly-scan"},
        )
        for attempt in range(1, _TRIES + 1):
            if self.clock() > deadline:
                raise ServiceError(f"{self.url} took longer than {self.patience:.0f} seconds")
            reason, is_final = "", False
            try:
                with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                    data = answer.read(_MAX_ANSWER + 1)
                if len(data) > _MAX_ANSWER:
                    raise ServiceError(f"{self.url} sent more than {_MAX_ANSWER:,} bytes")
                return json.loads(data)
            except urllib.error.HTTPError as error:
                reason, is_final = f"HTTP {error.code}", error.code not in _AGAIN
                error.close()
            except (OSError, http.client.HTTPException) as error:
                reason = str(getattr(error, "reason", "") or error or type(error).__name__)
            except (ValueError, RecursionError) as error:
                reason, is_final = f"not JSON: {error}", True
            if is_final or attempt == _TRIES:
                raise ServiceError(f"cannot query {self.url}: {reason}")
            self.wait(0.5 * 2**attempt)
        raise AssertionError("unreachable")
