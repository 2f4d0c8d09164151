/* From an await to the callback, as a diagram; see aio_diagram.h. */

#include "aio_diagram.h"

#include "aio_follow.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 69, TIME = 9 };
enum { TASK, FUTURE, LOOP, NOWHERE };

static const unsigned column_of[] = { 10, 32, 52, WIDTH };

typedef struct {
    const gbx_trace *trace;
    const gbx_aio_task_info *task;
    const gbx_aio_await *await;
    uint64_t begin_ns;
    uint32_t stream;                 /* of the step that goes on */
    bool future_there;               /* its line has begun */
    uint64_t rounds, waited_ns;      /* that are not shown yet */
    uint64_t others, others_ns;      /* handles that ran meanwhile */
    bool setter_ended;               /* the step in which the future was done */
    uint64_t run_ns;
    char *text;
    size_t size, used;
    bool full;
} drawing;

typedef char cells[WIDTH][5];        /* a character each, in UTF-8 */

/* ------------------------------------------------------------------- the await */

/* The await that a task is in, as far as it has come. */
typedef struct {
    const gbx_aio_task_info *task;
    gbx_aio_await it;
    uint64_t ended_ns, woken_ns;
    bool awaits;                     /* its last step ended in it, and nothing had woken the task */
} coming;

static const gbx_aio_await nowhere = {
    .begin = GBX_AIO_NO_EVENT, .end = GBX_AIO_NO_EVENT, .done = GBX_AIO_NO_EVENT, .wakeup = GBX_AIO_NO_EVENT,
    .soon = GBX_AIO_NO_EVENT, .run = GBX_AIO_NO_EVENT, .again = GBX_AIO_NO_EVENT,
};

/* An event on the way from the end of a step to the next one. */
static void
come(coming *c, const gbx_cursor *now)
{
    const void *record = now->entry.record;
    uint64_t task = c->task->address;
    switch (now->entry.record->event) {
        case GBX_EV_AIO_STEP_END:
            if (((const gbx_aio_step *)record)->task == task && c->it.begin != GBX_AIO_NO_EVENT) {
                c->awaits = now->entry.record->flags == GBX_AIO_STEP_AWAITS && c->it.wakeup == GBX_AIO_NO_EVENT;
                c->it.end = now->at;
                c->it.future = ((const gbx_aio_step *)record)->other;
                c->ended_ns = now->entry.t_ns;
            }
            break;
        case GBX_EV_AIO_DONE:
            if (c->awaits && ((const gbx_aio_done *)record)->future == c->it.future) {
                c->it.done = now->at;
            }
            break;
        case GBX_EV_AIO_WAKEUP:
            if (((const gbx_aio_wakeup *)record)->task == task) {
                c->it.wakeup = now->at;
                c->woken_ns = now->entry.t_ns;
                c->it.waited_ns = c->woken_ns > c->ended_ns ? c->woken_ns - c->ended_ns : 0;
            }
            break;
        case GBX_EV_AIO_CALL_SOON:
            c->it.soon = ((const gbx_aio_schedule *)record)->task == task ? now->at : c->it.soon;
            break;
        case GBX_EV_AIO_RUN_BEGIN:
            c->it.run = ((const gbx_aio_run *)record)->task == task ? now->at : c->it.run;
            break;
        default:
            break;
    }
}

/* A step of the task begins: is it the end of an await? */
static bool
arrive(coming *c, const gbx_cursor *now)
{
    const gbx_aio_step *step = (const gbx_aio_step *)(const void *)now->entry.record;
    c->it.ready_ns = now->entry.t_ns > c->woken_ns ? now->entry.t_ns - c->woken_ns : 0;
    c->it.again = now->at;
    return c->awaits && c->it.wakeup != GBX_AIO_NO_EVENT && step->other == c->it.future;
}

