"""Sums what it reads."""

import json
import sys

total = sum(json.load(sys.stdin))
print(json.dumps({"total": total}) if sys.argv[-1] == "json" else total)
