"""`dayfly promote --into`: the same for a function whose policy is deployed with its package."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly.cli.policy import say_written
from dayfly.cli.policy_view import draw_promotion
from dayfly.cli.promote_run import NOT_READY, PromoteOptions
from dayfly.cli.promote_source import observe
from dayfly.cli.promote_view import PromoteView
from dayfly.core.settings import FILE_NAME
from dayfly.policy.document import parse_document, read_text
from dayfly.policy.promoting import noise_of
from dayfly.policy.promoting import promote as promote_rules
from dayfly.policy.proposing import propose
from dayfly.policy.readiness import judge_block, judge_observe
from dayfly.policy.storing import write_file

if TYPE_CHECKING:
    from dayfly.attach.rollout.promoting import Promoter
    from dayfly.cli.output import Output
    from dayfly.fleet.service.client import Client


def write_into(
    output: Output,
    promoter: Promoter,
    client: Client | None,
    options: PromoteOptions,
    function: str,
    place: Path,
) -> int:
    """Write what was learned into a package's file, or let its quiet rules block; return the exit code.

    The function is left as it is: the next deployment brings the file to it.
    """
    view = PromoteView(output)
    facts = promoter.facts(function)
    observation = observe(client, options.source, facts, days=options.demand.days + 1)
    path = place / FILE_NAME if place.is_dir() else place
    old = read_text(path) if path.exists() else ""
    if options.guard == "block":
        document = parse_document(old, path)
        readiness = judge_block(observation, document.policy(), options.demand, digest="")
        view.ready(facts.name, "observe", readiness)
        noise = noise_of(observation)
        found = promote_rules(document, noise)
        if not output.is_json:
            output.console.print(
                draw_promotion(document, found, noise, observation.malformed), soft_wrap=False
            )
        new = found.text
    else:
        proposal = propose(
            observation, old=old, today=datetime.now(UTC).date(), with_rare=options.with_rare, mode="observe", file=str(path)
        )  # fmt: skip
        view.proposal(proposal, old, name=str(path))
        readiness = judge_observe(
            observation,
            options.demand,
            policy=parse_document(proposal.text).policy(),
            with_rare=options.with_rare,
        )
        view.ready(facts.name, "learn", readiness)
        new = proposal.text
    if not readiness.is_ready and not options.force:
        return NOT_READY
    is_written = not options.is_dry_run and write_file(path, old, new)
    if output.is_json:
        output.json({"type": "written", "file": str(path), "written": is_written, "forced": options.force})
    else:
        say_written(output, path, is_written=is_written, is_dry=options.is_dry_run)
    return 0
