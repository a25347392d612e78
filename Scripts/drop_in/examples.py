"""What the README and demo.py of the package `dreamsim` 0.2.1 show, with paths and a device of ours: reference.py runs
it twice, once as it stands and once with its first import replaced. It is given the names `cache`, `kind`, `patch`
and `paths`."""

from dreamsim import dreamsim
from PIL import Image
import torch
import torch.nn.functional as F

device = "cpu"

# Quickstart; single-branch models; the adapter is loaded by pretrained=True
options = {"cache_dir": cache, "dreamsim_type": kind, "use_patch_model": patch}  # noqa: F821
model, preprocess = dreamsim(pretrained=True, device=device, **options)
img1 = preprocess(Image.open(paths[0])).to(device)  # noqa: F821
img2 = preprocess(Image.open(paths[1])).to(device)  # noqa: F821
distance = model(img1, img2)

# Feature extraction
embedding = model.embed(img1)

# Image retrieval
query = Image.open(paths[0])  # noqa: F821
images = [Image.open(path) for path in paths[1:]]  # noqa: F821
query_embed = model.embed(preprocess(query).to(device))
dists = {}
for i, im in enumerate(images):
    img_embed = model.embed(preprocess(im).to(device))
    dists[i] = (1 - F.cosine_similarity(query_embed, img_embed, dim=-1)).flatten()[0].item()
ranking = torch.tensor(sorted(dists, key=dists.get))
dists = torch.tensor(list(dists.values()))

# demo.py: two images and a reference; and the same as one batch
img_ref, img_0, img_1 = (preprocess(Image.open(path)).to(device) for path in paths[2:5])  # noqa: F821
d0 = model(img_ref, img_0)
d1 = model(img_ref, img_1)
batch = model(torch.cat([img_ref, img_ref]), torch.cat([img_0, img_1]))
embed_batch = model.embed(torch.cat([img_ref, img_0, img_1]))

# Perceptual loss function: gradients by one image, by both, and of a function of an embedding
predicted_image = img1.clone().requires_grad_()
dist = model(predicted_image, img2)
dist.backward()
gradient = predicted_image.grad

both = [torch.cat([img1, img_0]).requires_grad_(), torch.cat([img2, img_1]).requires_grad_()]
(model(*both) * torch.tensor([1.0, -0.5])).sum().backward()
gradient_a, gradient_b = both[0].grad, both[1].grad

probe = img2.clone().requires_grad_()
features = model.embed(probe)
(features * torch.linspace(-1, 1, features.shape[-1])).sum().backward()
gradient_embedding = probe.grad

# normalize_embeds=False
raw_model, _ = dreamsim(pretrained=True, device=device, normalize_embeds=False, **options)
raw_embedding = raw_model.embed(img1)
raw_distance = raw_model(img1, img2)
