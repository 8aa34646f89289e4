"""Does AppDefender refuse a child process?"""

import appdefender  # noqa: F401
from asking import child_is_refused

child_is_refused()
