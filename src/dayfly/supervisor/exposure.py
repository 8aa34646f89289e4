"""Says who was served by a worker after an invocation had planted something in it: patient zero, and the blast radius."""

from __future__ import annotations

from dayfly.core import findings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.supervisor.report import Reporter
    from dayfly.supervisor.worker import Worker


class Exposure:
    """Follows the one worker that serves; each later request of a changed one is a finding when it is handed over."""

    __slots__ = ("_number", "_reporter", "_request_id", "_served", "_worker")

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._worker: Worker | None = None
        self._request_id = ""
        self._number = 0
        self._served = 0

    def planted(self, worker: Worker) -> None:
        """The invocation in progress planted something in `worker`."""
        if self._worker is not worker:
            self._worker = worker
            self._request_id = self._reporter.request_id
            self._number = self._reporter.number
            self._served = 0

    def is_changed(self, worker: Worker) -> bool:
        """Say whether something was planted in `worker`."""
        return self._worker is worker

    def handed_over(self, worker: Worker) -> None:
        """The event in progress was given to `worker`."""
        if self._worker is not worker:
            return
        self._served += 1
        self._reporter.find(
            findings.SERVED_AFTERWARDS,
            f"request {self._request_id} tampered with this worker, which then served this request",
            {
                "patient_zero": self._request_id,
                "invocation_of_patient_zero": self._number,
                "served_afterwards": self._served,
                "worker": worker.number,
            },
        )
