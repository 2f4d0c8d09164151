/* glassbox life, in words: a line or more for each moment, in 80 columns.  See cmd_life.h. */

#include "cmd_life.h"

#include "caller.h"
#include "show.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, DETAIL = 39 };

/* ------------------------------------------------------------------ what happened */

/* "3", and without the GIL "3 = 2 + 1": the owner's half and that of the others. */
static void
write_count(const gbx_life *life, const gbx_moment *moment, char *text, size_t size)
{
    if (life->halves && moment->event != GBX_EV_REF_SKIP) {
        snprintf(text, size, "%" PRId64 " = %" PRIu32 " + %" PRId64, gbx_moment_count(moment), moment->local,
                 moment->shared >> 2);
    }
    else {
        snprintf(text, size, "%" PRId64, gbx_moment_count(moment));
    }
}

static void
write_change(const gbx_life *life, const gbx_moment *moment, char *text, size_t size)
{
    char count[80];
    const char *label;
    write_count(life, moment, count, sizeof(count));
    switch (moment->event) {
        case GBX_EV_NONE:
            snprintf(text, size, "not seen: %+" PRId64, moment->delta);
            break;
        case GBX_EV_REF_SET:
            label = gbx_trace_label(GBX_ENUM_REF, moment->how);
            snprintf(text, size, "= %s (%s)", count, label == NULL ? "?" : label);
            break;
        case GBX_EV_REF_MERGE:
            snprintf(text, size, "merged: %s", count);
            break;
        default:
            snprintf(text, size, "%+" PRId64 " -> %s", moment->delta, count);
            break;
    }
}

static void
write_what(const gbx_life *life, const gbx_moment *moment, char *text, size_t size)
{
    static const struct { uint8_t event; const char *words; } words[] = {
        { GBX_EV_REF_SKIP, "immortal: no change" }, { GBX_EV_REF_DEALLOC, "dies" },
        { GBX_EV_OBJ_DESTROY, "dies" }, { GBX_EV_REF_QUEUE, "queued for its owner" },
        { GBX_EV_REF_RETRY, "tried again" }, { GBX_EV_WATCH, "watched from here" },
        { GBX_EV_UNWATCH, "watched no longer" }, { GBX_EV_OBJ_CREATE, "born" },
        { GBX_EV_OBJ_REVIVE, "lives on" }, { GBX_EV_BLOCK_ALLOC, "memory taken" },
        { GBX_EV_LARGE_ALLOC, "memory taken" }, { GBX_EV_BLOCK_FREE, "memory returned" },
        { GBX_EV_LARGE_FREE, "memory returned" }, { GBX_EV_FREE_DELAYED, "free put off" },
        { GBX_EV_FREELIST_HIT, "off a free list" }, { GBX_EV_FREELIST_PUT, "kept in a free list" },
        { GBX_EV_FREELIST_DROP, "off the free list" },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].event == moment->event) {
            snprintf(text, size, "%s", words[i].words);
            return;
        }
    }
    if (moment->event == GBX_EV_GC_VERDICT) {
        const char *label = gbx_trace_label(GBX_ENUM_VERDICT, moment->how);
        snprintf(text, size, "%s", label == NULL ? "judged" : label);
    }
    else if (moment->event == GBX_EV_REF_OWNER) {
        snprintf(text, size, "owned by %s", moment->how == GBX_REF_LOCAL ? "this thread" : "another");
    }
    else {
        write_change(life, moment, text, size);
    }
}

/* -------------------------------------------------------------------- who did it */

/* "a.py:7 in work" of an instruction; "". */
static void
write_place(const gbx_life_teller *it, const gbx_moment *moment, char *text, size_t size)
{
    int line, column;
    const gbx_code_info *code = moment->code == 0 ? NULL
        : gbx_trace_code(it->trace, it->life->process, moment->code);
    text[0] = '\0';
    if (code == NULL) {
        return;
    }
    const char *slash = strrchr(code->file, '/'), *file = slash == NULL ? code->file : slash + 1;
    if (moment->offset != GBX_NO_OFFSET && gbx_code_line(code, moment->offset, &line, &column)) {
        snprintf(text, size, "%s:%d in %s", file, line, code->name);
    }
    else {
        snprintf(text, size, "in %s", code->name);
    }
    gbx_text_mend(text);
}

