#include "block.h"

typedef struct { uint32_t tag; int32_t level; } smoother_t;
typedef struct { uint32_t tag; int64_t total; uint32_t steps; } totaliser_t;
typedef struct { uint32_t tag; int32_t low, high, outside; } tracker_t;

typedef struct {
    header_t header;
    int32_t raw[12];
    smoother_t smoothers[4];
    totaliser_t totalisers[4];
    tracker_t trackers[4];
    int64_t devices[12];
    bool is_ready;
    int16_t alarms;
    int32_t sum;
} block_t;

typedef struct {
    int32_t (*step)(void *self, int32_t raw);
    bool (*alarm)(const void *self);
} methods_t;

typedef struct { const methods_t *methods; void *self; } device_t;

static device_t devices[12]; /* what C uses; the block holds distances, which are written once */

static int32_t smoother_step(void *self, int32_t raw)
{
    smoother_t *s = self;
    s->level += (raw - s->level) / 4;
    return s->level;
}

static bool smoother_alarm(const void *self)
{
    return ((const smoother_t *)self)->level > 600;
}

static int32_t totaliser_step(void *self, int32_t raw)
{
    totaliser_t *t = self;
    t->total += raw;
    t->steps++;
    return (int32_t)(t->total % 10000);
}

static bool totaliser_alarm(const void *self)
{
    return (((const totaliser_t *)self)->steps & 63) == 0;
}

static int32_t tracker_step(void *self, int32_t raw)
{
    tracker_t *t = self;
    t->low++;
    t->high--;
    if (raw < t->low) {
        t->low = raw;
        t->outside++;
    }
    if (raw > t->high) {
        t->high = raw;
        t->outside++;
    }
    return t->high - t->low;
}

static bool tracker_alarm(const void *self)
{
    const tracker_t *t = self;
    return t->high - t->low > 900;
}

static const methods_t SMOOTHER = {smoother_step, smoother_alarm};
static const methods_t TOTALISER = {totaliser_step, totaliser_alarm};
static const methods_t TRACKER = {tracker_step, tracker_alarm};

static void connect(block_t *b, int number, const methods_t *methods, void *self)
{
    devices[number] = (device_t){methods, self};
    b->devices[number] = (char *)self - (char *)b;
}

int32_t scan(block_t *b)
{
    if (!b->is_ready) {
        for (int i = 0; i < 4; i++) {
            connect(b, 3 * i, &SMOOTHER, &b->smoothers[i]);
            connect(b, 3 * i + 1, &TOTALISER, &b->totalisers[i]);
            connect(b, 3 * i + 2, &TRACKER, &b->trackers[i]);
        }
        b->is_ready = true;
    }
    b->sum = 0;
    b->alarms = 0;
    for (int i = 0; i < 12; i++) {
        const device_t *device = &devices[i];
        b->sum += device->methods->step(device->self, b->raw[i]);
        if (device->methods->alarm(device->self))
            b->alarms++;
    }
    return 0;
}
