"""Files under /tmp by names that events bring, archives, temporary files, and a program of the function's choice."""

import gzip
import os
import pathlib
import shutil
import subprocess
import tempfile
import zipfile

HERE = pathlib.Path(__file__).parent


def handler(event, context):
    folder = pathlib.Path(tempfile.gettempdir()) / "orders"
    folder.mkdir(exist_ok=True)
    target = folder / f"{event['id']}.txt"
    target.write_text(event["note"])
    with tempfile.TemporaryDirectory() as scratch:
        copy = shutil.copy(target, os.path.join(scratch, event["file"]))
        with gzip.open(copy + ".gz", "wt") as packed:
            packed.write(event["note"])
        archive = shutil.make_archive(os.path.join(scratch, "all"), "zip", folder)
        with zipfile.ZipFile(archive) as opened:
            names = sorted(opened.namelist())
        listed = sorted(os.listdir(scratch))
    os.rename(target, folder / "latest.txt")
    lines = subprocess.run(
        ["grep", "-c", "--", event["note"], str(folder / "latest.txt")], capture_output=True, text=True
    ).stdout
    upper = subprocess.run(
        "tr a-z A-Z", shell=True, input=event["note"], capture_output=True, text=True
    ).stdout
    (folder / "latest.txt").unlink()
    folder.rmdir()
    template = (HERE / "templates" / "receipt.html").read_text()
    return {"names": names, "listed": listed, "lines": lines, "upper": upper, "template": len(template)}
