#include "block.h"

typedef struct {
    int16_t ring[32];
    int16_t next;
    int32_t total;
    float average;
    int16_t median;
    bool high;
} channel_t;

typedef struct {
    header_t header;
    int16_t input[4];
    channel_t channels[4];
} block_t;

static int16_t min(int16_t a, int16_t b) { return b < a ? b : a; }
static int16_t max(int16_t a, int16_t b) { return a < b ? b : a; }

static int16_t median5(int16_t a, int16_t b, int16_t c, int16_t d, int16_t e)
{
    int16_t f = max(min(a, b), min(c, d));
    int16_t g = min(max(a, b), max(c, d));
    return max(min(f, g), min(max(f, g), e));
}

int32_t scan(block_t *m)
{
    for (int i = 0; i < 4; i++) {
        channel_t *c = &m->channels[i];
        int n = c->next;
        c->total += m->input[i] - c->ring[n];
        c->ring[n] = m->input[i];
        c->next = (int16_t)((n + 1) % 32);
        c->average = (float)c->total / 32.0f;
        c->median = median5(c->ring[n], c->ring[(n + 31) % 32], c->ring[(n + 30) % 32], c->ring[(n + 29) % 32],
                            c->ring[(n + 28) % 32]);
        if (c->average > 600.0f)
            c->high = true;
        else if (c->average < 400.0f)
            c->high = false;
    }
    return 0;
}
