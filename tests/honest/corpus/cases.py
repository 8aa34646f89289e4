"""What a table of the corpus consists of: honest requests, and attacks with the proof that they work."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.honest.samples.sample import Event
from tests.real.servers import Kind


@dataclass(frozen=True)
class Attack:
    """One attack: `event` makes the handler answer with `proof`, if need be after the events in `before`."""

    kind: str
    handler: str
    event: Event
    proof: str
    before: Sequence[tuple[str, Event]] = ()


@dataclass(frozen=True)
class Call:
    """One invocation of one handler of a family."""

    handler: str
    event: Event


@dataclass(frozen=True)
class Family:
    """A function with many handlers, and what is sent to each of them."""

    name: str
    function: Path
    requests: Mapping[str, Sequence[Event]]
    attacks: Sequence[Attack]
    needs: Sequence[Kind]

    def calls(self) -> list[Call]:
        """Every honest request."""
        return [Call(handler, event) for handler, events in self.requests.items() for event in events]

    def halves(self) -> tuple[list[Call], list[Call]]:
        """Every other honest request of each handler, the first one included, and the rest."""
        first, second = (
            [Call(handler, event) for handler, events in self.requests.items() for event in events[at::2]]
            for at in (0, 1)
        )
        return first, second

    def sequence(self) -> tuple[list[Call], list[str]]:
        """Every call in order, and what its answer must contain to work without Dayfly."""
        calls, proofs = self.calls(), [""] * len(self.calls())
        for attack in self.attacks:
            calls += [
                *(Call(handler, event) for handler, event in attack.before),
                Call(attack.handler, attack.event),
            ]
            proofs += ["" for _ in attack.before] + [attack.proof]
        return calls, proofs


def families(folder: Path, names: Sequence[str] = ()) -> list[Family]:
    """The families of one half: NAME.py with REQUESTS or ATTACKS, and functions/NAME/app.py."""
    found = [
        _family(path)
        for path in sorted(folder.glob("*.py"))
        if path.stem != "__init__" and (not names or path.stem in names)
    ]
    assert found, f"no family in {folder}"
    return found


def with_addresses(event: Event, addresses: Mapping[str, str]) -> Event:
    """The event with the addresses of this run's servers for `@NAME@`."""
    text = json.dumps(event)
    for name, value in addresses.items():
        text = text.replace(f"@{name}@", value)
    made: Event = json.loads(text)
    return made


def _family(path: Path) -> Family:
    spec = importlib.util.spec_from_file_location(f"corpus_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Family(
        name=path.stem,
        function=path.parent / "functions" / path.stem,
        requests=getattr(module, "REQUESTS", {}),
        attacks=getattr(module, "ATTACKS", ()),
        needs=getattr(module, "NEEDS", ()),
    )


def rest(
    method: str, path: str, body: object = None, *, ids: Mapping[str, str] | None = None, **query: str
) -> dict[str, object]:
    """An event of a REST API (payload format 1.0)."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Host": "a1b2c3.execute-api.eu-central-1.amazonaws.com",
            "User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)",
        },
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": {"stage": "prod", "requestId": "r-1", "identity": {"sourceIp": "198.51.100.7"}},
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
