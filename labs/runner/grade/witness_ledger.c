/* Witness, the ledger: what was seen being written, byte for byte.

   For each recording the header block as it was made, for each segment its head and what follows it.  A stop at a probe adds exactly
   one record or definition; more, less, or one that was there before, is a violation.  A record's time has to lie between the
   moment at which its thread went on after the record before and now: nobody can make a slow step look fast.

   It must not open the trace itself: what the process writes is read from its memory. */

#include "witness_internal.h"

#include <limits.h>
#include <sys/stat.h>

#define SEGMENT_MOST (64u << 20)
#define NAME_MOST    (1u << 20)
#define CODES_MOST   (1u << 22)
#define SLACK_TSC    100000          /* ticks; clocks of two cores may be a little apart */
#define SLACK_NS     20000

#define X(NAME, id, CLASS, text, record, timed) GBX_PIN(sizeof(record) <= GBX_RECORD_MOST);
GBX_EVENTS(X)
#undef X

const uint8_t gbx_ledger_record_size[256] = {
#define X(NAME, id, CLASS, text, record, timed) [id] = sizeof(record),
    GBX_EVENTS(X)
#undef X
};

static const uint8_t is_timed[256] = {
#define X(NAME, id, CLASS, text, record, timed) [id] = timed,
    GBX_EVENTS(X)
#undef X
};

const char *
gbx_ledger_event_name(uint8_t event)
{
    switch (event) {
#define X(NAME, id, CLASS, text, record, timed) case id: return text;
        GBX_EVENTS(X)
#undef X
        default: return "unknown event";
    }
}

/* -------------------------------------------------------------------- segments */

static size_t
slot_of(uint64_t address)
{
    return (size_t)(address >> 14) % 64;
}

static gbx_segment_log *
find_segment(const gbx_trace_log *log, uint64_t address)
{
    gbx_segment_log *segment = log == NULL ? NULL : log->at[slot_of(address)];
    if (segment != NULL && segment->address == address) {
        return segment;
    }
    for (segment = log == NULL ? NULL : log->segments; segment != NULL; segment = segment->next) {
        if (segment->address == address) {     /* the latest first: an address may be mapped again */
            return segment;
        }
    }
    return NULL;
}

static bool
room_for(gbx_segment_log *segment, size_t size)
{
    if (segment->used + size > segment->room) {
        size_t room = segment->room == 0 ? 4096 : segment->room * 2;
        room = room < segment->used + size ? segment->used + size : room;
        unsigned char *grown = realloc(segment->bytes, room);
        if (grown == NULL) {
            return false;
        }
        segment->bytes = grown;
        segment->room = room;
    }
    return true;
}

/* Is the time of something that this thread has just written its own? */
static bool
is_now(const gbx_trace_log *log, const gbx_tracee *tracee, uint64_t ticks)
{
    const gbx_header *header = (const gbx_header *)log->header;
    switch (header->clock) {
        case GBX_CLOCK_TSC:
            return ticks + SLACK_TSC >= tracee->since_tsc && ticks <= gbx_witness_now_tsc() + SLACK_TSC;
        case GBX_CLOCK_MONOTONIC:
            return ticks + SLACK_NS >= tracee->since_ns && ticks <= gbx_witness_now_ns() + SLACK_NS;
        default:
            return true;
    }
}

static gbx_trace_log *
log_of(gbx_witness *witness, const gbx_tracee *tracee, const char *what)
{
    gbx_trace_log *log = tracee->space->log;
    if (log == NULL || log->closed) {
        gbx_witness_violation(witness, "forged-record", "%s was written while nothing was being recorded", what);
        return NULL;
    }
    return log;
}

