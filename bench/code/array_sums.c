#include "block.h"
#include <math.h>

typedef struct {
    header_t header;
    int32_t fresh;
    float measured;
    int32_t samples[256];
    float values[256];
    int32_t position, total, squares, smallest, greatest, outside;
    float sum, mean, peak;
} block_t;

int32_t scan(block_t *m)
{
    m->position = (m->position + 1) % 256;
    m->samples[m->position] = m->fresh;
    m->values[m->position] = m->measured;

    int32_t total = 0, squares = 0, outside = 0;
    int32_t smallest = m->samples[0], greatest = m->samples[0];
    for (int i = 0; i < 256; i++) {
        int32_t sample = m->samples[i];
        total += sample;
        squares += sample * sample;
        if (sample < smallest)
            smallest = sample;
        if (sample > greatest)
            greatest = sample;
        if (sample > 800 || sample < -800)
            outside++;
    }
    m->total = total;
    m->squares = squares;
    m->smallest = smallest;
    m->greatest = greatest;
    m->outside = outside;

    float sum = 0.0f, peak = 0.0f;
    for (int i = 0; i < 256; i++) {
        sum += m->values[i];
        if (fabsf(m->values[i]) > peak)
            peak = fabsf(m->values[i]);
    }
    m->sum = sum;
    m->peak = peak;
    m->mean = sum / 256.0f;
    return 0;
}
