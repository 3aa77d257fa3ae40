#include "block.h"
#include <math.h>

typedef struct {
    float value, filtered, low_limit, high_limit;
    bool low, high, broken;
} analog_t;

typedef struct {
    header_t header;
    int16_t raw[32];
    analog_t inputs[32];
    int32_t alarms;
    float worst;
} block_t;

int32_t scan(block_t *m)
{
    int32_t alarms = 0;
    float worst = 0.0f;
    for (int i = 0; i < 32; i++) {
        analog_t *a = &m->inputs[i];
        a->broken = m->raw[i] < -4000;
        if (!a->broken) {
            a->value = (float)m->raw[i] * 100.0f / 27648.0f;
            a->filtered += (a->value - a->filtered) * 0.2f;
        }
        if (a->filtered > a->high_limit)
            a->high = true;
        else if (a->filtered < a->high_limit - 2.0f)
            a->high = false;
        if (a->filtered < a->low_limit)
            a->low = true;
        else if (a->filtered > a->low_limit + 2.0f)
            a->low = false;
        if (a->low || a->high || a->broken)
            alarms++;
        if (fabsf(a->filtered - 50.0f) > worst)
            worst = fabsf(a->filtered - 50.0f);
    }
    m->alarms = alarms;
    m->worst = worst;
    return 0;
}
