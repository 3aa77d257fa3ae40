#include "block.h"

typedef struct {
    header_t header;
    int16_t raw[16];
    int16_t x[33];
    float y[33];
    bool prepared;
    float value[16];
    int16_t limited;
    float highest;
} block_t;

int32_t scan(block_t *m)
{
    if (!m->prepared) {
        for (int i = 0; i <= 32; i++) {
            m->x[i] = (int16_t)(i * i * 16 + i * 500);
            m->y[i] = (float)i * 12.5f - (float)(i * i) * 0.125f;
        }
        m->prepared = true;
    }

    int16_t limited = 0;
    float highest = 0.0f;
    for (int i = 0; i < 16; i++) {
        if (m->raw[i] <= m->x[0]) {
            m->value[i] = m->y[0];
            limited++;
        } else if (m->raw[i] >= m->x[32]) {
            m->value[i] = m->y[32];
            limited++;
        } else {
            int low = 0, high = 32;
            while (high - low > 1) {
                int middle = (low + high) / 2;
                if (m->raw[i] < m->x[middle])
                    high = middle;
                else
                    low = middle;
            }
            m->value[i] = m->y[low] + (m->y[high] - m->y[low]) * (float)(m->raw[i] - m->x[low]) / (float)(m->x[high] - m->x[low]);
        }
        if (m->value[i] > highest)
            highest = m->value[i];
    }
    m->limited = limited;
    m->highest = highest;
    return 0;
}
