#include "block.h"

/* A C program would have a pointer to a table of functions here: the number of the kind takes its place. Kinds are
   numbered by the compiler. */
typedef struct { uint32_t kind; float position, command; uint32_t moves; } valve_t;
typedef struct { valve_t base; float gain, mean; } control_valve_t;
typedef struct { control_valve_t base; bool is_tripped; uint32_t trips; } safety_valve_t;

typedef struct {
    header_t header;
    float wanted[4];
    bool trip[4];
    valve_t valves[4];
    control_valve_t controls[4];
    safety_valve_t safeties[4];
    float flow;
    int16_t tripped;
} block_t;

static float limit(float low, float value, float high)
{
    if (value < low)
        return low;
    if (value > high)
        return high;
    return value;
}

static float valve_rate(const valve_t *v)
{
    (void)v;
    return 5.0f;
}

static float control_valve_rate(const valve_t *v)
{
    return valve_rate(v) * ((const control_valve_t *)v)->gain;
}

static float (*const RATE_BY_KIND[])(const valve_t *) = {0, control_valve_rate, valve_rate, control_valve_rate};

static void valve_set(valve_t *v, float position)
{
    v->command = limit(0.0f, position, 100.0f);
}

static void valve_cycle(valve_t *v)
{
    float low = -RATE_BY_KIND[v->kind](v);
    float step = limit(low, v->command - v->position, RATE_BY_KIND[v->kind](v));
    if (step != 0.0f)
        v->moves++;
    v->position += step;
}

static void control_valve_cycle(control_valve_t *v)
{
    valve_cycle(&v->base);
    v->mean += (v->base.position - v->mean) * 0.1f;
}

static void safety_valve_set_trip(safety_valve_t *v, bool trip)
{
    if (trip && !v->is_tripped)
        v->trips++;
    v->is_tripped = trip;
}

static void safety_valve_cycle(safety_valve_t *v)
{
    if (v->is_tripped)
        v->base.base.command = 0.0f;
    control_valve_cycle(&v->base);
}

int32_t scan(block_t *b)
{
    b->flow = 0.0f;
    b->tripped = 0;
    for (int i = 0; i < 4; i++) {
        valve_t *v = &b->valves[i];
        control_valve_t *c = &b->controls[i];
        safety_valve_t *s = &b->safeties[i];
        valve_set(v, b->wanted[i]);
        valve_set(&c->base, b->wanted[i] * 0.8f);
        valve_set(&s->base.base, b->wanted[i] * 1.2f);
        safety_valve_set_trip(s, b->trip[i]);
        valve_cycle(v);
        control_valve_cycle(c);
        safety_valve_cycle(s);
        b->flow = b->flow + v->position + c->base.position + s->base.base.position;
        if (s->is_tripped)
            b->tripped++;
    }
    return 0;
}
