#include "block.h"
#include "standard_blocks.h"

typedef struct {
    bool command, fault, acknowledge;
    bool run, horn, service;
    ton_t delay;
    tof_t run_on;
    tp_t pulse;
    r_trig_t started;
    ctu_t starts;
    rs_t hold;
} motor_t;

typedef struct {
    header_t header;
    bool command[8], fault[8], acknowledge[8];
    motor_t motors[8];
    int16_t running, waiting;
} block_t;

static void motor(motor_t *m, int64_t now)
{
    rs(&m->hold, m->fault, m->acknowledge);
    ton(&m->delay, m->command && !m->hold.q1, 50 * MS, now);
    tof(&m->run_on, m->delay.q, 80 * MS, now);
    m->run = m->run_on.q && !m->hold.q1;
    r_trig(&m->started, m->run);
    tp(&m->pulse, m->started.q, 30 * MS, now);
    m->horn = m->pulse.q;
    ctu(&m->starts, m->started.q, m->acknowledge && m->service, 25);
    m->service = m->starts.q;
}

int32_t scan(block_t *b)
{
    b->running = 0;
    b->waiting = 0;
    for (int i = 0; i < 8; i++) {
        motor_t *m = &b->motors[i];
        m->command = b->command[i];
        m->fault = b->fault[i];
        m->acknowledge = b->acknowledge[i];
        motor(m, b->header.now_ns);
        if (m->run)
            b->running++;
        if (m->service)
            b->waiting++;
    }
    return 0;
}
