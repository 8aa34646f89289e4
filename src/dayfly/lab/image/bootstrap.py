"""A managed runtime's bootstrap, written from what is known of AWS's: search path, site directories, PYTHONPATH.

Import order and effects are AWS's; see the platform notes. The file is Dayfly's own.
"""

import os
import site
import sys

try:
    import awslambdaric.__main__ as client
except ModuleNotFoundError:
    # On Lambda the runtime always has it; here the function's folder may be the only one that does.
    sys.path.append(os.environ["LAMBDA_TASK_ROOT"])
    import awslambdaric.__main__ as client

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
LAYER_PACKAGES = f"/opt/python/lib/python{VERSION}/site-packages"
LAYER = "/opt/python"
IMAGE_PACKAGES = f"/var/lang/lib/python{VERSION}/site-packages"


def main() -> None:
    task_root = os.environ["LAMBDA_TASK_ROOT"]
    is_path_chosen = "PYTHONPATH" in os.environ
    if not is_path_chosen:
        sys.path[:0] = [LAYER_PACKAGES, LAYER, IMAGE_PACKAGES]
    sys.path.insert(0, task_root)
    site.addsitedir(task_root)
    if not is_path_chosen:
        site.addsitedir(LAYER_PACKAGES)
        site.addsitedir(LAYER)
        os.environ["PYTHONPATH"] = os.environ["LAMBDA_RUNTIME_DIR"]
    client.main([task_root, os.environ["_HANDLER"]])


if __name__ == "__main__":
    main()