static void
write_verdict(const gbx_life_teller *it, const gbx_moment *moment, char *text, size_t size)
{
    char place[256];
    if (moment->cause == SIZE_MAX || gbx_trace_event(it->trace, moment->cause) != GBX_EV_GC_START) {
        snprintf(text, size, "by a collection whose start was not recorded");
        return;
    }
    const gbx_gc_start *start = (const gbx_gc_start *)gbx_trace_record(it->trace, moment->cause);
    const char *reason = gbx_trace_label(GBX_ENUM_GC_REASON, start->reason);
    gbx_show_place(it->trace, moment->cause, place, sizeof(place));
    snprintf(text, size, "by the collection of generation %u (%s%s%s)", start->h.flags,
             reason == NULL ? "?" : reason, place[0] == '\0' ? "" : ", ", place);
}

#define POOL_BYTES UINT64_C(16384)       /* of 3.13's small-object allocator */

static void
write_block(const gbx_moment *moment, char *text, size_t size)
{
    bool taken = moment->event == GBX_EV_BLOCK_ALLOC || moment->event == GBX_EV_LARGE_ALLOC;
    int used = moment->size == 0 ? 0 : snprintf(text, size, "%" PRIu64 " bytes, ", moment->size);
    used += snprintf(text + used, size - (size_t)used, "block 0x%" PRIx64, moment->address);
    if (moment->arena != 0) {
        used += snprintf(text + used, size - (size_t)used, ", %s pool 0x%" PRIx64 " of arena 0x%" PRIx64
                         ": there now %" PRIu32 " of %" PRIu32 " blocks of %" PRIu32 " bytes are in use",
                         taken ? "of" : "to", moment->address & ~(POOL_BYTES - 1), moment->arena,
                         moment->in_use, moment->capacity, moment->class_size);
    }
    else if (moment->event == GBX_EV_LARGE_ALLOC || moment->event == GBX_EV_LARGE_FREE) {
        snprintf(text + used, size - (size_t)used, ", %s malloc()", taken ? "from" : "to");
    }
}

/* How long a reference that was given up waited in the owner's queue. */
static void
write_merge(const gbx_life_teller *it, const gbx_moment *moment, char *text, size_t size)
{
    static const char *const reasons[] = {
        [GBX_REF_EXPLICIT] = "asked for", [GBX_REF_ZERO] = "the owner's half is 0",
        [GBX_REF_QUEUED] = "what was queued is taken", [GBX_REF_THREAD_EXIT] = "the owner's thread is gone",
        [GBX_REF_COLLECTOR] = "by the collector",
    };
    const char *reason = moment->how < sizeof(reasons) / sizeof(reasons[0]) ? reasons[moment->how] : NULL;
    int used = snprintf(text, size, "%s", reason == NULL ? "?" : reason);
    for (const gbx_moment *before = moment; before > it->life->moments;) {
        before--;
        if (before->event == GBX_EV_REF_QUEUE) {
            snprintf(text + used, size - (size_t)used, ", after %.6f ms",
                     (double)(moment->t_ns - before->t_ns) / 1e6);
        }
        if (before->event == GBX_EV_REF_QUEUE || before->event == GBX_EV_REF_MERGE) {
            return;
        }
    }
}

/* What there is to say besides who did it; "". */
static void
write_more(const gbx_life_teller *it, const gbx_moment *moment, char *text, size_t size)
{
    const char *label;
    text[0] = '\0';
    switch (moment->event) {
        case GBX_EV_GC_VERDICT:
            write_verdict(it, moment, text, size);
            break;
        case GBX_EV_WATCH: case GBX_EV_UNWATCH:
            snprintf(text, size, "with %u references", moment->local);
            break;
        case GBX_EV_OBJ_CREATE:
            snprintf(text, size, "a %s of %" PRIu64 " bytes", it->life->type, moment->size);
            break;
        case GBX_EV_BLOCK_ALLOC: case GBX_EV_LARGE_ALLOC: case GBX_EV_BLOCK_FREE: case GBX_EV_LARGE_FREE:
        case GBX_EV_FREE_DELAYED:
            write_block(moment, text, size);
            break;
        case GBX_EV_FREELIST_HIT: case GBX_EV_FREELIST_PUT: case GBX_EV_FREELIST_DROP:
            label = gbx_trace_label(GBX_ENUM_FREELIST, moment->how);
            snprintf(text, size, "the one for %s", label == NULL ? "?" : label);
            break;
        case GBX_EV_REF_MERGE:
            write_merge(it, moment, text, size);
            break;
        default:
            break;
    }
}

