#include "block.h"
#include <math.h>

typedef struct {
    bool automatic;
    float setpoint, actual, manual_value, gain, reset_time_s, rate_time_s, cycle_s;
    float output;
    bool limited, deviation_alarm;
    float integral, last_actual, filtered, error, proportional, wanted;
} pid_t;

typedef struct {
    header_t header;
    float actual[8];
    bool automatic[8];
    float setpoint;
    pid_t loops[8];
    float demand;
    int16_t alarms;
} block_t;

static float limit(float low, float value, float high)
{
    if (value < low)
        return low;
    if (value > high)
        return high;
    return value;
}

static void pid(pid_t *p)
{
    p->error = p->setpoint - p->actual;
    p->proportional = p->gain * p->error;
    p->filtered += (p->gain * p->rate_time_s * (p->last_actual - p->actual) / p->cycle_s - p->filtered) * 0.1f;
    p->last_actual = p->actual;
    if (p->automatic) {
        p->wanted = p->proportional + p->integral + p->filtered;
        p->output = limit(0.0f, p->wanted, 100.0f);
        p->limited = p->output != p->wanted;
        if (!p->limited)
            p->integral += p->gain * p->error * p->cycle_s / p->reset_time_s;
    } else {
        p->output = limit(0.0f, p->manual_value, 100.0f);
        p->integral = p->output - p->proportional - p->filtered;
        p->limited = false;
    }
    p->deviation_alarm = fabsf(p->error) > 20.0f;
}

int32_t scan(block_t *m)
{
    m->demand = 0.0f;
    m->alarms = 0;
    for (int i = 0; i < 8; i++) {
        pid_t *p = &m->loops[i];
        p->automatic = m->automatic[i];
        p->setpoint = m->setpoint;
        p->actual = m->actual[i];
        p->manual_value = 40.0f;
        pid(p);
        m->demand += p->output;
        if (p->deviation_alarm)
            m->alarms++;
    }
    return 0;
}
