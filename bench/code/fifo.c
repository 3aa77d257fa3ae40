#include "block.h"

#define MS 1000000LL
#define PLACES 16

typedef struct { uint32_t number; float weight; uint8_t target; bool is_express; int64_t entered; } parcel_t;

typedef struct {
    int16_t count;
    uint32_t lost;
    parcel_t parcels[PLACES];
    int16_t head, tail;
} fifo_t;

typedef struct {
    header_t header;
    float weight[2];
    uint8_t target[2];
    bool is_express, stop;
    fifo_t stages[3];
    parcel_t parcel;
    uint32_t number;
    uint32_t sorted[8];
    double total;
} block_t;

static void put(fifo_t *f, const parcel_t *parcel)
{
    if (f->count >= PLACES) {
        f->lost++;
        return;
    }
    f->parcels[f->head] = *parcel;
    f->head = (f->head + 1) % PLACES;
    f->count++;
}

static bool take(fifo_t *f, int64_t since, parcel_t *parcel)
{
    if (f->count == 0 || f->parcels[f->tail].entered > since)
        return false;
    *parcel = f->parcels[f->tail];
    f->tail = (f->tail + 1) % PLACES;
    f->count--;
    return true;
}

int32_t scan(block_t *b)
{
    int64_t now = b->header.now_ns;
    for (int i = 0; i < 2; i++) {
        b->parcel.number = ++b->number;
        b->parcel.weight = b->weight[i];
        b->parcel.target = b->target[i];
        b->parcel.is_express = b->is_express && i == 0;
        b->parcel.entered = now;
        put(&b->stages[0], &b->parcel);
    }

    if (!b->stop) {
        while (take(&b->stages[2], now - 40 * MS, &b->parcel)) {
            b->sorted[b->parcel.target]++;
            b->total += b->parcel.weight;
        }
    }
    for (int i = 1; i >= 0; i--) {
        while (take(&b->stages[i], now - 30 * MS, &b->parcel)) {
            if (b->parcel.is_express) {
                b->sorted[b->parcel.target]++;
            } else {
                b->parcel.entered = now;
                put(&b->stages[i + 1], &b->parcel);
            }
        }
    }
    return 0;
}
