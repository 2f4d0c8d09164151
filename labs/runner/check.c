/* The invariants of every trace; see check.h.  What concerns records is checked in one pass over the
   merged order, with a small state a thread; what concerns segments, from their heads. */

#include "check.h"
#include "checkstate.h"
#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACK_ITEMS   (8u << 20)       /* of all stacks together: 64 MiB */
#define KNOWN_NAMES   4096u            /* names found lately; a power of two */
#define NAMING_MAX    3u               /* fields of one event that are looked up */
#define CLOCK_SLACK_NS     1e6         /* an instant taken while the machine was busy */
#define CLOCK_SLACK_RATIO  1e-3        /* CLOCK_MONOTONIC is slewed by up to 500 in a million */

/* Which fields of an event name something; found when its first record comes by. */
typedef struct {
    uint8_t count;                     /* UINT8_MAX: not known yet */
    uint8_t offset[NAMING_MAX];
    uint8_t kind[NAMING_MAX];
} naming;

typedef struct {
    naming namings[256];
    bool generators;                   /* all that are alive are in the set */
    bool names;                        /* all definitions are in the file */
    bool timed;                        /* there is a clock */
    uint32_t changes;                  /* of the class mask, so far */
} process_state;

typedef struct {
    gbx_stack frames;                  /* code << 32 | frame */
    gbx_stack stages;
    gbx_stack imports;                 /* step << 32 | name */
    uint64_t site;                     /* of the attempt to specialize without a result yet */
    bool attempted;                    /* there is one */
    bool floor;                        /* its beginning is in the trace: nothing lies below depth 0 */
    bool results;                      /* an attempt was seen: a result without one is wrong */
    process_state *of;
    uint32_t process;
    uint32_t changes;
    uint64_t lost;                     /* by its own LOST records */
} thread_state;

struct gbx_checker {
    const gbx_trace *trace;
    thread_state *threads;
    process_state *processes;
    gbx_budget budget;
    gbx_set generators;                /* process << 32 | frame: made or suspended, not resumed */
    uint64_t known[KNOWN_NAMES];
    gbx_invariant result[GBX_INVARIANTS];
};

