/* The C interface of DreamSim: the perceptual distance of images, for programs in any language.
 *
 * Rules, the same for every function:
 *   - Every name carries the interface's version: what begins with dreamsim1_ keeps its meaning.
 *   - Functions return 0, or a code of dreamsim1_code and say in `error` (which may be NULL) what is wrong and what to do.
 *     An error that came back holds memory: give it to dreamsim1_error_clear. Outputs of a failed call are not set.
 *   - Handles are numbers, never 0. One that was released, or never was, is an error and no crash.
 *   - All functions may be called from any number of threads at once. A handle that is released while others use it lives
 *     until they are done. After fork, the child may use the handles of its parent.
 *   - Texts are UTF-8 and end with a zero byte. Texts and buffers that come back are freed by dreamsim1_free.
 *   - Bytes of paths that are not UTF-8, 0x80 to 0xFF, are U+F780 to U+F7FF in options and in answers that are JSON.
 *   - `options` are JSON objects, whose keys each function lists; NULL stands for {}. An unknown key is an error.
 *   - Strides may be negative. What they reach must be readable, respectively writable; the library cannot see that.
 */
#ifndef DREAMSIM_H
#define DREAMSIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What kind of fault an error is. */
typedef enum dreamsim1_code {
    DREAMSIM1_OK = 0,
    DREAMSIM1_ARGUMENT = 1,     /* an argument, an option or a handle cannot be */
    DREAMSIM1_FILE = 2,         /* a file or image cannot be read */
    DREAMSIM1_WEIGHTS = 3,      /* weights are missing or damaged */
    DREAMSIM1_NETWORK = 4,      /* a download failed */
    DREAMSIM1_STORAGE = 5,      /* something cannot be written: a full disk, a lock, no permission */
    DREAMSIM1_INCOMPARABLE = 6, /* images, embeddings or indexes do not fit together */
    DREAMSIM1_UNSUPPORTED = 7,  /* the metric cannot do that, such as give a gradient */
    DREAMSIM1_CANCELLED = 8,    /* a listener asked to stop */
    DREAMSIM1_OTHER = 9
} dreamsim1_code;

typedef struct dreamsim1_error {
    int32_t code;
    char *message; /* subject: problem; remedy */
} dreamsim1_error;

/* Events of work that takes long. */
typedef enum dreamsim1_event_kind {
    DREAMSIM1_PROGRESS = 0, /* done of total (0 while it is not known), what `text` says */
    DREAMSIM1_NOTE = 1,     /* something worth knowing */
    DREAMSIM1_FAILURE = 2,  /* a file that is left out, and why */
    DREAMSIM1_STAND_IN = 3  /* another model stands in for the default one, whose distances have another scale */
} dreamsim1_event_kind;

typedef struct dreamsim1_event {
    int32_t kind;
    const char *text;
    int64_t done, total;
} dreamsim1_event;

/* Is told of events, one at a time; perhaps from another thread than the caller's. Returning anything but 0 asks to stop:
 * the call then soon returns DREAMSIM1_CANCELLED. `listen` may be NULL. */
typedef struct dreamsim1_listener {
    int32_t (*listen)(void *context, const dreamsim1_event *event);
    void *context;
} dreamsim1_listener;

typedef enum dreamsim1_image_kind {
    DREAMSIM1_PATH = 0,   /* `data` is the path of an image file, `size` bytes long */
    DREAMSIM1_FILE_BYTES = 1, /* `data` are the `size` bytes of an image file */
    DREAMSIM1_PIXELS = 2  /* `data` is the top left pixel: 8 bits a channel, sRGB */
} dreamsim1_image_kind;

/* Files are decoded by libvips, which is looked for when it is first needed: beside this library, then where the system
 * keeps libraries. Pixels need no codec. */
typedef struct dreamsim1_image {
    int32_t kind;
    int32_t channels; /* of pixels: 1 (gray), 3 (RGB) or 4 (RGBA, straight alpha) */
    const void *data;
    size_t size; /* bytes, of paths and files */
    int64_t width, height;
    int64_t row_stride, column_stride, channel_stride; /* bytes */
} dreamsim1_image;

