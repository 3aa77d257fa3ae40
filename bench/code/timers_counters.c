#include "block.h"

#define MS 1000000LL

typedef struct { bool in; int64_t pt; bool q; int64_t et; bool timing; int64_t start; } ton_t;
typedef ton_t tof_t;
typedef struct { bool in; int64_t pt; bool q; int64_t et; bool was_on; int64_t start; } tp_t;
typedef struct { bool clk, q, m; } r_trig_t;
typedef struct { bool cu, edge, last, r; int16_t pv; bool q; int16_t cv, pv_max; } ctu_t;
typedef struct { bool s, r1, q1; } rs_t;

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

static void ton(ton_t *t, bool in, int64_t pt, int64_t now)
{
    t->in = in;
    t->pt = pt;
    if (!in) {
        t->q = false;
        t->et = 0;
        t->timing = false;
    } else if (!t->q) {
        if (!t->timing) {
            t->timing = true;
            t->start = now;
        }
        t->et = now - t->start;
        if (t->et >= pt) {
            t->et = pt;
            t->q = true;
        }
    }
}

static void tof(tof_t *t, bool in, int64_t pt, int64_t now)
{
    t->in = in;
    t->pt = pt;
    if (in) {
        t->q = true;
        t->et = 0;
        t->timing = false;
    } else if (t->q) {
        if (!t->timing) {
            t->timing = true;
            t->start = now;
        }
        t->et = now - t->start;
        if (t->et >= pt) {
            t->et = pt;
            t->q = false;
        }
    }
}

static void tp(tp_t *t, bool in, int64_t pt, int64_t now)
{
    t->in = in;
    t->pt = pt;
    if (t->q) {
        t->et = now - t->start;
    } else if (in && !t->was_on) {
        t->q = true;
        t->et = 0;
        t->start = now;
    }
    t->was_on = in;
    if (t->q && t->et >= pt) {
        t->q = false;
        t->et = pt;
    }
    if (!t->q && !in)
        t->et = 0;
}

static void r_trig(r_trig_t *t, bool clk)
{
    t->clk = clk;
    t->q = clk && !t->m;
    t->m = clk;
}

static void ctu(ctu_t *c, bool cu, bool r, int16_t pv)
{
    c->cu = cu;
    c->r = r;
    c->pv = pv;
    c->edge = cu && !c->last;
    c->last = cu;
    if (r)
        c->cv = 0;
    else if (c->edge && c->cv < c->pv_max)
        c->cv++;
    c->q = c->cv >= pv;
}

static void rs(rs_t *f, bool s, bool r1)
{
    f->s = s;
    f->r1 = r1;
    f->q1 = !r1 && (s || f->q1);
}

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
