"""Tables of Apache Arrow, read from text and grouped by its pools of threads."""

import io

import pyarrow
import pyarrow.compute
import pyarrow.csv
from serving import serve

pyarrow.set_cpu_count(2)
TEXT = b"city,amount\n" + b"".join(b"city%d,%d\n" % (index % 7, index) for index in range(100_000))


def use(number):
    options = pyarrow.csv.ReadOptions(use_threads=True, block_size=64 << 10)
    table = pyarrow.csv.read_csv(io.BytesIO(TEXT), read_options=options)
    table = table.append_column("more", pyarrow.compute.add(table["amount"], number))
    grouped = table.group_by("city", use_threads=True).aggregate([("more", "sum")])
    return dict(sorted(zip(grouped["city"].to_pylist(), grouped["more_sum"].to_pylist(), strict=True)))


handler = serve(use, threads=True)
