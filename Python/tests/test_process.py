"""What concerns the whole process: imports, threads, forks, pickles, Ctrl-C, memory."""

import concurrent.futures
import gc
import multiprocessing
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
import tracemalloc
import warnings

import numpy as np
import PIL.Image
import pytest
from conftest import FIXTURES, SAMPLES

import dreamsim_native as ds

SCENE, SHIFTED = SAMPLES / "scene.jpg", SAMPLES / "shifted.jpg"


def run(code, **environment):
    """Runs a program of Python; its output."""
    finished = subprocess.run(
        [sys.executable, "-c", code, str(SCENE), str(SHIFTED)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


def test_importing_loads_nothing_else():
    loaded = run(
        "import sys, dreamsim_native\n"
        "assert 'numpy' not in sys.modules\n"
        "dreamsim_native.Metric\n"
        "print([name for name in ('torch', 'PIL', 'tqdm', 'torchmetrics', 'pyiqa') if name in sys.modules])\n"
        "print('libdreamsim' in open('/proc/self/maps').read())"
    )
    assert loaded.split("\n") == ["[]", "False"]


def test_the_library_loads_no_libvips_before_a_file():
    assert run(
        "import numpy as np, sys, dreamsim_native as ds\n"
        "zeros = np.zeros((4, 4, 3), np.uint8)\n"
        "mse = ds.load('mse')\n"
        "assert mse.distance(zeros, zeros) == 0\n"
        "print('libvips' in open('/proc/self/maps').read())\n"
        "mse.distance(sys.argv[1], sys.argv[1])\n"
        "print('libvips' in open('/proc/self/maps').read())"
    ).split() == ["False", "True"]


def test_all_names_are_there():
    for name in ds.__all__:
        if name not in ("ImageLike", "Images"):  # for type checkers alone
            assert getattr(ds, name) is not None
    assert set(ds.__all__) <= set(dir(ds))
    with pytest.raises(AttributeError, match="nothing_like_this"):
        ds.nothing_like_this
    assert ds.library_version() == ds.__version__


MISSING = (
    "import dreamsim_native as ds\n"
    "try: ds.load('mse')\n"
    "except ImportError as error: print(isinstance(error, ds.DreamSimError), error)"
)


def test_a_library_that_cannot_be_used(tmp_path):
    assert "True" in run(MISSING, DREAMSIM_LIBRARY="/nowhere/libdreamsim.so")
    assert "DREAMSIM_LIBRARY" in run(MISSING, DREAMSIM_LIBRARY="/nowhere/libdreamsim.so")
    (tmp_path / "other.so").write_bytes(b"\x7fELF no library")
    assert "cannot be used" in run(MISSING, DREAMSIM_LIBRARY=str(tmp_path / "other.so"))
    # A library without these functions.
    libc = next(line.split()[-1] for line in open("/proc/self/maps") if "libc.so" in line)
    assert "cannot be used" in run(MISSING, DREAMSIM_LIBRARY=libc)


# Errors


def test_one_family_of_errors():
    for name in ds.__all__:
        kind = getattr(ds, name) if name.endswith("Error") else ds.DreamSimError
        assert issubclass(kind, ds.DreamSimError)
        again = pickle.loads(pickle.dumps(kind("subject: problem; remedy")))
        assert type(again) is kind and str(again) == "subject: problem; remedy"


@pytest.mark.parametrize(
    "call, kinds, message",
    [
        (lambda: ds.load("lpips-alexx"), (ds.ArgumentError, ValueError), "lpips-alexx"),
        (lambda: ds.load("mse\0"), (TypeError,), "zero byte"),
        (lambda: ds.load(5), (TypeError,), "it is a text"),
        (lambda: ds.load("lite", precision="float7"), (ds.ArgumentError,), "precision"),
        (lambda: ds.load("lite", fit="squeeze"), (ds.ArgumentError,), "fit"),
        (lambda: ds.load("lite", side=-1), (ds.ArgumentError,), "side"),
        (lambda: ds.load("lite", side=225), (ds.DreamSimError,), "225"),
        (lambda: ds.load("lite", home=object()), (TypeError,), "home"),
        (lambda: ds.load("lite", weights="/nowhere"), (ds.ArgumentError,), "/nowhere"),
        (
            lambda: ds.load("dino_vitb16", offline=True, home="/nowhere-at-all"),
            (ds.DreamSimError,),
            "nowhere-at-all|dino_vitb16",
        ),
        (lambda: ds.load("mse").embed(SCENE), (ds.UnsupportedError, NotImplementedError), "lite"),
        (lambda: ds.load("mse").iter_embed([SCENE]), (ds.UnsupportedError,), "lite"),
        (lambda: ds.load("mse").preprocess(SCENE), (ds.UnsupportedError,), "models"),
        (lambda: ds.load("mse").distances([SCENE], [SCENE]), (TypeError,), "pair_distances"),
        (lambda: ds.load("mse").distances(SCENE, SCENE), (TypeError,), r"\[image\]"),
        (lambda: ds.load("mse").pair_distances([SCENE], []), (ds.ArgumentError,), "1 images and 0"),
        (
            lambda: ds.load("mse").distance(SCENE, np.zeros((8, 8, 3), np.uint8)),
            (ds.IncomparableError, ValueError),
            "8x8",
        ),
        (lambda: ds.load("lite").iter_embed(SCENE), (TypeError,), "embed_folder"),
        (lambda: ds.load("lite").iter_embed([SCENE], batch=0), (ds.ArgumentError,), "1 or more"),
        (lambda: ds.set_threads(-1), (ds.ArgumentError,), "1 ... 65535"),
        (lambda: ds.set_threads(1.5), (ds.ArgumentError,), "whole number"),
        (lambda: ds.evaluate([], "."), (TypeError,), "there is none"),
        (lambda: ds.evaluate("mse", "/nowhere"), (ds.DreamSimError,), "/nowhere"),
        (lambda: ds.evaluate("mse", ".", "unheard"), (ds.ArgumentError,), "unheard"),
        (lambda: ds.models.pull("unheard"), (ds.DreamSimError,), "unheard"),
        (lambda: ds.find_images(None), (ds.ArgumentError, TypeError), "NoneType: paths are str"),
        (lambda: ds.find_images([SCENE, 5]), (ds.ArgumentError, TypeError), "int: paths are str"),
        (lambda: ds.Index(None), (ds.ArgumentError, TypeError), "NoneType: paths are str"),
        (lambda: ds.Index("a\0b"), (ds.ArgumentError,), "zero byte"),
        (lambda: ds.load("pdq", side=224), (ds.ArgumentError,), "'side': is for models"),
        (lambda: ds.load("pdq", fit="stretch"), (ds.ArgumentError,), "'fit': is for models"),
        (lambda: ds.load("lite", normalize=False), (ds.ArgumentError,), "changes nothing of lite"),
        (lambda: ds.load("lite", normalize=0), (TypeError,), "True or False"),
        (lambda: ds.load("lite", offline="no"), (TypeError,), "True or False"),
        (lambda: ds.load("zzzqqq"), (ds.ArgumentError,), r"models\.list\(\)"),
        (lambda: ds.evaluate("mse", ".", min_votes=-1), (ds.ArgumentError,), "'min_votes'"),
        (lambda: ds.load("mse").distances(SCENE, None), (TypeError,), "many images"),
        (lambda: ds.load("mse").distances(SCENE, [SCENE, 5]), (TypeError,), "image 1: int"),
        (lambda: ds.load("mse").distances(SCENE, [SCENE] * 2, progress=5), (TypeError,), "progress 5"),
        (lambda: ds.load("mse").distance(SCENE, b"no image"), (ds.FileError, OSError), "known format"),
        (lambda: ds.load("ssim").distance(*[np.zeros((1, 1, 3), np.uint8)] * 2), (ds.IncomparableError,), "larger"),
        (lambda: ds.Embeddings(np.zeros(3), 5), (TypeError,), "a dict"),
    ],
)
def test_wrong_arguments(call, kinds, message):
    for kind in kinds:
        with pytest.raises(kind, match=message):
            call()


# Pickles


def test_one_model_in_a_process(lite):
    assert ds.load("lite") is lite and ds.load("lite", normalize=True) is lite
    assert ds.load("lite", fit="pad") is not lite
    contents = pickle.dumps(lite)
    assert len(contents) < 2000
    assert all(pickle.loads(contents) is lite for _ in range(100))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert len({id(metric) for metric in pool.map(lambda _: ds.load("ssim"), range(50))}) == 1


def test_a_model_that_nobody_has_is_gone():
    import weakref

    metric = ds.load("lite", fit="crop")
    gone = weakref.ref(metric)
    del metric
    gc.collect()
    assert gone() is None


def test_pickles_know_their_weights(lite):
    restore, (name, options, identity) = lite.__reduce__()
    with pytest.raises(ds.WeightsError, match="other weights"):
        restore(name, options, {**identity, "weights": "0123"})
    embeddings = pickle.loads(pickle.dumps(lite.embed([SCENE, SHIFTED])))
    assert embeddings.stamp == lite.stamp and embeddings.shape == (2, lite.width)


def distance_of(metric):
    return metric.distance(SCENE, SHIFTED)


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_pickled_metrics_in_other_processes(lite, how):
    expected = distance_of(lite)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(how)) as pool:
        assert list(pool.map(distance_of, [lite] * 4)) == [expected] * 4


# Threads and forks

PIXELS = np.random.default_rng(5).integers(0, 256, (4, 64, 64, 3), np.uint8)


def rounds(metrics, count):
    """What every thread and process computes; the number of rounds with other values than the first's."""
    x = (PIXELS[:1].transpose(0, 3, 1, 2) / np.float32(255)).astype(np.float32)
    expected = None
    wrong = 0
    for _ in range(count):
        found = [metrics[0].distance(PIXELS[0], PIXELS[1]), *metrics[0].pair_distances(PIXELS[:2], PIXELS[2:])]
        found += [metrics[1].distance_and_gradient(x, x * np.float32(0.5))[0][0]]
        expected = expected or found
        wrong += not np.allclose(found, expected, rtol=0, atol=1e-6)
    return wrong, expected


def in_threads(metrics, threads, count):
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(lambda _: rounds(metrics, count), range(threads)))
    alone = rounds(metrics, 1)[1]
    assert [wrong for wrong, _ in results] == [0] * threads
    for _, expected in results:
        np.testing.assert_allclose(expected, alone, rtol=0, atol=1e-6)