/* -------------------------------------------------------------------------- text */

/* One line of detail: the first stands beside what happened, the others below it. */
static void
put_detail(const char *text, bool *first, size_t column)
{
    if (text[0] == '\0') {
        return;
    }
    if (*first && column < DETAIL) {
        printf("%*s", (int)(DETAIL - column), "");
        column = DETAIL;
    }
    else if (*first) {
        printf(" ");
        column++;
    }
    else {
        printf("%*s", DETAIL, "");
        column = DETAIL;
    }
    *first = false;
    gbx_text_wrap(stdout, (unsigned)column, DETAIL, WIDTH, text);
}

static bool
tell_moment(const gbx_life_teller *it, const gbx_moment *moment, bool inner)
{
    char what[96], text[1024], head[192];
    bool first = true;
    gbx_caller caller;
    write_what(it->life, moment, what, sizeof(what));
    if (inner) {
        snprintf(head, sizeof(head), "%18s%s", "", what);
    }
    else {
        snprintf(head, sizeof(head), "%s%11.6f t%-3" PRIu32 " %s", moment->about ? "≈" : " ",
                 (double)moment->t_ns / 1e6, gbx_trace_where(it->trace, moment->at).thread, what);
    }
    printf("%s", head);
    size_t column = gbx_text_width(head);
    write_place(it, moment, text, sizeof(text));
    put_detail(text, &first, column);
    const gbx_process *process = gbx_trace_process(it->trace, it->life->process);
    bool says = moment->event != GBX_EV_REF_OWNER;       /* it is the watch's own */
    if (says && gbx_caller_find(it->symbols, it->source, process, moment->caller, &caller)) {
        put_detail(gbx_caller_text(&caller, text, sizeof(text)), &first, column);
    }
    write_more(it, moment, text, sizeof(text));
    put_detail(text, &first, column);
    if (first) {
        printf("\n");
    }
    return !ferror(stdout);
}

static bool
tell_fold(const gbx_life_teller *it, gbx_fold fold)
{
    const gbx_moment *first = &it->life->moments[fold.first];
    const gbx_moment *last = first + fold.period * fold.times - 1;
    printf("%s%11.6f t%-3" PRIu32 " %zu times, until %.6f:\n", first->about ? "≈" : " ",
           (double)first->t_ns / 1e6, gbx_trace_where(it->trace, first->at).thread, fold.times,
           (double)last->t_ns / 1e6);
    for (size_t i = 0; i < fold.period; i++) {
        tell_moment(it, first + i, true);
    }
    return !ferror(stdout);
}

/* What nobody recorded, and so is not told. */
static void
tell_rest(const gbx_life *life)
{
    if (life->dropped > 0) {
        printf("  and %" PRIu64 " moments more than can be told\n", life->dropped);
    }
    if (!life->ended) {
        printf("  still there at the end of the recording%s\n",
               (life->missing >> GBX_CLASS_REF & 1) != 0 ? ", as far as was recorded" : "");
    }
    static const struct { uint8_t klass; const char *what; } told[] = {
        { GBX_CLASS_REF, "its references and its death" },
        { GBX_CLASS_GC, "what the collector made of it" },
        { GBX_CLASS_OBJ, "its birth" },
        { GBX_CLASS_ALLOC, "the block that it was in" },
    };
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        if ((life->missing >> told[i].klass & 1) != 0) {
            printf("  not known: %s (the class %s was not recorded)\n", told[i].what,
                   gbx_class_name(told[i].klass));
        }
    }
}

bool
gbx_life_text(const gbx_life_teller *it, bool all)
{
    const gbx_life *life = it->life;
    printf("%s: a %s at 0x%" PRIx64 ", watch %" PRIu32, life->name, life->type, life->address, life->watch);
    if (gbx_trace_process_count(it->trace) > 1) {
        printf(", process %" PRIu32, gbx_trace_process(it->trace, life->process)->header->pid);
    }
    printf("%s\n%12s\n", life->halves ? "; count = the owner's half + the others'" : "", "ms");
    bool written = true;
    for (size_t i = 0; i < life->count && written;) {
        gbx_fold fold = all ? (gbx_fold){ i, 1, 1 } : gbx_life_fold(life, i);
        written = fold.times > 1 ? tell_fold(it, fold) : tell_moment(it, &life->moments[i], false);
        i += fold.period * fold.times;
    }
    tell_rest(life);
    return written && !ferror(stdout);
}
