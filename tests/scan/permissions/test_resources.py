"""Objects of boto3's resources: what they are made of and which operations they call."""

from __future__ import annotations

import pytest

from dayfly.scan.permissions.containers import Arguments
from dayfly.scan.permissions.resources import (
    call_resource,
    collection_attribute,
    element,
    find_requests,
    resource_attribute,
)
from dayfly.scan.permissions.values import FROM_RUN_TIME, Collection, Operation, Resource, text

ORDERS = Resource("dynamodb", "Table", (("Name", text("orders")),))
UPLOADS = Resource("s3", "Bucket", (("Name", text("uploads")),))
FILE = Resource("s3", "Object", (("BucketName", text("uploads")), ("Key", text("k"))))


@pytest.mark.parametrize(
    ("owner", "name", "operation", "preset"),
    [
        (ORDERS, "put_item", "PutItem", {"TableName": text("orders")}),
        (FILE, "get", "GetObject", {"Bucket": text("uploads"), "Key": text("k")}),
        (FILE, "delete", "DeleteObject", {"Bucket": text("uploads"), "Key": text("k")}),
    ],
)
def test_an_action_carries_its_owner(
    owner: Resource, name: str, operation: str, preset: dict[str, object]
) -> None:
    (found,) = resource_attribute(owner, name)
    assert isinstance(found, Operation)
    assert (found.operation, dict(found.preset)) == (operation, preset)


def test_a_transfer_says_which_bucket_and_key() -> None:
    (found,) = resource_attribute(FILE, "upload_file")
    assert isinstance(found, Operation)
    assert (found.role, dict(found.preset)) == ("upload_file", {"Bucket": text("uploads"), "Key": text("k")})
    assert not any(isinstance(one, Operation) for one in resource_attribute(ORDERS, "upload_file"))


def test_a_batch_writer_writes_into_its_table_and_does_nothing_else() -> None:
    (writer,) = call_resource(ORDERS, "batch_writer", Arguments())
    assert isinstance(writer, Resource)
    (found,) = resource_attribute(writer, "put_item")
    assert found == Operation("dynamodb", "BatchWriteItem", (("RequestItems", text("orders")),))
    assert resource_attribute(writer, "scan") == FROM_RUN_TIME


def test_a_resource_of_a_resource_is_made_of_both() -> None:
    (found,) = call_resource(UPLOADS, "Object", Arguments((text("k"),)))
    assert found == FILE
    assert call_resource(UPLOADS, "Object", Arguments(named={"key": text("k")})) == {FILE}
    assert call_resource(UPLOADS, "Nonsense", Arguments()) == FROM_RUN_TIME


def test_a_collection_is_narrowed_iterated_and_deleted_as_a_whole() -> None:
    objects = Collection(UPLOADS, "objects")
    assert resource_attribute(UPLOADS, "objects") == {objects}
    one = element(objects)
    assert (one.kind, one.is_loaded, dict(one.identifiers)["BucketName"]) == (
        "ObjectSummary",
        True,
        text("uploads"),
    )
    (deleted,) = collection_attribute(objects, "delete")
    assert isinstance(deleted, Operation)
    assert deleted.operation == "DeleteObjects"
    assert collection_attribute(objects, "nonsense") == FROM_RUN_TIME


@pytest.mark.parametrize(
    ("owner", "name", "operations"),
    [
        (UPLOADS, "objects", ["ListObjects"]),
        (ORDERS, "item_count", ["DescribeTable"]),
        (ORDERS, "table_name", []),  # it was given
        (ORDERS, "put_item", []),  # looked at, not yet called
        (FILE, "key", []),
        (FILE, "content_length", ["HeadObject"]),
        (Resource("s3", "Object", FILE.identifiers, is_loaded=True), "content_length", []),
    ],
)
def test_looking_at_what_is_not_known_asks_for_it(owner: Resource, name: str, operations: list[str]) -> None:
    assert [one.operation for one in find_requests(owner, name)] == operations
