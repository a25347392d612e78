"""The README's first steps by a client that was generated from the service's OpenAPI document: which of several images is most like
another, how far two are apart, and what an index holds that is like an image.

Usage: client.py URL FOLDER (of Samples/), with the generated package dreamsim_client where Python looks for modules
"""

import base64
import pathlib
import sys

from dreamsim_client import Client
from dreamsim_client.api.comparing import post_v1_compare, post_v1_pairs
from dreamsim_client.api.embedding import post_v1_embed
from dreamsim_client.api.health import get_v1_service
from dreamsim_client.api.index import get_v1_search, post_v1_search
from dreamsim_client.models import (
    Image, PostV1CompareFilesBody, PostV1CompareJsonBody, PostV1EmbedJsonBody, PostV1PairsJsonBody, PostV1SearchJsonBody,
    Problem)
from dreamsim_client.types import File

client = Client(base_url=sys.argv[1])
folder = pathlib.Path(sys.argv[2])


def image(name):
    return Image(name=name, data=base64.b64encode((folder / name).read_bytes()).decode())


def check(what, is_so):
    if not is_so:
        sys.exit(f"client: {what}")


service = get_v1_service.sync(client=client)
check("the service is not ready", service.is_ready and service.version)

names = ["shifted.jpg", "blurred.jpg", "different.jpg"]
ranking = post_v1_compare.sync(
    client=client, body=PostV1CompareJsonBody(reference=image("scene.jpg"), image=[image(name) for name in names]))
ranked = [result.image for result in ranking.results]
check(f"the ranking is {ranked}", sorted(ranked) == sorted(names) and ranked[-1] == "different.jpg")
# The same as a form.
form = post_v1_compare.sync(
    client=client, body=PostV1CompareFilesBody(
        reference=File(payload=(folder / "scene.jpg").open("rb"), file_name="scene.jpg"),
        image=[File(payload=(folder / name).open("rb"), file_name=name) for name in names]))
check("a form has another answer", form.to_dict() == ranking.to_dict())

pair = post_v1_pairs.sync(client=client, body=PostV1PairsJsonBody(image=[image("scene.jpg"), image("scene.jpg")]))
check("an image is not like itself", all(abs(value) < 1e-6 for value in pair.results[0].values.to_dict().values()))

embedded = post_v1_embed.sync(client=client, body=PostV1EmbedJsonBody(image=[image("scene.jpg")]))
check("an embedding has another width", len(embedded.images[0].embedding) == embedded.width)

found = post_v1_search.sync(client=client, body=PostV1SearchJsonBody(image=[image("scene.jpg")]), count=3)
hits = found.searches[0].results
check(f"the search found {hits}", len(hits) == 3 and hits[0].image.endswith("scene.jpg"))
# An indexed image is searched for by its number, and is no result of its own.
again = get_v1_search.sync(client=client, id=hits[0].id, count=2)
check("a search by id finds something else", [hit.id for hit in again.searches[0].results] == [hit.id for hit in hits[1:]])

broken = post_v1_embed.sync(
    client=client, body=PostV1EmbedJsonBody(image=[Image(data=base64.b64encode(b"no image").decode())]))
check(f"a broken image is {broken}", isinstance(broken, Problem) and broken.status == 415)
print("A generated client ranks, measures, embeds and searches.")
