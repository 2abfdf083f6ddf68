"""usage: read_back.py FOLDER    checks with TensorBoard's own reader what write_events.cc wrote there"""

import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "histograms": 0}).Reload()

expected = {
    "train/loss": [(1, 2.0), (2, 1.0)],
    "train/accuracy": [(1, 0.25), (2, 0.5)],
    "train/lr": [(1, 0.5), (2, 0.5)],
    "val/accuracy": [(2, 0.75)],
    "target/base/accuracy": [(1, 0.125), (2, 0.25)],
}
assert sorted(events.Tags()["scalars"]) == sorted(expected), events.Tags()
for tag, values in expected.items():
    found = [(scalar.step, scalar.value) for scalar in events.Scalars(tag)]
    assert found == values, (tag, found)

assert events.Tags()["histograms"] == ["weights/ctx"], events.Tags()
histograms = events.Histograms("weights/ctx")
assert [histogram.step for histogram in histograms] == [1, 2], histograms
for histogram in histograms:
    value = histogram.histogram_value
    assert (value.min, value.max, value.num, value.sum, value.sum_squares) == (-1, 3, 4, 2, 10), (
        value
    )
    filled = [(limit, count) for limit, count in zip(value.bucket_limit, value.bucket) if count]
    assert [count for _, count in filled] == [1, 2, 1] and filled[-1][0] == 3, value
print("read_back.py: TensorBoard reads what was written")
