#include "block.h"

typedef struct {
    header_t header;
    uint16_t word_in, mask;
    bool s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
    bool q0, q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11;
    uint16_t last, rising, falling, latched, gray, rotated;
    int16_t ones;
    bool parity, any_alarm;
    uint8_t packed;
    uint32_t shift;
} block_t;

int32_t scan(block_t *m)
{
    m->q0 = (m->s0 || m->q0) && !m->s1 && m->s2;
    m->q1 = (m->q0 && (m->s3 != m->s4)) || (m->s5 && !m->s6);
    m->q2 = (m->q1 || m->s7) && !(m->s8 && m->s9);
    m->q3 = !m->q2 && (m->s10 || m->s11 || m->q3) && m->s2;
    m->q4 = (m->q0 && m->q1 && !m->q3) || (m->q2 && m->s0);
    m->q5 = ((m->s1 && m->s2) || (m->s3 && m->s4)) != (m->s5 || m->s6);
    m->q6 = (m->q5 && !m->q4) || (m->q6 && m->s7);
    m->q7 = (m->q6 || m->q5 || m->q4) && (m->s8 || !m->s9);
    m->q8 = m->s10 ^ m->s11 ^ m->q7;
    m->q9 = ((m->q8 && m->q0) || m->q9) && !m->s6;
    m->q10 = (m->q9 && m->s2) || (m->q3 && m->q8);
    m->q11 = !(m->q10 || m->q9) && m->q7;

    m->rising = m->word_in & ~m->last;
    m->falling = ~m->word_in & m->last;
    m->latched = (m->latched | m->rising) & ~m->mask;
    m->last = m->word_in;
    m->gray = m->word_in ^ (m->word_in >> 1);
    m->rotated = (uint16_t)(m->rotated << 3 | m->rotated >> 13) ^ m->latched;

    int16_t ones = 0;
    for (uint16_t rest = m->latched; rest != 0; rest &= rest - 1)
        ones++;
    m->ones = ones;
    m->parity = (m->word_in ^ m->word_in >> 3 ^ m->word_in >> 5 ^ m->word_in >> 15) & 1;
    m->any_alarm = (m->latched & 0x0FF0) != 0;

    m->packed = (uint8_t)(m->q0 | m->q1 << 1 | m->q2 << 2 | m->q3 << 3 | m->q4 << 4 | m->q5 << 5 | m->q6 << 6 | m->q7 << 7);
    if (m->shift & 1)
        m->shift = m->shift >> 1 ^ 0x80200003u;
    else
        m->shift >>= 1;
    return 0;
}
