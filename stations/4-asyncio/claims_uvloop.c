/* Claims 4.3a and b: why uvloop is faster: frames and system calls.

   Experiments: echo.py, the same server and the same timers under both loops; syscalls.py, which runs it and
   counts the system calls of the process (it may trace its own child). */

#include "claims.h"
#include "tasks.h"
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES  (GBX_BIT(FRAME) | ASYNCIO)

static const gbx_experiment echo = {
    .name = "echo", .program = "experiments/echo.py", .events = FRAMES, .on = GBX_ON_GIL, .packages = "uvloop",
};
static const gbx_experiment echo_by_streams = {
    .name = "streams", .program = "must-fail/streams.py", .events = FRAMES, .on = GBX_ON_GIL, .packages = "uvloop",
};
static const gbx_experiment echo_same_loop = {
    .name = "same_loop", .program = "must-fail/same_loop.py", .arguments = { "echo" }, .events = FRAMES,
    .on = GBX_ON_GIL, .packages = "uvloop",
};
static const gbx_experiment syscalls = {
    .name = "syscalls", .program = "experiments/syscalls.py", .on = GBX_ON_GIL, .packages = "uvloop",
};
static const gbx_experiment syscalls_same_loop = {
    .name = "system calls of same_loop", .program = "must-fail/same_loop.py", .arguments = { "syscalls" },
    .on = GBX_ON_GIL, .packages = "uvloop",
};

/* ---------------------------------------------------------------- 4.3a: frames */

enum { SIDES = 2, FUNCTIONS = 64, SHOWN = 9 };

static const char *const sides[SIDES] = { "asyncio", "uvloop" };

/* How often a function ran, under each of the loops. */
typedef struct {
    const char *name;
    unsigned times[SIDES];
} function;

typedef struct {
    gbx_part parts[SIDES];
    double per[SIDES];               /* frames for each message, or timer */
    double many;                     /* messages, or timers */
    size_t count;
    function functions[FUNCTIONS];
} frames;

static void
count_function(frames *all, const char *name, unsigned side)
{
    size_t i = 0;
    while (i < all->count && strcmp(all->functions[i].name, name) != 0) {
        i++;
    }
    if (i == FUNCTIONS) {
        return;
    }
    if (i == all->count) {
        all->functions[all->count++] = (function){ .name = name };
    }
    all->functions[i].times[side]++;
}

static int
more_often(const void *a, const void *b)
{
    const function *x = a, *y = b;
    unsigned m = x->times[0] + x->times[1], n = y->times[0] + y->times[1];
    return m > n ? -1 : m < n ? 1 : strcmp(x->name, y->name);
}

/* The frames that were entered in the parts "asyncio" and "uvloop" of what is counted. */
static bool
count_frames(const gbx_look *look, gbx_finding *finding, const char *what, const char *number, frames *to)
{
    gbx_part whole;
    *to = (frames){ .many = 0 };
    if (!gbx_part_whole(look, &whole) || !gbx_part_number(&whole, number, &to->many) || to->many < 1) {
        gbx_finding_insufficient(finding, "the program does not say how many %s there are", number);
        return false;
    }
    for (unsigned side = 0; side < SIDES; side++) {
        gbx_part *part = &to->parts[side];
        double entered = 0;
        if (!gbx_part_find(look, finding, what, sides[side], part)) {
            return false;
        }
        for (size_t at = part->begin; at < part->end; at++) {
            uint8_t event = gbx_part_event(part, at);
            if (event == GBX_EV_FRAME_PUSH || event == GBX_EV_FRAME_RESUME) {
                const gbx_frame_edge *edge = gbx_part_record(part, at);
                count_function(to, gbx_part_code_name(part, edge->code), side);
                entered++;
            }
        }
        to->per[side] = entered / to->many;
    }
    qsort(to->functions, to->count, sizeof(to->functions[0]), more_often);
    return true;
}

/* "Handle._run" */
static const char *
last_two(const char *name)
{
    const char *local = strstr(name, "<locals>.");
    if (local != NULL) {
        return local + strlen("<locals>.");
    }
    const char *dot = strrchr(name, '.');
    while (dot != NULL && dot > name && dot[-1] != '.') {
        dot--;
    }
    return dot == NULL ? name : dot;
}