/* A batch of images [N, 3, H, W]: red, green and blue in [0, 1]. */
typedef struct dreamsim1_tensor {
    float *data;
    int64_t images, height, width;
    int64_t image_stride, channel_stride, row_stride, column_stride; /* elements */
} dreamsim1_tensor;

typedef uint64_t dreamsim1_metric;
typedef uint64_t dreamsim1_recording;
typedef uint64_t dreamsim1_index;

/* The version of the library, such as "0.1.0". Not to be freed. */
const char *dreamsim1_version(void);

void dreamsim1_free(void *memory);
void dreamsim1_error_clear(dreamsim1_error *error);

/* How many threads compute, in the whole process: at least 1; 0 changes nothing. Returns the number before. */
int32_t dreamsim1_threads(int32_t count);

/* ---- Metrics ---- */

/* Loads a metric or model by name, a model by the path of its file, or a loss such as "lpips-vgg + 0.5*dists"; fetches
 * weights first where they are missing.
 * options: "precision" ("float32", "int16", "int8"), "normalize" (true), "fit" ("stretch", "pad", "crop"), "side" (224),
 * "parity" ("reference": without orientation, transparency and color profiles), "feature", "adapter", "head", and those of
 * a store: "home", "weights" (folders), "offline" (false), "mirror" (URL). An option without effect on the metric is an
 * error: most are for models alone. */
int32_t dreamsim1_load(const char *name, const char *options, const dreamsim1_listener *listener, dreamsim1_metric *metric,
    dreamsim1_error *error);

/* A JSON object: name, summary, direction ("lower is more alike", "higher is more alike"), lowest, highest, identical, stamp (an
 * object, or null for metrics that do not embed), width (of embeddings, or null), side (of the images that models take, or
 * null), hasGradient, hasMap, weights (SHA-256), precision, preprocessing. */
int32_t dreamsim1_describe(dreamsim1_metric metric, char **description, dreamsim1_error *error);

int32_t dreamsim1_release(dreamsim1_metric metric, dreamsim1_error *error);

/* Values of `count` pairs. `reference_count` is `count`, or 1 where all images are compared with one.
 * failures: NULL, so that the first fault ends the call; or `count` errors, each of which is set (and its value NaN) where a
 * pair cannot be measured. */
int32_t dreamsim1_values(dreamsim1_metric metric, const dreamsim1_image *references, size_t reference_count,
    const dreamsim1_image *images, size_t count, double *values, dreamsim1_error *failures,
    const dreamsim1_listener *listener, dreamsim1_error *error);

/* Embeddings of `count` images, each `width` floats, `row_stride` elements apart. failures: as above, with rows of NaN. */
int32_t dreamsim1_embed(dreamsim1_metric metric, const dreamsim1_image *images, size_t count, float *embeddings,
    int64_t row_stride, dreamsim1_error *failures, const dreamsim1_listener *listener, dreamsim1_error *error);

/* The image as the model takes it: [3, side, side] in [0, 1], contiguous. */
int32_t dreamsim1_preprocess(
    dreamsim1_metric metric, const dreamsim1_image *image, float *planes, dreamsim1_error *error);

/* Values of N pairs, and how each changes with every value of both sides. `gradient_x`, `gradient_y` may be NULL. Lower is
 * more alike here, whatever the metric's direction: SSIM comes as 1 - SSIM, PSNR as its negative. */
int32_t dreamsim1_values_and_gradients(dreamsim1_metric metric, const dreamsim1_tensor *x, const dreamsim1_tensor *y,
    double *values, const dreamsim1_tensor *gradient_x, const dreamsim1_tensor *gradient_y, dreamsim1_error *error);

/* Embeddings of images that are prepared already: [N, 3, side, side]. With `recording`, keeps what gradients need, about
 * 73 MB an image for a ViT-B/16, until it is released; NULL keeps nothing. */
