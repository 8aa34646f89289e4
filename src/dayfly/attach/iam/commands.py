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

UPDATE_NOTE = (
    "lambda:UpdateFunctionConfiguration cannot be narrowed to single fields: no condition key exists for the handler, the runtime, "
    "variables, the timeout or file systems. Whoever holds this role can change those; iam:PassRole, without which the role of a "
    "function stays as it is, is not given"
)
LAYERS_NOTE = (
    "lambda:Layer keeps layers from being named in an update. Whether a request that names an empty list, which takes all layers "
    "off, counts as naming them is not documented: take it that it does not, and watch for it (`dayfly status`, CloudTrail)"
)
ALIAS_NOTE = (
    "lambda:UpdateAlias knows no condition on the version: whoever holds this role can have an alias serve any version that is "
    "published, older ones too"
)
REVOKE_NOTE = (
    "iam:PutRolePolicy cannot be narrowed to one policy or to denials: with --revoke-sessions whoever holds this role can give the "
    "roles named every permission that their boundary allows. Name the roles, give them a permissions boundary and name it with "
    "--boundary, and keep this apart from the everyday role"
)

COMMANDS: dict[str, Command] = {
    one.name: one
    for one in (
        Command(
            "attach",
            "puts the layer and its variables on functions",
            (
                LIST_ALL, GET, TAGS, GET_CONFIGURATION, *SHAPE, *SIGNING, GET_LAYER, *PUBLISH_LAYER, UPDATE_LAYERS,
                *aliases("--publish"), INVOKE, replace(LOG_LINES, option="--verify"), DECRYPT, *ENCRYPT,
            ),
            notes=(
                UPDATE_NOTE,
                "with --layer an update may name these layers and no others: give those that the functions have already, too",
            ),
        ),
        Command(
            "detach",
            "takes them off again",
            (LIST_ALL, GET, TAGS, GET_CONFIGURATION, *SHAPE, *SIGNING[:1], GET_LAYER, UPDATE_LAYERS, *aliases("--publish"), DECRYPT, *ENCRYPT),
            notes=(UPDATE_NOTE,),
        ),
        Command(
            "status",
            "says what is protected and why something is not; changes nothing",
            (LIST_ALL, GET, TAGS, *SHAPE, *SIGNING[:1], FIND_LAYER, LOG_LINES, DECRYPT),
            notes=(
                "what may not be read is told as not looked at; without kms:Decrypt on a key of yours, variables under it are unknown",
            ),
        ),
        Command(
            "recycle",
            "replaces every environment of a function, and proves it",
            (
                LIST_ALL, GET, TAGS, GET_CONFIGURATION, *SHAPE, *SIGNING[:1], UPDATE_VARIABLES, *aliases(unless="--only-latest"),
                *PROVISIONED, *METRICS, *PROOF, *REVOKE_SESSIONS, DECRYPT, *ENCRYPT,
            ),
            (NO_CODE, NO_LAYERS),
            (UPDATE_NOTE, LAYERS_NOTE, ALIAS_NOTE),
        ),
        Command(
            "max-age",
            "the scheduled recycler of deploy/max-age: replaces environments of functions by their tag dayfly:max-age",
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
            "takes a function's guard one step further, with a policy in a layer of its own",
            (
                LIST_ALL, GET, TAGS, WAIT, *SHAPE, *SIGNING[:1], GET_LAYER, *POLICY_LAYER, UPDATE_LAYERS,
                *aliases("--publish"), DECRYPT, *ENCRYPT,
            ),
            notes=(UPDATE_NOTE,),
        ),
        Command(
            "rollback",
            "takes a function's last promotion back",
            (
                GET, TAGS, WAIT, *SHAPE, *SIGNING[:1], GET_LAYER, UPDATE_LAYERS, *aliases("--publish"), INVOKE, replace(LOG_LINES, option="--verify"), DECRYPT,
                *ENCRYPT,
            ),
            notes=(UPDATE_NOTE,),
        ),
        Command(
            "doctor",
            "what the commands of docs/doctor.md need, for a function of the name dayfly-doctor",
            DOCTOR,
            notes=("name the role that the function gets with --role: one that Lambda may take and that has no permission",),
            functions=("dayfly-doctor",),
        ),
        Command("layer publish", "publishes the built layer", PUBLISH_LAYER),
        Command("fleet pull", "fetches what functions have logged", read_groups("which log groups there are, and whose account it is")),
        Command("lifetimes", "measures how long environments live", read_groups("which log groups there are: for --all")),
    )
}  # fmt: skip
