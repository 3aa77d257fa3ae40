#include "block.h"

typedef struct { int32_t low, high, rate; } limits_t;

typedef struct {
    limits_t limits;
    int32_t target, position, speed;
    bool is_moving;
    uint32_t starts;
} axis_t;

typedef struct {
    header_t header;
    int32_t target[16];
    axis_t axes[16];
    int16_t moving;
    int32_t sum;
} block_t;

static int32_t limit(int32_t low, int32_t value, int32_t high)
{
    if (value < low)
        value = low;
    if (value > high)
        value = high;
    return value;
}

static int32_t bounded(int32_t value, const limits_t *limits)
{
    return limit(limits->low, value, limits->high);
}

static bool advance(int32_t target, axis_t *axis)
{
    axis->target = bounded(target, &axis->limits);
    axis->speed = limit(-axis->limits.rate, axis->target - axis->position, axis->limits.rate);
    axis->position += axis->speed;
    if (axis->speed != 0 && !axis->is_moving)
        axis->starts++;
    axis->is_moving = axis->speed != 0;
    return axis->is_moving;
}

static void couple(const axis_t *leader, axis_t *follower)
{
    follower->limits.high = leader->position + 200;
    follower->limits.low = leader->position - 200;
}

int32_t scan(block_t *b)
{
    b->moving = 0;
    b->sum = 0;
    for (int i = 0; i < 16; i++) {
        axis_t *axis = &b->axes[i];
        if (advance(b->target[i], axis))
            b->moving++;
        b->sum += axis->position;
    }
    for (int i = 0; i < 15; i += 2)
        couple(&b->axes[i], &b->axes[i + 1]);
    return 0;
}
