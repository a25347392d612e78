#ifndef DREAMSIM_CVIPS_H
#define DREAMSIM_CVIPS_H

#include <stdbool.h>
#include <vips/vips.h>

// libvips brings a hundred libraries, whose loading takes a short run most of its start. On Linux the program is not linked
// with it, therefore; `dreamsim_vips_start` loads it. Every function in use has a plain wrapper here, which Swift needs as
// well, since it cannot call variadic ones. A wrapper returns NULL (or non-zero) on failure and leaves the message in
// libvips' error buffer. GObject and GLib are taken from the same library: a second copy in the process would not know the
// first one's objects.

/// The loaders that are trusted with bytes from anywhere.
typedef enum {
    DREAMSIM_VIPS_JPEG,
    DREAMSIM_VIPS_WEBP,
    DREAMSIM_VIPS_TIFF,
    DREAMSIM_VIPS_HEIF
} DreamSimVipsLoader;

/// Loads and starts libvips: no loader that its authors call unfit for untrusted data, no operation cache, no worker
/// threads of its own (callers decode several images at once instead), nothing written to standard error. To be called
/// once, before anything else of this header. On Linux its modules stay out, but for that of HEIF, which comes with the
/// first such image.
int dreamsim_vips_start(void);

/// Begins and ends a call of the library, which a fork waits for. Calls that the caller makes by itself are to be between the two.
void dreamsim_vips_enter(void);
void dreamsim_vips_leave(void);

/// Whether this is the child of the process that started libvips. The threads of libvips are not in it, so that an operation
/// that wants one waits forever.
bool dreamsim_vips_is_forked(void);

/// Reads the header of an image in memory. The bytes must outlive the image. Truncated data is an error.
VipsImage *dreamsim_vips_open(DreamSimVipsLoader loader, const void *bytes, size_t count);

int dreamsim_vips_width(const VipsImage *image);
int dreamsim_vips_height(const VipsImage *image);
int dreamsim_vips_bands(const VipsImage *image);
VipsBandFormat dreamsim_vips_format(const VipsImage *image);
VipsInterpretation dreamsim_vips_interpretation(const VipsImage *image);
int dreamsim_vips_x_offset(const VipsImage *image);
int dreamsim_vips_y_offset(const VipsImage *image);

/// The EXIF orientation (1 to 8) that a loader found, or 1.
int dreamsim_vips_orientation(VipsImage *image);

/// The ICC profile of an image; NULL when there is none. It belongs to the image.
const void *dreamsim_vips_profile(VipsImage *image, size_t *count);

/// The samples of an image, which the caller frees with `dreamsim_vips_free`.
void *dreamsim_vips_samples(VipsImage *image, size_t *count);

/// Writes the samples of an image of 8 or 16 bits, of 16 the upper 8, to memory of the caller: `count` bytes, one for each.
/// `stops` is asked now and then; once it says yes, the rest is left.
/// Returns 0, or non-zero when the image is damaged, has another size, or was stopped.
int dreamsim_vips_fill(VipsImage *image, unsigned char *target, size_t count, bool (*stops)(void *), void *context);

/// The image in sRGB, 8 bits, its channels as an ICC profile says; alpha stays.
VipsImage *dreamsim_vips_to_srgb(VipsImage *image, const void *profile, size_t count);

/// An image of floating-point samples of 32 bits.
VipsImage *dreamsim_vips_float(VipsImage *image);

/// An image of so many bands over borrowed memory.
VipsImage *dreamsim_vips_wrap(const void *samples, size_t count, int width, int height, int bands, VipsBandFormat format,
    VipsInterpretation interpretation);

/// An RGB image over borrowed memory, marked as sRGB.
VipsImage *dreamsim_vips_wrap_rgb(const void *pixels, size_t count, int width, int height);

/// An image of 16-bit gray over borrowed memory.
VipsImage *dreamsim_vips_wrap_gray16(const void *pixels, size_t count, int width, int height);

/// A PNG in memory that the caller frees with `dreamsim_vips_free`.
int dreamsim_vips_png(VipsImage *image, void **bytes, size_t *count);

/// A JPEG in memory that the caller frees with `dreamsim_vips_free`; `quality` is 1 to 100, chroma is kept whole from 90.
int dreamsim_vips_jpeg(VipsImage *image, void **bytes, size_t *count, int quality);

/// One line of text as an 8-bit mask; `markup` is Pango markup. The offsets of the result are the place of its ink in the
/// line's logical box.
VipsImage *dreamsim_vips_text(const char *markup, const char *font);

/// Lets an image go that a function of this header returned.
void dreamsim_vips_release(VipsImage *image);

/// Frees memory that a function of this header returned.
void dreamsim_vips_free(void *memory);

/// What the library said of failures since it was last cleared.
const char *dreamsim_vips_error(void);
void dreamsim_vips_clear_error(void);

#endif
