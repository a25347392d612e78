"""Images as callers have them, made into those of the C interface."""

from __future__ import annotations

import ctypes
import io
import os
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple, Union

import numpy as np

from . import _abi, _work
from ._errors import ArgumentError, ArgumentTypeError, DreamSimError, DreamSimWarning, FileError, MissingError
from ._options import encoded, fsencoded

if TYPE_CHECKING:
    import numpy.typing as npt
    import PIL.Image

# In quotes, because Pillow need not be here.
Path = Union[str, "os.PathLike[str]"]
ImageLike = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, "PIL.Image.Image", "npt.NDArray[np.uint8]"]
"""An image: the path of a file (str, os.PathLike); the contents of a file (bytes); a Pillow image; or an array of uint8,
sRGB, [H, W] or [H, W, 1] (gray), [H, W, 3] (RGB) or [H, W, 4] (RGBA, straight alpha), of any strides."""
Images = Union[Iterable[ImageLike], "npt.NDArray[np.uint8]"]
"""Many images: any iterable of them, or an array [N, H, W, C] of uint8."""

_ORIENTATION = 0x0112

# The library cannot decode files: Pillow does from then on.
_by_pillow = False


class Batch:
    """Images as an array of C structures, with what these point to."""

    def __init__(self, images: List[Any], is_reference: bool = False, is_lenient: bool = False) -> None:
        """Images; `is_reference`: without orientation, transparency and color profiles. What is no image is an error;
        if `is_lenient`, one of `faults`, and of the library, which gets a structure without content."""
        self.structures = _abi.images(len(images))
        self.faults: Dict[int, DreamSimError] = {}
        self._kept: List[Any] = []
        self.structures.kept = self._kept
        self._images = images
        self._is_reference, self._is_lenient = is_reference, is_lenient
        for place, image in enumerate(images):
            try:
                self._set(self.structures[place], image)
            except DreamSimError as error:
                if not is_lenient:
                    raise error if len(images) == 1 else type(error)(f"image {place}: {error}") from None
                self.faults[place] = error

    def __len__(self) -> int:
        return len(self._images)

    def decoded_by_pillow(self, reason: DreamSimError) -> Batch:
        """The same, with files decoded by Pillow from here on, because of an error of the library."""
        global _by_pillow
        if not _by_pillow:
            _pillow(f"{reason}; Pillow, which could stand in, is not installed")
            warnings.warn(
                f"{reason}; from here on Pillow decodes image files: pixels of JPEG, PNG, WebP and GIF are the same, "
                "others may differ",
                DreamSimWarning,
                stacklevel=_work.outside(),
            )
            _by_pillow = True
        return Batch(self._images, self._is_reference, self._is_lenient)

    def _set(self, target: Any, image: Any) -> None:
        if isinstance(image, np.ma.MaskedArray):
            raise ArgumentTypeError("a masked array: its mask would change nothing; give image.filled(0)")
        if isinstance(image, np.ndarray):
            self._set_pixels(target, image)
        elif isinstance(image, (str, os.PathLike)):
            name = path(image)
            if _by_pillow:
                self._set_pillow(target, _opened(name, os.fsdecode(name)))
            else:
                self._set_bytes(target, _abi.PATH, name)
        elif isinstance(image, (bytes, bytearray, memoryview)):
            contents = bytes(image)
            if not contents:
                raise ArgumentError("bytes: they are empty; give the contents of an image file, or its path as str")
            if _by_pillow:
                self._set_pillow(target, _opened(io.BytesIO(contents), "bytes"))
            else:
                self._set_bytes(target, _abi.FILE_BYTES, contents)
        elif _is_pillow(image):
            self._set_pillow(target, image)
        else:
            raise ArgumentTypeError(_unknown(image))

    def _set_bytes(self, target: Any, kind: int, contents: bytes) -> None:
        self._kept.append(contents)
        target.kind, target.size = kind, len(contents)
        target.data = ctypes.cast(ctypes.c_char_p(contents), ctypes.c_void_p).value

    def _set_pixels(self, target: Any, array: Any) -> None:
        if array.dtype != np.uint8:
            raise ArgumentTypeError(_wrong_dtype(array))
        if array.ndim == 2:
            array = array[:, :, None]
        if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
            raise ArgumentTypeError(_wrong_shape(array))
        height, width, channels = array.shape
        if height == 0 or width == 0:
            raise ArgumentTypeError(f"array of shape {list(array.shape)}: it has no pixels")
        self._kept.append(array)
        target.kind, target.channels = _abi.PIXELS, channels
        target.data = array.ctypes.data
        target.width, target.height = width, height
        target.row_stride, target.column_stride, target.channel_stride = array.strides

    def _set_pillow(self, target: Any, image: Any) -> None:
        converted = _from_pillow(image, self._is_reference)
        if isinstance(converted, bytes):
            self._set_bytes(target, _abi.FILE_BYTES, converted)
        else:
            self._set_pixels(target, converted)


