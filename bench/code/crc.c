#include "block.h"

typedef struct {
    header_t header;
    uint32_t sequence;
    uint8_t command[8];
    uint8_t telegram[64];
    uint32_t table[256];
    bool filled;
    uint16_t crc16;
    uint32_t crc32;
} block_t;

int32_t scan(block_t *m)
{
    if (!m->filled) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++)
                value = value & 1 ? value >> 1 ^ 0xEDB88320u : value >> 1;
            m->table[i] = value;
        }
        m->filled = true;
    }

    for (int i = 0; i < 56; i++)
        m->telegram[i] = (uint8_t)(m->sequence >> i % 24);
    for (int i = 0; i < 8; i++)
        m->telegram[56 + i] = m->command[i];

    uint16_t crc16 = 0xFFFF;
    for (int i = 0; i < 64; i++) {
        crc16 ^= m->telegram[i];
        for (int bit = 0; bit < 8; bit++)
            crc16 = crc16 & 1 ? crc16 >> 1 ^ 0xA001 : crc16 >> 1;
    }
    m->crc16 = crc16;

    uint32_t crc32 = 0xFFFFFFFFu;
    for (int i = 0; i < 64; i++)
        crc32 = m->table[(crc32 ^ m->telegram[i]) & 0xFF] ^ crc32 >> 8;
    m->crc32 = ~crc32;
    return 0;
}
