"""Words what AWS refused: what happened, to what, and what to do; never with a value that the request carried."""

from __future__ import annotations

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from dayfly.errors import DayflyError

_MAX_MESSAGE = 400
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_INVALID = frozenset(
    {
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_ACTION = re.compile(r"not authorized to perform:? (?P<action>[a-z0-9-]+:\w+)(?: on resource:? (?P<on>\S+))?")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html names the kind of policy that denies.
_EXPLICIT = re.compile(r"explicit deny in an? ([a-z -]+?policy)")
# Lambda's own validation repeats what it was sent, environment variables too.
_VALUE = re.compile(r"(Value )'.*?'( at ')", re.DOTALL)


class CallError(DayflyError):
    """AWS refused a call, or could not be asked; `code` is AWS's name for it, "" where the answer never came."""

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code

    @property
    def is_missing(self) -> bool:
        """Say whether what was named is not there."""
        return self.code in ("ResourceNotFoundException", "NoSuchEntity")


class CredentialsError(CallError):
    """There are no credentials, or they expired or are not valid: no other call will do better."""


class DeniedError(CallError):
    """The role may not do it; `action` is IAM's name for what is missing, "" where AWS did not say."""

    action = ""


class LostAnswerError(CallError):
    """Nobody knows whether AWS did it: the answer was lost on the way, or the service broke while at it."""

    @classmethod
    def of(cls, error: Exception, what: str) -> LostAnswerError:
        """The same in words."""
        worded = explain(error, what)
        return cls(worded.message, hint=worded.hint, code=worded.code)


def explain(error: Exception, what: str) -> CallError:
    """Return what went wrong in words, with what to do about it; `what` says what was being done, and to what."""
    code = code_of(error)
    text = f"{what}: {_word(error)}"
    if code in _EXPIRED or isinstance(error, TokenRetrievalError | CredentialRetrievalError | SSOError):
        return CredentialsError(
            f"{what}: the credentials have expired ({_word(error)})",
            hint="sign in again (`aws sso login`, or a new session) and run the same command again",
            code=code,
        )
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return CredentialsError(
            f"{what}: no credentials were found",
            hint="sign in, or choose a profile with --profile",
            code=code,
        )
    if code in _INVALID:
        return CredentialsError(
            text, hint="the credentials are not valid, or not in this region and account", code=code
        )
    if code in _DENIED:
        return _denied(text, error, code)
    return CallError(text, hint=_hint(error, code), code=code)


def code_of(error: Exception) -> str:
    """Return AWS's name for an error, "" where it is none of AWS's."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def _denied(text: str, error: Exception, code: str) -> DeniedError:
    match = _ACTION.search(str(error))
    explicit = _EXPLICIT.search(str(error))
    if explicit:
        hint = f"an explicit deny in a {explicit[1]} forbids it; an allow in another policy does not help"
    elif match:
        hint = f"this role needs {match['action']}" + (
            f" on {match['on']}" if match["on"] and match["on"] != "*" else ""
        )
    else:
        hint = f"this role is not permitted to {getattr(error, 'operation_name', '') or 'do this'}"
    denied = DeniedError(text, hint=f"{hint}; `dayfly iam` prints what each command needs", code=code)
    denied.action = match["action"] if match else ""
    return denied


def _hint(error: Exception, code: str) -> str:
    hints = {
        "CodeSigningConfigNotFoundException": "the function's code signing configuration no longer exists",
        "CodeVerificationFailedException": "sign the layer with a profile that the function's code signing "
        "configuration allows",
        "InvalidParameterValueException": "nothing was changed",
        "KMSAccessDeniedException": "this role, or the function's, needs kms:Decrypt on the function's key",
        "PreconditionFailedException": "it was changed by another user or tool during this run",
        "ResourceNotFoundException": "check the name, the region and the account",
    }
    if isinstance(error, ParamValidationError):
        return "botocore rejected the request; nothing was sent"
    if isinstance(error, NoRegionError):
        return "give a region, for example --region eu-central-1"
    if isinstance(error, ProfileNotFound):
        return "see `aws configure list-profiles`"
    if isinstance(error, BotoCoreError):
        return "check region, credentials, network and --endpoint-url"
    return hints.get(code, "see the AWS error message")


def _word(error: Exception) -> str:
    if isinstance(error, ParamValidationError):
        # Its report repeats the values that it was given.
        return "ParamValidationError: a parameter is invalid for this call"
    if isinstance(error, ClientError):
        message = _VALUE.sub(r"\1(not shown)\2", str(error.response.get("Error", {}).get("Message", "")))
        return f"{code_of(error)}: {printable(message)}"[:_MAX_MESSAGE]
    return printable(f"{type(error).__name__}: {error}")[:_MAX_MESSAGE]


def printable(text: str) -> str:
    """Return words of AWS, or of whatever answers at an endpoint, as they may go to somebody's terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
