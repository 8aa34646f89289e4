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


TRIED = "tested: the generated policy against the call, in Dayfly's own evaluator"
READ = "from AWS's service authorization reference; not tested on AWS"

RECYCLER: tuple[Limit, ...] = (
    Limit("replace the code (UpdateFunctionCode)", True, "not allowed, and denied even if another policy allows it", TRIED),
    Limit("let other accounts invoke it (AddPermission, a function URL)", True, "not allowed, and denied", TRIED),
    Limit("add a layer (UpdateFunctionConfiguration with Layers)", True, "`Null` on `lambda:Layer`, in the Allow and in a Deny statement", TRIED),
    Limit("give the function another role", True, "needs `iam:PassRole`, which is denied", TRIED),
    Limit("remove code signing", True, "DeleteFunctionCodeSigningConfig is denied", TRIED),
    Limit("remove all layers (an update with an empty list)", False, "AWS does not document whether an empty list counts for `lambda:Layer`; assume that it does not", READ),
    Limit("change the handler, the runtime, the timeout, file systems", False, "no condition keys exist for these fields", READ),
    Limit("set, change and remove variables", False, "recycling itself changes a variable, and there is no condition key for their names. Variables such as AWS_LAMBDA_EXEC_WRAPPER or PYTHONPATH can start other code that the function already contains", READ),
    Limit("move the function to another VPC", False, "condition keys exist (`lambda:VpcIds`) but are not used: AWS does not document whether they refer to the request or to the function, so recycling functions in a VPC could fail", READ),
    Limit("point an alias to another published version (UpdateAlias)", False, "no condition key exists for the version; `dayfly iam recycle --only-latest` omits the permission", READ),
    Limit("publish $LATEST, whoever changed it (PublishVersion)", False, "no condition key exists; `--only-latest` omits this permission, too", READ),
    Limit("with --revoke-sessions: give the named roles any permission (PutRolePolicy)", False, "no condition key exists for a policy's content; `--boundary` limits the permissions", READ),
    Limit("download the code (the answer of GetFunction contains a link)", False, "the same action returns tags and configuration", READ),
)  # fmt: skip