bool
gbx_aio_find_await(const gbx_trace *trace, const gbx_aio_task_info *task, uint64_t which, gbx_aio_await *found)
{
    gbx_cursor now;
    coming c = { .task = task, .it = nowhere };
    uint64_t count = 0;
    bool any = false;
    for (bool more = gbx_trace_seek(trace, task->first, &now); more && now.at <= task->last;
         more = gbx_trace_next(&now)) {
        const gbx_aio_step *step = (const gbx_aio_step *)(const void *)now.entry.record;
        if (gbx_trace_stream(trace, now.entry.stream)->process != task->process) {
            continue;
        }
        if (step->h.event != GBX_EV_AIO_STEP_BEGIN || step->task != task->address) {
            come(&c, &now);
            continue;
        }
        if (arrive(&c, &now) && (which == 0 ? !any || c.it.ready_ns > found->ready_ns : ++count == which)) {
            *found = c.it;
            any = true;
        }
        c = (coming){ .task = task, .it = nowhere };
        c.it.begin = now.at;
    }
    return any;
}

/* ----------------------------------------------------------------------- cells */

/* Put text into cells, as far as it fits before `end`; returns where it ends. */
static unsigned
put(cells line, unsigned at, unsigned end, const char *text)
{
    while (*text != '\0' && at < end) {
        size_t bytes = 1;
        while (((unsigned char)text[bytes] & 0xc0) == 0x80 && bytes < 4) {
            bytes++;
        }
        memcpy(line[at], text, bytes);
        line[at++][bytes] = '\0';
        text += bytes;
    }
    return at;
}

static void
blank(const drawing *d, cells line)
{
    for (unsigned i = 0; i < WIDTH; i++) {
        put(line, i, i + 1, " ");
    }
    for (unsigned i = TASK; i <= LOOP; i++) {
        if (i != FUTURE || d->future_there) {
            put(line, column_of[i], WIDTH, "│");
        }
    }
}

static void
finish(drawing *d, cells line)
{
    unsigned width = WIDTH;
    while (width > 0 && strcmp(line[width - 1], " ") == 0) {
        width--;
    }
    size_t bytes = 0;
    for (unsigned i = 0; i < width; i++) {
        bytes += strlen(line[i]);
    }
    if (d->full || d->used + bytes + 2 > d->size) {
        d->full = true;                          /* whole lines, and none left out in between */
        return;
    }
    for (unsigned i = 0; i < width; i++) {
        size_t length = strlen(line[i]);
        memcpy(d->text + d->used, line[i], length);
        d->used += length;
    }
    d->text[d->used++] = '\n';
    d->text[d->used] = '\0';
}

/* What is in a column reaches to the next one. */
static unsigned
put_word(cells line, unsigned column, const char *word)
{
    unsigned next = column_of[column + 1] - (column == LOOP ? 0 : 1);
    unsigned end = put(line, column_of[column], next, word);
    return end < next ? end + 1 : end;
}

/* A row: something in one column, and an arrow from there to something in another (or NOWHERE). */
static void
draw(drawing *d, uint64_t t_ns, unsigned from, const char *word, unsigned to, const char *there)
{
    cells line;
    char time[24];
    uint64_t since = t_ns > d->begin_ns ? t_ns - d->begin_ns : 0;
    d->future_there = d->future_there || from == FUTURE || to == FUTURE;
    blank(d, line);
    if (t_ns != 0) {
        snprintf(time, sizeof(time), "%9.1f", (double)since / 1e3);
        put(line, 0, TIME, time);
    }
    unsigned end = put_word(line, from, word);
    if (to > from && to != NOWHERE) {
        for (unsigned at = end; at + 2 < column_of[to]; at++) {
            put(line, at, WIDTH, "─");
        }
        put(line, column_of[to] - 2, WIDTH, "▶");
        put_word(line, to, there);
    }
    else if (to < from) {
        unsigned at = put_word(line, to, there);
        put(line, at, WIDTH, "◀");
        for (at++; at + 1 < column_of[from]; at++) {
            put(line, at, WIDTH, "─");
        }
    }
    finish(d, line);
}

