"""InvokeWithResponseStream over HTTP.

https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import AsyncIterator

from litestar import Response, post
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from dayfly.lab.control.answers import LabRequest
from dayfly.lab.control.names import parse_name
from dayfly.lab.control.registry import Registry
from dayfly.lab.invoke_headers import InvokeHeaders
from dayfly.lab.model import InvokeResult
from dayfly.lab.streaming.eventstream import MAX_PAYLOAD_BYTES, MEDIA_TYPE, encode_event
from dayfly.lab.streaming.invoking import Streamed, invoke_streamed
from dayfly.lab.streaming.stream import ResponseStream

# botocore's model: ResponseStreamingInvocationType.
_INVOCATION_TYPES = ("RequestResponse", "DryRun")


def streaming_routes(registry: Registry) -> list[ControllerRouterHandler]:
    """Return the handler of InvokeWithResponseStream."""
    lab = registry.lab

    @post(
        "/2021-11-15/functions/{function_name:str}/response-streaming-invocations",
        status_code=200,
    )
    async def invoke(request: LabRequest, function_name: FromPath[str]) -> Response[bytes] | Stream:
        name, qualifier = parse_name(function_name, request.query_params.get("Qualifier"))
        target = registry.route(name, qualifier)
        headers = InvokeHeaders.read(request.headers, types=_INVOCATION_TYPES)
        payload = await request.body()
        request_id = str(uuid.uuid4())

        async def run(stream: ResponseStream | None) -> InvokeResult:
            return await lab.invoke(
                name,
                payload,
                version=target.version,
                arn=target.arn,
                request_id=request_id,
                stream=stream,
                **headers.options(),
            )

        answer = {"x-amzn-RequestId": request_id}
        if headers.invocation_type == "DryRun":
            await run(None)
            return Response(b"", status_code=204, headers=answer, media_type="")
        streamed = await invoke_streamed(ResponseStream(lab.stream_limits), run)
        answer["X-Amz-Executed-Version"] = target.version
        return Stream(_events(streamed), headers=answer, media_type=MEDIA_TYPE)

    return [invoke]


async def _events(streamed: Streamed) -> AsyncIterator[bytes]:
    try:
        async for chunk in streamed.chunks():
            for start in range(0, len(chunk), MAX_PAYLOAD_BYTES):
                piece = chunk[start : start + MAX_PAYLOAD_BYTES]
                yield encode_event("PayloadChunk", "application/octet-stream", piece)
        yield encode_event("InvokeComplete", "application/json", _complete(await streamed.result()))
    finally:
        await streamed.abandon()


def _complete(result: InvokeResult) -> bytes:
    told: dict[str, str] = {}
    if result.function_error is not None:
        told["ErrorCode"] = result.function_error
        told["ErrorDetails"] = result.payload.decode("utf-8", "replace")
    if result.log_tail is not None:
        told["LogResult"] = base64.b64encode(result.log_tail).decode()
    return json.dumps(told).encode()
