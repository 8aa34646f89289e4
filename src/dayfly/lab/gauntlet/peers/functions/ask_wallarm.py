"""Does Wallarm's middleware refuse a path that leaves its folder?"""

import os

from asking import traversal_is_refused
from flask import Flask
from wallarmrasp.wallarmrasp import WallarmRASPMiddleware

application = Flask("question")
application.wsgi_app = WallarmRASPMiddleware(
    application.wsgi_app,
    "block",
    host=os.environ.get("WALLARM_RASP_HOST", "127.0.0.1"),
    port=os.environ.get("WALLARM_RASP_PORT", "8989"),
)
traversal_is_refused(application)
