"""Speaks to the running service for the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from dayfly.errors import DayflyError

# A report over a day of a large fleet takes seconds, never minutes.
_SECONDS = 120.0


class Client:
    """The service of a folder on this machine, or of a URL with a token; close it, or use it in a `with`.

    Raises DayflyError where nothing answers, the token is not known, or the service refuses.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self.http = httpx.Client(
            base_url=self.url,
            headers={"authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(_SECONDS, connect=5.0),
            follow_redirects=False,
            # A proxy of the environment has no business between a machine and itself, and the token is not for it.
            trust_env=False,
            verify=not _is_loopback(self.url),
        )

    @classmethod
    def beside(cls, folder: Path) -> Client:
        """The service that runs on a folder of this machine."""
        try:
            told = json.loads((folder / "serving.json").read_text("utf-8") or "{}")
            token = (folder / "cli.token").read_text("utf-8").strip()
            url = str(told["local"])
        except PermissionError as error:
            raise DayflyError(
                f"{folder} belongs to another user",
                hint="run this command as that user, or use --server URL with an API token in DAYFLY_FLEET_TOKEN",
            ) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DayflyError(
                f"no service is running for {folder}",
                hint=f"start it with `dayfly fleet serve {folder}`, or use --folder for another folder",
            ) from error
        return cls(url, token)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def get(self, path: str, parameters: Mapping[str, str | int | float] | None = None) -> Any:
        """GET a path of the API and return its JSON."""
        return self._json("GET", path, params=dict(parameters or {}))

    def post(self, path: str, value: object = None) -> Any:
        """POST a JSON value to a path of the API and return the answer's JSON."""
        return self._json("POST", path, json=value)

    def stream(self, path: str, parameters: Mapping[str, str | int | float] | None = None) -> Iterator[bytes]:
        """GET a path of the API piece by piece; raises DayflyError also where the answer ends too early."""
        try:
            with self.http.stream("GET", f"/api/v1{path}", params=dict(parameters or {})) as answer:
                if not answer.is_success:
                    answer.read()
                    read_answer(answer)
                yield from answer.iter_bytes()
        except httpx.ConnectError as error:
            raise self._silent(error) from error
        except httpx.HTTPError as error:
            raise DayflyError(
                f"connection to {self.url} lost: {error or type(error).__name__}",
                hint="the output is incomplete; check `dayfly fleet status`, then run this command again",
            ) from error

    def _json(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = self.http.request(method, f"/api/v1{path}", **more)
        except httpx.HTTPError as error:
            raise self._silent(error) from error
        return read_answer(answer)

    def _silent(self, error: httpx.HTTPError) -> DayflyError:
        return DayflyError(
            f"cannot connect to {self.url}: {error or type(error).__name__}",
            hint="start it with `dayfly fleet serve`",
        )


def read_answer(answer: httpx.Response) -> Any:
    """Return an answer's JSON; raises DayflyError with the service's own words where it refuses."""
    try:
        value = answer.json()
    except ValueError:
        value = {"error": answer.text.strip()[:300]}
    if answer.is_success:
        return value
    told = value if isinstance(value, dict) else {}
    raise DayflyError(
        f"the service responded: {told.get('error') or answer.status_code}",
        hint=str(
            told.get("hint") or ("the API token is invalid or expired" if answer.status_code == 401 else "")
        ),
    )


def _is_loopback(url: str) -> bool:
    return (httpx.URL(url).host or "") in ("127.0.0.1", "::1", "localhost")
