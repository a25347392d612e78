#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // dladdr
#endif
#include "../CDreamSimVipsHeaders/include/VipsHeaders.h"
#include "CDreamSimVips.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Every function of libvips that is in use, and of the GLib and GObject that it works with.
#define FUNCTIONS(X) \
    X(g_object_unref) X(g_try_malloc) X(g_free) X(g_log_set_handler) \
    X(vips_init) X(vips_version) X(vips_type_find) X(vips_block_untrusted_set) X(vips_concurrency_set) \
    X(vips_cache_set_max) X(vips_cache_set_max_mem) X(vips_cache_set_max_files) \
    X(vips_error_buffer) X(vips_error_clear) \
    X(vips_jpegload_buffer) X(vips_webpload_buffer) X(vips_tiffload_buffer) \
    X(vips_heifload_buffer) X(vips_pngsave_buffer) X(vips_jpegsave_buffer) \
    X(vips_image_get_width) X(vips_image_get_height) X(vips_image_get_bands) X(vips_image_get_format) \
    X(vips_image_get_interpretation) X(vips_image_get_xoffset) X(vips_image_get_yoffset) \
    X(vips_image_get_orientation) X(vips_image_get_typeof) X(vips_image_get_blob) X(vips_image_set_blob_copy) \
    X(vips_image_new_from_memory) X(vips_region_new) X(vips_region_fetch) \
    X(vips_copy) X(vips_cast_float) X(vips_icc_transform) X(vips_text)

#define POINTER(name) __typeof__(&name) name;

#if defined(__APPLE__)
// Linked there, because nothing says where Homebrew keeps it.
#define ADDRESS(name) .name = &name,
static const struct { FUNCTIONS(POINTER) } vips = {FUNCTIONS(ADDRESS)};

static int start_library(void) { return vips.vips_init("dreamsim"); }

static void need_heif(void) {}
#else
static struct { FUNCTIONS(POINTER) } vips;
static void *library;

static int start_library(void) {
    // The name has been the same since libvips 8.0. Looking up a name also searches what the library itself needs, or what
    // is built into it: there is one GLib, which is its own.
    library = dlopen("libvips.so.42", RTLD_LAZY | RTLD_LOCAL);
    if (!library) return -1;
#define LOOK_UP(name) \
    vips.name = (__typeof__(&name))dlsym(library, #name); \
    if (!vips.name) return -1;
    FUNCTIONS(LOOK_UP)
    return vips.vips_init("dreamsim");
}

// Loads the module of HEIF, which lies beside the library, unless it is a part of the library or was loaded with the others.
// One that cannot be loaded is as one that is not installed: no image of that kind can be opened then.
static void load_heif(void) {
    if (vips.vips_type_find("VipsOperation", "heifload_buffer")) return;
    __typeof__(&g_module_open) open = (__typeof__(&g_module_open))dlsym(library, "g_module_open");
    __typeof__(&g_module_make_resident) keep =
        (__typeof__(&g_module_make_resident))dlsym(library, "g_module_make_resident");
    Dl_info info;
    char folder[PATH_MAX], path[PATH_MAX + 64];
    if (!open || !keep || !dladdr((void *)vips.vips_init, &info) || !info.dli_fname || !realpath(info.dli_fname, folder))
        return;
    *strrchr(folder, '/') = 0;
    snprintf(path, sizeof path, "%s/vips-modules-%d.%d/vips-heif." G_MODULE_SUFFIX, folder, vips.vips_version(0),
        vips.vips_version(1));
    GModule *module = open(path, G_MODULE_BIND_LAZY);
    // What has registered types cannot go again.
    if (module) keep(module);
    // It blocks only what there is when it is called.
    vips.vips_block_untrusted_set(1);
}

static void need_heif(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_heif);
}
#endif

// A fork waits for calls under way, and these for one that has begun: a lock of the library that another thread held at that
// moment would stay closed in the child. Nested calls of a thread count as one.
#if defined(PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP)
#define FORKS_FIRST PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP
#else
#define FORKS_FIRST PTHREAD_RWLOCK_INITIALIZER
#endif
static pthread_rwlock_t calls = FORKS_FIRST;
static _Thread_local int depth;

static void before_fork(void) { pthread_rwlock_wrlock(&calls); }
static void after_fork(void) { pthread_rwlock_unlock(&calls); }
// Whoever waited in the parent is not here.
static void in_child(void) { calls = (pthread_rwlock_t)FORKS_FIRST; }

