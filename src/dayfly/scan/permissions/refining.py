"""Operations whose parameters decide which actions they need: objects of S3, transactions and statements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.permissions.catalogue import Requirement
from dayfly.scan.permissions.values import FROM_RUN_TIME, Mapping, Sequence, Text, as_texts, constants

if TYPE_CHECKING:
    from dayfly.scan.permissions.usage import AwsCall
    from dayfly.scan.permissions.values import Value, Values


_TRANSACTED = {
    "Put": "dynamodb:PutItem", "Update": "dynamodb:UpdateItem", "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem", "Get": "dynamodb:GetItem",
}  # fmt: skip
_VERBS = {
    "SELECT": "dynamodb:PartiQLSelect", "INSERT": "dynamodb:PartiQLInsert", "UPDATE": "dynamodb:PartiQLUpdate",
    "DELETE": "dynamodb:PartiQLDelete", "EXISTS": "dynamodb:PartiQLSelect",
}  # fmt: skip
_PARTIQL_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+\"?'?([^\s\"'.({]+)", re.IGNORECASE)
_TABLE = ("table?TableName=TableName",)
_OBJECT = ("object?BucketName=Bucket,ObjectName=Key",)


def reach(given: dict[str, Values], path: str) -> Values:
    """The values at `Entries[].Name` of the parameters; empty where they are not given."""
    first, *rest = path.split(".")
    values = given.get(first.removesuffix("[]"), frozenset())
    if first.endswith("[]"):
        values = elements(values)
    for name in rest:
        found: set[Value] = set()
        inner = name.removesuffix("[]")
        for value in values:
            if isinstance(value, Mapping):
                found |= dict(value.items).get(inner, value.rest)
            else:
                found |= FROM_RUN_TIME
        values = frozenset(found)
        if name.endswith("[]"):
            values = elements(values)
    if path == "RequestItems":
        return _keys(values)
    return values


def elements(values: Values) -> Values:
    out: set[Value] = set()
    for value in values:
        if isinstance(value, Sequence):
            out |= {one for held in value.items for one in held} | value.rest
        else:
            out |= FROM_RUN_TIME if not isinstance(value, Text) else {value}
    return frozenset(out)


def _keys(values: Values) -> Values:
    """Tables are the keys of a batch's dictionary."""
    out: set[Value] = set()
    for value in values:
        if isinstance(value, Mapping):
            out |= {Text((key,)) for key, _ in value.items} | value.names
            if value.rest and not value.names:
                out |= FROM_RUN_TIME
        else:
            out.add(value)
    return frozenset(out)


def of_s3(
    call: AwsCall, given: dict[str, Values], found: list[tuple[Requirement, dict[str, Values]]]
) -> list[tuple[Requirement, dict[str, Values]]]:
    out = list(found)
    if call.operation in ("GetObject", "HeadObject", "DeleteObject") and "VersionId" in given:
        name = "s3:DeleteObjectVersion" if call.operation == "DeleteObject" else "s3:GetObjectVersion"
        out = [(Requirement(name, _OBJECT), given)]
    if call.operation in ("CopyObject", "UploadPartCopy"):
        out.append((Requirement("s3:GetObject", _OBJECT), _copy_source(given)))
    if call.operation in ("PutObject", "CopyObject", "CreateMultipartUpload"):
        if given.keys() & {"ACL", "GrantRead", "GrantFullControl", "GrantReadACP", "GrantWriteACP"}:
            out.append((Requirement("s3:PutObjectAcl", _OBJECT), given))
        if "Tagging" in given:
            out.append((Requirement("s3:PutObjectTagging", _OBJECT), given))
        if "SSEKMSKeyId" in given or "aws:kms" in constants(given.get("ServerSideEncryption", frozenset())):
            key = {"KeyId": given.get("SSEKMSKeyId", FROM_RUN_TIME)}
            out.append((Requirement("kms:GenerateDataKey", ("key?KeyId=KeyId",)), key))
            if call.how:  # in parts: each is read back under the key when they are joined
                out.append((Requirement("kms:Decrypt", ("key?KeyId=KeyId",)), key))
    return out


