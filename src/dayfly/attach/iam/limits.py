"""What a condition of IAM can keep a role from and what not: for the page, and for whoever trusts a policy too far."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """One thing that somebody with a role might do; `is_stopped` by what the policy says, and how it is known."""

    deed: str
    is_stopped: bool
    how: str
    known: str


TRIED = "tried: the printed policy against the call, by an evaluator of ours"
READ = "read in AWS's service authorization reference; not tried on AWS"

RECYCLER: tuple[Limit, ...] = (
    Limit("replace the code (UpdateFunctionCode)", True, "not allowed, and denied whatever else the role has", TRIED),
    Limit("let somebody else call (AddPermission, a function URL)", True, "not allowed, and denied", TRIED),
    Limit("put a layer on (UpdateFunctionConfiguration with Layers)", True, "`Null` on `lambda:Layer`, allowed and denied side", TRIED),
    Limit("give the function another role", True, "needs `iam:PassRole`, which is denied", TRIED),
    Limit("take code signing off", True, "DeleteFunctionCodeSigningConfig is denied", TRIED),
    Limit("take all layers off (an update with an empty list)", False, "whether an empty list counts as `lambda:Layer` being there is not documented; take it that it does not", READ),
    Limit("change the handler, the runtime, the timeout, file systems", False, "no condition key exists for these fields", READ),
    Limit("set, change and remove variables", False, "that is what a recycle does; no condition key exists for their names. A variable as AWS_LAMBDA_EXEC_WRAPPER or PYTHONPATH can lead into code that the function has already", READ),
    Limit("put the function into another VPC", False, "keys exist (`lambda:VpcIds`); they are left out, since whether they stand for the request or for what the function has is not documented, and a recycler that fails on every function of a VPC is none", READ),
    Limit("have an alias serve another version that is published (UpdateAlias)", False, "no condition key exists for the version; `dayfly iam recycle --only-latest` leaves it out", READ),
    Limit("publish what is in $LATEST, whoever put it there (PublishVersion)", False, "no condition key exists; likewise", READ),
    Limit("with --revoke-sessions: give the named roles any permission (PutRolePolicy)", False, "no condition key exists for what a policy says; `--boundary` sets the most that it can give", READ),
    Limit("download the code (GetFunction answers with a link)", False, "the same action tells tags and configuration", READ),
)  # fmt: skip
