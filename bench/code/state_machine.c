#include "block.h"

enum station { IDLE, CLAMP, LOWER, FILL, SETTLE, LIFT, RELEASE, EJECT, FAILED };

typedef struct {
    header_t header;
    bool start, stop, clamped, down, up, released, clear, reset;
    int32_t weight;
    int16_t state;
    int32_t elapsed, target, cycles, failures, total;
    bool clamp_valve, lower_valve, fill_valve, fine_valve, eject_valve, ready, busy, alarm;
} block_t;

static void go_to(block_t *m, enum station next)
{
    m->state = next;
    m->elapsed = 0;
}

int32_t scan(block_t *m)
{
    m->elapsed++;
    if (m->stop && m->state != FAILED && m->state != IDLE)
        go_to(m, RELEASE);

    switch (m->state) {
    case IDLE:
        if (m->start)
            go_to(m, CLAMP);
        break;
    case CLAMP:
        if (m->clamped)
            go_to(m, LOWER);
        else if (m->elapsed > 20)
            m->state = FAILED;
        break;
    case LOWER:
        if (m->down)
            go_to(m, FILL);
        else if (m->elapsed > 30)
            m->state = FAILED;
        break;
    case FILL:
        if (m->weight >= m->target)
            go_to(m, SETTLE);
        else if (m->elapsed > 100)
            m->state = FAILED;
        break;
    case SETTLE:
        if (m->elapsed > 5) {
            m->total += m->weight;
            go_to(m, LIFT);
        }
        break;
    case LIFT:
        if (m->up)
            go_to(m, RELEASE);
        else if (m->elapsed > 30)
            m->state = FAILED;
        break;
    case RELEASE:
        if (m->released)
            go_to(m, EJECT);
        else if (m->elapsed > 20)
            m->state = FAILED;
        break;
    case EJECT:
        if (m->clear) {
            m->cycles++;
            go_to(m, IDLE);
        } else if (m->elapsed > 50)
            m->state = FAILED;
        break;
    case FAILED:
        if (m->reset) {
            m->failures++;
            go_to(m, IDLE);
        }
        break;
    }

    m->clamp_valve = m->state >= CLAMP && m->state <= LIFT;
    m->lower_valve = m->state >= LOWER && m->state <= SETTLE;
    m->fill_valve = m->state == FILL && m->weight < m->target - 50;
    m->fine_valve = m->state == FILL;
    m->eject_valve = m->state == EJECT;
    m->ready = m->state == IDLE;
    m->busy = !m->ready && m->state != FAILED;
    m->alarm = m->state == FAILED;
    return 0;
}