#ifdef __GLIBC__
// A thread that ends gives back what GLib and the library keep for it, under GLib's locks: that is a call too, for which a
// fork waits. It begins before the destructors of keys, and is over in their last round: what one of them frees may make
// another round of another.
extern int __cxa_thread_atexit_impl(void (*body)(void *), void *argument, void *library);
extern void *__dso_handle;
static pthread_key_t ending;
static char rounds[4];
#if __has_feature(thread_sanitizer)
// ThreadSanitizer lets go of a thread in the last round, and knows no call of it from then on.
#define LAST_ROUND 2
#else
#define LAST_ROUND 3
#endif

static void begin_end(void *unused) {
    (void)unused;
    // When the first thread ends the process does, and may fork on the way.
    if (gettid() == getpid()) return;
    dreamsim_vips_enter();
    pthread_setspecific(ending, &rounds[0]);
}

static void end(void *round) {
    if (round == &rounds[LAST_ROUND]) return dreamsim_vips_leave();
    pthread_setspecific(ending, (char *)round + 1);
}

static void guard_end(void) {
    static _Thread_local int is_guarded;
    if (is_guarded) return;
    is_guarded = 1;
    __cxa_thread_atexit_impl(begin_end, NULL, &__dso_handle);
}
#endif

static void guard_forks(void) {
#ifdef __GLIBC__
    pthread_key_create(&ending, end);
#endif
    pthread_atfork(before_fork, after_fork, in_child);
}

void dreamsim_vips_enter(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, guard_forks);
    if (depth++ > 0) return;
    pthread_rwlock_rdlock(&calls);
#ifdef __GLIBC__
    guard_end();
#endif
}

void dreamsim_vips_leave(void) {
    if (--depth == 0) pthread_rwlock_unlock(&calls);
}

static void drop_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data) {
    (void)domain, (void)level, (void)message, (void)data;
}

static pid_t starter;

int dreamsim_vips_start(void) {
    if (start_library()) return -1;
    starter = getpid();
    vips.vips_block_untrusted_set(1);
    vips.vips_cache_set_max(0);
    vips.vips_cache_set_max_mem(0);
    vips.vips_cache_set_max_files(0);
    vips.vips_concurrency_set(1);
    vips.g_log_set_handler(
        "VIPS", (GLogLevelFlags)(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO), drop_log, NULL);
    return 0;
}

bool dreamsim_vips_is_forked(void) { return getpid() != starter; }

VipsImage *dreamsim_vips_open(DreamSimVipsLoader loader, const void *bytes, size_t count) {
    VipsImage *out = NULL;
    int failed = -1;
#define LOAD(load) \
    vips.load((void *)bytes, count, &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL)
    switch (loader) {
    case DREAMSIM_VIPS_JPEG: failed = LOAD(vips_jpegload_buffer); break;
    case DREAMSIM_VIPS_WEBP: failed = LOAD(vips_webpload_buffer); break;
    case DREAMSIM_VIPS_TIFF: failed = LOAD(vips_tiffload_buffer); break;
    case DREAMSIM_VIPS_HEIF:
        need_heif();
        failed = LOAD(vips_heifload_buffer);
        break;
    }
#undef LOAD
    return failed ? NULL : out;
}

int dreamsim_vips_width(const VipsImage *image) { return vips.vips_image_get_width(image); }
int dreamsim_vips_height(const VipsImage *image) { return vips.vips_image_get_height(image); }
int dreamsim_vips_bands(const VipsImage *image) { return vips.vips_image_get_bands(image); }
VipsBandFormat dreamsim_vips_format(const VipsImage *image) { return vips.vips_image_get_format(image); }
VipsInterpretation dreamsim_vips_interpretation(const VipsImage *image) {
    return vips.vips_image_get_interpretation(image);
}
int dreamsim_vips_x_offset(const VipsImage *image) { return vips.vips_image_get_xoffset(image); }
int dreamsim_vips_y_offset(const VipsImage *image) { return vips.vips_image_get_yoffset(image); }

int dreamsim_vips_orientation(VipsImage *image) { return vips.vips_image_get_orientation(image); }

const void *dreamsim_vips_profile(VipsImage *image, size_t *count) {
    const void *bytes = NULL;
    if (!vips.vips_image_get_typeof(image, VIPS_META_ICC_NAME)) return NULL;
    return vips.vips_image_get_blob(image, VIPS_META_ICC_NAME, &bytes, count) ? NULL : bytes;
}

