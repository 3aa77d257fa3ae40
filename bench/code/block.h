/* The memory block as C sees it: the header that every program shares, then the variables of `Main`, laid out by the
   same rules as the compiler's (natural alignment, declaration order). A twin defines `struct main_program` and scan(). */
#ifndef BLOCK_H
#define BLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t now_ns;
    int64_t loop_budget;
    uint8_t other[176];
} header_t;

_Static_assert(sizeof(header_t) == 192, "the header of the block");

#endif