def listed(images: Any) -> List[Any]:
    """The images of an iterable or an array [N, H, W, C], as a list."""
    if isinstance(images, np.ndarray):
        if images.ndim != 4:
            raise ArgumentTypeError(
                f"array of shape {list(images.shape)}: many images are [N, H, W, C], or a list; put one into a list: "
                f"[image]"
            )
        return list(images)
    if is_one(images):
        raise ArgumentTypeError(
            f"{type(images).__name__}: many images are wanted, and this is one; put it into a list: [image]"
        )
    if not isinstance(images, Iterable):
        raise ArgumentTypeError(f"{type(images).__name__}: many images are wanted, as a list or another iterable")
    return list(images)


def is_one(images: Any) -> bool:
    """Whether this is one image, and not many."""
    if isinstance(images, np.ndarray):
        return images.ndim < 4
    return isinstance(images, (str, os.PathLike, bytes, bytearray, memoryview)) or _is_pillow(images)


def lacks_codec(error: DreamSimError) -> bool:
    """Whether an image could not be decoded because libvips was not found, or not for a process that was forked."""
    return not _by_pillow and any(reason in str(error) for reason in ("libvips did not start", "libvips reads no"))


# Pillow


def _pillow(subject: str) -> Any:
    try:
        import PIL.Image
    except ImportError:
        raise MissingError(f"{subject}; 'pip install Pillow', or give pixels as an array [H, W, 3] of uint8") from None
    return PIL.Image


def _is_pillow(image: Any) -> bool:
    # Without an import of Pillow where nobody has imported it.
    return any(kind.__module__ == "PIL.Image" and kind.__name__ == "Image" for kind in type(image).__mro__)


def _opened(source: Any, name: str) -> Any:
    pillow = _pillow(name)
    try:
        image = pillow.open(source)
        image.load()
    except Exception as error:  # Pillow's readers raise nearly everything.
        raise FileError(f"{name}: it cannot be read as an image ({error}); export it again") from error
    return image


def _from_pillow(image: Any, is_reference: bool) -> Any:
    """Pixels of a Pillow image, as those of its file are: upright, with transparency, in sRGB. Where its color profile
    has to be applied, and libvips does that, the contents of a file."""
    mode = image.mode
    try:
        if is_reference:
            return np.asarray(image.convert("RGB"))
        if image.getexif().get(_ORIENTATION, 1) in range(2, 9):
            from PIL import ImageOps

            image = ImageOps.exif_transpose(image)
        profile = image.info.get("icc_profile")
        image = _in_known_mode(image)
        if isinstance(image, np.ndarray):  # gray of 16 bits
            return image
        if profile:
            return _in_srgb(image, profile)
        if image.mode == "CMYK":
            image = image.convert("RGB")
        elif image.mode == "LA":
            image = image.convert("RGBA")
        return np.asarray(image)
    except DreamSimError:
        raise
    except Exception as error:
        raise FileError(f"Pillow image of mode {mode}: its pixels cannot be read ({error}); export it again") from error


def _in_known_mode(image: Any) -> Any:
    mode = image.mode
    if mode.startswith("I;16") or (mode == "I" and image.format == "PNG"):
        # 16 bits: the upper 8, as those of files.
        return (np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
    if mode in ("I", "F"):
        raise ArgumentTypeError(
            f"Pillow image of mode {mode}: it has no stated range; convert its values to 0 ... 255 and its mode to 'L'"
        )
    if "transparency" in image.info and mode in ("1", "L", "RGB", "P"):
        return image.convert("RGBA")
    if mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return image
    if mode in ("1", "PA", "RGBa", "La"):
        return image.convert({"1": "L", "PA": "RGBA", "RGBa": "RGBA", "La": "LA"}[mode])
    return image.convert("RGB")


def _in_srgb(image: Any, profile: bytes) -> Union[bytes, Any]:
    if not _by_pillow:
        contents = io.BytesIO()
        image.save(contents, "TIFF", icc_profile=profile, compression=None)
        return contents.getvalue()
    from PIL import ImageCms

    try:
        to = "RGBA" if image.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode=to,
        )
    except ImageCms.PyCMSError:
        # One that is not for such an image is ignored, as that of a file is.
        converted = image.convert("RGBA" if image.mode in ("LA", "RGBA") else "RGB")
    return np.asarray(converted)


