"""The event files of `dreamsim train` read by TensorBoard itself: `python events.py RUN`.

RUN is the folder of a run. Every record is read by TensorBoard's reader, which checks the sums, and all numbers are compared
with `log.jsonl`: each step and each validation must be there once, as its last start told it. Exits with 1 otherwise.
Needs: tensorboard.
"""
import json
import struct
import sys
from pathlib import Path

from tensorboard.backend.event_processing import event_accumulator, event_file_loader

TAGS = {"step": [("loss/train", "loss"), ("agreement/train", "agreement"), ("speed/images_per_second", "imagesPerSecond")],
        "validation": [("loss/validation", "loss"), ("agreement/validation", "agreement")]}


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def main():
    run = Path(sys.argv[1])
    files = sorted(run.glob("events.out.tfevents.*"))
    records = 0
    for path in files:
        records += sum(1 for _ in event_file_loader.EventFileLoader(str(path)).Load())
    # What TensorBoard shows: steps that were taken again replace those of an earlier start.
    accumulator = event_accumulator.EventAccumulator(str(run), size_guidance={event_accumulator.SCALARS: 0})
    accumulator.Reload()
    lines = [json.loads(line) for line in open(run / "log.jsonl")]
    wrong = 0
    for kind, tags in TAGS.items():
        own = [line for line in lines if line["kind"] == kind]
        for tag, key in tags if own else []:
            shown = [(event.step, event.value) for event in accumulator.Scalars(tag)]
            expected = [(line["step"], single(line[key])) for line in own]
            agrees = shown == expected
            wrong += not agrees
            print(f"{tag:26}{len(shown):6} numbers  {'as in log.jsonl' if agrees else 'DIFFER from log.jsonl'}")
    print(f"{records} records in {len(files)} files, TensorBoard's tags: {', '.join(accumulator.Tags()['scalars'])}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
