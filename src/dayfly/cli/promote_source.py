"""Where `dayfly promote` has its facts from: the running fleet, or a log; and policies that were written before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from dayfly.attach.aws.calls import Caller
from dayfly.attach.aws.facts import FunctionFacts
from dayfly.attach.rollout.policylayer import build, fetch
from dayfly.attach.rollout.stages import Standing
from dayfly.cli.fleet_asking import ask_fleet
from dayfly.core.policylayer import is_digest
from dayfly.errors import DayflyError
from dayfly.fleet.service.client import Client
from dayfly.policy.observed import Observation, observe_log
from dayfly.policy.storing import replace_file

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

FLEET = "fleet"
_MAX_DOWNLOAD_BYTES = 1 << 20


def observe(client: Client | None, source: str, facts: FunctionFacts, *, days: float) -> Observation:
    """Return what is known of a function; raises DayflyError where there is no fleet, or no such log."""
    if source != FLEET:
        from dayfly.policy.logs import read_log

        return observe_log(read_log(Path(source)), function=facts.name)
    return ask_fleet(client, facts.name, days=days, account=facts.account, region=facts.region)


class Policies:
    """Policies by digest: those that this machine made, and those in layers of the account."""

    def __init__(self, caller: Caller, client: LambdaClient, folder: Path) -> None:
        self._caller = caller
        self._client = client
        self._folder = folder

    def keep(self, text: str, digest: str) -> None:
        """Keep a policy's text, comments and all."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._folder / f"{digest}.toml", text.encode(), 0o600)
        except OSError as error:
            raise DayflyError(
                f"cannot write the policy to {self._folder}: {error.strerror}",
                hint="choose another journal with --journal",
            ) from error

    def of(self, standing: Standing) -> str:
        """Return the text of the active policy, "" where there is none; raises DayflyError where it cannot be had."""
        if not standing.digest and not standing.layer:
            return ""
        if not is_digest(standing.digest):
            raise DayflyError(
                "the function has a policy layer, but DAYFLY_POLICY_DIGEST is not set",
                hint="give the policy's file with --policy",
            )
        try:
            text = (self._folder / f"{standing.digest}.toml").read_text("utf-8")
            if build(text).digest == standing.digest:
                return text
        except (OSError, ValueError, DayflyError):
            pass  # another machine made it, or somebody wrote into it: the layer has it
        try:
            if not standing.layer:
                raise DayflyError("the function has no policy layer")
            return fetch(self._caller, self._client, standing.layer, _download, digest=standing.digest)
        except DayflyError as error:
            raise DayflyError(
                f"the active policy {standing.digest[:12]} cannot be read: {error.message}",
                hint="give its file with --policy, or run this on the machine that created it",
            ) from error


def _download(url: str) -> bytes:
    """GET what AWS says is a layer's content. The address is an answer's, so it is nobody's to choose a file or another scheme."""
    try:
        parsed = httpx.URL(url)
        is_here = parsed.host in ("127.0.0.1", "::1", "localhost")
        if parsed.scheme != "https" and not (parsed.scheme == "http" and is_here):
            raise DayflyError("the layer's download URL is not an AWS address")
        with httpx.stream("GET", parsed, timeout=30, follow_redirects=False, trust_env=not is_here) as answer:
            if not answer.is_success:
                raise DayflyError(f"its content cannot be downloaded: HTTP status {answer.status_code}")
            data = b""
            for part in answer.iter_bytes():
                data += part
                if len(data) > _MAX_DOWNLOAD_BYTES:
                    raise DayflyError("its content is too large for a policy")
            return data
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DayflyError(f"its content cannot be downloaded: {type(error).__name__}") from error