# What to do


def _unknown(image: Any) -> str:
    kind = f"{type(image).__module__}.{type(image).__qualname__}".replace("builtins.", "")
    if kind.startswith("torch."):
        return (
            "torch.Tensor: images are paths, bytes, Pillow images or arrays of uint8; for tensors [N, 3, H, W] use "
            "dreamsim_native.torch or dreamsim_native.compat, or "
            "(tensor * 255).round().byte().permute(1, 2, 0).cpu().numpy() of one in [0, 1]"
        )
    return (
        f"{kind}: images are paths (str, os.PathLike), contents of files (bytes), Pillow images or arrays [H, W, 3] "
        "of uint8"
    )


def _wrong_dtype(array: Any) -> str:
    subject = f"array of {array.dtype}: images are of uint8, 0 ... 255, sRGB"
    if array.dtype.kind == "f":
        return (
            subject + "; from [0, 1]: (x * 255).round().astype(np.uint8), from [-1, 1]: ((x + 1) * "
            "127.5).round().astype(np.uint8)"
        )
    if array.dtype == np.uint16:
        return subject + "; of 16 bits: (x >> 8).astype(np.uint8)"
    if array.dtype == np.bool_:
        return subject + "; x.astype(np.uint8) * 255"
    return subject + "; x.astype(np.uint8) where its values are 0 ... 255"


def _wrong_shape(array: Any) -> str:
    shape = list(array.shape)
    subject = f"array of shape {shape}: images are [H, W], [H, W, 1], [H, W, 3] or [H, W, 4]"
    if array.ndim == 3 and shape[0] in (1, 3, 4):
        return subject + "; where channels come first: np.moveaxis(x, 0, -1)"
    if array.ndim == 4:
        return subject + "; many are taken by distances(), pair_distances() and embed()"
    if array.ndim == 3 and shape[2] == 2:
        return subject + "; of gray and alpha: np.concatenate([x[..., :1]] * 3 + [x[..., 1:]], axis=2)"
    return subject


def paths(names: Any) -> Tuple[Any, int]:
    """Paths as an array of C texts."""
    if not isinstance(names, Iterable) or isinstance(names, (str, bytes)):
        names = [names]
    encoded = [path(name) for name in names]
    return (ctypes.c_char_p * len(encoded))(*encoded), len(encoded)


def path(name: Any) -> bytes:
    """A path as a C text."""
    if not isinstance(name, (str, os.PathLike)):
        raise ArgumentTypeError(f"{type(name).__name__}: paths are str or os.PathLike")
    encoded = fsencoded(name)
    if not encoded or b"\0" in encoded:
        raise ArgumentError(f"path {name!r}: it is empty or holds a zero byte; give the path of a file or folder")
    return encoded


def find_images(
    paths_or_path: Union[Path, Iterable[Path]],
    *,
    include: Optional[Iterable[str]] = None,
    exclude: Optional[Iterable[str]] = None,
    follow_links: bool = True,
) -> List[str]:
    """The image files among and below paths.

    Args:
        paths_or_path: Files and folders; folders are searched recursively.
        include: Patterns such as ``"*.jpg"``; only files that match one.
        exclude: Patterns; neither files nor folders that match one.
        follow_links: Whether symbolic links to folders are followed.

    Returns:
        Paths, in order. A folder that cannot be read is logged to ``dreamsim_native`` and left out. A path that is no
        folder comes back as it is, also where there is no such file: reading it says so.
    """
    array, count = paths(paths_or_path)
    options = encoded(include=include, exclude=exclude, followLinks=follow_links)
    found, length = ctypes.c_void_p(), ctypes.c_size_t()
    _work.call("find", (array, count, options), (ctypes.byref(found), ctypes.byref(length)), False)
    return [os.fsdecode(path) for path in _abi.bytes_at(found, length.value).split(b"\0")[:-1]]
