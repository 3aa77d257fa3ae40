#include "block.h"
#include "standard_blocks.h"

typedef struct {
    bool sensor, is_next_free, release;
    bool motor, is_free, jam;
    r_trig_t arrived;
    f_trig_t left;
    tof_t run_on;
    ton_t stuck;
    ctu_t boxes;
    sr_t jammed;
} section_t;

typedef struct {
    bool call, is_arriving, is_leaving;
    bool is_free;
    uint32_t moves;
    ton_t loading, unloading;
    tp_t door;
    ctud_t boxes;
    rs_t is_up;
} lift_t;

typedef struct {
    header_t header;
    bool sensor[24], release[6], call[6];
    section_t sections[6][4];
    lift_t lifts[6];
    int16_t jams, running;
} block_t;

static void section(section_t *s, int64_t now)
{
    r_trig(&s->arrived, s->sensor);
    f_trig(&s->left, s->sensor);
    ctu(&s->boxes, s->left.q, s->release, 100);
    ton(&s->stuck, s->sensor && s->motor, 200 * MS, now);
    sr(&s->jammed, s->stuck.q, s->release);
    tof(&s->run_on, s->is_next_free && !s->jammed.q1, 60 * MS, now);
    s->motor = s->run_on.q && !s->jammed.q1;
    s->is_free = !s->sensor && !s->boxes.q;
    s->jam = s->jammed.q1;
}

static void lift(lift_t *l, int64_t now)
{
    ctud(&l->boxes, l->is_arriving, l->is_leaving, false, false, 5);
    ton(&l->loading, l->boxes.qu || l->call, 80 * MS, now);
    ton(&l->unloading, l->boxes.qd, 50 * MS, now);
    rs(&l->is_up, l->loading.q, l->unloading.q);
    tp(&l->door, l->is_up.q1, 120 * MS, now);
    if (l->door.q && l->boxes.cv > 2)
        l->moves++;
    l->is_free = !l->is_up.q1 && !l->door.q;
}

int32_t scan(block_t *b)
{
    int64_t now = b->header.now_ns;
    b->jams = 0;
    b->running = 0;
    for (int line = 0; line < 6; line++) {
        lift_t *l = &b->lifts[line];
        l->call = b->call[line];
        l->is_arriving = b->sections[line][3].motor;
        l->is_leaving = b->sensor[4 * line];
        lift(l, now);
        bool is_free = l->is_free;
        for (int n = 3; n >= 0; n--) {
            section_t *s = &b->sections[line][n];
            s->sensor = b->sensor[4 * line + n];
            s->is_next_free = is_free;
            s->release = b->release[line];
            section(s, now);
            is_free = s->is_free;
            if (s->jam)
                b->jams++;
            else if (s->motor)
                b->running++;
        }
    }
    return 0;
}
