"""Where code and layers come from: a zip in the request, or an object in a bucket of the lab's `services`."""

from __future__ import annotations

import base64

from dayfly.lab.control import refusals
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.declaring import ARN_OR_NONE
from dayfly.lab.control.function_shapes import Code, Content
from dayfly.lab.lab import Lab
from dayfly.lab.model import LabError

# Of a zip in a request: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_ZIPPED_BYTES = 52_428_800
# Code and layers of a function together, unpacked: the same page.
MAX_UNPACKED_BYTES = 262_144_000
UNREADABLE = "Could not unzip uploaded file. Please check your file, then try to upload again."


def check_content(checks: Checks, content: Content | None, at: str) -> None:
    """Note what the API's model excludes in code or a layer; `at` is where it is in the request."""
    if content is None:
        return
    checks.pattern(content.s3_bucket, f"{at}s3Bucket", r"[0-9A-Za-z\.\-_]*(?<!\.)")
    checks.length(content.s3_bucket, f"{at}s3Bucket", least=3, most=63)
    checks.length(content.s3_key, f"{at}s3Key", least=1, most=1024)
    checks.length(content.s3_object_version, f"{at}s3ObjectVersion", least=1, most=1024)
    if isinstance(content, Code):
        checks.pattern(content.source_kms_key_arn, f"{at}sourceKMSKeyArn", ARN_OR_NONE)


async def fetch(lab: Lab, content: Content | None) -> bytes:
    """Return the zip that a request names; raises InvokeRefusedError (400) where there is none."""
    named = () if content is None else (content.s3_bucket, content.s3_key, content.s3_object_version)
    if content is None or (content.zip_file is None and named == (None, None, None)):
        raise refusals.invalid("Please provide a source for function code.")
    if content.zip_file is not None:
        if named != (None, None, None):
            raise refusals.invalid(
                "Please do not provide other FunctionCode parameters when providing a ZipFile."
            )
        return _decode(content.zip_file)
    if content.s3_bucket is None or content.s3_key is None:
        # Recorded from AWS for a bucket without a key (cdk-preflight, pf-lambda-code-s3-pair).
        raise refusals.invalid("S3 Bucket and Key are required for uploading with S3 parameters.")
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
