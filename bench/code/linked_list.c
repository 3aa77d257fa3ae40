#include "block.h"

/* The block holds distances from its start where C would have pointers; adding the start costs one instruction. */
typedef struct { int64_t following; uint32_t number; int16_t urgency; int32_t amount; } order_t;

typedef struct {
    header_t header;
    int16_t urgency[2];
    int32_t amount;
    bool take;
    order_t pool[32];
    int64_t free, first;
    bool is_ready;
    uint32_t number, refused, done;
    int32_t waiting;
    int16_t longest;
} block_t;

static order_t *at(block_t *b, int64_t distance)
{
    return (order_t *)((char *)b + distance);
}

int32_t scan(block_t *b)
{
    if (!b->is_ready) {
        for (int i = 0; i < 32; i++) {
            b->pool[i].following = b->free;
            b->free = (char *)&b->pool[i] - (char *)b;
        }
        b->is_ready = true;
    }

    for (int i = 0; i < 2; i++) {
        b->number++;
        if (!b->free) {
            b->refused++;
            continue;
        }
        int64_t place = b->free;
        order_t *node = at(b, place);
        b->free = node->following;
        node->number = b->number;
        node->urgency = b->urgency[i];
        node->amount = b->amount + i;
        int64_t *link = &b->first;
        while (*link && at(b, *link)->urgency >= node->urgency)
            link = &at(b, *link)->following;
        node->following = *link;
        *link = place;
    }

    int16_t count = 0;
    int32_t waiting = 0;
    for (int64_t here = b->first; here; here = at(b, here)->following) {
        count++;
        waiting += at(b, here)->amount;
    }
    b->waiting = waiting;
    if (count > b->longest)
        b->longest = count;

    while (b->first && (b->take || count > 24)) {
        int64_t place = b->first;
        order_t *node = at(b, place);
        b->first = node->following;
        node->following = b->free;
        b->free = place;
        b->done += node->number;
        count--;
        b->take = false;
    }
    return 0;
}
