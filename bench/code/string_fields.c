#include "block.h"
#include <string.h>

typedef struct {
    header_t header;
    uint8_t pick[8];
    char names[16][16];
    uint32_t counts[16];
    char line[151];
    char rest[151];
    char field[16];
    uint32_t few;
} block_t;

/* The block holds zeros behind each text, so that two blocks can be compared byte by byte. */
static void finish(char *text, size_t length, size_t size)
{
    memset(text + length, 0, size - length);
}

int32_t scan(block_t *m)
{
    strcpy(m->line, m->names[m->pick[0]]);
    size_t length = strlen(m->line);
    for (int i = 1; i < 8; i++) {
        const char *name = m->names[m->pick[i]];
        size_t more = strlen(name);
        m->line[length] = ';';
        memcpy(m->line + length + 1, name, more + 1);
        length += more + 1;
    }
    finish(m->line, length, sizeof m->line);

    strcpy(m->rest, m->line);
    while (m->rest[0] != '\0') {
        char *end = strchr(m->rest, ';');
        if (end != NULL) {
            size_t taken = (size_t)(end - m->rest);
            memcpy(m->field, m->rest, taken);
            finish(m->field, taken, sizeof m->field);
            memmove(m->rest, end + 1, strlen(end + 1) + 1);
        } else {
            strcpy(m->field, m->rest);
            m->rest[0] = '\0';
        }
        if (strlen(m->field) < 6)
            m->few++;
        for (int k = 0; k < 16; k++) {
            if (strcmp(m->names[k], m->field) == 0) {
                m->counts[k]++;
                break;
            }
        }
    }
    finish(m->rest, 0, sizeof m->rest);
    finish(m->field, strlen(m->field), sizeof m->field);
    return 0;
}
