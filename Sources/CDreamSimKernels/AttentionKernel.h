/*
 * Attention of one head, a block of queries at a time: its scores stay in the cache from the product with the keys to
 * that with the values. Included by Kernels.h.
 */
static void KERNEL(attend)(const struct dsv_attention *of) {
    const size_t tokens = of->tokens, width = of->width;
    const size_t wide_tokens = (tokens + DSV_PANEL - 1) / DSV_PANEL * DSV_PANEL;
    const size_t wide_width = (width + DSV_PANEL - 1) / DSV_PANEL * DSV_PANEL;
    float *keys = of->scratch, *values = keys + wide_tokens * width, *scores = values + wide_width * tokens;
    float *own = scores + DSV_QUERY_BLOCK * wide_tokens;
    dsv_pack(of->keys, of->stride, tokens, width, keys);
    dsv_pack_transposed(of->values, of->stride, width, tokens, values);
    for (size_t row = 0, end; row < tokens; row = end) {
        end = end_of_part(row, tokens, DSV_QUERY_BLOCK);
        const size_t rows = end - row;
        const struct dsv_product products = {
            .x = of->queries + row * of->stride, .x_stride = of->stride, .w = keys, .w_panel = width * DSV_PANEL,
            .rows = rows, .inputs = width, .outputs = tokens, .y = scores, .y_stride = wide_tokens,
        };
        KERNEL(multiply_packed)(&products);
        float inverse[DSV_QUERY_BLOCK];
        KERNEL(exponentials)(scores, rows, tokens, wide_tokens, of->scale, inverse);
        float *y = of->y ? of->y + row * of->y_stride : own;
        const size_t y_stride = of->y ? of->y_stride : width;
        const struct dsv_product sums = {
            .x = scores, .x_stride = wide_tokens, .w = values, .w_panel = tokens * DSV_PANEL,
            .rows = rows, .inputs = tokens, .outputs = width, .y = y, .y_stride = y_stride,
        };
        KERNEL(multiply_packed)(&sums);
        for (size_t r = 0; r < rows; r++) {
            for (size_t i = 0; i < width; i++)
                y[r * y_stride + i] *= inverse[r];
        }
        if (!of->y)
            KERNEL(round_rows)(y, y_stride, rows, of->rounded, of->first_row + row, of->block);
    }
}
