"""Reads what a function is before anything is decided about it: configuration, aliases, versions, who manages it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.aws.managers import managed_by
from dayfly.attach.aws.wording import CredentialsError
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

LATEST = "$LATEST"
# What may be missing is not waited for as long as the function itself.
_ASIDE_S = 30.0


@dataclass(frozen=True, slots=True)
class Environment:
    """A function's variables; an `error` says why they cannot be read, and then `variables` says nothing."""

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)  # values are nobody's business
    kms_key_arn: str = ""
    error: str = ""

    @property
    def is_readable(self) -> bool:
        return not self.error


@dataclass(frozen=True, slots=True)
class LayerFact:
    """A layer of a function; `size` in bytes is the zip's, for Lambda tells no other."""

    arn: str
    size: int


@dataclass(frozen=True, slots=True)
class AliasFact:
    """An alias, the version it serves, and what part of the traffic goes to further ones."""

    name: str
    version: str
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def versions(self) -> frozenset[str]:
        """Every version that it may serve."""
        return frozenset({self.version, *self.weights})


@dataclass(frozen=True, slots=True)
class ProvisionedFact:
    """Environments that are kept for an alias or a version, `qualifier`."""

    qualifier: str
    count: int
    status: str = ""


@dataclass(frozen=True, slots=True)
class VersionFact:
    """A published version, which stays as it was published; `snapshot` is SnapStart's state of it, "" where it has none."""

    version: str
    layers: tuple[LayerFact, ...] = ()
    environment: Environment = Environment()
    published: str = ""
    snapshot: str = ""


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """A function as AWS tells it; `unknown` says in words what could not be read, and is never silently empty."""

    name: str
    arn: str
    region: str
    account: str
    runtime: str = ""
    package_type: str = "Zip"
    architectures: tuple[str, ...] = ("x86_64",)
    handler: str = ""
    layers: tuple[LayerFact, ...] = ()
    code_bytes: int = 0
    code_sha256: str = ""
    image_uri: str = ""
    timeout_s: float = 3.0
    memory_mb: int = 128
    role: str = ""
    log_group: str = ""
    environment: Environment = Environment()
    tags: Mapping[str, str] = field(default_factory=dict)
    revision_id: str = ""
    last_modified: str = ""
    state: str = "Active"
    state_reason: str = ""
    last_update_status: str = "Successful"
    last_update_reason: str = ""
    aliases: tuple[AliasFact, ...] = ()
    versions: tuple[str, ...] = ()
    published: tuple[VersionFact, ...] = ()
    provisioned: tuple[ProvisionedFact, ...] = ()
    snapstart: bool = False
    signing_config_arn: str = ""
    managed_by: str = ""
    is_durable: bool = False
    is_on_managed_instances: bool = False
    unknown: tuple[str, ...] = ()

    @property
    def is_python(self) -> bool:
        """Say whether Lambda runs it with one of its own Pythons; of an image nobody can tell."""
        return self.package_type == "Zip" and self.runtime.startswith("python")


