/* How alike two images look, in C:
 *
 *     cc Examples/C/compare.c -ISources/CDreamSim/include -L.build/release -lDreamSimC -o compare
 *     LD_LIBRARY_PATH=.build/release ./compare ssim a.png b.png
 *
 * The same text compiles as C++.
 */
#include "dreamsim.h"

#include <stdio.h>
#include <string.h>

static int32_t show(void *context, const dreamsim1_event *event) {
    (void)context;
    if (event->kind == DREAMSIM1_PROGRESS) {
        fprintf(stderr, "%s: %lld of %lld\n", event->text, (long long)event->done, (long long)event->total);
    } else {
        fprintf(stderr, "note: %s\n", event->text);
    }
    return 0; /* go on */
}

static dreamsim1_image file(const char *path) {
    dreamsim1_image image = {DREAMSIM1_PATH, 0, path, strlen(path), 0, 0, 0, 0, 0};
    return image;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: compare METRIC IMAGE IMAGE\n");
        return 64;
    }
    dreamsim1_listener listener = {show, NULL};
    dreamsim1_error error = {0, NULL};
    dreamsim1_metric metric = 0;
    dreamsim1_image a = file(argv[2]), b = file(argv[3]);
    double value = 0;
    if (dreamsim1_load(argv[1], NULL, &listener, &metric, &error) == 0 &&
        dreamsim1_values(metric, &a, 1, &b, 1, &value, NULL, NULL, &error) == 0) {
        printf("%.6f\n", value);
    } else {
        fprintf(stderr, "error: %s\n", error.message);
    }
    int32_t code = error.code;
    dreamsim1_error_clear(&error);
    if (metric) dreamsim1_release(metric, NULL);
    return code == 0 ? 0 : 1;
}
