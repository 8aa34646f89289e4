"""Code signing configurations, and which function has which.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html. Nothing here is signed: where a
configuration enforces signatures, every package is refused, as Lambda refuses one that AWS Signer has not signed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dayfly.lab.control import names, pages, refusals
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.configuring import check_description
from dayfly.lab.control.registry import FunctionState, Registry
from dayfly.lab.control.shapes import SigningRequest, parse
from dayfly.lab.control.stamps import stamp
from dayfly.lab.control.tags import joined
from dayfly.lab.model import ACCOUNT, REGION, InvokeRefusedError

_PROFILE_PATTERN = r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
SIGNING_PATTERN = (
    r"arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:"
    r"code-signing-config:csc-[a-z0-9]{17}"
)
_MAX_PROFILES = 20
_POLICIES = ("Warn", "Enforce")


@dataclass(frozen=True, slots=True)
class SigningConfig:
    """One configuration; `policy` says what becomes of code without a valid signature."""

    id: str
    description: str
    profiles: tuple[str, ...]
    policy: str
    modified_at: float

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:{self.id}"


class CodeSigning:
    """Keeps the configurations, and gives them to the functions in `registry`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._configs: dict[str, SigningConfig] = {}

    def create(self, body: bytes) -> dict[str, object]:
        request = parse(body, SigningRequest, also=())
        _check(request, is_new=True)
        assert request.allowed_publishers is not None
        policies = request.code_signing_policies
        config = SigningConfig(
            id=f"csc-{os.urandom(9).hex()[:17]}",
            description=request.description or "",
            profiles=tuple(request.allowed_publishers.signing_profile_version_arns or ()),
            policy=(policies and policies.untrusted_artifact_on_deployment) or "Warn",
            modified_at=time.time(),
        )
        tags = joined({}, request.tags or {})
        self._configs[config.arn] = config
        self._registry.other_tags[config.arn] = tags
        return {"CodeSigningConfig": _body(config)}

    def get(self, arn: str) -> dict[str, object]:
        return {"CodeSigningConfig": _body(self._find(arn))}

    def update(self, arn: str, body: bytes) -> dict[str, object]:
        request = parse(body, SigningRequest, also=("CodeSigningConfigArn",))
        config = self._find(arn)
        _check(request, is_new=False)
        if request.description is not None:
            config = replace(config, description=request.description)
        if request.allowed_publishers is not None:
            profiles = request.allowed_publishers.signing_profile_version_arns or ()
            config = replace(config, profiles=tuple(profiles))
        policies = request.code_signing_policies
        if policies is not None and policies.untrusted_artifact_on_deployment is not None:
            config = replace(config, policy=policies.untrusted_artifact_on_deployment)
        self._configs[arn] = replace(config, modified_at=time.time())
        return {"CodeSigningConfig": _body(self._configs[arn])}

    def delete(self, arn: str) -> None:
        """DeleteCodeSigningConfig; refused while a function has it."""
        self._find(arn)
        users = self._users(arn)
        if users:
            raise refusals.conflict(
                f"The code signing configuration {arn} cannot be deleted while functions have it: {', '.join(users)}"
            )
        del self._configs[arn]
        self._registry.other_tags.pop(arn, None)

    def list_configs(self, query: Mapping[str, str]) -> dict[str, object]:
        found = [_body(config) for _, config in sorted(self._configs.items())]
        page, marker = pages.cut(found, query)
        answer: dict[str, object] = {"CodeSigningConfigs": list(page)}
        return answer if marker is None else answer | {"NextMarker": marker}

    def list_functions(self, arn: str, query: Mapping[str, str]) -> dict[str, object]:
        self._find(arn)
        page, marker = pages.cut([names.function_arn(name) for name in self._users(arn)], query)
        answer: dict[str, object] = {"FunctionArns": list(page)}
        return answer if marker is None else answer | {"NextMarker": marker}

    def put_function(self, name: str, body: bytes) -> dict[str, object]:
        request = parse(body, SigningRequest)
        arn = request.code_signing_config_arn
        checks = Checks()
        checks.present(arn, "codeSigningConfigArn")
        checks.pattern(arn, "codeSigningConfigArn", SIGNING_PATTERN)
        checks.settle()
        assert arn is not None
        self._check_exists(arn)
        state = self._state(name)
        state.code_signing = arn
        return {"CodeSigningConfigArn": arn, "FunctionName": name}

    def get_function(self, name: str) -> dict[str, object]:
        arn = self._state(name).code_signing
        return {"CodeSigningConfigArn": arn, "FunctionName": name} if arn else {}

    def delete_function(self, name: str) -> None:
        self._state(name).code_signing = ""

    def check(self, arn: str | None) -> None:
        """Raise InvokeRefusedError (400, 404) where code that nobody signed may not be deployed."""
        if not arn:
            return
        self._check_exists(arn)
        if self._configs[arn].policy == "Enforce":
            # https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html has the words.
            raise InvokeRefusedError(
                400,
                "CodeVerificationFailedException",
                "The code signature failed one or more of the validation checks for signature mismatch or expiry, and "
                "the code signing policy is set to ENFORCE. Lambda blocks the deployment.",
            )

    def _check_exists(self, arn: str) -> None:
        if arn not in self._configs:
            raise InvokeRefusedError(
                404,
                "CodeSigningConfigNotFoundException",
                "The code signing configuration cannot be found. Check that the provided configuration is not deleted: "
                f"{arn}.",
            )

    def _find(self, arn: str) -> SigningConfig:
        checks = Checks()
        checks.pattern(arn, "codeSigningConfigArn", SIGNING_PATTERN)
        checks.length(arn, "codeSigningConfigArn", most=200)
        checks.settle()
        if arn not in self._configs:
            message = f"The Lambda code signing configuration {arn} can not be found."
            raise refusals.missing(message, is_typed=False)
        return self._configs[arn]

    def _state(self, name: str) -> FunctionState:
        return self._registry.state(name)

    def _users(self, arn: str) -> list[str]:
        configs = self._registry.lab.functions()
        return sorted(c.name for c in configs if self._registry.state(c.name).code_signing == arn)


def _check(request: SigningRequest, *, is_new: bool) -> None:
    check_description(request.description or "")
    checks = Checks()
    publishers = request.allowed_publishers
    if is_new:
        checks.present(publishers, "allowedPublishers")
    if publishers is not None:
        at = "allowedPublishers.signingProfileVersionArns"
        profiles = publishers.signing_profile_version_arns
        checks.present(profiles, at)
        checks.length(profiles, at, least=1, most=_MAX_PROFILES)
        for profile in profiles or ():
            checks.pattern(profile, at, _PROFILE_PATTERN)
    if request.code_signing_policies is not None:
        policy = request.code_signing_policies.untrusted_artifact_on_deployment
        checks.one_of(policy, "codeSigningPolicies.untrustedArtifactOnDeployment", _POLICIES)
    checks.settle()


def _body(config: SigningConfig) -> dict[str, object]:
    body: dict[str, object] = {
        "CodeSigningConfigId": config.id,
        "CodeSigningConfigArn": config.arn,
        "AllowedPublishers": {"SigningProfileVersionArns": list(config.profiles)},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": config.policy},
        "LastModified": stamp(config.modified_at),
    }
    return body | {"Description": config.description} if config.description else body