def _copy_source(given: dict[str, Values]) -> dict[str, Values]:
    """`{"Bucket": …, "Key": …}` or `bucket/key`."""
    bucket: set[Value] = set()
    key: set[Value] = set()
    for value in given.get("CopySource", frozenset()):
        if isinstance(value, Mapping):
            bucket |= dict(value.items).get("Bucket", FROM_RUN_TIME)
            key |= dict(value.items).get("Key", FROM_RUN_TIME)
        elif isinstance(value, Text):
            head, tail = _divide(value)
            bucket.add(head)
            key.add(tail)
        else:
            bucket.add(value)
            key.add(value)
    return {"Bucket": frozenset(bucket) or FROM_RUN_TIME, "Key": frozenset(key) or FROM_RUN_TIME}


def _divide(value: Text) -> tuple[Text, Text]:
    for position, part in enumerate(value.parts):
        if isinstance(part, str) and "/" in part.lstrip("/"):
            part = part.lstrip("/") if position == 0 else part
            head, _, tail = part.partition("/")
            before = (*value.parts[:position], head) if head else value.parts[:position]
            after = (tail, *value.parts[position + 1 :]) if tail else value.parts[position + 1 :]
            return Text(before), Text(after)
    return value, Text(("*",))


def of_dynamodb(
    call: AwsCall, given: dict[str, Values]
) -> list[tuple[Requirement, dict[str, Values]]] | None:
    if call.operation in ("TransactWriteItems", "TransactGetItems"):
        return _transacted(call, given)
    if call.operation in ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"):
        path = {"ExecuteStatement": "Statement", "BatchExecuteStatement": "Statements[].Statement"}
        statements = reach(given, path.get(call.operation, "TransactStatements[].Statement"))
        return _partiql(as_texts(statements))
    return None


def _transacted(call: AwsCall, given: dict[str, Values]) -> list[tuple[Requirement, dict[str, Values]]]:
    out: list[tuple[Requirement, dict[str, Values]]] = []
    is_whole = bool(given.get("TransactItems")) and not call.is_open
    for item in elements(given.get("TransactItems", frozenset())):
        if not isinstance(item, Mapping) or item.rest:
            is_whole = False
            continue
        for verb, held in item.items:
            if verb not in _TRANSACTED:
                continue
            for one in held:
                table = (
                    dict(one.items).get("TableName", FROM_RUN_TIME)
                    if isinstance(one, Mapping)
                    else FROM_RUN_TIME
                )
                out.append((Requirement(_TRANSACTED[verb], _TABLE), {"TableName": table}))
    if not out or not is_whole:
        verbs = (
            ("Get",)
            if call.operation == "TransactGetItems"
            else ("Put", "Update", "Delete", "ConditionCheck")
        )
        seen = {requirement.action for requirement, _ in out}
        missing = [_TRANSACTED[verb] for verb in verbs if not seen or _TRANSACTED[verb] not in seen]
        if not out:
            out.extend((Requirement(action, _TABLE), {"TableName": FROM_RUN_TIME}) for action in missing)
    return out


def _partiql(statements: list[Text]) -> list[tuple[Requirement, dict[str, Values]]]:
    out: list[tuple[Requirement, dict[str, Values]]] = []
    for statement in statements:
        holes: dict[str, Text] = {}
        written = ""
        for position, part in enumerate(statement.parts):
            if isinstance(part, str):
                written += part
            else:
                holes[f"@{position}@"] = Text((part,))
                written += f"@{position}@"
        verb = written.strip().split(" ", 1)[0].upper()
        actions = [_VERBS[verb]] if verb in _VERBS else list(dict.fromkeys(_VERBS.values()))
        match = _PARTIQL_TABLE.search(written)
        table: Values = FROM_RUN_TIME
        if match is not None:
            name = match[1]
            table = frozenset({holes.get(name, Text((re.sub(r"@\d+@", "*", name),)))})
        out.extend((Requirement(action, _TABLE), {"TableName": table}) for action in actions)
    return out
