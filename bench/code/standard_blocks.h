/* The standard function blocks, by hand. */
#ifndef STANDARD_BLOCKS_H
#define STANDARD_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#define MS 1000000LL

typedef struct { bool in; int64_t pt; bool q; int64_t et; bool timing; int64_t start; } ton_t;
typedef ton_t tof_t;
typedef struct { bool in; int64_t pt; bool q; int64_t et; bool was_on; int64_t start; } tp_t;
typedef struct { bool clk, q, m; } r_trig_t;
typedef r_trig_t f_trig_t;
typedef struct { bool cu, edge, last, r; int16_t pv; bool q; int16_t cv, pv_max; } ctu_t;
typedef struct {
    bool cu, cu_edge, cu_last, cd, cd_edge, cd_last, r, ld;
    int16_t pv;
    bool qu, qd;
    int16_t cv, pv_max, pv_min;
} ctud_t;
typedef struct { bool s, r1, q1; } rs_t;
typedef struct { bool s1, r, q1; } sr_t;

static inline void ton(ton_t *t, bool in, int64_t pt, int64_t now)
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

static inline void tof(tof_t *t, bool in, int64_t pt, int64_t now)
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

static inline void tp(tp_t *t, bool in, int64_t pt, int64_t now)
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

static inline void r_trig(r_trig_t *t, bool clk)
{
    t->clk = clk;
    t->q = clk && !t->m;
    t->m = clk;
}

static inline void ctu(ctu_t *c, bool cu, bool r, int16_t pv)
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

static inline void rs(rs_t *f, bool s, bool r1)
{
    f->s = s;
    f->r1 = r1;
    f->q1 = !r1 && (s || f->q1);
}

static inline void f_trig(f_trig_t *t, bool clk)
{
    t->clk = clk;
    t->q = !clk && !t->m;
    t->m = !clk;
}

static inline void ctud(ctud_t *c, bool cu, bool cd, bool r, bool ld, int16_t pv)
{
    c->cu = cu;
    c->cd = cd;
    c->r = r;
    c->ld = ld;
    c->pv = pv;
    c->cu_edge = cu && !c->cu_last;
    c->cu_last = cu;
    c->cd_edge = cd && !c->cd_last;
    c->cd_last = cd;
    if (r)
        c->cv = 0;
    else if (ld)
        c->cv = pv;
    else if (c->cu_edge && !c->cd_edge && c->cv < c->pv_max)
        c->cv++;
    else if (c->cd_edge && !c->cu_edge && c->cv > c->pv_min)
        c->cv--;
    c->qu = c->cv >= pv;
    c->qd = c->cv <= 0;
}

static inline void sr(sr_t *f, bool s1, bool r)
{
    f->s1 = s1;
    f->r = r;
    f->q1 = s1 || (!r && f->q1);
}

#endif