int32_t dreamsim1_embed_tensor(dreamsim1_metric metric, const dreamsim1_tensor *images, float *embeddings,
    int64_t row_stride, dreamsim1_recording *recording, dreamsim1_error *error);

/* How a function of embeddings changes with the images, from how it changes with the embeddings: [N, width]. */
int32_t dreamsim1_backward(dreamsim1_recording recording, const float *embeddings_gradient, int64_t row_stride,
    const dreamsim1_tensor *images_gradient, dreamsim1_error *error);

int32_t dreamsim1_recording_release(dreamsim1_recording recording, dreamsim1_error *error);

/* Where two images differ: rows of non-negative values that are `metric`'s share of each place. kind: "difference"; or
 * "attention" or "rollout" of `image` alone, whose `reference` is NULL. */
int32_t dreamsim1_map(dreamsim1_metric metric, const char *kind, const dreamsim1_image *reference,
    const dreamsim1_image *image, float **values, int64_t *width, int64_t *height, dreamsim1_error *error);

/* The pixels of an image as metrics see them: RGB, 8 bits a channel, contiguous rows. */
int32_t dreamsim1_decode(
    const dreamsim1_image *image, uint8_t **pixels, int64_t *width, int64_t *height, dreamsim1_error *error);

/* ---- Folders and judgments ---- */

/* The image files among and below paths, each followed by a zero byte, in order; `length` bytes in all.
 * options: "include", "exclude" (patterns), "followLinks" (true). Folders that cannot be read are failures to the listener. */
int32_t dreamsim1_find(const char *const *paths, size_t count, const char *options, const dreamsim1_listener *listener,
    char **found, size_t *length, dreamsim1_error *error);

/* How often metrics agree with people; the JSON of `dreamsim evaluate --format json`.
 * layout: "nights", "bapps", "jnd", "things", "triplets". options: "split", "minVotes" (6), "images", "name", "strict" (false),
 * "resamples" (2000), "seed" (1), "cache" (a folder; null keeps nothing). */
int32_t dreamsim1_evaluate(const dreamsim1_metric *metrics, size_t count, const char *layout, const char *path,
    const char *options, const dreamsim1_listener *listener, char **report, dreamsim1_error *error);

/* ---- Sets of images, by their embeddings ---- */

typedef enum dreamsim1_number_kind { DREAMSIM1_FLOAT32 = 0, DREAMSIM1_FLOAT64 = 1 } dreamsim1_number_kind;

/* Embeddings, one row an image, without gaps: `rows` times `width` finite numbers. */
typedef struct dreamsim1_vectors {
    const void *data;
    int32_t kind; /* dreamsim1_number_kind */
    int64_t rows, width;
} dreamsim1_vectors;

/* Scores of generated images beside real ones, or with `generated` NULL the diversity of one set; the JSON of
 * `dreamsim sets --format json`. That both were embedded by one model is the caller's to see to.
 * options: "neighbors" (5), "resamples" (2000; 0: no intervals), "seed" (1); of two sets "scores" (a list of "fd", "fd-infinity",
 * "kd", "precision", "recall", "density", "coverage", "diversity"; all but "fd-infinity") and "contributions" (false: of each image, in
 * the report's "contributions"); of one "pairs" (10). */
int32_t dreamsim1_sets(const dreamsim1_vectors *real, const dreamsim1_vectors *generated, const char *options,
    const dreamsim1_listener *listener, char **report, dreamsim1_error *error);

/* Count, mean [width] and sums of products of deviations from it [width, width] of embeddings: of none when all are 0. Those of
 * parts are merged in any order, on any machine. */
typedef struct dreamsim1_moments {
    int64_t count, width;
    double *mean, *scatter;
} dreamsim1_moments;

int32_t dreamsim1_moments_add(dreamsim1_moments *moments, const dreamsim1_vectors *vectors, dreamsim1_error *error);
int32_t dreamsim1_moments_merge(dreamsim1_moments *moments, const dreamsim1_moments *other, dreamsim1_error *error);

