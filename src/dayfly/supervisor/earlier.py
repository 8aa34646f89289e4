"""Rule 1: clears what an earlier life of the environment left, before any function code is loaded.

Processes, files and kernel objects found at a start are nobody's baseline: the environment may have had an
earlier, poisoned life. What the platform tells of it is believed only where nobody could have forged it.
"""

from __future__ import annotations

from dayfly._sys import proc
from dayfly.core import findings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.supervisor.places import Places
    from dayfly.supervisor.report import Reporter
    from dayfly.supervisor.residue import KernelObjects, TemporaryFiles
    from dayfly.supervisor.sweep import EnvironmentSweeper


class Cleared:
    """What was there before any function code; `code` and `data` count files that are too young to be the
    image's and were not removed. `fault` says why nothing may be served, "" if nothing stands against it."""

    __slots__ = ("code", "data", "fault", "files", "objects", "processes")

    def __init__(self) -> None:
        self.processes = 0
        self.files = 0
        self.objects = 0
        self.code = 0
        self.data = 0
        self.fault = ""

    def report(self, reporter: Reporter) -> None:
        """Write the finding, if there was anything."""
        if not any((self.processes, self.files, self.objects, self.code, self.data)):
            return
        reporter.find(
            findings.EARLIER_LIFE,
            f"this is a later life: {self.processes} processes were ended and {self.files} files removed before "
            "any function code" + self._rest(),
            {
                "processes": self.processes,
                "files": self.files,
                "objects": self.objects,
                "young_code": self.code,
                "young_files": self.data,
            },
        )

    def _rest(self) -> str:
        young = self.code + self.data
        if not young:
            return ""
        return f"; {young} files outside temporary directories are younger than the environment and were left"


def clear_earlier_life(
    sweeper: EnvironmentSweeper,
    files: TemporaryFiles | None,
    kernel_objects: KernelObjects | None,
    places: Places | None,
    *,
    runs_changed_code: bool,
) -> Cleared:
    """End and remove what an earlier life may have left; `files` and `places` are None where files stay."""
    cleared = Cleared()
    if sweeper.can_kill_all:
        sweeper.kill_all()
    swept = sweeper.sweep(set())
    cleared.processes = swept.killed
    if not swept.is_proved:
        cleared.fault = "processes of an earlier life could not be ended"
        return cleared
    if kernel_objects is not None:
        cleared.objects = kernel_objects.begin(is_first_life=sweeper.is_first_life)
    if files is not None:
        cleaned = files.clear(has_time=lambda: True)
        cleared.files = cleaned.files + cleaned.directories
    if places is not None and not sweeper.is_first_life:
        earlier = places.clear_earlier(proc.started_at(1))
        cleared.files += earlier.removed
        cleared.code, cleared.data = earlier.code, earlier.data
        if earlier.code and not runs_changed_code:
            cleared.fault = (
                f"{earlier.code} files of the function's code were changed since this environment began, "
                "perhaps by an earlier life of it"
            )
    return cleared
