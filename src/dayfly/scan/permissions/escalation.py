"""Rights that make more rights: what whoever takes over the warm function can turn its role into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Finding, Severity
from dayfly.scan.permissions.catalogue import load_catalogue
from dayfly.scan.permissions.granting import Grant, Role, grants_action, is_wide, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dayfly.scan.permissions.needs import Need

CHECK = "permission.escalation"


@dataclass(frozen=True, slots=True)
class Way:
    """One way up: all of `actions`, and what they allow. `bound` is the one whose resource limits the harm."""

    actions: tuple[str, ...]
    bound: str
    severity: Severity
    deed: str


_CRITICAL, _HIGH, _MEDIUM = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM
# Each is documented by AWS's own descriptions of the actions; collected after Rhino Security Labs' list of 2018
# (https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/) and its successors.
WAYS: tuple[Way, ...] = (
    # Rights written into a policy.
    *(
        Way((f"iam:{action}",), f"iam:{action}", _CRITICAL, f"can {deed}: all permissions in the account")
        for action, deed in (
            ("PutRolePolicy", "write any policy into a role, including this function's"),
            ("AttachRolePolicy", "attach AdministratorAccess to a role, including this function's"),
            ("CreatePolicyVersion", "replace an attached policy with one that allows everything"),
            ("SetDefaultPolicyVersion", "restore an older, broader version of a policy"),
            ("PutUserPolicy", "write any policy for a user whose keys the attacker has"),
            ("AttachUserPolicy", "attach AdministratorAccess to a user whose keys the attacker has"),
            ("PutGroupPolicy", "write any policy for a group"),
            ("AttachGroupPolicy", "attach AdministratorAccess to a group"),
            ("AddUserToGroup", "add a user to the administrators' group"),
            ("CreateAccessKey", "create access keys of another user, which outlive this environment"),
            ("CreateLoginProfile", "give a user a password and sign in as that user"),
            ("UpdateLoginProfile", "set a user's password and sign in as that user"),
            ("UpdateAssumeRolePolicy", "change the trust policy of any role and assume it"),
            ("DeleteRolePermissionsBoundary", "remove the permissions boundary of a role"),
            ("PutRolePermissionsBoundary", "change the permissions boundary of a role"),
        )
    ),
    # A role handed to something that runs his code.
    *(
        Way(("iam:PassRole", *actions), "iam:PassRole", _CRITICAL, f"can {deed} with any role that can be passed, and act with its permissions")
        for actions, deed in (
            (("lambda:CreateFunction", "lambda:InvokeFunction"), "create and invoke another function"),
            (("lambda:CreateFunction", "lambda:CreateEventSourceMapping"), "create another function that a stream invokes"),
            (("lambda:CreateFunction", "lambda:AddPermission"), "create another function that another account can invoke"),
            (("lambda:UpdateFunctionConfiguration",), "give this function another role"),
            (("ec2:RunInstances",), "start an EC2 instance"),
            (("ecs:RunTask", "ecs:RegisterTaskDefinition"), "start an ECS task"),
            (("ecs:CreateService", "ecs:RegisterTaskDefinition"), "create an ECS service"),
            (("glue:CreateDevEndpoint",), "create a Glue endpoint"),
            (("glue:CreateJob", "glue:StartJobRun"), "start a Glue job"),
            (("glue:UpdateJob", "glue:StartJobRun"), "change and start a Glue job"),
            (("sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"), "create a SageMaker notebook"),
            (("sagemaker:CreateTrainingJob",), "start a training job"),
            (("sagemaker:CreateProcessingJob",), "start a processing job"),
            (("cloudformation:CreateStack",), "create a CloudFormation stack"),
            (("cloudformation:UpdateStack",), "update a CloudFormation stack"),
            (("cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"), "change a CloudFormation stack with a change set"),
            (("datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"), "start a pipeline"),
            (("codebuild:CreateProject", "codebuild:StartBuild"), "start a CodeBuild build"),
            (("states:CreateStateMachine", "states:StartExecution"), "start a state machine"),
            (("states:UpdateStateMachine", "states:StartExecution"), "change and start a state machine"),
            (("scheduler:CreateSchedule",), "schedule any API call"),
            (("events:PutRule", "events:PutTargets"), "create a rule that makes API calls"),
            (("batch:RegisterJobDefinition", "batch:SubmitJob"), "start a batch job"),
            (("ssm:StartAutomationExecution",), "start a Systems Manager automation"),
            (("apprunner:CreateService",), "start a service"),
            (("bedrock-agentcore:CreateCodeInterpreter",), "start a code interpreter"),
        )
    ),
    # Somebody else's code, somebody else's role.
    Way(("lambda:UpdateFunctionCode",), "lambda:UpdateFunctionCode", _HIGH,
        (
            "can overwrite this function and others, persist after every environment has ended, and act with their roles"
        )),
    Way(("lambda:UpdateFunctionConfiguration",), "lambda:UpdateFunctionConfiguration", _HIGH,
        "can add a layer or wrapper to this function and others, which sees every later event"),
    Way(("lambda:PublishLayerVersion", "lambda:UpdateFunctionConfiguration"), "lambda:UpdateFunctionConfiguration",
        _HIGH, "can publish a layer and add it to functions, which sees every later event"),
    Way(("lambda:AddPermission",), "lambda:AddPermission", _HIGH,
        "can let another account invoke functions: a backdoor that outlives this environment"),
    Way(("lambda:CreateFunctionUrlConfig", "lambda:AddPermission"), "lambda:AddPermission", _HIGH,
        "can give functions a public URL: a backdoor that outlives this environment"),
    Way(("lambda:CreateEventSourceMapping",), "lambda:CreateEventSourceMapping", _MEDIUM,
        "can connect any stream or queue to functions"),
    Way(("sts:AssumeRole",), "sts:AssumeRole", _HIGH, "can assume every role that trusts this account"),
    Way(("ssm:SendCommand",), "ssm:SendCommand", _CRITICAL, "can run commands on the account's instances and act with their roles"),
    Way(("ssm:StartSession",), "ssm:StartSession", _HIGH, "can open a shell on the account's instances"),
    Way(("ec2-instance-connect:SendSSHPublicKey",), "ec2-instance-connect:SendSSHPublicKey", _HIGH,
        "can log in to the account's instances"),
    Way(("ecs:ExecuteCommand",), "ecs:ExecuteCommand", _HIGH, "can run commands in running containers and act with their roles"),
    Way(("codebuild:UpdateProject", "codebuild:StartBuild"), "codebuild:UpdateProject", _HIGH,
        "can change a build and act with its role"),
    Way(("codebuild:StartBuild",), "codebuild:StartBuild", _MEDIUM,
        "can start a build with any commands and act with its role"),
    Way(("cloudformation:UpdateStack",), "cloudformation:UpdateStack", _HIGH,
        "can update a stack that has a role, and act with that role"),
    Way(("glue:UpdateDevEndpoint",), "glue:UpdateDevEndpoint", _HIGH, "can log in to a Glue endpoint and act with its role"),
    Way(("sagemaker:CreatePresignedNotebookInstanceUrl",), "sagemaker:CreatePresignedNotebookInstanceUrl", _HIGH,
        "can open a notebook and act with its role"),
    Way(("kms:PutKeyPolicy",), "kms:PutKeyPolicy", _HIGH, "can let another account use a KMS key"),
    Way(("kms:CreateGrant",), "kms:CreateGrant", _MEDIUM, "can let another account use a KMS key"),
    Way(("s3:PutBucketPolicy",), "s3:PutBucketPolicy", _HIGH, "can make a bucket public"),
    Way(("secretsmanager:PutResourcePolicy",), "secretsmanager:PutResourcePolicy", _HIGH,
        "can let another account read secrets"),
    Way(("organizations:LeaveOrganization",), "organizations:LeaveOrganization", _HIGH,
        "can remove the account from its organization"),
)  # fmt: skip


# What opens data rather than rights: told where it is granted by its name; a wildcard over it is told as one.
_EXPOSING = frozenset(
    {"s3:PutBucketPolicy", "secretsmanager:PutResourcePolicy", "kms:PutKeyPolicy", "kms:CreateGrant",
     "organizations:LeaveOrganization"}
)  # fmt: skip


def find_escalations(
    role: Role, needs: tuple[Need, ...], function: str, kinds: Mapping[str, str], *, is_complete: bool
) -> Iterator[Finding]:
    """One finding for each statement that gives the decisive right of a way up; nothing where everything is allowed."""
    used = {need.action for need in needs}
    found: dict[Grant, list[Way]] = {}
    for way in WAYS:
        if not all(_is_allowed(role, action) for action in way.actions):
            continue
        for grant in role.grants:
            if not grant.is_allow or not grants_action(grant.statement, way.bound):
                continue
            if _is_everything(grant) or not _matters(grant, way, used):
                continue
            found.setdefault(grant, []).append(way)
    for grant, ways in found.items():
        yield _finding(grant, _without_lesser(ways), function, kinds, is_complete=is_complete)


def _is_allowed(role: Role, action: str) -> bool:
    allowed = any(one.is_allow and grants_action(one.statement, action) for one in role.grants)
    return allowed and not role.denies(action, "*", {})


def _is_everything(grant: Grant) -> bool:
    """`*` on `*`: there is nothing left to gain; the checks on wildcards say it."""
    statement = grant.statement
    return "*" in statement.actions and (not statement.resources or "*" in statement.resources)


def _matters(grant: Grant, way: Way, used: set[str]) -> bool:
    wide = _is_unbound(grant, way)
    named = {name.lower() for name in grant.statement.actions}
    if way.bound in _EXPOSING and (grant.managed or way.bound.lower() not in named):
        return False
    if way.bound in ("sts:AssumeRole", "codebuild:StartBuild", "kms:CreateGrant", "ssm:SendCommand"):
        return wide
    if wide:
        # What the code does everywhere on purpose is a wildcard; what it can do with it is still a way up.
        return True
    return way.bound not in used and not all(action in used for action in way.actions)


def _is_unbound(grant: Grant, way: Way) -> bool:
    action = load_catalogue().action(way.bound)
    return action is not None and (is_wide(grant.statement, action) or not action.is_narrowable)


def _without_lesser(ways: list[Way]) -> list[Way]:
    """A way that needs more rights than another of the same deed's family adds nothing."""
    ordered = sorted(ways, key=lambda way: (-way.severity, len(way.actions)))
    kept: list[Way] = []
    for way in ordered:
        if not any(
            set(other.actions) < set(way.actions) and other.severity >= way.severity for other in kept
        ):
            kept.append(way)
    return kept