/* ---------------------------------------------------------------------- events */

static const char *
type_name(const drawing *d, uint32_t type)
{
    const gbx_type_info *info = type == 0 ? NULL : gbx_trace_type(d->trace, d->task->process, type);
    const char *dot = info == NULL ? NULL : strrchr(info->name, '.');
    return info == NULL ? "a future" : dot == NULL ? info->name : dot + 1;
}

static const char *
code_name(const drawing *d, uint32_t code)
{
    const gbx_code_info *info = code == 0 ? NULL : gbx_trace_code(d->trace, d->task->process, code);
    const char *dot = info == NULL ? NULL : strrchr(info->name, '.');
    return info == NULL ? "a callback" : dot == NULL ? info->name : dot + 1;
}

/* Rounds of the loop in which nothing concerned the task, and handles that ran before its own. */
static void
draw_meanwhile(drawing *d)
{
    char text[64], ns[24];
    if (d->rounds > 0 && d->waited_ns >= 1000) {
        snprintf(text, sizeof(text), "waits %.10s", gbx_text_time(d->waited_ns, ns, sizeof(ns)));
        draw(d, 0, LOOP, text, NOWHERE, "");
    }
    if (d->rounds > 0) {
        snprintf(text, sizeof(text), d->rounds == 1 ? "next round" : "%" PRIu64 " rounds", d->rounds);
        draw(d, 0, LOOP, text, NOWHERE, "");
    }
    if (d->others > 0) {
        snprintf(text, sizeof(text), "%" PRIu64 " other%s: %.10s", d->others, d->others == 1 ? "" : "s",
                 gbx_text_time(d->others_ns, ns, sizeof(ns)));
        draw(d, 0, LOOP, text, NOWHERE, "");
    }
    d->rounds = d->waited_ns = d->others = d->others_ns = 0;
}

static void
draw_step_end(drawing *d, const gbx_entry *entry)
{
    const gbx_aio_step *step = (const gbx_aio_step *)(const void *)entry->record;
    char place[96], line[64];
    gbx_aio_place_text(d->trace, d->task->process, (gbx_aio_place){ step->code, step->h.arg }, place, sizeof(place));
    snprintf(line, sizeof(line), "%.20s", place[0] == '\0' ? "a step" : place);
    line[strcspn(line, " ")] = '\0';
    gbx_text_mend(line);
    draw(d, 0, TASK, "awaits", FUTURE, "adds the wake-up");
    draw(d, 0, TASK, line, NOWHERE, "");
    draw(d, entry->t_ns, TASK, "step ends", LOOP, "goes on");
}

static void
draw_done(drawing *d, const gbx_entry *entry)
{
    const gbx_aio_done *done = (const gbx_aio_done *)(const void *)entry->record;
    const char *state = gbx_trace_label(GBX_ENUM_AIO_STATE, done->h.flags);
    char by[64], word[64];
    draw_meanwhile(d);
    snprintf(by, sizeof(by), "%.16s", code_name(d, done->code));
    gbx_text_mend(by);
    snprintf(word, sizeof(word), "done: %.12s", state == NULL ? "?" : state);
    draw(d, entry->t_ns, LOOP, by, FUTURE, word);
}

static void
draw_again(drawing *d, const gbx_entry *entry)
{
    bool throws = entry->record->flags == GBX_AIO_SENT_CANCELLED || entry->record->flags == GBX_AIO_SENT_EXCEPTION;
    draw_meanwhile(d);
    draw(d, entry->t_ns, LOOP, "runs it", TASK, throws ? "step begins: throws" : "step begins");
}

