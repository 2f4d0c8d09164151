/* The invariants of every trace; see check.h.  What concerns records is checked in check_records.c, in
   one pass over the merged order; what concerns segments, from their heads, here. */

#include "check_internal.h"
#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACK_ITEMS   (8u << 20)       /* of all stacks together: 64 MiB */
#define CLOCK_SLACK_NS     1e6         /* an instant taken while the machine was busy */
#define CLOCK_SLACK_RATIO  1e-3        /* CLOCK_MONOTONIC is slewed by up to 500 in a million */

void
gbx_checker_violate(gbx_checker *c, int which, size_t at, const char *format, ...)
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
        gbx_checker_violate(c, GBX_INVARIANT_CLOCK, GBX_NO_POSITION,
                "pid %" PRIu32 ", %.6f ms after its start the clocks are %.6f ms apart",
                of->header->pid, elapsed / 1e6, off / 1e6);
    }
}

/* The segments of a process, whose streams begin with `stream`; returns where those of the next begin.
   A ring drops segments by design, in whatever order it needs them. */
static size_t
check_segments(gbx_checker *c, size_t process, size_t stream)
{
    const gbx_process *of = gbx_trace_process(c->trace, process);
    bool ring = of->header->mode == GBX_MODE_RING;
    uint32_t thread = 0, next = 0;
    bool first = true;
    for (size_t i = 0; i < gbx_trace_segment_count(c->trace, process); i++) {
        gbx_segment_info segment = gbx_trace_segment(c->trace, process, i);
        check_clock(c, process, i);
        if (segment.kind != GBX_SEGMENT_EVENTS) {
            continue;
        }
        if (first || segment.thread != thread) {         /* streams have the order of the threads */
            stream += !first;
            next = ring ? segment.sequence : 0;
            first = false;
        }
        thread = segment.thread;
        c->threads[stream].gap = c->threads[stream].gap || segment.sequence != next;
        c->result[GBX_INVARIANT_WHOLE].looked_at += !ring;
        if (!ring && segment.sequence != next) {
            gbx_checker_violate(c, GBX_INVARIANT_WHOLE, GBX_NO_POSITION,
                    "pid %" PRIu32 ", thread %" PRIu32 ": segment %" PRIu32 " where %" PRIu32
                    " should be", of->header->pid, thread, segment.sequence, next);
        }
        next = segment.sequence + 1;
        c->result[GBX_INVARIANT_RECORDS].looked_at++;
        if (segment.whole < segment.bytes && !segment.cut) {
            gbx_checker_violate(c, GBX_INVARIANT_RECORDS, GBX_NO_POSITION,
                    "pid %" PRIu32 ", thread %" PRIu32 ", segment %" PRIu32 ": %" PRIu64
                    " bytes from %" PRIu64 " on are none", of->header->pid, thread, segment.sequence,
                    segment.bytes - segment.whole, segment.whole);
        }
    }
    return stream + !first;
}

static size_t
begin_process(gbx_checker *c, size_t process, size_t stream)
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
    state->free_threaded = (of->header->build & GBX_BUILD_FREE_THREADED) != 0;
    state->counts = of->lost == 0 && of->overwritten == 0 && of->unknown == 0 && !of->cut;
    state->locks_whole = state->counts && state->timed &&
        (of->header->first_mask >> GBX_CLASS_GIL & 1) != 0;
    state->aio_whole = state->counts && state->timed &&
        (of->header->first_mask >> GBX_CLASS_AIO & 1) != 0;
    state->exports_whole = state->counts && state->timed &&
        (of->header->first_mask >> GBX_CLASS_BUF & 1) != 0;
    const char *begin = gbx_trace_meta_value(c->trace, (uint32_t)process, "begin");
    state->exports_first = begin != NULL && strcmp(begin, "interpreter") == 0;
    return check_segments(c, process, stream);
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
        if (c->threads[s].gap) {                 /* what is left may have been entered in the gap */
            c->threads[s].frames.closed = c->threads[s].stages.closed =
                c->threads[s].imports.closed = true;
        }
        process->counts = process->counts && (first || of->header->clock != GBX_CLOCK_NONE);
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
            gbx_checker_violate(c, GBX_INVARIANT_LOSSES, GBX_NO_POSITION,
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
    for (size_t i = 0, stream = 0; i < gbx_trace_process_count(trace); i++) {
        stream = begin_process(c, i, stream);
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
        gbx_stack_clear(&c->threads[s].collections);
        gbx_stack_clear(&c->threads[s].steps);
        gbx_stack_clear(&c->threads[s].runs);
        gbx_stack_clear(&c->threads[s].iterations);
    }
    for (size_t p = 0; c->processes != NULL && p < gbx_trace_process_count(c->trace); p++) {
        free(c->processes[p].counted);
        free(c->processes[p].locks);
        gbx_check_buf_clear(&c->processes[p]);
        gbx_heap_free(c->processes[p].heap);
        gbx_checker_aio_free(c->processes[p].aio);
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
