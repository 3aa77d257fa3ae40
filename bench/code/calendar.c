#include "block.h"

#define S 1000000000LL
#define HOUR (3600 * S)
#define DAY (24 * HOUR)
#define EPOCH_2026 (20454 * DAY)

typedef struct {
    int64_t now, length;
    int16_t number;
    int64_t begins, left;
    bool is_new;
    uint32_t changes;
    int64_t epoch;
} shift_t;

typedef struct {
    header_t header;
    int32_t step_s;
    bool jump;
    int64_t now;
    shift_t shift;
    int16_t year, month, day, hour, minute, second, week;
    int64_t holidays[6];
    bool is_holiday, is_weekend;
    int64_t next, worked, rested;
    int64_t stamps[8];
    int64_t oldest, newest;
} block_t;

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static void shift(shift_t *s, int64_t now)
{
    s->now = now;
    int64_t since = now - s->epoch, length = s->length / 1000000;
    s->number = since / 1000000 / length % 3;
    s->is_new = now < s->begins || now - s->begins >= s->length;
    if (s->is_new) {
        s->begins = s->epoch + since / 1000000 / length * length * 1000000;
        s->changes++;
    }
    s->left = s->length - (now - s->begins);
}

/* Counted from the 1st of March 0000. */
static void split_date(block_t *b, int32_t days)
{
    days += 719468;
    int32_t years = (days + 2) * 400 / 146097;
    int32_t rest = days - (365 * years + years / 4 - years / 100 + years / 400);
    if (rest < 0) {
        years--;
        rest = days - (365 * years + years / 4 - years / 100 + years / 400);
    }
    int32_t months = (5 * rest + 2) / 153;
    b->day = rest - (153 * months + 2) / 5 + 1;
    b->month = months < 10 ? months + 3 : months - 9;
    b->year = months < 10 ? years : years + 1;
}

int32_t scan(block_t *b)
{
    int64_t step = S * b->step_s;
    if (b->jump)
        step += 11 * HOUR + HOUR / 2;
    b->now += step;
    if (b->now >= EPOCH_2026)
        b->now -= 720 * DAY;
    shift(&b->shift, b->now);
    int64_t days = floor_divide(b->now, DAY), of_day = b->now - days * DAY;
    split_date(b, (int32_t)days);
    b->hour = of_day / HOUR;
    b->minute = of_day / (60 * S) % 60;
    b->second = of_day / S % 60;

    int64_t today = floor_divide(b->now - 6 * HOUR, DAY), weekday = (today + 4) % 7;
    b->is_weekend = weekday == 0 || weekday == 6;
    b->week = (today + 3) / 7 % 52;
    b->is_holiday = false;
    b->next = 400 * DAY;
    for (int i = 0; i < 6; i++) {
        int64_t distance = b->holidays[i] - today * DAY;
        if (distance == 0)
            b->is_holiday = true;
        else if (distance > 0 && distance < b->next)
            b->next = distance;
    }
    if (b->is_weekend || b->is_holiday)
        b->rested += step;
    else
        b->worked += step;

    for (int i = 7; i > 0; i--)
        b->stamps[i] = b->stamps[i - 1];
    b->stamps[0] = b->now;
    b->oldest = b->newest = b->stamps[0];
    for (int i = 1; i < 8; i++) {
        if (b->stamps[i] < b->oldest)
            b->oldest = b->stamps[i];
        if (b->stamps[i] > b->newest)
            b->newest = b->stamps[i];
    }
    return 0;
}
