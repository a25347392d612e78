"""Reads a page of metrics as Prometheus' own client does, and checks that names and units follow its conventions.

Usage: prometheus.py FILE
"""

import sys

from prometheus_client.parser import text_string_to_metric_families

text = open(sys.argv[1], encoding="utf-8").read()
families = {family.name: family for family in text_string_to_metric_families(text)}
faults = []
for name, family in families.items():
    if not name.startswith(("dreamsim_", "process_")):
        faults.append(f"{name}: neither of this program nor of processes")
    if not family.documentation:
        faults.append(f"{name}: has no help")
    if family.type == "histogram":
        if not name.endswith(("_seconds", "_bytes", "_images")):
            faults.append(f"{name}: has no base unit")
        for sample in family.samples:
            if sample.name.endswith("_count"):
                whole = [
                    other.value for other in family.samples
                    if other.labels == {**sample.labels, "le": "+Inf"} and other.name.endswith("_bucket")]
                if whole != [sample.value]:
                    faults.append(f"{name}: its last bucket is not its count: {whole}, {sample.value}")
    elif family.type not in ("counter", "gauge"):
        faults.append(f"{name}: is of no type")
wanted = {
    "dreamsim_requests": "counter", "dreamsim_request_duration_seconds": "histogram",
    "dreamsim_queue_duration_seconds": "histogram", "dreamsim_decode_duration_seconds": "histogram",
    "dreamsim_model_duration_seconds": "histogram", "dreamsim_requests_in_flight": "gauge",
    "dreamsim_refused": "counter", "dreamsim_work_cancelled": "counter", "dreamsim_held_bytes": "gauge",
    "dreamsim_build_info": "gauge", "process_start_time_seconds": "gauge", "process_cpu_seconds": "counter",
}
for name, kind in wanted.items():
    if name not in families or families[name].type != kind:
        faults.append(f"{name}: is no {kind}")
if faults:
    sys.exit("\n".join(faults))
print(f"{len(families)} metrics are in Prometheus' format.")
