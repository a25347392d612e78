/*
 * Building of a graph of near neighbors (HNSW, arXiv 1603.09320) by hnswlib. The graph holds numbers of rows only; the
 * vectors stay where they lie. No exception leaves these functions.
 */
#ifndef DREAMSIM_GRAPH_H
#define DREAMSIM_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dsn_status {
    DSN_DONE = 0,
    DSN_NO_MEMORY = 1,
    DSN_UNAVAILABLE = 2, /* hnswlib was not there when the program was built */
    DSN_FAILED = 3
};

/* Row-major vectors of length 1, without gaps; they must stay where they are while the builder lives. */
struct dsn_vectors {
    const void *base;
    int precision; /* enum dsv_precision */
    size_t width;
};

struct dsn_builder;

/* Whether this program can build graphs. */
int dsn_is_available(void);

/* Makes an empty graph for up to `points` vectors. `links` is HNSW's M, from 2 to 256: so many links a point gets on the
   upper levels, and at most twice as many on the lowest; `effort` is its efConstruction. NULL when it cannot be made; then
   `status` says why. */
struct dsn_builder *dsn_make(const struct dsn_vectors *vectors, size_t points, unsigned links, unsigned effort,
                             enum dsn_status *status);

void dsn_free(struct dsn_builder *builder);

/* Adds the vector of a row, on the levels from 0 to `level`. Several threads may add at once, once the first is in. */
enum dsn_status dsn_add(struct dsn_builder *builder, uint32_t row, int level);

/* The points that were added are numbered from 0 in the order in which they came. */
size_t dsn_count(const struct dsn_builder *builder);
uint32_t dsn_row(const struct dsn_builder *builder, uint32_t point);
int dsn_level(const struct dsn_builder *builder, uint32_t point);

/* The point at which searches begin, on the highest level. */
uint32_t dsn_entry(const struct dsn_builder *builder);

/* Points to the neighbors of a point on a level; returns their number. */
size_t dsn_neighbors(const struct dsn_builder *builder, uint32_t point, int level, const uint32_t **neighbors);

#ifdef __cplusplus
}
#endif

#endif
