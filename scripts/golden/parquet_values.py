"""Parquet files by pyarrow and datasets, and the values in them as JSON has them.

Writes test/golden/parquet. Needs pyarrow and datasets, not torch.
"""

import base64
import datetime
import decimal
import json
import math
from pathlib import Path

import datasets
import pyarrow
import pyarrow.parquet

OUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "parquet"


def typed() -> pyarrow.Table:
    day = datetime.datetime(2020, 1, 1, 10, 30)
    fine = day.replace(microsecond=123456)
    price = pyarrow.decimal128(9, 1)
    item = pyarrow.struct([("price", price), ("id", pyarrow.int32())])
    one = decimal.Decimal
    nested = [{"a": 1, "b": [{"c": "x", "n": 2**40}]}, {"a": None, "b": []}, None]
    columns = {
        "text": pyarrow.array(["The pump hums", "Zwei Wörter", "c"]),
        "day": pyarrow.array([day.date(), datetime.date(1969, 12, 31), None]),
        "millis": pyarrow.array([day, day, None], pyarrow.timestamp("ms")),
        "micros": pyarrow.array([fine, day, None], pyarrow.timestamp("us")),
        "clock": pyarrow.array([day.time(), datetime.time(23, 59, 59), None], pyarrow.time32("ms")),
        "clocks": pyarrow.array([[fine.time()], [datetime.time(0)], None], pyarrow.list_(pyarrow.time64("us"))),
        "nested": pyarrow.array(nested),
        "map": pyarrow.array([[("k", 3)], [], None], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
        "money": pyarrow.array([decimal.Decimal("0.3"), decimal.Decimal("-1234.5"), None], pyarrow.decimal128(9, 1)),
        "cents": pyarrow.array([decimal.Decimal("1.10"), decimal.Decimal("8.95"), None], pyarrow.decimal128(20, 2)),
        "long": pyarrow.array([decimal.Decimal("12345678901234567.89"), decimal.Decimal("-0.01"), None], pyarrow.decimal128(38, 2)),
        "prices": pyarrow.array(
            [{"net": one("0.3"), "all": [one("1.1"), None]}, {"net": one("-0.7"), "all": []}, None],
            pyarrow.struct([("net", price), ("all", pyarrow.list_(price))]),
        ),
        "rates": pyarrow.array([[("a", one("0.7"))], [], None], pyarrow.map_(pyarrow.string(), price)),
        "items": pyarrow.array([[{"price": one("0.6"), "id": 3}], [], None], pyarrow.list_(item)),
        "bytes": pyarrow.array([b"\x00\xff", b"plain", None]),
        "words": pyarrow.array([b"plain", "é".encode(), None]),
        "inside": pyarrow.array([[b"\xff\xfe"], [b"a"], None], pyarrow.list_(pyarrow.binary())),
        "number": pyarrow.array([math.nan, math.inf, 0.1]),
    }
    return pyarrow.table(columns)


MAPS = {"map", "rates"}

# Columns of bytes that are no text somewhere.
BINARY = {"bytes", "inside"}


def expected(value: object, name: str) -> object:
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="microseconds" if value.microsecond % 1000 else "milliseconds") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return value.isoformat(timespec="microseconds" if value.microsecond % 1000 else "milliseconds")
    if isinstance(value, decimal.Decimal):
        exact = len(value.normalize().as_tuple().digits) <= 15
        return float(value) if exact else str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode() if name in BINARY else value.decode()
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return {key: expected(item, name) for key, item in value}
    if isinstance(value, dict):
        return {key: expected(item, name) for key, item in value.items()}
    if isinstance(value, list):
        return {} if name in MAPS else [expected(item, name) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity"
    return value


def main() -> None:
    OUT.mkdir(exist_ok=True)
    table = typed()
    pyarrow.parquet.write_table(table, OUT / "values.parquet")
    rows = [{name: expected(value, name) for name, value in row.items()} for row in table.to_pylist()]
    (OUT / "values.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    names = datasets.ClassLabel(names=["plumbing", "rigging", "sails"])
    features = datasets.Features({"text": datasets.Value("string"), "label": names})
    labelled = {"text": ["The pump hums", "The mast leans", "A sail tore", "Nobody knows"], "label": [0, 1, 2, -1]}
    datasets.Dataset.from_dict(labelled, features=features).to_parquet(OUT / "class-label.parquet")


if __name__ == "__main__":
    main()
