# %% [markdown]
# # A loss in a training loop
#
# A network that is trained with the mean squared error (MSE) delivers the mean of all that could be right. Where the
# training data is not aligned to the pixel (photographs of a moving hand, scans, video frames) this mean is a blur. A
# perceptual loss is less sensitive to where a detail is than to whether it is there. This example trains one network
# with both, in torch, and has the results judged by a metric that neither was trained with.
#
# It needs torch, numpy, Pillow and matplotlib, and the weights that `make demo` has fetched.

# %%
from pathlib import Path

import dreamsim_native as ds
import matplotlib.pyplot as plt
import numpy as np
import torch
from dreamsim_native.torch import PerceptualLoss
from PIL import Image

root = next(folder for folder in [Path.cwd(), *Path.cwd().parents] if (folder / "Samples").is_dir())
SIDE, MARGIN, SHAKE, STEPS = 96, 24, 3, 250

# %% [markdown]
# ## Targets that shake
#
# Every step sees the same boat, moved by up to three pixels each way at random. Nobody knows the image in the middle;
# we keep it to judge by.

# %%
photo = Image.open(root / "Samples/scene.jpg").crop((60, 180, 348, 468)).resize((144, 144), Image.Resampling.BICUBIC)
pixels = torch.from_numpy(np.array(photo)).permute(2, 0, 1).float() / 255


def moved(dy, dx):
    top, left = MARGIN + dy, MARGIN + dx
    return pixels[None, :, top : top + SIDE, left : left + SIDE]


truth = moved(0, 0)
shakes = range(-SHAKE, SHAKE + 1)
mean = torch.cat([moved(dy, dx) for dy in shakes for dx in shakes]).mean(0, keepdim=True)

# %% [markdown]
# ## A network that is an image
#
# A coordinate MLP: it takes the place of a pixel, as sines and cosines of 64 random frequencies, and says its color.


# %%
class Field(torch.nn.Module):
    def __init__(self, width=96, frequencies=64, scale=10.0):
        super().__init__()
        places = torch.linspace(-1, 1, SIDE)
        y, x = torch.meshgrid(places, places, indexing="ij")
        phases = torch.stack([x, y], -1).reshape(-1, 2) @ (torch.randn(2, frequencies) * scale)
        self.register_buffer("encoded", torch.cat([phases.sin(), phases.cos()], -1))
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(2 * frequencies, width),
            torch.nn.ReLU(),
            torch.nn.Linear(width, width),
            torch.nn.ReLU(),
            torch.nn.Linear(width, 3),
            torch.nn.Sigmoid(),
        )

    def forward(self):
        return self.layers(self.encoded).T.reshape(1, 3, SIDE, SIDE)


# %% [markdown]
# ## Two losses, one loop
#
# `PerceptualLoss` is a module like torch's own. It takes tensors `[N, 3, H, W]` in [0, 1] and any metric that has a
# gradient, or a sum: LPIPS for the details, and some MSE that keeps colors and places. (`lpips-alex` is the usual
# one; `lpips-alex:unweighted` needs no weights besides those of the demo.) The judge is `lite`, which compares the
# network's image with the one in the middle; it has no part in the training.

# %%
judge = ds.load("lite")


def image(tensor):
    return (tensor[0].permute(1, 2, 0).detach() * 255).round().byte().numpy()


def train(loss):
    torch.manual_seed(0)  # the same network and the same targets for both
    network, targets = Field(), torch.Generator().manual_seed(1)
    optimizer = torch.optim.Adam(network.parameters(), 5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    losses, judged = [], []
    for step in range(STEPS + 1):
        output = network()
        if step % 25 == 0:
            judged.append(judge.distance(image(output), image(truth)))
        dy, dx = torch.randint(-SHAKE, SHAKE + 1, (2,), generator=targets).tolist()
        value = loss(output, moved(dy, dx))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()
        losses.append(value.item())
    return network().detach(), losses, judged


results = {
    "MSE": train(torch.nn.functional.mse_loss),
    "LPIPS + 100 MSE": train(PerceptualLoss("lpips-alex:unweighted + 100*mse")),
}

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 3.6), num="Losses while training, and what the judge says")
for name, (_, losses, judged) in results.items():
    smooth = np.convolve(losses, np.ones(10) / 10, "valid")  # targets differ from step to step
    left.plot(smooth / smooth[0], label=name)
    right.plot(range(0, STEPS + 1, 25), judged, marker="o", label=name)
left.set(title="loss, as a share of its first value", xlabel="step", ylim=0)
right.set(title="distance from the true image, by lite", xlabel="step", ylim=0)
left.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# Both losses descend. The network that learns by MSE is soon as near as it gets, because its best answer is the mean
# of the targets. That mean stands on the left of the results.

# %%
shown = {
    "mean of the targets": mean,
    **{f"trained with {name}": result[0] for name, result in results.items()},
    "the true image": truth,
}


def measured(tensor):
    sharpness = (tensor.diff(dim=-1).abs().mean() / truth.diff(dim=-1).abs().mean()).item()
    return judge.distance(image(tensor), image(truth)), sharpness, torch.nn.functional.mse_loss(tensor, truth).item()


numbers = {name: measured(tensor) for name, tensor in shown.items()}
figure, axes = plt.subplots(1, 4, figsize=(12, 3.7), num="What each loss made of the shaking targets")
for axis, (name, tensor) in zip(axes, shown.items()):
    axis.imshow(image(tensor), interpolation="nearest")
    axis.set_title(name)
    axis.set_xlabel(f"lite {numbers[name][0]:.3f}")
    axis.set_xticks([])
    axis.set_yticks([])
figure.tight_layout()
plt.show()
print(f"{'':29}   lite  contrast of neighbors    MSE")
for name, (distance, sharpness, error) in numbers.items():
    print(f"{name:29} {distance:6.4f} {sharpness:22.0%} {error:6.4f}")

# %% [markdown]
# The perceptual loss keeps the ripples, the hull, and the line of the shore, though not the sharpness of the true
# image, which no target shows at its place. By MSE the blur is nearer to the true image; and a network may learn
# details that a metric likes and people do not. So judge by a metric that was not trained with, and look.
#
# This task and the weight of the MSE were chosen because they show the difference, and it is one image and one seed.
# Where targets were aligned (a small super-resolution network on the same images) LPIPS with little MSE drew a
# checkered pattern: nearer by LPIPS itself, farther by DISTS, LPIPS through VGG16, and MSE.
#
# ## What must hold
#
# So that this example is a test as well.

# %%
by_mse, by_lpips = (numbers[f"trained with {name}"] for name in results)
assert by_lpips[0] < 0.85 * by_mse[0]
assert by_lpips[1] > 1.3 * by_mse[1]
assert all(np.mean(losses[-20:]) < 0.5 * losses[0] for _, losses, _ in results.values())
assert torch.nn.functional.mse_loss(results["MSE"][0], mean) < 0.001