static void
meanwhile(drawing *d, const gbx_cursor *now)
{
    const gbx_entry *entry = &now->entry;
    const void *record = entry->record;
    bool after_wakeup = d->await->soon != GBX_AIO_NO_EVENT && now->at > d->await->soon;
    switch (entry->record->event) {
        case GBX_EV_AIO_ITERATION_BEGIN:
            d->rounds++;
            break;
        case GBX_EV_AIO_SELECT: {
            double ns = (double)((const gbx_aio_select *)record)->wait
                * gbx_trace_process(d->trace, d->task->process)->ns_per_tick;
            d->waited_ns += ns > 0 && ns < 1e15 ? (uint64_t)ns : 0;
            break;
        }
        case GBX_EV_AIO_STEP_END:
            if (now->at > d->await->wakeup && !d->setter_ended && d->rounds == 0) {
                d->setter_ended = true;
                draw(d, entry->t_ns, LOOP, "its step ends", NOWHERE, "");
            }
            break;
        case GBX_EV_AIO_RUN_BEGIN:
            d->run_ns = after_wakeup ? entry->t_ns : 0;
            break;
        case GBX_EV_AIO_RUN_END:
            if (d->run_ns != 0 && entry->t_ns >= d->run_ns) {
                d->others++;
                d->others_ns += entry->t_ns - d->run_ns;
            }
            d->run_ns = 0;
            break;
        default:
            break;
    }
}

static void
draw_event(drawing *d, const gbx_cursor *now)
{
    const gbx_aio_await *a = d->await;
    const gbx_entry *entry = &now->entry;
    const void *record = entry->record;
    char text[64];
    if (now->at == a->begin) {
        draw(d, entry->t_ns, TASK, "step begins", NOWHERE, "");
    }
    else if (now->at == a->end) {
        draw_step_end(d, entry);
    }
    else if (now->at == a->done) {
        draw_done(d, entry);
    }
    else if (now->at == a->wakeup && a->soon == GBX_AIO_NO_EVENT) {
        draw(d, entry->t_ns, FUTURE, "wakes it", LOOP, "in the queue");
    }
    else if (now->at == a->soon) {
        snprintf(text, sizeof(text), "queue: number %" PRIu32, ((const gbx_aio_schedule *)record)->ready);
        draw(d, entry->t_ns, FUTURE, "call_soon()", LOOP, text);
    }
    else if (now->at == a->again) {
        draw_again(d, entry);
    }
    else if (entry->record->event == GBX_EV_AIO_FUTURE_NEW && now->at < a->end
             && ((const gbx_aio_future *)record)->future == a->future) {
        draw(d, entry->t_ns, TASK, "makes", FUTURE, type_name(d, ((const gbx_aio_future *)record)->type));
    }
    else if (now->at > a->end && entry->stream == d->stream) {
        meanwhile(d, now);
    }
}

size_t
gbx_aio_diagram(const gbx_trace *trace, const gbx_aio_task_info *task, const gbx_aio_await *await, char *text,
                size_t size)
{
    gbx_where begin = gbx_trace_where(trace, await->begin);
    drawing d = { .trace = trace, .task = task, .await = await, .begin_ns = begin.t_ns,
                  .stream = gbx_trace_where(trace, await->again).stream, .text = text, .size = size };
    char name[96];
    cells line;
    gbx_cursor now;
    text[0] = '\0';
    for (unsigned i = 0; i < WIDTH; i++) {
        put(line, i, i + 1, " ");
    }
    put(line, TIME - 2, WIDTH, "us");
    put_word(line, TASK, gbx_aio_name(trace, task, name, sizeof(name)));
    put_word(line, FUTURE, "what it awaits");
    put_word(line, LOOP, "loop");
    finish(&d, line);
    for (bool more = gbx_trace_seek(trace, await->begin, &now); more && now.at <= await->again;
         more = gbx_trace_next(&now)) {
        if (gbx_trace_stream(trace, now.entry.stream)->process == task->process) {
            draw_event(&d, &now);
        }
    }
    return d.used;
}