static void violate(gbx_checker *c, int which, size_t at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void
violate(gbx_checker *c, int which, size_t at, const char *format, ...)
{
    gbx_invariant *invariant = &c->result[which];
    if (invariant->violations++ == 0) {
        va_list args;
        va_start(args, format);
        vsnprintf(invariant->detail, sizeof(invariant->detail), format, args);
        va_end(args);
        gbx_text_mend(invariant->detail);
        invariant->first = at;
    }
}

/* --------------------------------------------------------------- the stacks */

/* A frame's token and its code; a code of 0 could not be defined, and says nothing. */
static bool
same_frame(uint64_t pushed, uint64_t popped)
{
    return (uint32_t)pushed == (uint32_t)popped &&
        (pushed >> 32 == popped >> 32 || pushed >> 32 == 0 || popped >> 32 == 0);
}

static const char *
code_name(const gbx_checker *c, uint32_t process, uint64_t item)
{
    const gbx_code_info *code = gbx_trace_code(c->trace, process, (uint32_t)(item >> 32));
    return code == NULL ? "?" : code->name;
}

static void
pop_frame(gbx_checker *c, thread_state *thread, uint64_t frame, size_t at)
{
    uint64_t pushed = 0;
    gbx_popped popped = gbx_stack_pop(&thread->frames, &pushed);
    c->result[GBX_INVARIANT_NESTING].looked_at += popped != GBX_FORGOTTEN;
    if (popped == GBX_BELOW && thread->floor) {
        violate(c, GBX_INVARIANT_NESTING, at, "'%.60s' is left, and no frame was entered",
                code_name(c, thread->process, frame));
    }
    else if (popped == GBX_POPPED && !same_frame(pushed, frame)) {
        violate(c, GBX_INVARIANT_NESTING, at, "'%.60s' is left, '%.60s' was entered last",
                code_name(c, thread->process, frame), code_name(c, thread->process, pushed));
    }
}

/* Generators live on the heap and go from thread to thread: one set a process. */
static void
keep_generator(gbx_checker *c, const thread_state *thread, uint32_t frame)
{
    gbx_set_add(&c->generators, (uint64_t)thread->process << 32 | frame);
}

static void
resume_generator(gbx_checker *c, const thread_state *thread, uint64_t frame, size_t at)
{
    bool there = gbx_set_remove(&c->generators, (uint64_t)thread->process << 32 | (uint32_t)frame);
    if (!thread->of->generators || c->generators.lost) {
        return;
    }
    c->result[GBX_INVARIANT_GENERATORS].looked_at++;
    if (!there) {
        violate(c, GBX_INVARIANT_GENERATORS, at, "'%.60s' was not suspended",
                code_name(c, thread->process, frame));
    }
}

static void
check_stage(gbx_checker *c, thread_state *thread, const gbx_head *head, size_t at)
{
    uint64_t begun = 0;
    c->result[GBX_INVARIANT_STAGES].looked_at++;
    if (head->event == GBX_EV_COMPILE_BEGIN) {
        gbx_stack_push(&thread->stages, head->flags, &c->budget);
        return;
    }
    gbx_popped popped = gbx_stack_pop(&thread->stages, &begun);
    const char *ended = gbx_trace_label(GBX_ENUM_STAGE, head->flags);
    if ((popped == GBX_BELOW && thread->floor) || (popped == GBX_POPPED && begun != head->flags)) {
        const char *open = popped == GBX_BELOW
            ? "none" : gbx_trace_label(GBX_ENUM_STAGE, (uint8_t)begun);
        violate(c, GBX_INVARIANT_STAGES, at, "%s ends, %s was begun last",
                ended == NULL ? "?" : ended, open == NULL ? "?" : open);
    }
}

/* The same text may have been defined twice. */
static bool
same_name(const gbx_checker *c, uint32_t process, uint32_t a, uint32_t b)
{
    if (a == b || a == 0 || b == 0) {
        return true;
    }
    const char *x = gbx_trace_string(c->trace, process, a);
    const char *y = gbx_trace_string(c->trace, process, b);
    return x != NULL && y != NULL && strcmp(x, y) == 0;
}

static void
check_import(gbx_checker *c, thread_state *thread, const gbx_import *import, size_t at)
{
    uint64_t begun = 0;
    c->result[GBX_INVARIANT_IMPORTS].looked_at++;
    if (import->h.event == GBX_EV_IMPORT_BEGIN) {
        gbx_stack_push(&thread->imports, (uint64_t)import->h.flags << 32 | import->name, &c->budget);
        return;
    }
    gbx_popped popped = gbx_stack_pop(&thread->imports, &begun);
    if ((popped == GBX_BELOW && thread->floor) ||
        (popped == GBX_POPPED && (begun >> 32 != import->h.flags ||
                                  !same_name(c, thread->process, (uint32_t)begun, import->name)))) {
        const char *name = gbx_trace_string(c->trace, thread->process, import->name);
        const char *open = popped == GBX_BELOW
            ? "nothing" : gbx_trace_string(c->trace, thread->process, (uint32_t)begun);
        violate(c, GBX_INVARIANT_IMPORTS, at, "the import of '%.60s' ends, that of '%.60s' was begun",
                name == NULL ? "?" : name, open == NULL ? "?" : open);
    }
}

/* ----------------------------------------------------------- single records */

static void
check_attempt(gbx_checker *c, thread_state *thread, const gbx_spec *spec, size_t at)
{
    uint64_t site = (uint64_t)spec->code << 16 | spec->h.arg;
    c->result[GBX_INVARIANT_SPEC].looked_at++;
    if (spec->h.event == GBX_EV_SPEC_ATTEMPT) {
        if (thread->attempted) {
            violate(c, GBX_INVARIANT_SPEC, at, "an attempt follows an attempt");
        }
        thread->attempted = thread->results = true;
        thread->site = site;
        return;
    }
    if (thread->attempted ? site != thread->site : thread->results || thread->floor) {
        violate(c, GBX_INVARIANT_SPEC, at, "a result without an attempt at its site");
    }
    thread->attempted = false;
}

static bool
is_defined(gbx_checker *c, uint32_t process, uint8_t kind, uint32_t id)
{
    uint64_t key = ((uint64_t)process << 40 | (uint64_t)kind << 32 | id) + 1;
    uint64_t *known = &c->known[(id ^ process * 257u ^ kind * 64u) & (KNOWN_NAMES - 1)];
    if (*known == key) {
        return true;
    }
    bool found = kind == GBX_KIND_CODE ? gbx_trace_code(c->trace, process, id) != NULL
        : gbx_trace_string(c->trace, process, id) != NULL;
    *known = found ? key : *known;
    return found;
}

static void
find_naming(gbx_checker *c, naming *of, size_t at)
{
    size_t count = gbx_trace_field_count(c->trace, at);
    of->count = 0;
    for (size_t i = 0; i < count && of->count < NAMING_MAX; i++) {
        gbx_field field = gbx_trace_field(c->trace, at, i);
        if (field.width == 4 && (field.kind == GBX_KIND_CODE || field.kind == GBX_KIND_STRING)) {
            of->offset[of->count] = field.offset;
            of->kind[of->count++] = field.kind;
        }
    }
}

static void
check_names(gbx_checker *c, process_state *process, uint32_t index, const gbx_head *head, size_t at)
{
    naming *of = &process->namings[head->event];
    if (of->count == UINT8_MAX) {
        find_naming(c, of, at);
    }
    c->result[GBX_INVARIANT_NAMES].looked_at += of->count > 0;
    for (unsigned i = 0; i < of->count; i++) {
        uint32_t id;
        memcpy(&id, (const uint8_t *)head + of->offset[i], sizeof(id));
        if (id != 0 && !is_defined(c, index, of->kind[i], id)) {
            violate(c, GBX_INVARIANT_NAMES, at, "%s %" PRIu32 " is not defined",
                    of->kind[i] == GBX_KIND_CODE ? "code object" : "string", id);
            return;
        }
    }
}

/* The classes changed: what was begun may end unseen, and the reverse. */
static void
forget_thread(thread_state *thread, uint32_t changes)
{
    thread->frames.depth = thread->stages.depth = thread->imports.depth = 0;
    thread->attempted = thread->results = thread->floor = false;
    thread->changes = changes;
}

void
gbx_checker_event(gbx_checker *c, const gbx_entry *event, size_t at)
{
    thread_state *thread = &c->threads[event->stream];
    process_state *process = thread->of;
    const gbx_head *head = event->record;
    const gbx_frame_edge *edge = (const gbx_frame_edge *)(const void *)head;
    if (thread->changes != process->changes) {
        forget_thread(thread, process->changes);
    }
    c->result[GBX_INVARIANT_TIME].looked_at += process->timed;
    if (event->backward) {
        violate(c, GBX_INVARIANT_TIME, at, "the clock says that it came before the last event");
    }
    if (process->names) {
        check_names(c, process, thread->process, head, at);
    }
    switch (head->event) {
        case GBX_EV_FRAME_RESUME:
            resume_generator(c, thread, (uint64_t)edge->code << 32 | edge->frame, at);
            /* fall through */
        case GBX_EV_FRAME_PUSH:
            gbx_stack_push(&thread->frames, (uint64_t)edge->code << 32 | edge->frame, &c->budget);
            break;
        case GBX_EV_FRAME_GENERATOR:
            keep_generator(c, thread, ((const gbx_frame_generator *)(const void *)head)->generator);
            pop_frame(c, thread, (uint64_t)edge->code << 32 | edge->frame, at);
            break;
        case GBX_EV_FRAME_SUSPEND:
            keep_generator(c, thread, edge->frame);
            /* fall through */
        case GBX_EV_FRAME_POP:
            pop_frame(c, thread, (uint64_t)edge->code << 32 | edge->frame, at);
            break;
        case GBX_EV_COMPILE_BEGIN: case GBX_EV_COMPILE_END:
            check_stage(c, thread, head, at);
            break;
        case GBX_EV_IMPORT_BEGIN: case GBX_EV_IMPORT_END:
            check_import(c, thread, (const gbx_import *)(const void *)head, at);
            break;
        case GBX_EV_SPEC_ATTEMPT: case GBX_EV_SPEC_SUCCESS: case GBX_EV_SPEC_FAIL:
        case GBX_EV_SPEC_RESPECIALIZE:
            check_attempt(c, thread, (const gbx_spec *)(const void *)head, at);
            break;
        case GBX_EV_STREAM_LOST:
            c->result[GBX_INVARIANT_LOSSES].looked_at++;
            thread->lost += ((const gbx_stream_lost *)(const void *)head)->count;
            break;
        case GBX_EV_STREAM_MASK:
            process->changes++;
            process->generators = false;
            break;
        default:
            break;
    }
}

/* ------------------------------------------------------- segments, beginning */

static void
check_clock(gbx_checker *c, size_t process, size_t index)
{
    const gbx_process *of = gbx_trace_process(c->trace, process);
    gbx_segment_info segment = gbx_trace_segment(c->trace, process, index);
    const gbx_instant *start = &of->header->start;
    if (of->header->clock == GBX_CLOCK_NONE || segment.bytes == 0) {
        return;                                  /* no clock; or taken, and not yet begun */
    }
    double elapsed = (double)(int64_t)(segment.start.monotonic_ns - start->monotonic_ns);
    double ticks = (double)(int64_t)(segment.start.ticks - start->ticks);
    double off = ticks * of->ns_per_tick - elapsed;
    c->result[GBX_INVARIANT_CLOCK].looked_at++;
    if (fabs(off) > CLOCK_SLACK_NS + fabs(elapsed) * CLOCK_SLACK_RATIO) {
        violate(c, GBX_INVARIANT_CLOCK, GBX_NO_POSITION,
                "pid %" PRIu32 ", %.6f ms after its start the clocks are %.6f ms apart",
                of->header->pid, elapsed / 1e6, off / 1e6);
    }
}

/* The segments of a process.  A ring drops segments by design, in whatever order it needs them. */
static void
check_segments(gbx_checker *c, size_t process)
{
    const gbx_process *of = gbx_trace_process(c->trace, process);
    bool ring = of->header->mode == GBX_MODE_RING;
    uint32_t thread = 0, next = 0;
    for (size_t i = 0; i < gbx_trace_segment_count(c->trace, process); i++) {
        gbx_segment_info segment = gbx_trace_segment(c->trace, process, i);
        check_clock(c, process, i);
        if (segment.kind != GBX_SEGMENT_EVENTS) {
            continue;
        }
        next = i == 0 || segment.thread != thread ? 0 : next;
        thread = segment.thread;
        c->result[GBX_INVARIANT_WHOLE].looked_at += !ring;
        if (!ring && segment.sequence != next) {
            violate(c, GBX_INVARIANT_WHOLE, GBX_NO_POSITION,
                    "pid %" PRIu32 ", thread %" PRIu32 ": segment %" PRIu32 " where %" PRIu32
                    " should be", of->header->pid, thread, segment.sequence, next);
        }
        next = segment.sequence + 1;
        c->result[GBX_INVARIANT_RECORDS].looked_at++;
        if (segment.whole < segment.bytes && !segment.cut) {
            violate(c, GBX_INVARIANT_RECORDS, GBX_NO_POSITION,
                    "pid %" PRIu32 ", thread %" PRIu32 ", segment %" PRIu32 ": %" PRIu64
                    " bytes from %" PRIu64 " on are none", of->header->pid, thread, segment.sequence,
                    segment.bytes - segment.whole, segment.whole);
        }
    }
}

static void
begin_process(gbx_checker *c, size_t process)
{
    const gbx_process *of = gbx_trace_process(c->trace, process);
    process_state *state = &c->processes[process];
    for (size_t event = 0; event < 256; event++) {
        state->namings[event].count = UINT8_MAX;
    }
    state->names = !of->cut;
    state->timed = of->header->clock != GBX_CLOCK_NONE;
    state->generators = of->lost == 0 && of->overwritten == 0 && of->unknown == 0 && !of->cut &&
        (of->header->first_mask >> GBX_CLASS_FRAME & 1) != 0;
    check_segments(c, process);
}

/* Without a clock the order between the threads of a process is not known. */
static void
begin_threads(gbx_checker *c)
{
    size_t before = SIZE_MAX;
    for (size_t s = 0; s < gbx_trace_stream_count(c->trace); s++) {
        const gbx_stream_info *info = gbx_trace_stream(c->trace, s);
        const gbx_process *of = gbx_trace_process(c->trace, info->process);
        process_state *process = &c->processes[info->process];
        bool first = info->process != before;
        before = info->process;
        c->threads[s].of = process;
        c->threads[s].process = info->process;
        c->threads[s].floor = info->whole && !info->midway && of->unknown == 0;
        process->generators = process->generators && info->whole && !info->midway &&
            (first || of->header->clock != GBX_CLOCK_NONE);
    }
}

/* What a thread lost, against its LOST records.  Who is killed between the two may be one apart, and a
   writer at work counts on. */
static void
check_losses(gbx_checker *c)
{
    for (size_t s = 0; s < gbx_trace_stream_count(c->trace); s++) {
        const gbx_stream_info *info = gbx_trace_stream(c->trace, s);
        const gbx_header *header = gbx_trace_process(c->trace, info->process)->header;
        uint64_t noted = c->threads[s].lost;
        bool live = header->state == GBX_STATE_RECORDING;
        if (noted + 1 < info->lost || (noted > info->lost + 1 && !live)) {
            c->result[GBX_INVARIANT_LOSSES].looked_at++;
            violate(c, GBX_INVARIANT_LOSSES, GBX_NO_POSITION,
                    "pid %" PRIu32 ", thread %" PRIu32 ": %" PRIu64 " lost, %" PRIu64 " on record",
                    header->pid, info->thread, info->lost, noted);
        }
    }
}

/* --------------------------------------------------------------------- all */

int
gbx_checker_new(gbx_checker **out, const gbx_trace *trace, gbx_error *error)
{
    gbx_checker *c = calloc(1, sizeof(*c));
    *out = NULL;
    if (c != NULL) {
        c->threads = calloc(gbx_trace_stream_count(trace) + 1, sizeof(*c->threads));
        c->processes = calloc(gbx_trace_process_count(trace) + 1, sizeof(*c->processes));
    }
    if (c == NULL || c->threads == NULL || c->processes == NULL) {
        gbx_checker_free(c);
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
#define X(NAME, word, what, sentence) c->result[GBX_INVARIANT_##NAME] = (gbx_invariant){ \
        .key = word, .name = sentence, .unit = what, .first = GBX_NO_POSITION };
    GBX_INVARIANT_LIST(X)
#undef X
    c->trace = trace;
    c->budget.items_left = STACK_ITEMS;
    for (size_t i = 0; i < gbx_trace_process_count(trace); i++) {
        begin_process(c, i);
    }
    begin_threads(c);
    *out = c;
    return 0;
}

void
gbx_checker_finish(gbx_checker *c, gbx_invariant result[GBX_INVARIANTS])
{
    check_losses(c);
    memcpy(result, c->result, sizeof(c->result));
}

void
gbx_checker_free(gbx_checker *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t s = 0; c->threads != NULL && s < gbx_trace_stream_count(c->trace); s++) {
        gbx_stack_clear(&c->threads[s].frames);
        gbx_stack_clear(&c->threads[s].stages);
        gbx_stack_clear(&c->threads[s].imports);
    }
    gbx_set_clear(&c->generators);
    free(c->threads);
    free(c->processes);
    free(c);
}

int
gbx_check_all(const gbx_trace *trace, gbx_invariant result[GBX_INVARIANTS], gbx_error *error)
{
    gbx_checker *checker;
    int status = gbx_checker_new(&checker, trace, error);
    if (status != 0) {
        return status;
    }
    size_t at = 0, count;
    const gbx_entry *entries = gbx_trace_entries(trace, 0, &count);
    for (; count > 0; entries = gbx_trace_entries(trace, at, &count)) {
        for (size_t i = 0; i < count; i++) {
            gbx_checker_event(checker, &entries[i], at + i);
        }
        at += count;
    }
    gbx_checker_finish(checker, result);
    gbx_checker_free(checker);
    return 0;
}
