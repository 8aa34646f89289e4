"""What a container image needs instead of a layer, which it cannot have."""

from __future__ import annotations

# As in docs/container/Dockerfile, which is built and run by tests.
DOCKERFILE = (
    "RUN pip install --no-cache-dir dayfly-runtime",
    'ENTRYPOINT ["python", "-I", "-m", "dayfly.runtime"]',
)
# Without whether the image's code is Python, which nobody but its owner knows.
LINES_FOR_PYTHON = "if it runs Python, add these lines to its Dockerfile: " + " / ".join(DOCKERFILE)
