"""SeBS's `compression`: a folder of files written to /tmp, packed into a zip there and read back."""

import hashlib
import os
import random
import shutil
import tempfile
import zipfile

TEXTS = [" ".join(str(random.Random(number).randrange(1_000)) for _ in range(1_000)) for number in range(10)]


def handler(event, context):
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "files")
        os.mkdir(source)
        for number, text in enumerate(TEXTS):
            with open(os.path.join(source, f"{number}.txt"), "w") as file:
                file.write(f"{event['number']}\n{text}")
        path = shutil.make_archive(os.path.join(folder, "archive"), "zip", source)
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(".txt"))
            found = hashlib.sha256(b"".join(archive.read(name) for name in names))
        return {"files": len(names), "hash": found.hexdigest()}
