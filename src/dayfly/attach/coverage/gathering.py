"""Reads an account's functions, many at a time within a bound, and puts what is known of each together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.aws.contents import Fetch, fetch, read_contents
from dayfly.attach.aws.facts import FunctionFacts, facts_of, list_functions, read_facts
from dayfly.attach.aws.wording import CredentialsError
from dayfly.attach.coverage import logs
from dayfly.attach.coverage.judging import judge, unreadable
from dayfly.attach.coverage.model import Coverage, LayerNote, Seen
from dayfly.attach.coverage.moments import read_time
from dayfly.attach.live.model import is_dayfly_layer, without_version
from dayfly.attach.wrappers import is_attached
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

# Lambda answers 15 calls a second of this kind for the whole account, 100 of GetFunction:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. More at once would only be throttled.
PARALLEL = 8


class Pause:
    """A sleep for `Caller` that ends when whoever waits for the calls has gone: a throttled call may be tried for minutes."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def __call__(self, seconds: float) -> None:
        """Wait; raises CallError once `end` was called."""
        if self._ended.wait(seconds):
            raise CallError("not checked: the run was stopped")

    def end(self) -> None:
        """Let nobody wait any longer."""
        self._ended.set()


class Surveyor:
    """Looks at functions of one account and region.

    `seen` tells what a fleet knows of a function, None for one that it does not know; `logs_client` is there where logs
    are to be read. Threads share all of it. `end` is called when nobody wants more.
    """

    def __init__(
        self,
        caller: Caller,
        client: LambdaClient,
        *,
        seen: Callable[[FunctionFacts], Seen | None] = lambda facts: None,
        logs_client: CloudWatchLogsClient | None = None,
        parallel: int = PARALLEL,
        clock: Callable[[], float] = time.time,
        download: Fetch = fetch,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        self._caller = caller
        self._client = client
        self._seen = seen
        self._logs_client = logs_client
        self._parallel = parallel
        self._clock = clock
        self._download = download
        self._end = end

    def listed(self, *, tags: Mapping[str, str] | None = None) -> Iterator[str | FunctionFacts]:
        """Yield every function of the account: its name, or all of it where it cannot be Python's.

        Functions of other runtimes take no further call: there may be thousands of them.
        """
        if tags:
            yield from list_functions(self._caller, self._client, tags=tags)
            return
        for told in self._caller.pages(
            self._client.list_functions, "Functions", what="cannot list functions"
        ):
            if told.get("PackageType", "Zip") == "Zip" and not str(told.get("Runtime", "")).startswith(
                "python"
            ):
                yield facts_of(
                    {"Configuration": told}, aliases=[], versions=[], provisioned=[], signing={}, unknown=[]
                )  # fmt: skip
            else:
                yield str(told["FunctionName"])

    def survey(
        self, functions: Iterator[str | FunctionFacts] | Sequence[str | FunctionFacts], *, are_listed: bool
    ) -> Iterator[Coverage]:
        """Yield the coverage of each, in no order; one that was listed and is gone meanwhile is left out.

        Raises CredentialsError: no other function would do better.
        """
        notes: dict[str, LayerNote] = {}
        source = iter(functions)
        with ThreadPoolExecutor(self._parallel) as pool:
            running: set[Future[Coverage | None]] = set()
            try:
                while True:
                    for one in islice(source, 2 * self._parallel - len(running)):
                        running.add(pool.submit(self._one, one, notes, are_listed))
                    if not running:
                        return
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from filter(None, (future.result() for future in done))
            finally:
                self._end()
                pool.shutdown(cancel_futures=True)

    def _one(
        self, function: str | FunctionFacts, notes: dict[str, LayerNote], is_listed: bool
    ) -> Coverage | None:
        if isinstance(function, FunctionFacts):
            return judge(function, now=self._clock())
        try:
            facts = read_facts(self._caller, self._client, function)
        except CredentialsError:
            raise
        except CallError as error:
            if error.is_missing and is_listed:
                return None
            return unreadable(function, error)
        for layer in facts.layers:
            if is_dayfly_layer(layer.arn) and layer.arn not in notes:
                notes[layer.arn] = self._note(layer.arn)
        return judge(facts, layers=notes, seen=self._look(facts), now=self._clock())

    def _note(self, arn: str) -> LayerNote:
        """What Lambda says of a layer, and what it holds, as far as this role may read it."""
        try:
            told = self._caller.call(
                self._client.get_layer_version,
                limit_s=30.0,
                LayerName=without_version(arn),
                VersionNumber=int(arn.rpartition(":")[2]),
            )
        except CredentialsError:
            raise
        except CallError as error:
            return LayerNote(contents=error.message)
        content = told["Content"]
        return LayerNote(
            str(told.get("Description") or ""),
            read_time(str(told.get("CreatedDate") or "")),
            read_contents(
                arn,
                str(content.get("Location") or ""),
                str(content.get("CodeSha256") or ""),
                download=self._download,
            ),
        )

    def _look(self, facts: FunctionFacts) -> Seen | None:
        seen = self._seen(facts)
        if self._logs_client is None or not (
            is_attached(facts.environment.variables) or facts.package_type == "Image"
        ):
            return seen
        try:
            told = logs.look(self._caller, self._logs_client, facts.log_group, now=self._clock())
        except CredentialsError:
            raise
        except DayflyError as error:
            return seen or Seen(source=f"{logs.SOURCE} (not read: {error.message[:200]})")
        if seen is None:
            return told
        # A fleet knows more, but takes no line that is none of Dayfly's own.
        return replace(seen, refused=told.refused, refusal=told.refusal)
