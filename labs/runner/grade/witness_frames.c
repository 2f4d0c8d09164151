/* Witness, frames and the lock: as a thread's records have them, and as they are.

   Every record of class frame moves a small stack of the thread's frames, and every record of class gil says whether it holds the
   lock of its interpreter.  At random ones of these stops the interpreter's own chain of frames is read from the
   thread's state, and the lock's own note of its holder; a trace that left something out, or put something in, differs.

   A hook stands beside the step that it records, not at the same instant: one frame more or less on top is no difference.  A thread
   with states in several interpreters is left alone: which of them is current, only the thread itself knows. */

#include "witness_internal.h"

#include <ctype.h>

#define INTERPRETERS_MOST 64
#define STATES_MOST 1024
#define FRAME_BYTES 128              /* of an interpreter frame, that are read */
#define SNAPSHOT_MOST 512            /* frames that the recorder tells, of those that were there */
#define PRESENT 255                  /* frame.push: the frame was there before */

#define STATE_USES 64                /* records between two searches for a thread's state */

typedef struct {
    uint64_t interp, state;
} thread_place;

typedef struct {
    uint64_t address, code;
} real_frame;

void
gbx_frames_forget(gbx_witness *witness, const gbx_space *space)
{
    for (size_t i = 0; i < sizeof(witness->tracees) / sizeof(witness->tracees[0]); i++) {
        for (gbx_tracee *it = witness->tracees[i]; it != NULL; it = it->next) {
            if (it->space == space) {
                it->frames_known = it->frames_blind = it->holds_known = it->holds = false;
                it->depth = 0;
            }
        }
    }
}

/* ---------------------------------------------------------- finding the thread */

/* The thread's id in its own namespace: the last number of NSpid. */
static pid_t
id_inside(gbx_tracee *tracee)
{
    char path[64], *line = NULL;
    size_t room = 0;
    if (tracee->inside != 0) {
        return tracee->inside;
    }
    snprintf(path, sizeof(path), "/proc/%d/status", (int)tracee->tid);
    FILE *file = fopen(path, "re");
    while (file != NULL && getline(&line, &room, file) > 0) {
        if (strncmp(line, "NSpid:", 6) == 0) {
            char *last = line + strcspn(line, "\n");
            while (last > line && isspace((unsigned char)last[-1])) {
                last--;
            }
            while (last > line && isdigit((unsigned char)last[-1])) {
                last--;
            }
            tracee->inside = (pid_t)strtol(last, NULL, 10);
        }
    }
    free(line);
    if (file != NULL) {
        fclose(file);
    }
    return tracee->inside;
}

/* The one thread state of this thread, in all interpreters; false where there is none, or are several. */
static bool
find_state(const gbx_witness *witness, gbx_tracee *tracee, thread_place *to)
{
    const gbx_binary *binary = witness->binary;
    const gbx_space *space = tracee->space;
    uint64_t id = (uint64_t)id_inside(tracee), found = 0;
    uint64_t interp = gbx_space_word(space, gbx_binary_data_of(binary)->runtime + space->bias +
                                     gbx_binary_layout(binary, GBX_LAYOUT_RUNTIME_INTERPRETERS));
    for (int i = 0; interp != 0 && i < INTERPRETERS_MOST; i++) {
        uint64_t state = gbx_space_word(space, interp + gbx_binary_layout(binary, GBX_LAYOUT_INTERP_THREADS));
        for (int n = 0; state != 0 && n < STATES_MOST; n++) {
            if (gbx_space_word(space, state + gbx_binary_layout(binary, GBX_LAYOUT_THREAD_NATIVE_ID)) == id) {
                *to = (thread_place){ .interp = interp, .state = state };
                found++;
            }
            state = gbx_space_word(space, state + gbx_binary_layout(binary, GBX_LAYOUT_THREAD_NEXT));
        }
        interp = gbx_space_word(space, interp + gbx_binary_layout(binary, GBX_LAYOUT_INTERP_NEXT));
    }
    return found == 1;
}

/* ------------------------------------------------------------------ comparing */

