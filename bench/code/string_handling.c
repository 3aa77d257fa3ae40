#include "block.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    header_t header;
    int32_t value[4];
    char names[4][11];
    char line[121];
    char command[41];
    char verb[11];
    char argument[41];
    int32_t sets, gets, others;
    int32_t number;
    int64_t sum;
    int32_t longest;
} block_t;

/* The block holds zeros behind each text, so that two blocks can be compared byte by byte. */
static void finish(char *text, size_t length, size_t size)
{
    memset(text + length, 0, size - length);
}

int32_t scan(block_t *m)
{
    size_t length = 0;
    for (int i = 0; i < 4; i++)
        length += (size_t)snprintf(m->line + length, sizeof m->line - length, "%s=%d;", m->names[i], m->value[i]);
    finish(m->line, length, sizeof m->line);
    if ((int32_t)length > m->longest)
        m->longest = (int32_t)length;

    if (m->value[0] % 2 == 0)
        length = (size_t)snprintf(m->command, sizeof m->command, "SET %d", m->value[1]);
    else
        length = (size_t)snprintf(m->command, sizeof m->command, "GET %s", m->names[1]);
    finish(m->command, length, sizeof m->command);

    const char *blank = strchr(m->command, ' ');
    size_t verb = blank ? (size_t)(blank - m->command) : 0;
    memcpy(m->verb, m->command, verb);
    finish(m->verb, verb, sizeof m->verb);
    length -= verb + 1;
    memcpy(m->argument, m->command + verb + 1, length);
    finish(m->argument, length, sizeof m->argument);
    if (strcmp(m->verb, "SET") == 0) {
        m->sets++;
        m->number = (int32_t)strtol(m->argument, NULL, 10);
        m->sum += m->number;
    } else if (strcmp(m->verb, "GET") == 0 && strcmp(m->argument, m->names[1]) == 0) {
        m->gets++;
        char key[48];
        snprintf(key, sizeof key, "%s=", m->argument);
        const char *found = strstr(m->line, key);
        m->number = found ? (int32_t)strtol(found + strlen(key), NULL, 10) : 0;
        m->sum -= m->number;
    } else {
        m->others++;
    }
    return 0;
}
