"""TensorBoard's event files.

    python scripts/golden/event_file.py                writes test/golden/event-file.json
    python scripts/golden/event_file.py --read FOLDER  prints what TensorBoard reads in a folder

The golden file has the bytes that TensorBoard's own messages and record writer make of a few events.
`--read` uses the reader of TensorBoard's server; nothing of this project is in between.
"""

import base64
import io
import json
import platform
import sys
from pathlib import Path

import google.protobuf
import tensorboard
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.summary.writer.record_writer import RecordWriter

GOLDEN = Path(__file__).parents[2] / "test" / "golden" / "event-file.json"

WALL_TIME = 1764100800.125
POINTS = [
    {"step": 1, "scalars": {"train/loss": 1.25, "train/learning_rate": 3e-5}},
    {"step": 1, "scalars": {"eval/f1_macro": 0.1}},
    {"step": 300, "scalars": {"train/loss": -1e-9, "train/tokens": 123456.0}},
]
TEXT = "| setting | value |\n| --- | --- |\n| text | gr\u00fc\u00dfe |"


def text_value(tag, text):
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    tensor = TensorProto(dtype=DT_STRING, tensor_shape=shape, string_val=[text.encode()])
    plugin = SummaryMetadata.PluginData(plugin_name="text")
    return Summary.Value(tag=tag, tensor=tensor, metadata=SummaryMetadata(plugin_data=plugin))


def events():
    yield Event(wall_time=WALL_TIME, file_version="brain.Event:2")
    yield Event(wall_time=WALL_TIME, session_log=SessionLog(status=SessionLog.START))
    yield Event(
        wall_time=WALL_TIME, summary=Summary(value=[text_value("args/text_summary", TEXT)])
    )
    for number, point in enumerate(POINTS):
        values = [Summary.Value(tag=tag, simple_value=x) for tag, x in point["scalars"].items()]
        yield Event(
            wall_time=WALL_TIME + number, step=point["step"], summary=Summary(value=values)
        )


def frames(messages):
    for message in messages:
        file = io.BytesIO()
        RecordWriter(file).write(message.SerializeToString(deterministic=True))
        yield base64.b64encode(file.getvalue()).decode()


def write_golden():
    golden = {
        "versions": {
            "python": platform.python_version(),
            "tensorboard": tensorboard.__version__,
            "protobuf": google.protobuf.__version__,
        },
        "wallTime": WALL_TIME,
        "text": TEXT,
        "points": POINTS,
        "records": list(frames(events())),
    }
    GOLDEN.write_text(json.dumps(golden, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read(folder):
    everything = {event_accumulator.SCALARS: 0, event_accumulator.TENSORS: 0}
    reader = event_accumulator.EventAccumulator(folder, size_guidance=everything)
    reader.Reload()
    scalars = {
        tag: [[event.step, event.value, event.wall_time] for event in reader.Scalars(tag)]
        for tag in reader.Tags()["scalars"]
    }
    texts = {
        tag: [value.decode() for event in reader.Tensors(tag) for value in event.tensor_proto.string_val]
        for tag in reader.Tags()["tensors"]
    }
    print(json.dumps({"scalars": scalars, "texts": texts}, indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read(sys.argv[2])
    else:
        write_golden()
