"""Losses, metrics and the drop-in module for torch."""

import copy
import io
import pickle

import numpy as np
import PIL.Image
import pytest
from conftest import SAMPLES

import dreamsim_native as ds

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

SCENE, SHIFTED = SAMPLES / "scene.jpg", SAMPLES / "shifted.jpg"


def batch(n=2, side=32, seed=1):
    return torch.rand(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


def loss_of(name, **options):
    from dreamsim_native.torch import PerceptualLoss

    return PerceptualLoss(name, **options)


# The loss


@pytest.mark.parametrize("name", ["mse", "ssim", "lite"])
def test_gradients_reach_both_sides(name):
    metric = ds.load(name)
    x, y = batch(2, metric.side or 32, 1).requires_grad_(), batch(2, metric.side or 32, 2).requires_grad_()
    value = loss_of(name)(x, y)
    (3 * value).backward()
    values, by_x, by_y = metric.distance_and_gradient(x.detach().numpy(), y.detach().numpy(), both=True)
    assert value.dtype == torch.float32 and value.item() == pytest.approx(values.mean(), rel=1e-5)
    np.testing.assert_allclose(x.grad, 1.5 * by_x, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(y.grad, 1.5 * by_y, rtol=1e-4, atol=1e-9)


def test_gradient_of_mse_is_that_of_torch():
    x, y = batch(3, 16, 1).requires_grad_(), batch(3, 16, 2)
    loss_of("mse")(x, y).backward()
    expected = x.detach().clone().requires_grad_()
    torch.nn.functional.mse_loss(expected, y).backward()
    torch.testing.assert_close(x.grad, expected.grad, rtol=1e-4, atol=1e-9)
    assert y.grad is None


def test_reductions():
    x, y = batch(3, 16, 1), batch(3, 16, 2)
    every = loss_of("ssim", reduction="none")(x, y)
    assert every.shape == (3,)
    torch.testing.assert_close(loss_of("ssim")(x, y), every.mean())
    torch.testing.assert_close(loss_of("ssim", reduction="sum")(x, y), every.sum())
    with pytest.raises(ds.ArgumentError, match="reduction"):
        loss_of("ssim", reduction="median")
    weights = torch.tensor([1.0, 0.0, 2.0])
    x.requires_grad_()
    (loss_of("ssim", reduction="none")(x, y) * weights).sum().backward()
    assert x.grad[1].abs().max() == 0 and x.grad[0].abs().max() > 0


def test_layouts_and_types_of_tensors():
    x, y = batch(2, 16, 1), batch(2, 16, 2)
    expected = loss_of("mse")(x, y)
    for change in (
        lambda t: t.contiguous(memory_format=torch.channels_last),
        lambda t: t.double(),
        lambda t: torch.cat([t, t], dim=3)[..., :16],
        lambda t: t.flip(3).flip(3),
    ):
        torch.testing.assert_close(loss_of("mse")(change(x), change(y)).float(), expected)
    assert loss_of("mse")(x.double(), y.double()).dtype == torch.float64
    for dtype in (torch.float16, torch.bfloat16):
        half = x.to(dtype).requires_grad_()
        value = loss_of("mse")(half, y.to(dtype))
        value.backward()
        assert value.dtype == torch.float32 and half.grad.dtype == dtype
        torch.testing.assert_close(value, expected, rtol=0.02, atol=0.001)


@pytest.mark.parametrize(
    "bad, advice",
    [
        (lambda x: x * 2 - 1, r"\(x \+ 1\) / 2"),
        (lambda x: x * 255, "/ 255"),
        (lambda x: (x * 255).byte(), "/ 255"),
        (lambda x: x.permute(0, 2, 3, 1), "moveaxis"),
        (lambda x: x.numpy(), "from_numpy"),
        (lambda x: list(x), "a list: a tensor"),
        (lambda x: torch.full_like(x, float("nan")), "NaN"),
    ],
)
def test_what_is_no_batch_is_refused_with_advice(bad, advice):
    x = batch(1, 16)
    with pytest.raises(ds.ArgumentError, match=advice):
        loss_of("mse")(bad(x), bad(x))


def test_shapes_have_to_agree():
    with pytest.raises(ds.ArgumentError, match="expand_as"):
        loss_of("mse")(batch(2, 16), batch(1, 16))


def test_ranges_can_be_left_unchecked():
    x = batch(1, 16) * 4
    assert torch.isfinite(loss_of("mse", check=False)(x, x * 0.5))


def test_no_gradient_where_none_is_wanted():
    x = batch(1, 16).requires_grad_()
    with torch.no_grad():
        assert not loss_of("mse")(x, x).requires_grad
    with torch.inference_mode():
        assert loss_of("mse")(batch(1, 16), batch(1, 16)).item() == 0
    second = torch.autograd.grad(loss_of("mse")(x, batch(1, 16, 2)), x, create_graph=True)[0]
    with pytest.raises(RuntimeError):
        second.sum().backward()


@pytest.mark.parametrize("name", ["mse", "lite"])
def test_gradients_of_gradients_are_refused_and_not_left_out(name):
    side = ds.load(name).side or 32
    x, y = batch(1, side, 1).requires_grad_(), batch(1, side, 2)
    (gradient,) = torch.autograd.grad(loss_of(name)(x, y), x, create_graph=True)
    assert gradient.requires_grad
    with pytest.raises(ds.UnsupportedError, match="gradients of gradients"):
        gradient.pow(2).sum().backward()
    with pytest.raises(ds.UnsupportedError, match="gradients of gradients"):
        torch.autograd.functional.hvp(lambda x: loss_of(name)(x, y), x.detach(), torch.ones_like(x))
    # Also where it is asked for at a tensor, and the chain between has a gradient of its own.
    p = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss_of(name)(p * p, y).log(), p, create_graph=True)
    with pytest.raises(ds.UnsupportedError, match="gradients of gradients"):
        torch.autograd.grad(gradient.sum(), p)
    # What is differentiated twice without it works.
    (gradient,) = torch.autograd.grad(loss_of(name)(x, y) + x.pow(3).sum(), x, create_graph=True)
    (x.pow(2).sum() + gradient.detach().sum()).backward()
    torch.testing.assert_close(x.grad, 2 * x.detach())


def test_a_loss_is_a_module():
    loss = loss_of("ssim").to(torch.float64).train().eval().requires_grad_(False)
    assert list(loss.parameters()) == [] and loss.state_dict() == {} and "ssim" in repr(loss)
    x, y = batch(1, 16, 1), batch(1, 16, 2)
    for again in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        torch.testing.assert_close(again(x, y), loss(x, y))
        assert again.metric is loss.metric
    file = io.BytesIO()
    torch.save(loss, file)
    file.seek(0)
    torch.testing.assert_close(torch.load(file, weights_only=False)(x, y), loss(x, y))
    loaded = ds.load("ssim")
    assert loss_of(loaded).metric is loaded
    with pytest.raises(ds.ArgumentError, match="loaded already"):
        loss_of(loaded, offline=True)


def test_descent_by_a_loss():
    target = batch(1, 32, 1)
    x = torch.full_like(target, 0.5).requires_grad_()
    optimizer = torch.optim.Adam([x], 0.05)
    loss = loss_of("ssim + 0.5*mse")
    values = []
    for _ in range(30):
        optimizer.zero_grad()
        values.append(loss(x, target))
        values[-1].backward()
        optimizer.step()
        x.data.clamp_(0, 1)
    assert values[-1] < 0.3 * values[0]


def test_a_loss_with_workers_of_a_loader(lite):
    class Pairs(torch.utils.data.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, place):
            return (
                lite.distance(np.full((40, 40, 3), 60 * place, np.uint8), SCENE.read_bytes())
                if place < 0
                else lite.distance(np.full((40, 40, 3), 60 * place, np.uint8), np.zeros((40, 40, 3), np.uint8))
            )

    found = torch.cat(list(torch.utils.data.DataLoader(Pairs(), 1, num_workers=2)))
    np.testing.assert_allclose(found, [Pairs()[place] for place in range(4)], atol=1e-6)


# The drop-in module


@pytest.fixture(scope="module")
def dropped_in():
    from dreamsim_native.compat import dreamsim

    return dreamsim(pretrained=True, device="cpu", dreamsim_type="lite")


def test_preprocessing_is_that_of_pillow(dropped_in):
    _, preprocess = dropped_in
    with PIL.Image.open(SCENE) as image:
        found = preprocess(image)
        expected = np.asarray(image.convert("RGB").resize((224, 224), PIL.Image.BICUBIC), np.float32) / np.float32(255)
        assert found.shape == (1, 3, 224, 224) and found.dtype == torch.float32
        np.testing.assert_array_equal(found[0], np.moveaxis(expected, -1, 0))
        assert preprocess(image.convert("L")).shape == preprocess(image.convert("RGBA")).shape == (1, 3, 224, 224)


def test_the_model_of_the_drop_in_module(dropped_in):
    model, preprocess = dropped_in
    a, b = (preprocess(PIL.Image.open(path)) for path in (SCENE, SHIFTED))
    metric = ds.load("lite", parity="reference")
    assert model(a, b).shape == (1,) and model(a, b).item() == pytest.approx(metric.distance(SCENE, SHIFTED), abs=1e-6)
    both = torch.cat([a, b])
    assert model(both, both.flip(0)).shape == (2,)
    embeddings = model.embed(both)
    assert embeddings.shape == (2, 512) and embeddings.dtype == torch.float32 and model.embed(a).shape == (1, 512)
    np.testing.assert_allclose(embeddings, metric.embed([SCENE, SHIFTED]), atol=1e-6)
    assert (
        model.eval() is model
        and not model.training
        and model.to("cpu") is model
        and model.requires_grad_(False) is model
    )
    assert "lite" in repr(model)


def test_autograd_through_the_drop_in_module(dropped_in):
    model, preprocess = dropped_in
    a, b = (preprocess(PIL.Image.open(path)) for path in (SCENE, SHIFTED))
    x = a.clone().requires_grad_()
    model(x, b).sum().backward()
    values, expected = ds.load("lite").distance_and_gradient(a.numpy(), b.numpy())
    np.testing.assert_allclose(x.grad, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    # By embeddings alone; twice, as retain_graph allows; and by both sides of one.
    x.grad = None
    embedding = model.embed(x)
    direction = torch.rand(embedding.shape, generator=torch.Generator().manual_seed(3))
    (embedding * direction).sum().backward(retain_graph=True)
    once = x.grad.clone()
    (embedding * direction).sum().backward()
    torch.testing.assert_close(x.grad, 2 * once)
    step = 0.01 * once / once.norm()
    change = ((model.embed(a + step) - model.embed(a - step)) * direction).sum()
    assert change.item() == pytest.approx(0.02 * once.norm().item(), rel=0.05)


def test_half_tensors_and_wrong_shapes(dropped_in):
    model, preprocess = dropped_in
    a = preprocess(PIL.Image.open(SCENE))
    half = a.half().requires_grad_()
    value = model(half, a.half() * 0.5)
    value.sum().backward()
    assert value.dtype == torch.float32 and half.grad.dtype == torch.float16
    for bad in (a[0], a[:, :, :200], a[:, :1], a.byte()):
        with pytest.raises(ds.ArgumentError):
            model.embed(bad)
    with pytest.raises(ds.ArgumentError, match="preprocess"):
        model.embed(a[..., :100])


def test_gradients_of_embeddings_that_are_to_have_gradients():
    from dreamsim_native.compat import dreamsim

    model, _ = dreamsim(dreamsim_type="lite", device="cpu")
    image = batch(1, 224).requires_grad_()
    (plain,) = torch.autograd.grad(model.embed(image).pow(2).sum(), image)
    (gradient,) = torch.autograd.grad(model.embed(image).pow(2).sum(), image, create_graph=True)
    torch.testing.assert_close(gradient, plain)
    with pytest.raises(ds.UnsupportedError, match="gradients of gradients"):
        torch.autograd.grad(gradient.sum(), image)


def test_arguments_of_the_drop_in_module(tmp_path):
    from dreamsim_native.compat import dreamsim

    normalized, _ = dreamsim(dreamsim_type="vits14-focus", cache_dir=tmp_path)
    raw, _ = dreamsim(dreamsim_type="vits14-focus", normalize_embeds=False, cache_dir=tmp_path)
    expected = raw.embed(batch(1, 224))
    expected = expected - expected.mean()
    torch.testing.assert_close(normalized.embed(batch(1, 224)), expected / expected.norm(), rtol=1e-4, atol=1e-6)
    assert expected.norm() > 2 and not raw.normalize_embeds
    with pytest.raises(ds.UnsupportedError, match="single models"):
        dreamsim(pretrained=False)
    with pytest.raises(ds.ArgumentError, match="'unheard'"):
        dreamsim(dreamsim_type="unheard", pretrained=False)
    with pytest.raises(ds.ArgumentError, match="use_patch_model=True: only"):
        dreamsim(dreamsim_type="lite", use_patch_model=True)
    with pytest.raises(TypeError, match="pretrained 'no'"):
        dreamsim(dreamsim_type="lite", pretrained="no")
    _, preprocess = dreamsim(dreamsim_type="lite")
    with pytest.raises(TypeError, match="Pillow image"):
        preprocess("scene.jpg")
    with pytest.raises(RuntimeError):
        dreamsim(device="unheard", dreamsim_type="lite")


def test_other_devices_are_said_once(monkeypatch):
    from dreamsim_native import _autograd

    monkeypatch.setattr(_autograd, "_was_said", [])

    class Elsewhere(torch.Tensor):
        device = torch.device("cuda")

    elsewhere = batch(1, 16).as_subclass(Elsewhere)
    with pytest.warns(ds.DreamSimWarning, match="copied there") as said:
        for _ in range(3):
            assert _autograd.array(elsewhere, "x", True).shape == (1, 3, 16, 16)
    assert len(said) == 1


# torchmetrics


def metric_of(*arguments, **options):
    pytest.importorskip("torchmetrics")
    from dreamsim_native.torch import DreamSimMetric

    return DreamSimMetric(*arguments, **options)


def test_a_metric_of_torchmetrics():
    metric = metric_of("ssim")
    x, y = batch(3, 32, 1), batch(3, 32, 2)
    every = loss_of("ssim", reduction="none")(x, y)
    metric.update(x[:1], y[:1])
    metric.update(x[1:], y[1:])
    torch.testing.assert_close(metric.compute(), every.mean())
    torch.testing.assert_close(metric(x[:2], y[:2]), every[:2].mean())
    metric.reset()
    metric.update(x[:1], y[:1])
    torch.testing.assert_close(metric.compute(), every[0])
    total = metric_of("ssim", reduction="sum")
    total.update(x, y)
    torch.testing.assert_close(total.compute(), every.sum())
    again = pickle.loads(pickle.dumps(total))
    torch.testing.assert_close(again.compute(), every.sum())
    assert not metric.higher_is_better and metric_of("lite").metric is ds.load("lite")


def test_bytes_are_measured_as_files():
    import torchmetrics

    images = [np.asarray(PIL.Image.open(path).convert("RGB")) for path in (SCENE, SHIFTED)]
    a, b = (torch.from_numpy(image.copy()).permute(2, 0, 1)[None] for image in images)
    metric = metric_of("lite")
    metric.update(a, b)
    assert metric.compute().item() == pytest.approx(ds.load("lite").distance(SCENE, SHIFTED), abs=1e-6)
    collection = torchmetrics.MetricCollection({"lite": metric_of("lite"), "mse": metric_of("mse")})
    found = collection(a, b)
    assert found["mse"].item() == pytest.approx(ds.load("mse").distance(SCENE, SHIFTED), abs=1e-6)
    for bad in (a[0], a.permute(0, 2, 3, 1)):
        with pytest.raises(ds.ArgumentError):
            metric.update(bad, bad)
    with pytest.raises(ds.ArgumentError, match="the same"):
        metric.update(a, b[..., :-1])


def reduce_in_process(rank, port, results):
    import os

    import torch.distributed

    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.distributed.init_process_group("gloo", rank=rank, world_size=2)
    metric = metric_of("mse")
    x, y = batch(3, 16, 1), batch(3, 16, 2)
    # Not as many in one process as in the other.
    metric.update(*((x[:1], y[:1]) if rank == 0 else (x[1:], y[1:])))
    results.put(metric.compute().item())
    torch.distributed.destroy_process_group()


def test_metrics_of_several_processes():
    import multiprocessing
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [context.Process(target=reduce_in_process, args=(rank, port, results)) for rank in range(2)]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=100) for _ in workers]
    for worker in workers:
        worker.join(60)
    expected = torch.nn.functional.mse_loss(batch(3, 16, 1), batch(3, 16, 2)).item()
    assert found == [pytest.approx(expected, rel=1e-5)] * 2


# pyiqa


def test_a_metric_of_pyiqa():
    pyiqa = pytest.importorskip("pyiqa")
    from dreamsim_native.pyiqa import register

    register(metric="lite")
    register("ssim-native", "ssim")
    register(metric="lite")
    assert "dreamsim-native" in pyiqa.list_models("FR")
    metric = pyiqa.create_metric("dreamsim-native", device="cpu")
    x, y = batch(2, 224, 1), batch(2, 224, 2)
    expected = loss_of("lite", reduction="none")(x, y)
    assert metric.lower_better and metric(x, y).shape == (2, 1)
    torch.testing.assert_close(metric(x, y)[:, 0], expected)
    loss = pyiqa.create_metric("ssim-native", as_loss=True, device="cpu")
    z = batch(2, 32, 1).requires_grad_()
    loss(z, batch(2, 32, 2)).backward()
    assert z.grad.abs().max() > 0


def test_a_loss_has_a_gradient():
    from dreamsim_native.torch import PerceptualLoss

    with pytest.raises(ds.UnsupportedError, match="pdq: it has no gradient"):
        PerceptualLoss("pdq")
    with pytest.raises(TypeError, match="True or False"):
        PerceptualLoss("mse", check="no")
