"""Does FunctionShield refuse a child process?"""

import os

import function_shield
from asking import child_is_refused

token = os.environ.get("FUNCTION_SHIELD_TOKEN", "")
function_shield.configure({"policy": {"create_child_process": "block"}, "token": token})
child_is_refused()
