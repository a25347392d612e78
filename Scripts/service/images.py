"""Hooks for schemathesis: bodies hold real images, small ones and broken ones, so that answers other than refusals come."""

import base64
import pathlib

import schemathesis
from hypothesis import strategies as st

samples = pathlib.Path(__file__).resolve().parents[2] / "Samples"
fixtures = samples.parent / "Tests/Fixtures/formats"
files = [path.read_bytes() for path in sorted([*samples.glob("*.jpg"), *fixtures.iterdir()]) if path.is_file()]
images = st.one_of(
    st.sampled_from(files),
    st.sampled_from(files),
    st.sampled_from(files).flatmap(lambda file: st.integers(0, len(file)).map(lambda count: file[:count])),
    st.binary(max_size=64),
)
schemathesis.openapi.format("binary", images)
# In JSON they are base64; data: URLs and what is no base64 come too.
texts = st.one_of(
    images.map(lambda data: base64.b64encode(data).decode()),
    images.map(lambda data: "data:image/png;base64," + base64.b64encode(data).decode()),
    st.text(max_size=20),
)
schemathesis.openapi.format("byte", texts)
for media_type in ["application/octet-stream", "image/*", "image/png"]:
    schemathesis.openapi.media_type(media_type, images)
