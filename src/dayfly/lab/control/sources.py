"""Where code and layers come from: a zip in the request, or an object in a bucket of the lab's `services`."""

from __future__ import annotations

import base64

from dayfly.lab.control import refusals
from dayfly.lab.control.function_shapes import Content
from dayfly.lab.lab import Lab
from dayfly.lab.model import LabError

# Of a zip in a request: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_ZIPPED_BYTES = 52_428_800
# Code and layers of a function together, unpacked: the same page.
MAX_UNPACKED_BYTES = 262_144_000
UNREADABLE = "Could not unzip uploaded file. Please check your file, then try to upload again."


async def fetch(lab: Lab, content: Content | None) -> bytes:
    """Return the zip that a request names; raises InvokeRefusedError (400) where there is none."""
    if content is None or (content.zip_file is None and content.s3_bucket is None):
        raise refusals.invalid("Please provide a source for function code.")
    if content.zip_file is not None:
        if content.s3_bucket is not None or content.s3_key is not None:
            raise refusals.invalid(
                "Please do not provide other FunctionCode parameters when providing a ZipFile."
            )
        return _decode(content.zip_file)
    if content.s3_key is None:
        raise refusals.invalid("S3Key must not be null when S3Bucket is given")
    if lab.services is None:
        raise refusals.invalid(
            "The lab has no S3: give it one that has your bucket with --services (moto's server or LocalStack), or "
            "send the zip in the request"
        )
    arguments = {"Bucket": content.s3_bucket, "Key": content.s3_key}
    if content.s3_object_version is not None:
        arguments["VersionId"] = content.s3_object_version
    client = lab.services.client("s3")

    def read() -> bytes:
        found = client.get_object(**arguments)
        if found["ContentLength"] > MAX_UNPACKED_BYTES:
            found["Body"].close()
            raise refusals.invalid(f"Unzipped size must be smaller than {MAX_UNPACKED_BYTES} bytes")
        body: bytes = found["Body"].read()
        return body

    try:
        return await lab.services.aside(read)
    except LabError as error:
        raise refusals.service_refused("S3", error) from error


def _decode(text: str) -> bytes:
    try:
        zipped = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise refusals.invalid(UNREADABLE) from error
    if len(zipped) > MAX_ZIPPED_BYTES:
        raise refusals.entity_too_large(f"Zipped size must be smaller than {MAX_ZIPPED_BYTES} bytes")
    return zipped
