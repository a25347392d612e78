"""How much longer a single comparison takes than its model: asks a resting service one comparison after another.

Usage: latency.py URL METRIC IMAGE IMAGE [COUNT]
"""

import http.client
import re
import statistics
import sys
import time
import urllib.parse

url, metric, reference, image = sys.argv[1:5]
count = int(sys.argv[5]) if len(sys.argv) > 5 else 50
connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc)
boundary = "----dreamsim-latency"


def ask(method, path, body=None, headers={}):
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    data = response.read()
    assert response.status == 200, data
    return data


def model_seconds():
    return float(re.search(rb"^dreamsim_batch_duration_seconds_sum (\S+)", ask("GET", "/metrics"), re.M)[1])


body = b""
for name, path in [("reference", reference), ("image", image)]:
    with open(path, "rb") as file:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'
        body += head.encode() + file.read() + b"\r\n"
body += f"--{boundary}--\r\n".encode()
headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
totals, models = [], []
for run in range(count + 3):
    before = model_seconds()
    start = time.perf_counter()
    ask("POST", f"/v1/compare?metric={metric}", body, headers)
    elapsed = time.perf_counter() - start
    if run >= 3:
        totals.append(1000 * elapsed)
        models.append(1000 * (model_seconds() - before))
beyond = statistics.median(total - model for total, model in zip(totals, models))
print(
    f"single comparison: median {statistics.median(totals):.1f} ms, of which the model {statistics.median(models):.1f} ms; "
    f"{beyond:.1f} ms beyond it (bound: 15)"
)