static void
quote_functions(gbx_finding *finding, const frames *all, const char *what)
{
    char text[1024];
    size_t used = (size_t)snprintf(text, sizeof(text), "%-46s %11s %9s\n", what, sides[0], sides[1]);
    for (size_t i = 0; i < all->count && i < SHOWN && used < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%-46.46s %11.2f %9.2f\n",
                                 last_two(all->functions[i].name), all->functions[i].times[0] / all->many,
                                 all->functions[i].times[1] / all->many);
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static void
show_rounds(const gbx_look *look, gbx_finding *finding, const frames *messages)
{
    const gbx_part *asyncio = &messages->parts[0], *uvloop = &messages->parts[1];
    size_t round = gbx_part_next(asyncio, asyncio->begin, GBX_EV_AIO_ITERATION_BEGIN, 0);
    size_t ready = gbx_part_next(asyncio, asyncio->begin, GBX_EV_AIO_READY, 0);
    size_t push = gbx_part_next(uvloop, uvloop->begin, GBX_EV_FRAME_PUSH, gbx_part_code(uvloop, "Echo.data_received"));
    if (round != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, round, "asyncio: a round of the loop begins, in Python");
    }
    if (ready != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, ready, "a connection is readable: its handle goes into the queue");
    }
    if (push != GBX_NO_EVENT) {
        gbx_finding_refute(finding, look, push, "uvloop: the only frame of a message, your own data_received()");
    }
    gbx_finding_number(finding, "rounds of asyncio's loop",
                       gbx_part_count(asyncio, GBX_EV_AIO_ITERATION_BEGIN, 0), "");
}

static gbx_verdict
check_frames(const gbx_look *look, gbx_finding *finding)
{
    frames messages, timers;
    if (!count_frames(look, finding, "echo", "messages", &messages)
        || !count_frames(look, finding, "timers", "timers", &timers)) {
        return GBX_INSUFFICIENT;
    }
    quote_functions(finding, &messages, "frames a message");
    quote_functions(finding, &timers, "frames a timer");
    if (messages.per[1] > 1.05 || timers.per[1] > 1.05) {
        return gbx_finding_failf(finding, "under uvloop one frame a message and a timer: the program's own",
                                 "what is between is Python all the same, or it is not uvloop",
                                 "%.2f a message, %.2f a timer", messages.per[1], timers.per[1]);
    }
    if (messages.per[0] < 3 * messages.per[1] || timers.per[0] < 3 * timers.per[1]) {
        return gbx_finding_failf(finding, "under asyncio's own loop several", NULL, "%.2f a message, %.2f a timer",
                                 messages.per[0], timers.per[0]);
    }
    show_rounds(look, finding, &messages);
    unsigned each = 0;
    for (size_t i = 0; i < messages.count; i++) {
        each += messages.functions[i].times[0] >= 0.99 * messages.many;
    }
    gbx_finding_number(finding, "frames a message under asyncio", messages.per[0], "");
    gbx_finding_number(finding, "functions for each message under asyncio", each, "");
    gbx_finding_number(finding, "frames a message under uvloop", messages.per[1], "");
    gbx_finding_number(finding, "frames a timer under asyncio", timers.per[0], "");
    gbx_finding_number(finding, "frames a timer under uvloop", timers.per[1], "");
    gbx_finding_observe(finding, 0);
    return GBX_PASS;
}

const gbx_claim gbx_s4_frames = {
    .id = "4.3a",
    .title = "uvloop: one frame a message, and that is yours",
    .sentence = "Under asyncio's own loop several Python functions run for each message and each timer; under uvloop "
                "the loop is C, and only your own callback is Python.",
    .experiments = { &echo },
    .check = check_frames,
    .must_fail = {
        { &echo, &echo_same_loop, "both sides are asyncio's own loop" },
        { &echo, &echo_by_streams, "streams are asyncio's Python under any loop" },
    },
    .readings = {
        { "Lib/asyncio/selector_events.py#_SelectorSocketTransport._read_ready", "two functions before your own" },
        { "Lib/asyncio/events.py#Handle._run", "one around every callback" },
        { "Lib/asyncio/events.py#TimerHandle.__lt__", "timers are kept in a heap, and compared in Python" },
    },
    .prediction = {
        .question = "A server echoes one message. How many Python functions run for it under uvloop?",
        .choices = {
            { "one: data_received()", NULL, NULL },
            { "none: it is all C", "uvloop replaces your program", "your protocol stays Python" },
            { "as many as under asyncio, but each is faster", "uvloop compiles Python",
              "the loop and the transports are not Python any more" },
        },
    },
};

/* ---------------------------------------------------------- 4.3b: system calls */

enum { CALLS = 24 };

typedef struct {
    char name[24];
    double times[SIDES];
} call;

typedef struct {
    call calls[CALLS];
    size_t count;
    double sum[SIDES];
    double received[SIDES];
    double waits[SIDES], timer_waits[SIDES];     /* rounds, with the messages and with the timers */
} calls;

static bool
is_receive(const char *name)
{
    return strcmp(name, "recvfrom") == 0 || strcmp(name, "read") == 0 || strcmp(name, "recvmsg") == 0;
}

