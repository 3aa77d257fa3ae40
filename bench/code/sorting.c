#include "block.h"
#include <string.h>

typedef struct {
    header_t header;
    int16_t raw[16];
    int16_t before[16], earlier[16], medians[16], sorted[16];
    uint8_t order[16];
    uint32_t bins[10];
    int16_t middle, spread;
} block_t;

static int16_t min(int16_t a, int16_t b)
{
    return a < b ? a : b;
}

static int16_t max(int16_t a, int16_t b)
{
    return a > b ? a : b;
}

static int16_t median(int16_t a, int16_t b, int16_t c)
{
    return max(min(a, b), min(max(a, b), c));
}

int32_t scan(block_t *m)
{
    for (int i = 0; i < 16; i++)
        m->medians[i] = median(m->raw[i], m->before[i], m->earlier[i]);
    memcpy(m->earlier, m->before, sizeof m->earlier);
    memcpy(m->before, m->raw, sizeof m->before);

    for (int i = 0; i < 16; i++) {
        int16_t value = m->medians[i];
        int k = i;
        while (k > 0 && m->sorted[k - 1] > value) {
            m->sorted[k] = m->sorted[k - 1];
            m->order[k] = m->order[k - 1];
            k--;
        }
        m->sorted[k] = value;
        m->order[k] = (uint8_t)i;
    }

    m->middle = (int16_t)((m->sorted[7] + m->sorted[8]) / 2);
    m->spread = (int16_t)(m->sorted[15] - m->sorted[0]);
    for (int i = 0; i < 16; i++) {
        int bin = m->sorted[i] / 100;
        m->bins[bin < 0 ? 0 : bin > 9 ? 9 : bin]++;
    }
    return 0;
}