def read_facts(caller: Caller, client: LambdaClient, name: str) -> FunctionFacts:
    """Ask Lambda about a function; `name` is a name or an ARN.

    Raises CallError where the function is not there or may not be read, and CredentialsError where no call would do
    better. What else may not be read goes to `unknown`.
    """
    answer: Mapping[str, Any] = caller.call(
        client.get_function, what=f"cannot read the function {name}", FunctionName=name
    )
    configuration: Mapping[str, Any] = answer["Configuration"]
    unknown: list[str] = []

    def aside(what: str, read: Callable[[], Any], otherwise: Any) -> Any:
        # Any: what each of these calls answers is read with care by `facts_of`.
        try:
            return read()
        except CredentialsError:
            raise
        except CallError as error:
            unknown.append(f"{what} could not be read: {error.message}")
            return otherwise

    def listed(what: str, operation: Callable[..., Any], key: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = aside(
            what,
            lambda: list(caller.pages(operation, key, what="", limit_s=_ASIDE_S, FunctionName=name)),
            [],
        )
        return found

    aliases = listed("aliases", client.list_aliases, "Aliases")
    versions = listed("versions", client.list_versions_by_function, "Versions")
    provisioned = listed(
        "provisioned concurrency",
        client.list_provisioned_concurrency_configs,
        "ProvisionedConcurrencyConfigs",
    )
    signing: Mapping[str, Any] = {}
    if configuration.get("PackageType", "Zip") == "Zip":
        signing = aside(
            "code signing",
            lambda: caller.call(client.get_function_code_signing_config, limit_s=_ASIDE_S, FunctionName=name),
            {},
        )
    return facts_of(
        answer, aliases=aliases, versions=versions, provisioned=provisioned, signing=signing, unknown=unknown
    )


def facts_of(
    answer: Mapping[str, Any],
    *,
    aliases: list[Mapping[str, Any]],
    versions: list[Mapping[str, Any]],
    provisioned: list[Mapping[str, Any]],
    signing: Mapping[str, Any],
    unknown: list[str],
) -> FunctionFacts:
    """Put the answers of AWS together; pure."""
    told: Mapping[str, Any] = answer["Configuration"]
    arn = str(told["FunctionArn"])
    region, account = _place(arn)
    name = str(told.get("FunctionName") or arn.split(":")[6])
    tags = {str(key): str(value) for key, value in (answer.get("Tags") or {}).items()}
    if "Tags" not in answer and answer.get("TagsError"):
        unknown = [*unknown, f"tags could not be read: {answer['TagsError'].get('ErrorCode')}"]
    return FunctionFacts(
        name=name,
        arn=arn,
        region=region,
        account=account,
        runtime=str(told.get("Runtime") or ""),
        package_type=str(told.get("PackageType") or "Zip"),
        architectures=tuple(map(str, told.get("Architectures") or ("x86_64",))),
        handler=str(told.get("Handler") or ""),
        layers=_layers(told),
        code_bytes=int(told.get("CodeSize") or 0),
        code_sha256=str(told.get("CodeSha256") or ""),
        image_uri=str((answer.get("Code") or {}).get("ImageUri") or ""),
        timeout_s=float(told.get("Timeout") or 3),
        memory_mb=int(told.get("MemorySize") or 128),
        role=str(told.get("Role") or ""),
        log_group=str((told.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"),
        environment=environment_of(told),
        tags=tags,
        revision_id=str(told.get("RevisionId") or ""),
        last_modified=str(told.get("LastModified") or ""),
        state=str(told.get("State") or "Active"),
        state_reason=str(told.get("StateReason") or ""),
        last_update_status=str(told.get("LastUpdateStatus") or "Successful"),
        last_update_reason=str(told.get("LastUpdateStatusReason") or ""),
        aliases=tuple(
            AliasFact(
                str(alias.get("Name")),
                str(alias.get("FunctionVersion")),
                dict((alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}),
            )
            for alias in aliases
        ),
        versions=tuple(
            str(version.get("Version")) for version in versions if version.get("Version") != LATEST
        ),
        published=tuple(_published(version) for version in versions if version.get("Version") != LATEST),
        provisioned=tuple(_provisioned(item) for item in provisioned),
        snapstart=(told.get("SnapStart") or {}).get("ApplyOn") == "PublishedVersions",
        signing_config_arn=str(signing.get("CodeSigningConfigArn") or ""),
        managed_by=managed_by(tags),
        is_durable=bool(told.get("DurableConfig")),
        is_on_managed_instances=bool(told.get("CapacityProviderConfig")),
        unknown=tuple(unknown),
    )


def environment_of(configuration: Mapping[str, Any]) -> Environment:
    """Return a configuration's variables, and whether they could be read at all."""
    told: Mapping[str, Any] = configuration.get("Environment") or {}
    error: Mapping[str, Any] = told.get("Error") or {}
    return Environment(
        variables={str(key): str(value) for key, value in (told.get("Variables") or {}).items()},
        kms_key_arn=str(configuration.get("KMSKeyArn") or ""),
        error=str(error.get("ErrorCode") or "no reason given") if error else "",
    )


def list_functions(
    caller: Caller, client: LambdaClient, *, tags: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Yield the names of the account's functions in this region, only those with all of `tags` where some are given.

    Raises CallError where they cannot be listed, or a function's tags cannot be read: what a tag chooses would else be
    left out without a word.
    """
    for function in caller.pages(client.list_functions, "Functions", what="cannot list functions"):
        name = str(function["FunctionName"])
        if tags:
            try:
                own = caller.call(
                    client.list_tags,
                    what=f"cannot read the tags of {name}",
                    Resource=str(function["FunctionArn"]),
                ).get("Tags", {})
            except CallError as error:
                if error.is_missing:
                    continue  # deleted since it was listed
                raise
            if any(own.get(key) != value for key, value in tags.items()):
                continue
        yield name


def _layers(configuration: Mapping[str, Any]) -> tuple[LayerFact, ...]:
    return tuple(
        LayerFact(str(layer.get("Arn")), int(layer.get("CodeSize") or 0))
        for layer in configuration.get("Layers") or ()
    )


def _published(version: Mapping[str, Any]) -> VersionFact:
    snapshot: Mapping[str, Any] = version.get("SnapStart") or {}
    return VersionFact(
        version=str(version.get("Version")),
        layers=_layers(version),
        environment=environment_of(version),
        published=str(version.get("LastModified") or ""),
        snapshot=str(snapshot.get("OptimizationStatus") or "")
        if snapshot.get("ApplyOn") == "PublishedVersions"
        else "",
    )


def _provisioned(item: Mapping[str, Any]) -> ProvisionedFact:
    count = item.get("AllocatedProvisionedConcurrentExecutions")
    if count is None:
        count = item.get("RequestedProvisionedConcurrentExecutions") or 0
    return ProvisionedFact(
        qualifier=str(item.get("FunctionArn", "")).rpartition(":")[2],
        count=int(count),
        status=str(item.get("Status") or ""),
    )


def _place(arn: str) -> tuple[str, str]:
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "lambda":
        raise DayflyError(
            f"{arn!r} is not a function ARN", hint="check which service answers at the endpoint"
        )
    return parts[3], parts[4]