static bool
is_wait(const char *name)
{
    return strcmp(name, "epoll_wait") == 0 || strcmp(name, "epoll_pwait") == 0;
}

static void
count_call(calls *to, const char *name, unsigned side, double times)
{
    size_t i = 0;
    while (i < to->count && strcmp(to->calls[i].name, name) != 0) {
        i++;
    }
    to->sum[side] += times;
    to->received[side] += is_receive(name) ? times : 0;
    to->waits[side] += is_wait(name) ? times : 0;
    if (i == CALLS) {
        return;
    }
    if (i == to->count) {
        snprintf(to->calls[to->count++].name, sizeof(to->calls[0].name), "%s", name);
    }
    to->calls[i].times[side] += times;
}

/* Lines "echo SIDE CALL TIMES" and "timers SIDE CALL TIMES" of the program's output. */
static void
read_calls(const char *out, calls *to)
{
    char what[16], side[16], name[24];
    unsigned times;
    *to = (calls){ .count = 0 };
    for (const char *line = out; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        if (sscanf(line, "%15s %15s %23s %u", what, side, name, &times) != 4) {
            continue;
        }
        unsigned which = strcmp(side, sides[1]) == 0;
        if (strcmp(what, "echo") == 0) {
            count_call(to, name, which, times);
        }
        else if (strcmp(what, "timers") == 0 && is_wait(name)) {
            to->timer_waits[which] += times;
        }
    }
}

static void
quote_calls(gbx_finding *finding, const calls *all, double messages)
{
    char text[1024];
    size_t used = (size_t)snprintf(text, sizeof(text), "%-24s %11s %9s\n", "system calls a message", sides[0], sides[1]);
    for (size_t i = 0; i < all->count && used < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%-24s %11.2f %9.2f\n", all->calls[i].name,
                                 all->calls[i].times[0] / messages, all->calls[i].times[1] / messages);
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static double
times_of(const calls *all, const char *name, unsigned side)
{
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->calls[i].name, name) == 0) {
            return all->calls[i].times[side];
        }
    }
    return 0;
}

static gbx_verdict
check_calls(const gbx_look *look, gbx_finding *finding)
{
    const char *out = look->runs[0].out, *many = strstr(out, "\nmessages ");
    calls all;
    if (strstr(out, "no tracing") != NULL) {
        return gbx_finding_skip(finding, "this machine lets no process trace its own child (ptrace), so nobody can "
                                "count its system calls");
    }
    double messages = many == NULL ? 0 : strtod(many + strlen("\nmessages "), NULL);
    read_calls(out, &all);
    if (messages < 1 || all.received[0] < messages || all.received[1] < messages) {
        return gbx_finding_insufficient(finding, "the program does not say how many calls there are");
    }
    double one = all.sum[0] / messages, two = all.sum[1] / messages;
    if (two > 0.8 * one) {
        return gbx_finding_failf(finding, "uvloop asks the kernel less often", "both sides are the same loop",
                                 "%.2f and %.2f a message", one, two);
    }
    quote_calls(finding, &all, messages);
    if (times_of(&all, "mmap", 0) > 0.5 * messages) {
        gbx_finding_fact(finding, "both receive and send once a message; asyncio makes room for 256 KiB each time, so "
                         "the memory comes from the kernel (mmap), is cut to size (mremap) and given back (munmap)");
    }
    gbx_finding_number(finding, "system calls a message under asyncio", one, "");
    gbx_finding_number(finding, "system calls a message under uvloop", two, "");
    gbx_finding_fact(finding, "rounds, by their waits: for the messages asyncio %.0f and uvloop %.0f, for the timers "
                     "%.0f and %.0f",
                     all.waits[0], all.waits[1], all.timer_waits[0], all.timer_waits[1]);
    return GBX_PASS;
}

const gbx_claim gbx_s4_calls = {
    .id = "4.3b",
    .title = "uvloop: fewer system calls a message",
    .sentence = "Both loops receive once and send once for a message; asyncio's also has the kernel give and take "
                "the memory for what may come, and uvloop reads into memory that it keeps.",
    .experiments = { &syscalls },
    .check = check_calls,
    .must_fail = { { &syscalls, &syscalls_same_loop, "both sides are asyncio's own loop" } },
    .readings = {
        { "Lib/asyncio/selector_events.py#_SelectorSocketTransport._read_ready__data_received", "recv(self.max_size)" },
        { "Modules/socketmodule.c#sock_recv", "bytes of that size are made, and shortened afterwards" },
        { "Modules/selectmodule.c#select_epoll_poll_impl", "the wait that both loops have" },
    },
};
