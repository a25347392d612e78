from __future__ import annotations

import ctypes
import json
import weakref
from collections.abc import Iterator, MutableMapping
from itertools import islice
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    List,
    NamedTuple,
    Optional,
    Tuple,
    Union,
    overload,
)

import numpy as np

from . import _abi, _images, _tensors, _work
from ._embeddings import Embeddings
from ._errors import ArgumentError, ArgumentTypeError, DreamSimError, UnsupportedError
from ._options import decoded, text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from ._images import ImageLike, Images, Path
    from ._tensors import DoubleArray, FloatArray
    from ._work import ProgressOption

# How often each image of a batch is looked up is not worth a batch of thousands; memory grows with it.
_BATCH = 16


class Embedded(NamedTuple):
    """What became of one image of `Metric.iter_embed`."""

    image: Any
    """The image as it was given, such as its path."""
    embedding: Optional[Embeddings]
    """float32 [D]; None where the image could not be read."""
    error: Optional[DreamSimError]
    """Why the image could not be read."""


class Metric:
    """A loaded metric or model. `load` makes it.

    It never changes: any number of threads may use it at once, and processes that are forked keep it. Pickled, it
    is its name, options and weights' digests; whoever unpickles it loads it there, once in a process, and gets an
    error where the weights are others.
    """

    def __init__(self, handle: int, name: str, options: bytes) -> None:
        self._handle, self._name, self._options = handle, name, options
        weakref.finalize(self, _release, handle).atexit = False
        answer = ctypes.c_void_p()
        _abi.call("describe", handle, ctypes.byref(answer))
        self._description: Dict[str, Any] = decoded(_abi.text(answer))
        self._is_reference = json.loads(options).get("parity") == "reference"

    def __repr__(self) -> str:
        return f"<dreamsim_native.Metric {self.name!r}>"

    # What it is

    @property
    def name(self) -> str:
        """The name, such as ``"lite"`` or ``"ssim"``."""
        return str(self._description["name"])

    @property
    def stamp(self) -> Optional[Dict[str, Any]]:
        """What makes embeddings comparable: model, weights and preprocessing. None of a metric that does not embed."""
        stamp = self._description.get("stamp")
        return None if stamp is None else dict(stamp)

    @property
    def direction(self) -> str:
        """Which way `value` goes: ``"lower is more alike"`` or ``"higher is more alike"``. `distance` is always
        lower for more alike images."""
        return str(self._description["direction"])

    @property
    def width(self) -> Optional[int]:
        """The number of components of an embedding, or None."""
        return self._description.get("width")

    @property
    def side(self) -> Optional[int]:
        """The side of the images that the model takes, in pixels, or None."""
        return self._description.get("side")

    def describe(self) -> Dict[str, Any]:
        """All that is known of the metric: name, summary, direction, the lowest, highest and identical images' value,
        hasGradient, hasMap, precision, preprocessing; and, of metrics that have them, stamp, width, side and weights
        (SHA-256)."""
        return json.loads(json.dumps(self._description))  # type: ignore[no-any-return]

    def __reduce__(self) -> Tuple[Any, ...]:
        from ._load import _restored

        return _restored, (self._name, self._options, self._identity())

    def _identity(self) -> Dict[str, Any]:
        """What has to be the same for a metric to give the same values."""
        return {key: self._description.get(key) for key in ("stamp", "weights", "precision", "preprocessing")}

    # Values

    def distance(self, a: ImageLike, b: ImageLike) -> float:
        """How differently two images look: 0 is the same, lower is more alike, whatever the metric but PSNR.

        Metrics that are higher for more alike images are turned, as losses do: SSIM comes as 1 - SSIM, PSNR as its
        negative, which is -inf of the same image (`value` is as the metric's authors define it).

        Args:
            a, b: Paths, contents of files, Pillow images or arrays of uint8; see `ImageLike`.

        Raises:
            ArgumentError: An argument is no image.
            FileError: A file cannot be read.
            IncomparableError: The metric wants images of one size, and these differ.
        """
        return float(self._turned(self.value(a, b)))

    def distances(
        self,
        reference: ImageLike,
        images: Images,
        *,
        failures: Optional[MutableMapping[int, DreamSimError]] = None,
        progress: ProgressOption = None,
    ) -> DoubleArray:
        """How differently images look from one reference.

        Args:
            reference: An image.
            images: N images.
            failures: None, so that the first image that cannot be measured is raised. Or a mapping, which gets the
                errors by the images' positions; their distances are NaN.
            progress: See `ProgressOption`.

        Returns:
            float64 [N], as `distance` gives them.
        """
        distances: DoubleArray = self._turned(self.values(reference, images, failures=failures, progress=progress))
        return distances

    def pair_distances(
        self,
        a: Images,
        b: Images,
        *,
        failures: Optional[MutableMapping[int, DreamSimError]] = None,
        progress: ProgressOption = None,
    ) -> DoubleArray:
        """How differently the images of N pairs look: `a[0]` and `b[0]`, `a[1]` and `b[1]` ...

        Returns:
            float64 [N], as `distance` gives them.

        Raises:
            ArgumentError: There are not as many images in `a` as in `b`.
        """
        distances: DoubleArray = self._turned(self.pair_values(a, b, failures=failures, progress=progress))
        return distances

    def value(self, a: ImageLike, b: ImageLike) -> float:
        """The metric's own value of two images, which goes as `direction` says."""
        result = np.empty(1, np.float64)
        self._measure(self._batch([a]), self._batch([b]), result, None, False)
        return float(result[0])

    def values(
        self,
        reference: ImageLike,
        images: Images,
        *,
        failures: Optional[MutableMapping[int, DreamSimError]] = None,
        progress: ProgressOption = None,
    ) -> DoubleArray:
        """The metric's own values of images and one reference; as `distances`."""
        if not _images.is_one(reference):
            raise ArgumentTypeError("reference: it is one image; pair_distances() and pair_values() take two lists")
        batch = self._batch(_images.listed(images), failures)
        result = np.empty(len(batch), np.float64)
        self._measure(self._batch([reference]), batch, result, failures, progress)
        return result

    def pair_values(
        self,
        a: Images,
        b: Images,
        *,
        failures: Optional[MutableMapping[int, DreamSimError]] = None,
        progress: ProgressOption = None,
    ) -> DoubleArray:
        """The metric's own values of the images of N pairs; as `pair_distances`."""
        first, second = (self._batch(_images.listed(side), failures) for side in (a, b))
        if len(first) != len(second):
            raise ArgumentError(
                f"{len(first)} images and {len(second)}: pairs need as many on both sides; distances() compares one "
                "with many"
            )
        result = np.empty(len(first), np.float64)
        self._measure(first, second, result, failures, progress)
        return result

    def _turned(self, value: Any) -> Any:
        if self.direction.startswith("lower"):
            return value
        highest = self._description.get("highest")
        return highest - value if highest is not None and np.isfinite(highest) else -value

    def _measure(
        self,
        references: _images.Batch,
        images: _images.Batch,
        result: DoubleArray,
        failures: Optional[MutableMapping[int, DreamSimError]],
        progress: ProgressOption,
    ) -> None:
        if len(images) == 0:
            return

        def call(references: _images.Batch, images: _images.Batch, errors: Any) -> None:
            before = (
                self._handle,
                references.structures,
                len(references),
                images.structures,
                len(images),
                _abi.doubles(result),
                errors,
            )
            if len(images) == 1:
                # One is soon done, and a thread for it would cost more than the call.
                _abi.call("values", *before, None)
            else:
                _work.call("values", before, (), progress)

        self._with_codec(call, [references, images], failures)

    def _batch(self, images: Any, failures: Optional[MutableMapping[int, DreamSimError]] = None) -> _images.Batch:
        if failures is not None and not isinstance(failures, MutableMapping):
            raise ArgumentTypeError(f"failures is a {type(failures).__name__}: give a dict, which gets the errors")
        return _images.Batch(images, self._is_reference, failures is not None)

    def _with_codec(
        self,
        call: Callable[..., None],
        batches: List[_images.Batch],
        failures: Optional[MutableMapping[int, DreamSimError]] = None,
    ) -> None:
        """Calls, and once more with files decoded by Pillow where the library cannot."""
        for is_again in (False, True):
            errors = None if failures is None else (_abi.Error * len(batches[-1]))()
            try:
                call(*batches, errors)
            except DreamSimError as error:
                if is_again or not _images.lacks_codec(error):
                    raise
                reason = error
            else:
                found = {place: _abi.taken(error) for place, error in enumerate(errors or ()) if error.code}
                lacking = [error for error in found.values() if _images.lacks_codec(error)]
                if is_again or not lacking:
                    for faults in (found, *(batch.faults for batch in batches)):
                        if failures is not None:
                            failures.update(faults)
                    return
                reason = lacking[0]
            batches = [batch.decoded_by_pillow(reason) for batch in batches]

    # Embeddings

    def embed(
        self,
        images: Union[ImageLike, Images],
        *,
        failures: Optional[MutableMapping[int, DreamSimError]] = None,
        progress: ProgressOption = None,
    ) -> Embeddings:
        """Embeddings, whose distance is one minus their cosine.

        Args:
            images: One image or N: a list, another iterable, or an array [N, H, W, C].
            failures: As in `distances`; rows of images that cannot be read are NaN.
            progress: See `ProgressOption`.

        Returns:
            float32 [N, D] of many images, [D] of one, with `stamp`.

        Raises:
            UnsupportedError: The metric does not embed.
        """
        if _images.is_one(images):
            one: Embeddings = self._embedded(self._batch([images], failures), failures, False)[0]
            return one
        return self._embedded(self._batch(_images.listed(images), failures), failures, progress)

    def _embedded(
        self, batch: _images.Batch, failures: Optional[MutableMapping[int, DreamSimError]], progress: ProgressOption
    ) -> Embeddings:
        width = self._needed_width()
        result = np.empty((len(batch), width), np.float32)

        def call(batch: _images.Batch, errors: Any) -> None:
            before = (self._handle, batch.structures, len(batch), _abi.floats(result), width, errors)
            if len(batch) == 1:
                _abi.call("embed", *before, None)
            else:
                _work.call("embed", before, (), progress)

        if len(batch):
            self._with_codec(call, [batch], failures)
        return Embeddings(result, self.stamp)

    def _needed_width(self) -> int:
        if self.width is None:
            raise UnsupportedError(f"{self.name}: it compares images without embeddings; load a model, such as 'lite'")
        return self.width

    def iter_embed(self, images: Iterable[ImageLike], *, batch: int = _BATCH) -> Iterator[Embedded]:
        """Embeds images one batch after the other, so that any number of them can be gone through.

        Args:
            images: Any iterable, also one without end.
            batch: How many images are read and embedded at once.

        Yields:
            One `Embedded` for each image, in order; a bad file is one with an error, and does not end the rest.
        """
        if not isinstance(batch, int) or batch < 1:
            raise ArgumentError(f"batch {batch}: it is 1 or more")
        if _images.is_one(images):
            raise ArgumentTypeError("iter_embed: many images are wanted; of a folder: embed_folder(path)")
        self._needed_width()
        return self._embedding(iter(images), batch)

    def _embedding(self, images: Iterator[ImageLike], size: int) -> Iterator[Embedded]:
        while True:
            some: List[ImageLike] = []
            fault: Optional[Exception] = None
            try:
                for image in islice(images, size):
                    some.append(image)
            except Exception as caught:  # of the caller's iterator: it is raised after what came before
                fault = caught
            if some:
                failures: Dict[int, DreamSimError] = {}
                rows = self._embedded(self._batch(some, failures), failures, False)
                for place, image in enumerate(some):
                    error = failures.get(place)
                    yield Embedded(image, rows[place] if error is None else None, error)
            if fault is not None:
                raise fault
            if len(some) < size:
                return

    def embed_folder(
        self,
        folder: Union[Path, Iterable[Path]],
        *,
        batch: int = _BATCH,
        include: Optional[Iterable[str]] = None,
        exclude: Optional[Iterable[str]] = None,
        follow_links: bool = True,
        progress: Union[None, bool] = None,
    ) -> Iterator[Embedded]:
        """Embeds the image files among and below paths, one batch after the other.

        Args:
            folder: Files and folders, which are searched recursively; patterns as in `find_images`.
            batch: How many images are read and embedded at once.
            progress: None: a bar of tqdm where tqdm is installed and standard error is a terminal. True: always. False:
                none.

        Yields:
            As `iter_embed`; `image` is the path.
        """
        self._needed_width()
        found = _images.find_images(folder, include=include, exclude=exclude, follow_links=follow_links)
        results = self.iter_embed(found, batch=batch)
        if progress is False:
            return results
        try:
            from tqdm.auto import tqdm
        except ImportError:
            if progress:
                from ._errors import MissingError

                raise MissingError("progress=True: tqdm is not installed; 'pip install tqdm'") from None
            return results
        return iter(
            tqdm(results, total=len(found), desc="embedding", unit=" images", disable=False if progress else None)
        )

    def preprocess(self, image: ImageLike) -> FloatArray:
        """An image as the model takes it.

        Returns:
            float32 [3, side, side], red, green and blue in [0, 1].
        """
        if self.side is None:
            raise UnsupportedError(f"{self.name}: it takes images as they are; only models have an input of their own")
        result = np.empty((3, self.side, self.side), np.float32)
        batch = self._batch([image])

        def call(batch: _images.Batch, _errors: Any) -> None:
            _abi.call("preprocess", self._handle, batch.structures, _abi.floats(result))

        self._with_codec(call, [batch])
        return result

    # Gradients and maps

    @overload
    def distance_and_gradient(
        self, x: FloatArray, y: FloatArray, *, both: Literal[False] = False, check: bool = True
    ) -> Tuple[DoubleArray, FloatArray]: ...

    @overload
    def distance_and_gradient(
        self, x: FloatArray, y: FloatArray, *, both: Literal[True], check: bool = True
    ) -> Tuple[DoubleArray, FloatArray, FloatArray]: ...

    def distance_and_gradient(self, x: FloatArray, y: FloatArray, *, both: bool = False, check: bool = True) -> Any:
        """Distances of N pairs, and how each changes with every value of `x`.

        Args:
            x, y: float32 [N, 3, H, W], or [3, H, W] of one pair, in [0, 1]; of one shape, any strides.
            both: Whether the gradient by `y` is wanted, too.
            check: Whether values outside [0, 1] by more than 0.001 are refused. NaN and infinite ones always are.

        Returns:
            Distances, float64 [N]; the gradient by `x`, float32 [N, 3, H, W]; with `both` the one by `y`. Of one pair
            without N: float64 [], float32 [3, H, W].

        Raises:
            ArgumentError: Type, dtype, shape, or values.
            UnsupportedError: The metric has no gradient.
        """
        first, second = _tensors.checked(x, "x", check), _tensors.checked(y, "y", check)
        if x.shape != y.shape:
            raise ArgumentTypeError(
                f"x is of shape {list(x.shape)}, y of {list(y.shape)}: they have to be the same; np.broadcast_to(y, "
                f"x.shape)"
            )
        values, by_x, by_y = _tensors.values_and_gradients(self._handle, first, second, True, both)
        results = (values, by_x, by_y) if both else (values, by_x)
        return tuple(result[0] if x.ndim == 3 and result is not None else result for result in results)

    def heat_map(self, a: ImageLike, b: Optional[ImageLike] = None, *, kind: str = "difference") -> FloatArray:
        """Where two images differ; or where a model looks in one.

        Args:
            a, b: The images. `b` is left out for the kinds of one image.
            kind: ``"difference"`` of two images; ``"attention"`` or ``"rollout"`` of one.

        Returns:
            float32 [H, W], not negative, higher where images differ more: of the images' size, or, of models, a value for
            each patch. Its mean is near the value of metrics that are means over places, and not of models.

        Raises:
            ArgumentError: The metric has no such map.
        """
        if kind not in ("difference", "attention", "rollout"):
            raise ArgumentError(f"kind {kind!r}: it is 'difference', 'attention' or 'rollout'")
        if kind == "difference" and b is None:
            raise ArgumentTypeError(
                "heat_map: 'difference' is that of two images; give b, or kind='attention' of a model"
            )
        if kind != "difference" and b is not None:
            raise ArgumentTypeError(f"heat_map: {kind!r} is that of one image; leave b out")
        named = text(kind, "kind")
        batches = [self._batch([image]) for image in (a, b) if image is not None]
        address, width, height = ctypes.c_void_p(), ctypes.c_int64(), ctypes.c_int64()

        def call(*arguments: Any) -> None:
            *images, _errors = arguments
            reference = images[0].structures if len(images) == 2 else None
            _abi.call(
                "map",
                self._handle,
                named,
                reference,
                images[-1].structures,
                ctypes.byref(address),
                ctypes.byref(width),
                ctypes.byref(height),
            )

        self._with_codec(call, batches)
        count = width.value * height.value
        numbers = np.frombuffer(_abi.bytes_at(address, 4 * count), np.float32)
        return numbers.reshape(height.value, width.value).copy()


def _release(handle: int) -> None:
    _abi.function("release")(handle, None)
