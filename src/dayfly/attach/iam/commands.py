"""THE table: every command that speaks to AWS, and every action it needs there.

Whoever changes what a command calls changes this; tests/attach/iam runs the commands under exactly these policies, fails for a
call that is not here and for an entry that nothing calls, and looks through the code for calls that no entry has.

Actions, resources and condition keys are those of AWS's service authorization reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

from __future__ import annotations

from dataclasses import replace

from dayfly.attach.iam.calls import (
    DECRYPT,
    DOCTOR,
    ENCRYPT,
    FIND_LAYER,
    GET,
    GET_CONFIGURATION,
    GET_LAYER,
    INVOKE,
    INVOKERS,
    LIST_ALL,
    LOG_LINES,
    MAX_AGE,
    MAX_AGE_TAG,
    METRICS,
    NO_CODE,
    NO_LAYERS,
    POLICY_LAYER,
    PROOF,
    PROVISIONED,
    PUBLISH_LAYER,
    REVOKE_SESSIONS,
    SHAPE,
    SIGNING,
    TAGS,
    UPDATE_LAYERS,
    UPDATE_VARIABLES,
    WAIT,
    aliases,
    read_groups,
)
from dayfly.attach.iam.model import Command

UPDATE_NOTE = "lambda:UpdateFunctionConfiguration cannot be limited to single fields: there are no condition keys for the handler, the runtime, variables, the timeout or file systems, so this role can change all of them. It cannot change the function's role, because it lacks iam:PassRole"
LAYERS_NOTE = "lambda:Layer rejects updates that contain layers. AWS does not document whether an empty list, which removes all layers, counts. Assume that it does not, and monitor for it (`dayfly status`, CloudTrail)"
ALIAS_NOTE = "lambda:UpdateAlias has no condition key for the version: this role can point an alias to any published version, including older ones"
REVOKE_NOTE = "iam:PutRolePolicy cannot be limited to one policy or to Deny statements: with --revoke-sessions, this role can give the named roles every permission within their boundary. Name the roles, give them a permissions boundary, pass it with --boundary, and keep this role separate from the one for daily use"

COMMANDS: dict[str, Command] = {
    one.name: one
    for one in (
        Command(
            "attach",
            "adds the layer and its variables to functions",
            (
                LIST_ALL, GET, TAGS, GET_CONFIGURATION, *SHAPE, *SIGNING, *INVOKERS, GET_LAYER, *PUBLISH_LAYER, UPDATE_LAYERS,
                *aliases("--publish"), INVOKE, replace(LOG_LINES, option="--verify"), DECRYPT, *ENCRYPT,
            ),
            notes=(
                UPDATE_NOTE,
                "with --layer, an update can contain only these layers: include the layers that the functions already have",
            ),
        ),
        Command(
            "detach",
            "removes the layer and its variables",
            (LIST_ALL, GET, TAGS, GET_CONFIGURATION, *SHAPE, *SIGNING[:1], GET_LAYER, UPDATE_LAYERS, *aliases("--publish"), DECRYPT, *ENCRYPT),
            notes=(UPDATE_NOTE,),
        ),
        Command(
            "status",
            "shows which functions are protected and why others are not; changes nothing",
            (LIST_ALL, GET, TAGS, *SHAPE, *SIGNING[:1], FIND_LAYER, LOG_LINES, DECRYPT),
            notes=(
                "what the role may not read is reported as not checked; without kms:Decrypt on your key, variables encrypted with it are unknown",
            ),
        ),
        Command(
            "recycle",
            "replaces every environment of a function and verifies it",
            (
                LIST_ALL, GET, TAGS, GET_CONFIGURATION, *SHAPE, *SIGNING[:1], UPDATE_VARIABLES, *aliases(unless="--only-latest"),
                *PROVISIONED, *METRICS, *PROOF, *REVOKE_SESSIONS, DECRYPT, *ENCRYPT,
            ),
            (NO_CODE, NO_LAYERS),
            (UPDATE_NOTE, LAYERS_NOTE, ALIAS_NOTE),
        ),
        Command(
            "max-age",
            "the scheduled recycler of deploy/max-age: replaces environments of functions with the tag dayfly:max-age",
            (
                *MAX_AGE, GET, TAGS, GET_CONFIGURATION, *SHAPE, *SIGNING[:1], UPDATE_VARIABLES, *aliases(unless="--only-latest"),
                *PROVISIONED, *PROOF, DECRYPT, *ENCRYPT,
            ),
            (NO_CODE, NO_LAYERS),
            (UPDATE_NOTE, LAYERS_NOTE, ALIAS_NOTE),
            tag=MAX_AGE_TAG,
        ),
        Command(
            "promote",
            "moves a function's guard one step further, with the policy in its own layer",
            (
                LIST_ALL, GET, TAGS, WAIT, *SHAPE, *SIGNING[:1], GET_LAYER, *POLICY_LAYER, UPDATE_LAYERS,
                *aliases("--publish"), DECRYPT, *ENCRYPT,
            ),
            notes=(UPDATE_NOTE,),
        ),
        Command(
            "rollback",
            "undoes a function's last promotion",
            (
                GET, TAGS, WAIT, *SHAPE, *SIGNING[:1], GET_LAYER, UPDATE_LAYERS, *aliases("--publish"), INVOKE, replace(LOG_LINES, option="--verify"), DECRYPT,
                *ENCRYPT,
            ),
            notes=(UPDATE_NOTE,),
        ),
        Command(
            "doctor",
            "the permissions for the commands in docs/doctor.md, for a function named dayfly-doctor",
            DOCTOR,
            notes=("give the function's role with --role: a role without permissions that Lambda can assume",),
            functions=("dayfly-doctor",),
        ),
        Command("layer publish", "publishes the built layer", PUBLISH_LAYER),
        Command("fleet pull", "imports function logs", read_groups("list log groups and identify the account")),
        Command("lifetimes", "measures how long environments live", read_groups("list log groups, for --all")),
    )
}  # fmt: skip
