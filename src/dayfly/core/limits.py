"""Hard limits of what Dayfly reads, each with its reason."""

from __future__ import annotations

# Lambda's answer limit: the platform refuses a longer one.
MAX_ANSWER_BYTES = 6291556

# What the worker may announce beside the body: the larger of content type and X-Ray cause.
MAX_META_BYTES = 1024 * 1024

# What a worker may say about its invocation: eight names of a hundred characters, twice, what its guard saw, and
# sixty-four uses of capabilities, for who learns a policy.
MAX_NOTE_BYTES = 16384

# What a worker reports while its invocation goes on: a finding of its guard, or the error of a refusal, below 2 kB each.
MAX_REPORT_BYTES = 4096


# Frames between supervisor and zygote: a stack trace of an init failure is the longest.
MAX_CONTROL_BYTES = 8 * 1024 * 1024


# One record of Dayfly's: below what a log takes for one event.
MAX_FINDING_BYTES = 16 * 1024