def _finding(
    grant: Grant, ways: list[Way], function: str, kinds: Mapping[str, str], *, is_complete: bool
) -> Finding:
    del kinds
    first = ways[0]
    statement = grant.statement
    wide = _is_unbound(grant, first)
    severity = first.severity
    if not wide:
        severity = Severity(max(severity - 1, Severity.MEDIUM))
    if statement.has_condition:
        severity = Severity(max(severity - 1, Severity.MEDIUM))
    names = list(dict.fromkeys(name for way in ways for name in way.actions))
    on = "every resource" if wide else spelled(list(statement.resources), most=3)
    more = f", and in {len(ways) - 1} more {'way' if len(ways) == 2 else 'ways'}" if len(ways) > 1 else ""
    return Finding(
        CHECK,
        (
            f"{function} may do {' and '.join(first.actions)} on {on}: an attacker who runs code in it "
            f"{first.deed}{more}"
        ),
        statement.place,
        severity,
        Confidence.MEDIUM if statement.has_condition or not is_complete else Confidence.HIGH,
        function=function,
        harm="one request that gets code to run in this environment reaches every customer's data of the account,"
        " and outlives the environment",
        fix=(
            f"remove {spelled([way.bound for way in ways], most=3)}, or list the resources and add a "
            "condition (iam:PassedToService, a permissions boundary)"
        ),
        evidence={
            "actions": names,
            "ways": [" + ".join(way.actions) for way in ways],
            "policy": statement.origin,
        },
    )
