"""The same beside a hook that runs at each fork, as libraries of numbers register."""

import os

from database import handler as handler

os.register_at_fork(before=lambda: None, after_in_child=lambda: None)