/* The Fréchet distance of two normal distributions. `scatter` is the covariance here, divided by n - 1; `count` may be 0 where it
 * is not known. */
int32_t dreamsim1_frechet(
    const dreamsim1_moments *a, const dreamsim1_moments *b, double *distance, dreamsim1_error *error);

/* ---- Weights ---- */

/* What can be loaded: a JSON array of objects with name, summary, kind ("model" or "metric"), ready, license.
 * options of these three: those of a store, as in dreamsim1_load. */
int32_t dreamsim1_list(const char *options, char **list, dreamsim1_error *error);
int32_t dreamsim1_pull(
    const char *name, const char *options, const dreamsim1_listener *listener, dreamsim1_error *error);

/* A JSON array: for each file of the name (NULL: of all that is here) model, file, outcome, isGood, sha256. */
int32_t dreamsim1_verify(const char *name, const char *options, char **results, dreamsim1_error *error);

/* ---- Indexes: the same folders that the command writes ---- */

/* Opens an index; makes an empty one where there is none. model: as in dreamsim1_load; NULL is the index's own, or the
 * default one. options: those of dreamsim1_load but "feature" and "adapter", and "vectors" ("float16", "float32"). Of an
 * index that is there, what is not given is the index's own; what is given otherwise is an error. */
int32_t dreamsim1_index_open(const char *folder, const char *model, const char *options,
    const dreamsim1_listener *listener, dreamsim1_index *index, dreamsim1_error *error);
int32_t dreamsim1_index_release(dreamsim1_index index, dreamsim1_error *error);

/* A JSON object: folder, model, stamp, images. */
int32_t dreamsim1_index_describe(dreamsim1_index index, char **description, dreamsim1_error *error);

/* Brings the index up to date with folders and files. What is done when it is cancelled stays; the next update resumes.
 * options: "include", "exclude", "followLinks", "batch", "retry", "reread", "prune". */
int32_t dreamsim1_index_update(dreamsim1_index index, const char *const *paths, size_t count, const char *options,
    const dreamsim1_listener *listener, char **report, dreamsim1_error *error);

/* The images most like one; the JSON of `dreamsim search --format json`.
 * options: "count" (10), "folders", "approximate" (false). */
int32_t dreamsim1_index_search(dreamsim1_index index, const dreamsim1_image *image, const char *options, char **report,
    dreamsim1_error *error);

/* Groups of copies; the JSON of `dreamsim dedupe --format json`. options: "tier" ("identical-bytes", "identical-pixels",
 * "re-encoded", "near", "scene"), "keep" (rules), "folders", "prefer" (folders), "nearDistance", "sceneDistance". */
int32_t dreamsim1_index_duplicates(dreamsim1_index index, const char *options, const dreamsim1_listener *listener,
    char **report, dreamsim1_error *error);

/* Writes the embeddings of an index, bit by bit as it keeps them, with their files and stamp; the layouts of
 * `dreamsim index export`. `count` is the number of files that were written; it may be NULL.
 * options: "format" ("npy", a new folder; or "safetensors", "csv", "ndjson": a file, which is replaced where there is one). */
int32_t dreamsim1_index_export(dreamsim1_index index, const char *path, const char *options,
    const dreamsim1_listener *listener, int64_t *count, dreamsim1_error *error);

/* Makes or extends the index in `folder` by such an export; no model is loaded. The JSON of `dreamsim index import --format
 * json`. A listener that asks to stop is heeded where a batch is done; what was imported until then stays.
 * options: "format" (by the path's name where it is left out), "stamp" (the path of another export's stamp.json, for vectors without their own). */
int32_t dreamsim1_index_import(const char *folder, const char *path, const char *options,
    const dreamsim1_listener *listener, char **report, dreamsim1_error *error);

#ifdef __cplusplus
}
#endif

#endif
