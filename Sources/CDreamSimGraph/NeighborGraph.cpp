#include "CDreamSimGraph.h"

#if __has_include(<hnswlib/hnswlib.h>)

/* The library's own distances are not used, and its detection of processors would define global functions. */
#define NO_MANUAL_VECTORIZATION
/* The library includes these only under other names. */
#include <fstream>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include <hnswlib/hnswlib.h>

#include "CDreamSimKernels.h"

namespace {

/* What the graph keeps of a point is the number of its row; distances look the vectors up. */
float distance(const void *a, const void *b, const void *context) {
    const auto *vectors = static_cast<const dsn_vectors *>(context);
    const size_t bytes = vectors->width * (vectors->precision == DSV_FLOAT32 ? 4 : 2);
    const char *base = static_cast<const char *>(vectors->base);
    uint32_t first, second;
    memcpy(&first, a, sizeof first);
    memcpy(&second, b, sizeof second);
    return 1 - dsv_stored_dot(base + first * bytes, base + second * bytes, vectors->precision, vectors->width);
}

class Space : public hnswlib::SpaceInterface<float> {
public:
    explicit Space(const dsn_vectors &vectors) : vectors(vectors) {}
    size_t get_data_size() override { return sizeof(uint32_t); }
    hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }
    void *get_dist_func_param() override { return &vectors; }

private:
    dsn_vectors vectors;
};

/* Runs something that may throw. */
template <typename Body> dsn_status guarded(Body body) {
    try {
        body();
        return DSN_DONE;
    } catch (const std::bad_alloc &) {
        return DSN_NO_MEMORY;
    } catch (const std::runtime_error &error) {
        return std::string(error.what()).find("memory") != std::string::npos ? DSN_NO_MEMORY : DSN_FAILED;
    } catch (...) {
        return DSN_FAILED;
    }
}

}

struct dsn_builder {
    dsn_builder(const dsn_vectors &vectors, size_t points, unsigned links, unsigned effort)
        : space(vectors), graph(&space, points, links, effort) {
        /* Levels are given with each point; the library's own draw is not safe on several threads, and now yields 0. */
        graph.mult_ = 0;
    }

    Space space;
    hnswlib::HierarchicalNSW<float> graph;
};

int dsn_is_available(void) { return 1; }

dsn_builder *dsn_make(const dsn_vectors *vectors, size_t points, unsigned links, unsigned effort, dsn_status *status) {
    std::unique_ptr<dsn_builder> builder;
    *status = guarded([&] { builder = std::make_unique<dsn_builder>(*vectors, points, links, effort); });
    return builder.release();
}

void dsn_free(dsn_builder *builder) { delete builder; }

dsn_status dsn_add(dsn_builder *builder, uint32_t row, int level) {
    return guarded([&] { builder->graph.addPoint(&row, row, level); });
}

size_t dsn_count(const dsn_builder *builder) { return builder->graph.cur_element_count; }

uint32_t dsn_row(const dsn_builder *builder, uint32_t point) {
    return static_cast<uint32_t>(builder->graph.getExternalLabel(point));
}

int dsn_level(const dsn_builder *builder, uint32_t point) { return builder->graph.element_levels_[point]; }

uint32_t dsn_entry(const dsn_builder *builder) { return builder->graph.enterpoint_node_; }

size_t dsn_neighbors(const dsn_builder *builder, uint32_t point, int level, const uint32_t **neighbors) {
    const hnswlib::linklistsizeint *list = builder->graph.get_linklist_at_level(point, level);
    *neighbors = list + 1;
    uint16_t count;
    memcpy(&count, list, sizeof count);
    return count;
}

#else

int dsn_is_available(void) { return 0; }

dsn_builder *dsn_make(const dsn_vectors *, size_t, unsigned, unsigned, dsn_status *status) {
    *status = DSN_UNAVAILABLE;
    return nullptr;
}

void dsn_free(dsn_builder *) {}
dsn_status dsn_add(dsn_builder *, uint32_t, int) { return DSN_UNAVAILABLE; }
size_t dsn_count(const dsn_builder *) { return 0; }
uint32_t dsn_row(const dsn_builder *, uint32_t) { return 0; }
int dsn_level(const dsn_builder *, uint32_t) { return 0; }
uint32_t dsn_entry(const dsn_builder *) { return 0; }
size_t dsn_neighbors(const dsn_builder *, uint32_t, int, const uint32_t **) { return 0; }

#endif