void
gbx_ledger_segment(gbx_witness *witness, gbx_tracee *tracee, uint64_t address)
{
    gbx_trace_log *log = log_of(witness, tracee, "a segment");
    gbx_segment head;
    if (log == NULL) {
        return;
    }
    if (!gbx_space_read(tracee->space, address, &head, sizeof(head)) || head.magic != GBX_SEGMENT_MAGIC ||
        head.committed != sizeof(head) || head.size > SEGMENT_MOST || head.size % GBX_GRANULE != 0) {
        gbx_witness_violation(witness, "forged-record", "a segment was made that is none");
        return;
    }
    if (!is_now(log, tracee, head.base.ticks)) {
        gbx_witness_violation(witness, "forged-record", "a segment bears another time than its own");
        return;
    }
    gbx_segment_log *old = find_segment(log, address), *segment = calloc(1, sizeof(*segment));
    if (segment == NULL) {
        return;
    }
    segment->address = address;
    segment->head = head;
    segment->owner = tracee->tid;
    segment->base_ticks = segment->last_ticks = head.base.ticks;
    segment->reused = ((const gbx_header *)log->header)->mode == GBX_MODE_RING;
    segment->next = log->segments;
    log->segments = segment;
    log->at[slot_of(address)] = segment;
    if (head.kind == GBX_SEGMENT_EVENTS && head.sequence == 0) {
        tracee->frames_known = tracee->frames_blind = tracee->holds_known = tracee->holds = false;
        tracee->depth = 0;
    }
    if (old != NULL && segment->reused) {
        old->address = 0;              /* overwritten: its records are no longer in the file */
        free(old->bytes);
        old->bytes = NULL;
    }
}

/* -------------------------------------------------------------------- records */

static bool
check_time(gbx_witness *witness, const gbx_trace_log *log, gbx_tracee *tracee, gbx_segment_log *segment, const gbx_head *head)
{
    if (head->event == GBX_EV_STREAM_TIME) {
        uint64_t ticks = ((const gbx_stream_time *)(const void *)head)->ticks;
        segment->base_ticks = ticks;
    }
    else if (!is_timed[head->event]) {
        return true;
    }
    else if (segment->base_ticks + head->dt == segment->last_ticks) {
        return true;                   /* two records of one moment */
    }
    uint64_t ticks = segment->base_ticks + (head->event == GBX_EV_STREAM_TIME ? 0 : head->dt);
    bool now = is_now(log, tracee, ticks);
    segment->last_ticks = ticks;
    if (!now) {
        gbx_witness_violation(witness, "forged-record", "a record of %s bears another time than its own",
                              gbx_ledger_event_name(head->event));
    }
    return now;
}

/* A record that lies behind what was committed before this one would be somebody else's: the recorder writes a head last. */
static bool
is_clean(const gbx_segment_log *segment, const unsigned char *behind, size_t size)
{
    static const unsigned char nothing[8];
    return segment->reused || size < sizeof(nothing) || memcmp(behind, nothing, sizeof(nothing)) == 0;
}

static void
say_unclean(gbx_witness *witness)
{
    gbx_witness_violation(witness, "forged-record", "behind the last record lies what nobody has recorded");
}

uint64_t
gbx_ledger_next(const gbx_tracee *tracee, uint64_t address, size_t *size)
{
    const gbx_segment_log *segment = find_segment(tracee->space->log, address);
    uint64_t room = segment == NULL ? 0 : segment->head.size - segment->head.committed;
    *size = room < GBX_RECORD_MOST + 8 ? (size_t)room : GBX_RECORD_MOST + 8;
    return segment == NULL ? 0 : address + segment->head.committed;
}

/* Who may write where: what is wrong, or NULL. */
static const char *
misplaced(const gbx_tracee *tracee, const gbx_segment_log *segment, const gbx_segment_reading *now)
{
    return segment == NULL ? "no segment of the trace"
        : segment->owner != tracee->tid ? "another thread's segment"
        : segment->head.kind != GBX_SEGMENT_EVENTS ? "a segment of names"
        : now->head.committed > segment->head.size ? "a segment, behind its end" : NULL;
}