def in_forks(metrics, forks, count):
    alone = rounds(metrics, 1)[1]
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    workers = [context.Process(target=lambda: results.put(rounds(metrics, count))) for _ in range(forks)]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=500) for _ in workers]
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    for wrong, expected in found:
        assert wrong == 0
        np.testing.assert_allclose(expected, alone, rtol=0, atol=1e-6)
    # The parent is as it was.
    np.testing.assert_allclose(rounds(metrics, 1)[1], alone, rtol=0, atol=1e-6)


def test_threads(lite):
    in_threads([lite, ds.load("ssim")], 16, 2)
    in_threads([ds.load("ssim"), ds.load("mse")], 16, 20)


def test_forks(lite):
    in_forks([lite, ds.load("ssim")], 4, 5)


def test_forks_while_threads_compute(lite):
    stop = threading.Event()

    def compute():
        while not stop.is_set():
            lite.distance(PIXELS[0], PIXELS[1])

    threads = [threading.Thread(target=compute) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        in_forks([lite, ds.load("ssim")], 4, 2)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(
    "name",
    ["orientation_6.jpg", "rgb8_interlaced.png", "orientation_6.webp", "deflate.tif", "scene.avif", "profile.png"],
)
def test_files_in_a_fork(name, mse):
    path = FIXTURES / name
    assert mse.distance(path, path) == 0  # libvips has its threads here

    def compare(results):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            results.put(mse.distance(path, PIL.Image.open(path)))
            # Of all formats one alone needs another reader there.
            results.put(len(said) == (name.endswith(".webp")))

    context = multiprocessing.get_context("fork")
    results = context.Queue()
    worker = context.Process(target=compare, args=(results,))
    worker.start()
    assert results.get(timeout=60) < 1e-3 and results.get(timeout=60)
    worker.join(60)
    assert worker.exitcode == 0


def test_forks_while_files_are_decoded(mse):
    stop = threading.Event()

    def decode():
        while not stop.is_set():
            mse.distance(SCENE, SCENE)

    threads = [threading.Thread(target=decode) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        context = multiprocessing.get_context("fork")
        for _ in range(30):
            worker = context.Process(target=lambda: os._exit(mse.distance(SCENE, SCENE) != 0))
            worker.start()
            worker.join(60)
            if worker.exitcode is None:
                worker.kill()
            assert worker.exitcode == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def fork_as_threads_end(mse, rounds):
    """A thread that has decoded gives back its memory when it ends, and a fork of that moment waits for it."""
    for _ in range(rounds):
        decoded = threading.Semaphore(0)

        def decode():
            mse.distance(SCENE, SCENE)
            decoded.release()

        threads = [threading.Thread(target=decode) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in threads:
            decoded.acquire()
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            os._exit(mse.distance(SCENE, SCENE) != 0)
        _, status = os.waitpid(child, 0)
        for thread in threads:
            thread.join()
        assert status == 0


def test_forks_as_threads_end(mse):
    fork_as_threads_end(mse, 100)


@pytest.mark.slow
def test_many_forks_as_threads_end(mse):
    fork_as_threads_end(mse, 4000)


def test_loading_in_a_fork(lite):
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    worker = context.Process(target=lambda: results.put(ds.load("lite", fit="pad").distance(SCENE, SHIFTED)))
    worker.start()
    assert results.get(timeout=100) == pytest.approx(ds.load("lite", fit="pad").distance(SCENE, SHIFTED), abs=1e-6)
    worker.join(60)
    assert worker.exitcode == 0


@pytest.mark.slow
def test_many_rounds_in_threads(lite):
    in_threads([ds.load("ssim"), ds.load("mse")], 16, 1000)
    in_threads([lite, ds.load("ssim")], 16, 20)


@pytest.mark.slow
def test_many_rounds_in_forks(lite):
    in_forks([ds.load("ssim"), ds.load("mse")], 4, 1000)
    in_forks([lite, ds.load("ssim")], 4, 100)


# Progress and stopping


def test_progress_is_told():
    told = []
    ds.load("mse").distances(PIXELS[0], list(PIXELS) * 10, progress=told.append)
    assert told[-1].done == told[-1].total == 40
    assert [one.done for one in told] == sorted(one.done for one in told)


def test_what_progress_raises_ends_the_work():
    told = []

    def stop(progress):
        told.append(progress)
        raise ZeroDivisionError("enough")

    for where in (lambda call: call(), lambda call: concurrent.futures.ThreadPoolExecutor(1).submit(call).result()):
        told.clear()
        with pytest.raises(ZeroDivisionError, match="enough"):
            where(lambda: ds.load("mse").distances(PIXELS[0], list(PIXELS) * 100, progress=stop))
        assert len(told) == 1


def test_bars_of_tqdm(capfd):
    pytest.importorskip("tqdm")
    ds.load("mse").distances(PIXELS[0], list(PIXELS) * 10, progress=True)
    assert "40" in capfd.readouterr().err
    ds.load("mse").distances(PIXELS[0], list(PIXELS) * 10)
    ds.load("mse").distances(PIXELS[0], list(PIXELS) * 10, progress=False)
    assert capfd.readouterr().err == ""


INTERRUPTED = """
import os, signal, sys, threading, numpy as np, dreamsim_native as ds
lite = ds.load("lite")
zeros = np.zeros((64, 64, 3), np.uint8)
# What was started in the background would ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
begun, told = threading.Event(), []
def tell(progress):
    told.append(progress)
    begun.set()
def interrupt():
    begun.wait()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    lite.embed([zeros] * 100_000, progress=tell)
except KeyboardInterrupt:
    assert told[-1].done < 10_000
    # It can be used on.
    print("stopped", lite.distance(zeros, zeros) < 1e-6)
"""


def test_ctrl_c_stops_the_work():
    assert run(INTERRUPTED) == "stopped True"


def test_handlers_of_signals_run_while_work_goes_its_way(lite):
    seen = []
    before = signal.signal(signal.SIGUSR1, lambda *_: seen.append(threading.current_thread()))
    try:
        told = []

        def tell(progress):
            told.append(progress)
            if len(told) == 1:
                os.kill(os.getpid(), signal.SIGUSR1)

        lite.embed(list(PIXELS) * 8, progress=tell)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [threading.main_thread()] and told[-1].done == 32


# Memory


def grown(call, count):
    """Bytes by which Python's memory and the process grow in so many calls, after as many to settle."""
    for _ in range(count):
        call()
    gc.collect()
    tracemalloc.start()
    before, size = tracemalloc.get_traced_memory()[0], resident()
    for _ in range(count):
        call()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before, resident() - size


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def small_calls():
    metric = ds.load("mse")
    x = np.full((1, 3, 8, 8), 0.5, np.float32)
    bad = np.zeros((8, 8, 2), np.uint8)

    def call():
        metric.distance(PIXELS[0, :8, :8], PIXELS[1, :8, :8])
        metric.pair_distances(PIXELS[:2, :8, :8], PIXELS[2:, :8, :8], progress=False)
        metric.distance_and_gradient(x, x, both=True)
        metric.heat_map(PIXELS[0, :16, :16], PIXELS[1, :16, :16])
        metric.describe()
        failures = {}
        metric.distances(PIXELS[0], [PIXELS[1], PIXELS[2, :8]], failures=failures)
        assert 1 in failures
        for wrong in (bad, PIXELS[0, :4], "/nowhere"):
            try:
                metric.distance(PIXELS[0], wrong)
            except ds.DreamSimError:
                pass

    return call


def test_memory_stays():
    python, process = grown(small_calls(), 500)
    assert python < 50_000 and process < 8_000_000, (python, process)


@pytest.mark.slow
def test_memory_stays_over_10_000_calls(lite):
    python, process = grown(small_calls(), 10_000)
    assert python < 50_000 and process < 8_000_000, (python, process)
    python, process = grown(lambda: lite.distance(PIXELS[0], PIXELS[1]), 200)
    assert python < 50_000 and process < 8_000_000, (python, process)


def test_loading_and_letting_go_keeps_nothing():
    def call():
        ds.load("ssim + 0.5*mse")

    python, process = grown(call, 300)
    assert python < 50_000 and process < 8_000_000, (python, process)


def test_warnings_can_be_errors(tmp_path):
    # The store is empty and the network forbidden: another model stands in, or nothing does.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((ds.DreamSimError, ds.DreamSimWarning)):
            ds.load("ensemble", home=tmp_path, offline=True)
