/* Calls a scan over and over, with the next row of inputs and the next time before each: the same for both sides. */
#include "block.h"
#include <string.h>

int32_t drive(int32_t (*scan)(void *), uint8_t *memory, const uint8_t *inputs, uint64_t input_bytes, uint64_t rows,
              uint64_t first, uint64_t scans)
{
    header_t *header = (header_t *)memory;
    for (uint64_t i = 0; i < scans; i++) {
        header->now_ns += 10000000;
        header->loop_budget = 1000000000;
        memcpy(memory + sizeof(header_t), inputs + ((first + i) & (rows - 1)) * input_bytes, input_bytes);
        int32_t code = scan(memory);
        if (code != 0)
            return code;
    }
    return 0;
}
