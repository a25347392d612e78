#ifndef DREAMSIM_CVIPS_SHIM_H
#define DREAMSIM_CVIPS_SHIM_H

#include <vips/vips.h>

// Swift cannot call variadic functions, and most of libvips' operations are variadic: each one in use has a plain
// wrapper here. A wrapper returns NULL (or non-zero) on failure and leaves the message in libvips' error buffer.

/// The loaders that are trusted with bytes from anywhere.
typedef enum {
    DREAMSIM_VIPS_JPEG,
    DREAMSIM_VIPS_PNG,
    DREAMSIM_VIPS_WEBP,
    DREAMSIM_VIPS_TIFF,
    DREAMSIM_VIPS_HEIF
} DreamSimVipsLoader;

static inline void dreamsim_vips_drop_log(
    const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data) {
    (void)domain, (void)level, (void)message, (void)data;
}

/// Starts libvips: no loader that its authors call unfit for untrusted data, no operation cache, no worker threads
/// of its own (callers decode several images at once instead), nothing written to standard error.
static inline int dreamsim_vips_start(void) {
    if (vips_init("dreamsim")) return -1;
    vips_block_untrusted_set(1);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
    vips_concurrency_set(1);
    g_log_set_handler("VIPS", (GLogLevelFlags)(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO),
        dreamsim_vips_drop_log, NULL);
    return 0;
}

/// Reads the header of an image in memory. The bytes must outlive the image. Truncated data is an error.
static inline VipsImage *dreamsim_vips_open(DreamSimVipsLoader loader, const void *bytes, size_t count) {
    VipsImage *out = NULL;
    int failed = -1;
#define DREAMSIM_VIPS_LOAD(load) \
    load((void *)bytes, count, &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL)
    switch (loader) {
    case DREAMSIM_VIPS_JPEG: failed = DREAMSIM_VIPS_LOAD(vips_jpegload_buffer); break;
    case DREAMSIM_VIPS_PNG: failed = DREAMSIM_VIPS_LOAD(vips_pngload_buffer); break;
    case DREAMSIM_VIPS_WEBP: failed = DREAMSIM_VIPS_LOAD(vips_webpload_buffer); break;
    case DREAMSIM_VIPS_TIFF: failed = DREAMSIM_VIPS_LOAD(vips_tiffload_buffer); break;
    case DREAMSIM_VIPS_HEIF: failed = DREAMSIM_VIPS_LOAD(vips_heifload_buffer); break;
    }
#undef DREAMSIM_VIPS_LOAD
    return failed ? NULL : out;
}

/// The EXIF orientation (1 to 8) that a loader found, or 1.
static inline int dreamsim_vips_orientation(VipsImage *image) { return vips_image_get_orientation(image); }

/// The ICC profile of an image; NULL when there is none. It belongs to the image.
static inline const void *dreamsim_vips_profile(VipsImage *image, size_t *count) {
    const void *bytes = NULL;
    if (!vips_image_get_typeof(image, VIPS_META_ICC_NAME)) return NULL;
    return vips_image_get_blob(image, VIPS_META_ICC_NAME, &bytes, count) ? NULL : bytes;
}

/// The image in sRGB, 8 bits, its channels as an ICC profile says; alpha stays.
static inline VipsImage *dreamsim_vips_to_srgb(VipsImage *image, const void *profile, size_t count) {
    VipsImage *copy = NULL, *out = NULL;
    if (vips_copy(image, &copy, NULL)) return NULL;
    vips_image_set_blob_copy(copy, VIPS_META_ICC_NAME, profile, count);
    int failed = vips_icc_transform(
        copy, &out, "srgb", "embedded", TRUE, "intent", VIPS_INTENT_RELATIVE, "depth", 8, NULL);
    g_object_unref(copy);
    return failed ? NULL : out;
}

/// An image of floating-point samples of 32 bits.
static inline VipsImage *dreamsim_vips_float(VipsImage *image) {
    VipsImage *out = NULL;
    return vips_cast_float(image, &out, NULL) ? NULL : out;
}

/// An image of so many bands over borrowed memory.
static inline VipsImage *dreamsim_vips_wrap(const void *samples, size_t count, int width, int height, int bands,
    VipsBandFormat format, VipsInterpretation interpretation) {
    VipsImage *bare = vips_image_new_from_memory(samples, count, width, height, bands, format);
    if (!bare) return NULL;
    VipsImage *out = NULL;
    int failed = vips_copy(bare, &out, "interpretation", interpretation, NULL);
    g_object_unref(bare);
    return failed ? NULL : out;
}

/// An RGB image over borrowed memory, marked as sRGB.
static inline VipsImage *dreamsim_vips_wrap_rgb(const void *pixels, size_t count, int width, int height) {
    return dreamsim_vips_wrap(pixels, count, width, height, 3, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB);
}

/// An image of 16-bit gray over borrowed memory.
static inline VipsImage *dreamsim_vips_wrap_gray16(const void *pixels, size_t count, int width, int height) {
    return dreamsim_vips_wrap(pixels, count, width, height, 1, VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_GREY16);
}

/// A PNG in memory that the caller frees with g_free.
static inline int dreamsim_vips_png(VipsImage *image, void **bytes, size_t *count) {
    return vips_pngsave_buffer(image, bytes, count, "strip", TRUE, "compression", 6, NULL);
}

/// A JPEG in memory that the caller frees with g_free; `quality` is 1 to 100, chroma is kept whole from 90.
static inline int dreamsim_vips_jpeg(VipsImage *image, void **bytes, size_t *count, int quality) {
    return vips_jpegsave_buffer(image, bytes, count, "strip", TRUE, "Q", quality, "optimize_coding", TRUE, NULL);
}

/// One line of text as an 8-bit mask; `markup` is Pango markup. `Xoffset` and `Yoffset` of the result are the place
/// of its ink in the line's logical box.
static inline VipsImage *dreamsim_vips_text(const char *markup, const char *font) {
    VipsImage *out = NULL;
    return vips_text(&out, markup, "font", font, "dpi", 72, NULL) ? NULL : out;
}

#endif