void
gbx_ledger_record(gbx_witness *witness, gbx_tracee *tracee, uint64_t address, const gbx_segment_reading *now)
{
    gbx_trace_log *log = log_of(witness, tracee, "a record");
    gbx_segment_log *segment = find_segment(log, address);
    const char *wrong = misplaced(tracee, segment, now);
    union { gbx_head head; unsigned char bytes[GBX_RECORD_MOST]; } record;
    if (log == NULL) {
        return;
    }
    if (wrong != NULL) {
        gbx_witness_violation(witness, "forged-record", "a record was written into %s", wrong);
        return;
    }
    if (now->head.committed <= segment->head.committed) {
        gbx_witness_violation(witness, "missing-record", "records were taken away from a segment");
        return;
    }
    uint64_t size = now->head.committed - segment->head.committed;
    memcpy(record.bytes, now->next, sizeof(record.bytes));
    if (size > now->size || size != gbx_ledger_record_size[record.head.event]) {
        gbx_witness_violation(witness, "forged-record", "a segment grew by %llu bytes, which is not one record",
                              (unsigned long long)size);
        return;
    }
    if (!check_time(witness, log, tracee, segment, &record.head) || !room_for(segment, (size_t)size)) {
        return;
    }
    memcpy(segment->bytes + segment->used, record.bytes, (size_t)size);
    segment->used += (size_t)size;
    segment->head.committed = now->head.committed;
    witness->figures.records++;
    if (record.head.event == GBX_EV_STREAM_MASK) {
        const gbx_stream_mask *change = (const gbx_stream_mask *)(const void *)record.bytes;
        log->switched_off |= change->old_mask & ~change->new_mask;
    }
    if (!is_clean(segment, now->next + size, now->size - (size_t)size)) {
        say_unclean(witness);
    }
    gbx_frames_record(witness, tracee, &record.head);
}

/* Which code object has this id: what its frames are compared with. */
static void
note_code(gbx_trace_log *log, const gbx_name *name, const unsigned char *payload)
{
    gbx_name_code code;
    if (name->kind != GBX_NAME_CODE || name->length < sizeof(code) || name->id >= CODES_MOST) {
        return;
    }
    memcpy(&code, payload, sizeof(code));
    if (name->id >= log->code_count) {
        size_t count = (size_t)name->id * 2 + 1024;
        uint64_t *grown = realloc(log->codes, count * sizeof(*grown));
        if (grown == NULL) {
            return;
        }
        memset(grown + log->code_count, 0, (count - log->code_count) * sizeof(*grown));
        log->codes = grown;
        log->code_count = count;
    }
    log->codes[name->id] = code.address;
}

void
gbx_ledger_name(gbx_witness *witness, gbx_tracee *tracee, uint64_t address)
{
    gbx_trace_log *log = log_of(witness, tracee, "a name");
    gbx_segment_log *segment = find_segment(log, address);
    uint64_t committed = 0;
    gbx_name name;
    if (log == NULL) {
        return;
    }
    bool whole = segment != NULL && segment->head.kind == GBX_SEGMENT_NAMES &&
        gbx_space_read(tracee->space, address + offsetof(gbx_segment, committed), &committed, sizeof(committed)) &&
        gbx_space_read(tracee->space, address + segment->head.committed, &name, sizeof(name)) &&
        name.size >= sizeof(name) && name.size <= NAME_MOST && name.size == committed - segment->head.committed &&
        committed <= segment->head.size && room_for(segment, name.size) &&
        gbx_space_read(tracee->space, address + segment->head.committed, segment->bytes + segment->used, name.size);
    if (!whole) {
        gbx_witness_violation(witness, "forged-record", "a name was written that is not one name");
        return;
    }
    note_code(log, &name, segment->bytes + segment->used + sizeof(name));
    segment->used += name.size;
    segment->head.committed = committed;
    witness->figures.names++;
    uint64_t behind = committed + 8 <= segment->head.size ? gbx_space_word(tracee->space, address + committed) : 0;
    if (!is_clean(segment, (const unsigned char *)&behind, sizeof(behind))) {
        say_unclean(witness);
    }
}

bool
gbx_ledger_behind(const gbx_tracee *tracee, uint64_t address)
{
    const gbx_segment_log *segment = find_segment(tracee->space->log, address);
    uint64_t committed = gbx_space_word(tracee->space, address + offsetof(gbx_segment, committed));
    return segment == NULL || committed != segment->head.committed;
}

/* ---------------------------------------------------------------------- losses */

