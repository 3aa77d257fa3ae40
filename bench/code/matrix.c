#include "block.h"
#include <string.h>

typedef struct {
    header_t header;
    float u[2];
    float a[6][6], b[6][2];
    float q;
    float x[6], next[6];
    float p[6][6], ap[6][6];
    float trace;
} block_t;

int32_t scan(block_t *m)
{
    for (int i = 0; i < 6; i++) {
        float sum = m->b[i][0] * m->u[0] + m->b[i][1] * m->u[1];
        for (int k = 0; k < 6; k++)
            sum += m->a[i][k] * m->x[k];
        m->next[i] = sum;
    }
    memcpy(m->x, m->next, sizeof m->x);

    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) {
            float sum = 0.0f;
            for (int k = 0; k < 6; k++)
                sum += m->a[i][k] * m->p[k][j];
            m->ap[i][j] = sum;
        }
    float trace = 0.0f;
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) {
            float sum = 0.0f;
            for (int k = 0; k < 6; k++)
                sum += m->ap[i][k] * m->a[j][k];
            if (i == j) {
                sum += m->q;
                trace += sum;
            }
            m->p[i][j] = sum;
        }
    m->trace = trace;
    return 0;
}