/* The thread's real frames, the innermost first, less the eval loop's own; how many, or SIZE_MAX: they cannot be read. */
static size_t
read_frames(const gbx_witness *witness, const gbx_tracee *tracee, uint64_t state, real_frame *to)
{
    const gbx_binary *binary = witness->binary;
    uint64_t previous_at = gbx_binary_layout(binary, GBX_LAYOUT_FRAME_PREVIOUS);
    uint64_t owner_at = gbx_binary_layout(binary, GBX_LAYOUT_FRAME_OWNER);
    uint64_t code_at = gbx_binary_layout(binary, GBX_LAYOUT_FRAME_CODE);
    uint64_t frame = gbx_space_word(tracee->space, state + gbx_binary_layout(binary, GBX_LAYOUT_THREAD_FRAME));
    unsigned char bytes[FRAME_BYTES];
    size_t count = 0, size = (size_t)(owner_at > previous_at ? owner_at : previous_at) + 8;
    if (size > sizeof(bytes) || code_at + 8 > size) {
        return SIZE_MAX;
    }
    for (int steps = 0; frame != 0; steps++) {
        if (steps > 2 * GBX_FRAMES_MOST || count == GBX_FRAMES_MOST || !gbx_space_read(tracee->space, frame, bytes, size)) {
            return SIZE_MAX;
        }
        if (bytes[owner_at] != gbx_binary_layout(binary, GBX_LAYOUT_OWNER_C_STACK)) {
            to[count].address = frame;
            memcpy(&to[count++].code, bytes + code_at, 8);
        }
        memcpy(&frame, bytes + previous_at, sizeof(frame));
    }
    return count;
}

/* Is the code object the one that was given this id? */
static bool
is_function(gbx_witness *witness, const gbx_tracee *tracee, uint32_t id, uint64_t code)
{
    const gbx_trace_log *log = tracee->space->log;
    if (id == 0 || id >= log->code_count || log->codes[id] == 0) {
        return id <= GBX_CODE_INIT_SHIM;
    }
    witness->figures.code_object_checks++;
    return log->codes[id] == code;
}

static void
compare_frames(gbx_witness *witness, gbx_tracee *tracee, const thread_place *place)
{
    static real_frame real[GBX_FRAMES_MOST];
    size_t count = read_frames(witness, tracee, place->state, real), depth = tracee->depth;
    if (count == SIZE_MAX) {
        return;                        /* deeper than is followed */
    }
    witness->figures.frame_checks++;
    size_t both = count < depth ? count : depth;
    bool same = count <= depth + 1 && depth <= count + 1;
    for (size_t i = 0; same && i < both; i++) {
        same = (uint32_t)(real[count - 1 - i].address >> 3) == tracee->frames[i].token &&
            is_function(witness, tracee, tracee->frames[i].code, real[count - 1 - i].code);
    }
    if (!same) {
        gbx_witness_violation(witness, "forged-record", "a thread has %zu frames that the trace does not have so (it has %zu)",
                              count, depth);
    }
}

static void
compare_holder(gbx_witness *witness, const gbx_tracee *tracee, const thread_place *place)
{
    const gbx_space *space = tracee->space;
    const gbx_header *header = (const gbx_header *)space->log->header;
    if (!tracee->holds_known || (header->build & GBX_BUILD_FREE_THREADED)) {
        return;
    }
    uint64_t lock = gbx_space_word(space, place->interp + gbx_binary_layout(witness->binary, GBX_LAYOUT_INTERP_LOCK));
    uint64_t locked = gbx_space_word(space, lock + gbx_binary_layout(witness->binary, GBX_LAYOUT_LOCK_LOCKED));
    uint64_t holder = gbx_space_word(space, lock + gbx_binary_layout(witness->binary, GBX_LAYOUT_LOCK_HOLDER));
    bool really = (int32_t)locked == 1 && holder == place->state;
    witness->figures.lock_checks++;
    if (really != tracee->holds) {
        gbx_witness_violation(witness, "forged-record", "a thread %s the lock, and the trace says that it %s",
                              really ? "holds" : "does not hold", tracee->holds ? "does" : "does not");
    }
}

/* ------------------------------------------------------------------- following */

/* A thread's first record of class frame.  The recorder tells the frames that were there before, but not where the first record of all
   was made without a thread state (after a fork): then what lies below is not in the trace, and nothing can be compared. */