void
gbx_ledger_lost(gbx_witness *witness, gbx_tracee *tracee, uint64_t address)
{
    gbx_trace_log *log = log_of(witness, tracee, "a loss");
    gbx_segment_log *segment = find_segment(log, address);
    gbx_segment head;
    if (log == NULL) {
        return;
    }
    if (segment == NULL || segment->owner != tracee->tid || segment->used < sizeof(gbx_stream_lost) ||
        !gbx_space_read(tracee->space, address, &head, sizeof(head)) || head.lost != segment->head.lost + 1) {
        gbx_witness_violation(witness, "altered-record", "the count of lost events is not what it was");
        return;
    }
    gbx_stream_lost record;
    segment->head.lost = head.lost;
    memcpy(&record, segment->bytes + segment->used - sizeof(record), sizeof(record));
    record.count = head.lost;
    memcpy(segment->bytes + segment->used - sizeof(record), &record, sizeof(record));
    tracee->frames_known = tracee->holds_known = false;
    tracee->frames_blind = true;
}

void
gbx_ledger_lost_unattached(gbx_witness *witness, gbx_tracee *tracee)
{
    gbx_trace_log *log = log_of(witness, tracee, "a loss");
    if (log != NULL) {
        log->lost_unattached++;
        tracee->frames_known = tracee->holds_known = false;
        tracee->frames_blind = true;
    }
}

/* ------------------------------------------------------------- a recording's life */

static void
identify(const gbx_space *space, gbx_trace_log *log)
{
    char path[PATH_MAX];
    struct stat status;
    snprintf(path, sizeof(path), "/proc/%d/root%s", (int)space->pid, log->path);
    if (stat(path, &status) == 0) {
        log->device = (uint64_t)status.st_dev;
        log->inode = (uint64_t)status.st_ino;
    }
}

/* A recording under the same name as an earlier one takes its place: the recorder itself unlinks that. */
static void
supersede(gbx_witness *witness, const gbx_trace_log *log)
{
    for (gbx_trace_log *old = witness->logs; old != NULL; old = old->next) {
        if (old != log && strcmp(old->path, log->path) == 0) {
            old->superseded = true;
        }
    }
}

void
gbx_ledger_open(gbx_witness *witness, gbx_tracee *tracee, uint64_t path)
{
    gbx_space *space = tracee->space;
    gbx_trace_log *log = calloc(1, sizeof(*log));
    if (log == NULL || (log->header = malloc(GBX_HEADER_SIZE)) == NULL) {
        free(log);
        return;
    }
    log->header_address = gbx_space_word(space, gbx_binary_data_of(witness->binary)->recorder + space->bias +
                                         gbx_binary_layout(witness->binary, GBX_LAYOUT_RECORDER_HEADER));
    if ((space->log != NULL && !space->log->closed) || !gbx_space_read(space, path, log->path, sizeof(log->path) - 1) ||
        !gbx_space_read(space, log->header_address, log->header, GBX_HEADER_SIZE)) {
        gbx_witness_violation(witness, "recorder-switched", "a recording was begun where one is on");
        gbx_ledger_free(log);
        return;
    }
    log->pid = space->pid;
    identify(space, log);
    log->next = witness->logs;
    witness->logs = log;
    space->log = log;
    supersede(witness, log);
    gbx_frames_forget(witness, space);
    witness->figures.recordings++;
}

void
gbx_ledger_close(gbx_witness *witness, gbx_tracee *tracee)
{
    gbx_trace_log *log = log_of(witness, tracee, "an end");
    if (log != NULL) {
        log->closed = true;
    }
}

/* Its file must still be the one that it made. */
void
gbx_ledger_process_ends(gbx_tracee *tracee)
{
    gbx_trace_log *log = tracee->space->log;
    gbx_trace_log is = {0};
    if (log == NULL || log->device == 0 || log->superseded) {
        return;
    }
    snprintf(is.path, sizeof(is.path), "%s", log->path);
    identify(tracee->space, &is);
    log->replaced = is.device != log->device || is.inode != log->inode;
}

void
gbx_ledger_free(gbx_trace_log *log)
{
    if (log == NULL) {
        return;
    }
    while (log->segments != NULL) {
        gbx_segment_log *next = log->segments->next;
        free(log->segments->bytes);
        free(log->segments);
        log->segments = next;
    }
    free(log->codes);
    free(log->header);
    free(log);
}
