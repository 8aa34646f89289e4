"""Hard limits of what Dayfly reads, each with its reason."""

from __future__ import annotations

# Lambda's answer limit, 6 MiB + 100 bytes: a longer body is refused by the platform with 413.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_ANSWER_BYTES = 6_291_556

# An event is at most 6 MB; the platform may wrap it (function URLs, base64), so leave room, but never
# let a broken platform reply eat the environment's memory.
MAX_EVENT_BYTES = 64 * 1024 * 1024

# Status line and headers of a Runtime API reply. The client context alone may have 3,583 bytes and a
# Cognito identity or a trace header come on top. AWS's client takes lines of 100 KiB, and any number of them.
MAX_HEAD_BYTES = 2 * 1024 * 1024

# X-Ray error cause: Lambda keeps at most 64 KiB after compaction, awslambdaric drops it beyond 1 MiB.
MAX_XRAY_CAUSE_BYTES = 64 * 1024

# What the worker may announce beside the body: the larger of content type and X-Ray cause.
MAX_META_BYTES = 1024 * 1024

# What a worker may say about its invocation: eight names of a hundred characters, twice, what its guard saw, and
# sixty-four uses of capabilities, for who learns a policy.
MAX_NOTE_BYTES = 16384

# What a worker reports while its invocation goes on: a finding of its guard, or the error of a refusal, below 2 kB each.
MAX_REPORT_BYTES = 4096

# Reports of one invocation that are read. A guard makes seven, and so does each process that was forked from its own.
MAX_REPORTS = 512

# Frames between supervisor and zygote: a stack trace of an init failure is the longest.
MAX_CONTROL_BYTES = 8 * 1024 * 1024

# Requests of extensions in the function's process: the API's own messages are some hundred bytes.
MAX_REQUEST_BYTES = 65536

# One log line or telemetry frame. CloudWatch Logs takes events up to 1 MiB; Dayfly's own lines stay
# below MAX_FINDING_BYTES, so a piece of a longer line can never be mistaken for one of them.
MAX_LOG_LINE_BYTES = 256 * 1024
MAX_FINDING_BYTES = 16 * 1024