// Strip by strip in the calling thread, which also is faster. vips_image_write_to_memory would wait for threads of a pool,
// which are not there in the child of a fork.
void *dreamsim_vips_samples(VipsImage *image, size_t *count) {
    enum { STRIP = 64 };
    int width = vips.vips_image_get_width(image), height = vips.vips_image_get_height(image);
    VipsRegion *region = vips.vips_region_new(image);
    if (!region) return NULL;
    char *samples = NULL;
    size_t row = 0;
    for (int top = 0; top < height; top += STRIP) {
        int rows = height - top < STRIP ? height - top : STRIP;
        size_t length = 0;
        void *strip = vips.vips_region_fetch(region, 0, top, width, rows, &length);
        if (strip && !samples) {
            row = length / rows;
            samples = (vips.g_try_malloc)(row * height);
        }
        if (strip && samples) memcpy(samples + row * top, strip, length);
        (vips.g_free)(strip);
        if (!strip || !samples) {
            (vips.g_free)(samples);
            samples = NULL;
            break;
        }
    }
    vips.g_object_unref(region);
    *count = samples ? row * height : 0;
    return samples;
}

int dreamsim_vips_fill(VipsImage *image, unsigned char *target, size_t count, bool (*stops)(void *), void *context) {
    enum { STRIP = 64 };
    size_t width = vips.vips_image_get_width(image), height = vips.vips_image_get_height(image);
    size_t row = width * vips.vips_image_get_bands(image);
    bool is_wide = vips.vips_image_get_format(image) == VIPS_FORMAT_USHORT;
    if (row * height != count) return -1;
    VipsRegion *region = vips.vips_region_new(image);
    if (!region) return -1;
    size_t top = 0;
    while (top < height && !stops(context)) {
        size_t rows = height - top < STRIP ? height - top : STRIP, length = 0;
        void *strip = vips.vips_region_fetch(region, 0, (int)top, (int)width, (int)rows, &length);
        if (!strip || length != row * rows * (is_wide ? 2 : 1)) {
            (vips.g_free)(strip);
            break;
        }
        unsigned char *to = target + row * top;
        if (is_wide) {
            const unsigned short *samples = strip;
            for (size_t i = 0; i < row * rows; i++) to[i] = (unsigned char)(samples[i] >> 8);
        } else {
            memcpy(to, strip, length);
        }
        (vips.g_free)(strip);
        top += rows;
    }
    vips.g_object_unref(region);
    return top < height ? -1 : 0;
}

VipsImage *dreamsim_vips_to_srgb(VipsImage *image, const void *profile, size_t count) {
    VipsImage *copy = NULL, *out = NULL;
    if (vips.vips_copy(image, &copy, NULL)) return NULL;
    vips.vips_image_set_blob_copy(copy, VIPS_META_ICC_NAME, profile, count);
    int failed = vips.vips_icc_transform(
        copy, &out, "srgb", "embedded", TRUE, "intent", VIPS_INTENT_RELATIVE, "depth", 8, NULL);
    vips.g_object_unref(copy);
    return failed ? NULL : out;
}

VipsImage *dreamsim_vips_float(VipsImage *image) {
    VipsImage *out = NULL;
    return vips.vips_cast_float(image, &out, NULL) ? NULL : out;
}

VipsImage *dreamsim_vips_wrap(const void *samples, size_t count, int width, int height, int bands, VipsBandFormat format,
    VipsInterpretation interpretation) {
    VipsImage *bare = vips.vips_image_new_from_memory(samples, count, width, height, bands, format);
    if (!bare) return NULL;
    VipsImage *out = NULL;
    int failed = vips.vips_copy(bare, &out, "interpretation", interpretation, NULL);
    vips.g_object_unref(bare);
    return failed ? NULL : out;
}

VipsImage *dreamsim_vips_wrap_rgb(const void *pixels, size_t count, int width, int height) {
    return dreamsim_vips_wrap(pixels, count, width, height, 3, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB);
}

VipsImage *dreamsim_vips_wrap_gray16(const void *pixels, size_t count, int width, int height) {
    return dreamsim_vips_wrap(pixels, count, width, height, 1, VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_GREY16);
}

int dreamsim_vips_png(VipsImage *image, void **bytes, size_t *count) {
    return vips.vips_pngsave_buffer(image, bytes, count, "strip", TRUE, "compression", 6, NULL);
}

int dreamsim_vips_jpeg(VipsImage *image, void **bytes, size_t *count, int quality) {
    return vips.vips_jpegsave_buffer(image, bytes, count, "strip", TRUE, "Q", quality, "optimize_coding", TRUE, NULL);
}

VipsImage *dreamsim_vips_text(const char *markup, const char *font) {
    VipsImage *out = NULL;
    return vips.vips_text(&out, markup, "font", font, "dpi", 72, NULL) ? NULL : out;
}

void dreamsim_vips_release(VipsImage *image) {
    dreamsim_vips_enter();
    vips.g_object_unref(image);
    dreamsim_vips_leave();
}
// In parentheses, because newer headers have a macro of the name.
void dreamsim_vips_free(void *memory) { (vips.g_free)(memory); }

const char *dreamsim_vips_error(void) { return vips.vips_error_buffer(); }
void dreamsim_vips_clear_error(void) { vips.vips_error_clear(); }