static void
begin(gbx_witness *witness, gbx_tracee *tracee, const gbx_frame_edge *edge)
{
    static real_frame real[GBX_FRAMES_MOST];
    thread_place place;
    bool told = edge->h.flags == PRESENT && edge->h.event == GBX_EV_FRAME_PUSH;
    tracee->depth = 0;
    tracee->frames_known = told || (find_state(witness, tracee, &place) && read_frames(witness, tracee, place.state, real) <= 1);
    tracee->frames_blind = !tracee->frames_known;
}

static void
push(gbx_witness *witness, gbx_tracee *tracee, const gbx_frame_edge *edge)
{
    if (!tracee->frames_known && !tracee->frames_blind) {
        begin(witness, tracee, edge);
    }
    bool cut = edge->h.flags == PRESENT && tracee->depth + 1 >= SNAPSHOT_MOST;
    if (tracee->depth == GBX_FRAMES_MOST || cut) {
        tracee->frames_blind = true;
        tracee->frames_known = false;
        tracee->depth = 0;
    }
    tracee->frames[tracee->depth++] = (gbx_frame_log){ edge->frame, edge->code };
}

static void
pop(gbx_tracee *tracee, const gbx_frame_edge *edge)
{
    if (tracee->depth == 0 || tracee->frames[tracee->depth - 1].token != edge->frame) {
        tracee->frames_known = false;      /* a reader of the trace says so, too */
        tracee->frames_blind = true;
        tracee->depth = 0;
        return;
    }
    tracee->depth--;
}

/* At each entry into a function: is the function that the record names the one whose frame has just been made?  The frame on
   top may still be the caller's. */
static void
compare_function(gbx_witness *witness, gbx_tracee *tracee, const gbx_frame_edge *edge)
{
    thread_place place;
    if (tracee->state == 0 || tracee->state_uses-- == 0) {
        tracee->state = find_state(witness, tracee, &place) ? place.state : 0;
        tracee->state_uses = STATE_USES;
    }
    uint64_t frame = tracee->state == 0 ? 0
        : gbx_space_word(tracee->space, tracee->state + gbx_binary_layout(witness->binary, GBX_LAYOUT_THREAD_FRAME));
    if (frame == 0 || (uint32_t)(frame >> 3) != edge->frame || edge->h.flags == PRESENT) {
        return;
    }
    uint64_t code = gbx_space_word(tracee->space, frame + gbx_binary_layout(witness->binary, GBX_LAYOUT_FRAME_CODE));
    if (!is_function(witness, tracee, edge->code, code)) {
        gbx_witness_violation(witness, "forged-record", "a function was entered, and the trace names another one");
    }
}

void
gbx_frames_record(gbx_witness *witness, gbx_tracee *tracee, const gbx_head *head)
{
    const void *record = head;
    const gbx_stream_mask *change = record;
    thread_place place;
    bool moved = true;
    switch (head->event) {
        case GBX_EV_FRAME_PUSH: case GBX_EV_FRAME_RESUME:
            push(witness, tracee, record);
            compare_function(witness, tracee, record);
            moved = head->event == GBX_EV_FRAME_RESUME || head->flags != PRESENT;    /* not among those being told */
            break;
        case GBX_EV_FRAME_POP: case GBX_EV_FRAME_SUSPEND: case GBX_EV_FRAME_GENERATOR:
            pop(tracee, record);
            break;
        case GBX_EV_GIL_HELD: case GBX_EV_GIL_ACQUIRE:
            tracee->holds_known = tracee->holds = true;
            moved = false;
            break;
        case GBX_EV_GIL_RELEASE: case GBX_EV_GIL_GIVE_UP:
            tracee->holds = false;
            moved = false;
            break;
        case GBX_EV_STREAM_MASK:
            if ((change->old_mask ^ change->new_mask) & (GBX_MASK(FRAME) | GBX_MASK(GIL))) {
                gbx_frames_forget(witness, tracee->space);
            }
            return;
        default:
            return;
    }
    if (!moved || witness->until_frames-- > 0) {
        return;
    }
    witness->until_frames = (unsigned)(gbx_witness_random(witness) % 32);
    if (find_state(witness, tracee, &place)) {
        if (tracee->frames_known) {
            compare_frames(witness, tracee, &place);
        }
        compare_holder(witness, tracee, &place);
    }
}
