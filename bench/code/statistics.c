#include "block.h"
#include <math.h>

typedef struct {
    header_t header;
    double raw[6];
    double x1[6], x2[6], y1[6], y2[6], mean[6], square[6], product[6];
    double deviation[6], correlation[6];
    double window[32];
    int16_t at;
    double slope, intercept, residual;
    uint32_t alarms;
} block_t;

#define SHARE 0.02
#define B0 0.0675
#define B1 0.1349
#define A1 -1.1430
#define A2 0.4128

int32_t scan(block_t *b)
{
    for (int i = 0; i < 6; i++) {
        double y = B0 * b->raw[i] + B1 * b->x1[i] + B0 * b->x2[i] - A1 * b->y1[i] - A2 * b->y2[i];
        b->x2[i] = b->x1[i];
        b->x1[i] = b->raw[i];
        b->y2[i] = b->y1[i];
        b->y1[i] = y;
        b->mean[i] += SHARE * (y - b->mean[i]);
        b->square[i] += SHARE * (y * y - b->square[i]);
        b->product[i] += SHARE * (y * b->y1[0] - b->product[i]);
        double variance = b->square[i] - b->mean[i] * b->mean[i];
        b->deviation[i] = sqrt(variance > 1.0e-9 ? variance : 1.0e-9);
        b->correlation[i] = (b->product[i] - b->mean[i] * b->mean[0]) / (b->deviation[i] * b->deviation[0]);
        if (fabs(y - b->mean[i]) > 3.0 * b->deviation[i])
            b->alarms++;
    }

    b->window[b->at] = b->y1[0];
    b->at = (b->at + 1) % 32;
    double sum = 0.0, weighted = 0.0;
    for (int i = 0; i < 32; i++) {
        sum += b->window[i];
        weighted += i * b->window[i];
    }
    b->slope = (32.0 * weighted - 496.0 * sum) / 87296.0;
    b->intercept = (sum - b->slope * 496.0) / 32.0;
    b->residual = b->window[31] - (b->intercept + 31.0 * b->slope);
    return 0;
}
