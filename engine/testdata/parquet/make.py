# Writes the files of this folder: python3 make.py, with pyarrow 26 or newer.
# Arrow's Go writer makes no page checksums, so these come from its C++ one.
import decimal

import pyarrow as pa
import pyarrow.parquet as pq

n = 60
t = pa.table({
    "id": [f"p{i}" for i in range(n)],
    "town": pa.array([["east", "west", None][i % 3] for i in range(n)]),
    "n": pa.array(range(n), pa.int64()),
})
for name, version, codec, dictionary in [
    ("crc-v1", "1.0", "none", False),
    ("crc-v2", "2.0", "zstd", True),
    ("no-crc", "1.0", "snappy", True),
]:
    pq.write_table(t, name + ".parquet", data_page_version=version, compression=codec, use_dictionary=dictionary,
                   row_group_size=40, write_page_checksum=name.startswith("crc"), store_schema=False, write_statistics=False)

t = pa.table({"id": ["a", "b"], "v": pa.array([decimal.Decimal("1.50"), decimal.Decimal("-2.25")], pa.decimal128(20, 2))})
pq.write_table(t, "flba-delta.parquet", use_dictionary=False, column_encoding={"v": "DELTA_BYTE_ARRAY"})
