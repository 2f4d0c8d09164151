/* Which hook emitted an event.

   The event's id says which macro; its fields, and at times the thread's events around it, say which of
   that macro's lines.  Each fits_...() refuses a line only where the event cannot have come from it, so
   what is left are all that can: several, where the trace does not tell them apart. */

#include "source_internal.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_BACK 4096            /* events, of all threads, to look at for one of the same thread */
#define ENTRY_PRESENT 255         /* frame.push: the frame was there before the recording */

/* What is known of the event, put together once. */
typedef struct {
    gbx_source *source;
    const gbx_trace *trace;
    size_t at;
    const gbx_head *record;
    gbx_where where;
    char word[32];                /* label of its stage, step or reason as hooks write it: "PARSE" */
    const char *family;           /* spec.*: "LOAD_GLOBAL"; "" unknown */
    gbx_parts parts;              /* of the instruction that it is about */
} asked;

typedef bool fits(const asked *it, const gbx_hook *hook);

/* ---------------------------------------------------------------- looking back */

/* The thread's event before `at`; SIZE_MAX where there is none near. */
static size_t
previous_of_thread(const asked *it, size_t at)
{
    for (size_t steps = 0; at-- > 0 && steps < LOOK_BACK; steps++) {
        if (gbx_trace_where(it->trace, at).stream == it->where.stream) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* Can no instruction have been instrumented (sys.monitoring, settrace, setprofile) before the event?
   That is known where the recording began with the interpreter and has every event since. */
static bool
is_quiet(const asked *it)
{
    gbx_source *source = it->source;
    uint32_t needed = (1u << GBX_CLASS_FRAME) | (1u << GBX_CLASS_SPEC);
    if (source->trace != it->trace) {
        source->trace = it->trace;
        source->looked_until = 0;
        source->instrumented = (gbx_trace_mask(it->trace) & needed) != needed ||
            gbx_trace_lost(it->trace) != 0;
        for (size_t i = 0; i < gbx_trace_stream_count(it->trace); i++) {
            source->instrumented |= gbx_trace_stream(it->trace, i)->midway;
        }
    }
    for (; !source->instrumented && source->looked_until < it->at; source->looked_until++) {
        source->instrumented =
            gbx_trace_event(it->trace, source->looked_until) == GBX_EV_SPEC_INSTRUMENT;
    }
    return !source->instrumented;
}

static bool
is_instrumented_form(const gbx_hook *hook)
{
    return strncmp(hook->site.function, "INSTRUMENTED_", 13) == 0;
}

/* ------------------------------------------------------------------ class frame */

static bool
is_in_bytecodes(const gbx_hook *hook)
{
    return strcmp(hook->site.file, "Python/bytecodes.c") == 0;
}

static bool
is_loop_entry(const gbx_hook *hook)
{
    return strcmp(hook->site.function, "_PyEval_EvalFrameDefault") == 0;
}

/* The frame's beginning: a new call of the eval loop (entry 0), the instruction that pushed it inline, or
   C code that links the frame of a generator itself (gen.throw(); see can_have_resumed). */
static bool
fits_enter(const asked *it, const gbx_hook *hook)
{
    const gbx_frame_edge *edge = (const gbx_frame_edge *)(const void *)it->record;
    bool resumes = it->record->event == GBX_EV_FRAME_RESUME;
    const char *frame = hook->site.through == NULL ? hook->arguments[1] : hook->arguments[0];
    if (it->record->flags == 0 || it->record->flags == ENTRY_PRESENT) {
        return it->record->flags == 0 && is_loop_entry(hook);   /* the other: fits_present */
    }
    if (!is_in_bytecodes(hook)) {
        return resumes && !is_loop_entry(hook);
    }
    if (it->parts.count > 0 && !gbx_parts_have(&it->parts, hook->site.function)) {
        return false;
    }
    if (resumes ? strcmp(frame, "new_frame") == 0 : strcmp(frame, "gen_frame") == 0) {
        return false;
    }
    return (edge->code == GBX_CODE_INIT_SHIM) == (strcmp(frame, "shim") == 0);
}

static bool
fits_present(const asked *it, const gbx_hook *hook)
{
    return it->record->flags == ENTRY_PRESENT && strcmp(hook->arguments[0], "") == 0 &&
        strcmp(hook->site.function, "_PyGlassbox_Snapshot") == 0;
}

static bool
fits_leave(const asked *it, const gbx_hook *hook)
{
    return strcmp(hook->arguments[2], it->word) == 0 && !(is_instrumented_form(hook) && is_quiet(it));
}

static bool
fits_suspend(const asked *it, const gbx_hook *hook)
{
    bool throws = it->record->flags == GBX_SUSPEND_THROW;
    return (strstr(hook->arguments[2], "THROW") != NULL) == throws &&
        !(is_instrumented_form(hook) && is_quiet(it));
}

/* PyFrame_New() makes a frame object that holds its frame in itself, a few words from its start. */
static bool
fits_object(const asked *it, const gbx_hook *hook)
{
    const gbx_frame_object_new *event = (const gbx_frame_object_new *)(const void *)it->record;
    uint32_t distance = event->frame - event->object;
    bool holds = distance > 0 && distance < 32;
    return holds == (strncmp(hook->arguments[0], "f->", 3) == 0);
}

/* ------------------------------------------------------------------- class spec */

static bool
fits_family(const asked *it, const gbx_hook *hook)
{
    return strcmp(hook->arguments[1], it->family) == 0;
}

static bool
fits_miss(const asked *it, const gbx_hook *hook)
{
    return gbx_parts_have(&it->parts, hook->site.function);
}

static bool
fits_instrument(const asked *it, const gbx_hook *hook)
{
    const gbx_spec *event = (const gbx_spec *)(const void *)it->record;
    const char *after = gbx_trace_opcode(it->trace, it->where.process, event->opcode_after);
    if (after == NULL) {
        return true;
    }
    bool puts = strncmp(after, "INSTRUMENTED_", 13) == 0;
    return puts == (strncmp(hook->arguments[3], "instrumented", 12) == 0);
}

/* ------------------------------------------------- classes compile, import, thread */

/* The innermost stage that is open before the event at `at`; 0: none, or it is not known. */
static uint8_t
stage_around(const asked *it, size_t at)
{
    int closed = 0;
    while ((at = previous_of_thread(it, at)) != SIZE_MAX) {
        const gbx_head *record = gbx_trace_record(it->trace, at);
        if (record->event == GBX_EV_COMPILE_END) {
            closed++;
        }
        else if (record->event == GBX_EV_COMPILE_BEGIN && closed-- == 0) {
            return record->flags;
        }
    }
    return 0;
}

/* A program's own file is parsed from the file, all else (imports, compile(), exec()) from a string; only
   what is typed at the prompt is parsed by a third function, which runs inside no stage. */
static bool
fits_parser(const asked *it, const gbx_hook *hook)
{
    size_t begin = it->at;
    if (it->record->event == GBX_EV_COMPILE_END) {
        for (int depth = 1; depth > 0; ) {
            begin = previous_of_thread(it, begin);
            if (begin == SIZE_MAX) {
                return true;
            }
            uint8_t event = gbx_trace_event(it->trace, begin);
            depth += event == GBX_EV_COMPILE_END;
            depth -= event == GBX_EV_COMPILE_BEGIN;
        }
    }
    uint8_t around = stage_around(it, begin);
    bool of_file = strcmp(hook->site.function, "_PyParser_ASTFromFile") == 0;
    return around == 0 || (around == GBX_STAGE_RUN_FILE) == of_file;
}

static bool
fits_stage(const asked *it, const gbx_hook *hook)
{
    const gbx_compile_stage *event = (const gbx_compile_stage *)(const void *)it->record;
    if (strcmp(hook->arguments[0], it->word) != 0) {
        return false;
    }
    if (it->record->flags == GBX_STAGE_PARSE) {
        return fits_parser(it, hook);
    }
    bool gives_code = hook->arguments[2][0] != '\0' && strcmp(hook->arguments[2], "NULL") != 0 &&
        strcmp(hook->site.hook, "GLASSBOX_COMPILE_END") == 0;
    return event->code == 0 || gives_code;
}

static bool
fits_word(const asked *it, const gbx_hook *hook)
{
    return strcmp(hook->arguments[0], it->word) == 0;
}

static bool
fits_span(const asked *it, const gbx_hook *hook)
{
    return strcmp(hook->arguments[0], it->record->event == GBX_EV_SPAN_BEGIN ? "GBX_EV_SPAN_BEGIN"
                  : "GBX_EV_SPAN_END") == 0;
}

/* -------------------------------------------------------------------- the rules */

/* Every event, its hook, and which of the hook's lines; no function: all of them. */
static const struct {
    uint8_t event;
    const char *hook;
    fits *fits;
    const char *likely;           /* function to name first among several */
} rules[] = {
    { GBX_EV_STREAM_TIME, "GBX_EV_STREAM_TIME", NULL, NULL },
    { GBX_EV_STREAM_LOST, "GBX_EV_STREAM_LOST", NULL, NULL },
    { GBX_EV_STREAM_INTERP, "GLASSBOX_ATTACH", NULL, NULL },
    { GBX_EV_STREAM_MASK, "GBX_EV_STREAM_MASK", NULL, NULL },
    { GBX_EV_FRAME_PUSH, "GLASSBOX_FRAME_ENTER", fits_enter, NULL },
    { GBX_EV_FRAME_PUSH, "GBX_EV_FRAME_PUSH", fits_present, NULL },
    { GBX_EV_FRAME_RESUME, "GLASSBOX_FRAME_ENTER", fits_enter, NULL },
    { GBX_EV_FRAME_POP, "GLASSBOX_FRAME_LEAVE", fits_leave, NULL },
    { GBX_EV_FRAME_SUSPEND, "GLASSBOX_FRAME_SUSPEND", fits_suspend, NULL },
    { GBX_EV_FRAME_GENERATOR, "GLASSBOX_FRAME_GENERATOR", NULL, NULL },
    { GBX_EV_FRAME_OBJECT_NEW, "GLASSBOX_FRAME_OBJECT_NEW", fits_object, NULL },
    { GBX_EV_FRAME_OWN, "GLASSBOX_FRAME_OWN", NULL, NULL },
    { GBX_EV_FRAME_OBJECT_FREE, "GLASSBOX_FRAME_OBJECT_FREE", NULL, NULL },
    { GBX_EV_FRAME_CHUNK_NEW, "GLASSBOX_FRAME_CHUNK_NEW", NULL, NULL },
    { GBX_EV_FRAME_CHUNK_FREE, "GLASSBOX_FRAME_CHUNK_FREE", NULL, "_PyThreadState_PopFrame" },
    { GBX_EV_FRAME_DISCARD, "GLASSBOX_FRAME_DISCARD", NULL, NULL },
    { GBX_EV_SPEC_ATTEMPT, "GLASSBOX_SPEC_ATTEMPT", fits_family, NULL },
    { GBX_EV_SPEC_SUCCESS, "GLASSBOX_SPEC_SUCCESS", fits_family, NULL },
    { GBX_EV_SPEC_RESPECIALIZE, "GLASSBOX_SPEC_SUCCESS", fits_family, NULL },
    { GBX_EV_SPEC_FAIL, "GLASSBOX_SPEC_FAIL", fits_family, NULL },
    { GBX_EV_SPEC_MISS, "GLASSBOX_SPEC_MISS", fits_miss, NULL },
    { GBX_EV_SPEC_DEOPT, "GLASSBOX_SPEC_MISS", fits_miss, NULL },
    { GBX_EV_SPEC_INSTRUMENT, "GLASSBOX_SPEC_INSTRUMENT", fits_instrument, NULL },
    { GBX_EV_COMPILE_BEGIN, "GLASSBOX_COMPILE_BEGIN", fits_stage, NULL },
    { GBX_EV_COMPILE_BEGIN, "GLASSBOX_COMPILE_STAGE", fits_stage, "_PyParser_ASTFromString" },
    { GBX_EV_COMPILE_END, "GLASSBOX_COMPILE_END", fits_stage, NULL },
    { GBX_EV_COMPILE_END, "GLASSBOX_COMPILE_STAGE", fits_stage, "_PyParser_ASTFromString" },
    { GBX_EV_CODE_NEW, "GLASSBOX_CODE_NEW", NULL, NULL },
    { GBX_EV_CODE_FREE, "GLASSBOX_CODE_FREE", NULL, NULL },
    { GBX_EV_IMPORT_BEGIN, "GLASSBOX_IMPORT_BEGIN", fits_word, NULL },
    { GBX_EV_IMPORT_END, "GLASSBOX_IMPORT_END", fits_word, NULL },
    { GBX_EV_THREAD_START, "GLASSBOX_THREAD_START", NULL, NULL },
    { GBX_EV_THREAD_EXIT, "GLASSBOX_THREAD_EXIT", NULL, NULL },
    { GBX_EV_INTERP_NEW, "GLASSBOX_INTERP_NEW", NULL, NULL },
    { GBX_EV_INTERP_END, "GLASSBOX_INTERP_END", NULL, NULL },
    { GBX_EV_FORK, "GLASSBOX_FORK_PARENT", NULL, "os_fork_impl" },
    { GBX_EV_MARK, "_PyGlassbox_Mark", NULL, NULL },
    { GBX_EV_SPAN_BEGIN, "_PyGlassbox_Span", fits_span, NULL },
    { GBX_EV_SPAN_END, "_PyGlassbox_Span", fits_span, NULL },
    { GBX_EV_WATCH, "_PyGlassbox_Watch", NULL, NULL },
    { GBX_EV_UNWATCH, "_PyGlassbox_Unwatch", NULL, NULL },
    { GBX_EV_OBJ_DESTROY, "GLASSBOX_OBJ_DESTROY", NULL, NULL },
};

/* ----------------------------------------------------------- which guard missed */

/* What a type check in a guard on two operands wants to see. */
static const struct { const char *part, *type; } operand_guards[] = {
    { "_GUARD_BOTH_INT", "int" }, { "_GUARD_BOTH_FLOAT", "float" }, { "_GUARD_BOTH_UNICODE", "str" },
};

/* Can the guard in this line have missed?  Only where the event rules it out is the answer no; the
   instruction's first guard that fails is the one. */
static bool
can_have_missed(const asked *it, const gbx_hook *hook)
{
    const gbx_spec *event = (const gbx_spec *)(const void *)it->record;
    if (event->h.event != GBX_EV_SPEC_MISS) {
        return true;
    }
    const char *condition = hook->arguments[0];
    const char *function = hook->site.function;
    if (event->guard == GBX_GUARD_GLOBALS_KEYS && event->found != 0) {
        return strcmp(function, "_GUARD_GLOBALS_VERSION") == 0 && strstr(condition, "dk_version");
    }
    if (event->guard == GBX_GUARD_BUILTINS_KEYS && event->found != 0) {
        return strcmp(function, "_GUARD_BUILTINS_VERSION") == 0 && strstr(condition, "dk_version");
    }
    if (event->guard == GBX_GUARD_TYPE_VERSION && gbx_parts_have(&it->parts, "_GUARD_TYPE_VERSION")) {
        return strcmp(function, "_GUARD_TYPE_VERSION") == 0;
    }
    const char *type = gbx_trace_string(it->trace, it->where.process, event->type);
    for (size_t i = 0; type != NULL && i < sizeof(operand_guards) / sizeof(operand_guards[0]); i++) {
        if (event->guard == GBX_GUARD_TYPE && strcmp(function, operand_guards[i].part) == 0) {
            bool left_holds = strcmp(type, operand_guards[i].type) == 0;
            return left_holds != (strstr(condition, "(left)") != NULL);
        }
    }
    return true;
}

/* A generator's frame that an instruction can have resumed was not linked by C code. */
static bool
can_have_resumed(const asked *it, const gbx_hook *hook)
{
    return it->record->event != GBX_EV_FRAME_RESUME || is_in_bytecodes(hook);
}

/* Drops the lines that `can` refuses, unless nothing would be left: then it has nothing to say. */
static size_t
narrow(const asked *it, fits *can, const gbx_hook **list, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        kept += can(it, list[i]);
    }
    if (kept == 0 || kept == count) {
        return count;
    }
    kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (can(it, list[i])) {
            list[kept++] = list[i];
        }
    }
    return kept;
}

/* ------------------------------------------------------------------ the question */

/* "run_file" as hooks write it. */
static void
write_word(asked *it, uint8_t enumeration)
{
    const char *label = gbx_trace_label(enumeration, it->record->flags);
    size_t i = 0;
    for (; label != NULL && label[i] != '\0' && i + 1 < sizeof(it->word); i++) {
        it->word[i] = label[i] >= 'a' && label[i] <= 'z' ? (char)(label[i] - 'a' + 'A') : label[i];
    }
    it->word[i] = '\0';
}

/* The thread's event before this one that is not about the memory of frames. */
static const gbx_head *
event_before(const asked *it)
{
    size_t at = it->at;
    while ((at = previous_of_thread(it, at)) != SIZE_MAX) {
        const gbx_head *record = gbx_trace_record(it->trace, at);
        if (record->event != GBX_EV_FRAME_CHUNK_NEW) {
            return record;
        }
    }
    return NULL;
}

/* The parts of the instruction that entered a frame.  A site that missed runs its general form, while
   the code still names the special one; where the thread's last event tells, only one of them is left.
   An inlined __init__ has the shim below it: what pushed the shim pushed both. */
static void
find_entering_parts(asked *it)
{
    const gbx_head *before = event_before(it);
    uint8_t opcode = it->record->flags;
    if (before != NULL && before->event == GBX_EV_FRAME_PUSH &&
        ((const gbx_frame_edge *)(const void *)before)->code == GBX_CODE_INIT_SHIM) {
        opcode = before->flags;
    }
    const char *name = gbx_trace_opcode(it->trace, it->where.process, opcode);
    if (name == NULL) {
        return;
    }
    if (strncmp(name, "INSTRUMENTED_", 13) == 0) {
        name += 13;
    }
    uint32_t spec = 1u << GBX_CLASS_SPEC;
    bool knows = (gbx_trace_mask(it->trace) & spec) != 0 && gbx_trace_lost(it->trace) == 0;
    bool missed = before != NULL && before->event == GBX_EV_SPEC_MISS && before->flags == opcode;
    if (!knows || !missed) {
        gbx_parts_add(it->source, name, strlen(name), &it->parts);
    }
    if (!knows || missed) {
        gbx_parts_add_general(it->source, name, &it->parts);
    }
}

static void
put_together(asked *it)
{
    const gbx_spec *spec = (const gbx_spec *)(const void *)it->record;
    const char *opcode;
    switch (gbx_event_class(it->record->event)) {
        case GBX_CLASS_SPEC:
            it->family = gbx_trace_opcode(it->trace, it->where.process, spec->family);
            opcode = gbx_trace_opcode(it->trace, it->where.process, spec->h.flags);
            if (opcode != NULL) {
                gbx_parts_add(it->source, opcode, strlen(opcode), &it->parts);
            }
            break;
        case GBX_CLASS_COMPILE:
            write_word(it, GBX_ENUM_STAGE);
            break;
        case GBX_CLASS_IMPORT:
            write_word(it, GBX_ENUM_IMPORT_STEP);
            break;
        case GBX_CLASS_FRAME:
            write_word(it, GBX_ENUM_POP);
            if ((it->record->event == GBX_EV_FRAME_PUSH || it->record->event == GBX_EV_FRAME_RESUME) &&
                it->record->flags != 0 && it->record->flags != ENTRY_PRESENT) {
                find_entering_parts(it);
            }
            break;
        default:
            break;
    }
    if (it->family == NULL) {
        it->family = "";
    }
}

/* Instrumented forms after plain ones, the rule's likely function before all: an order, no verdict. */
static int
how_likely(const gbx_hook *hook, const char *likely)
{
    if (likely != NULL && strcmp(hook->site.function, likely) == 0) {
        return 0;
    }
    return is_instrumented_form(hook) ? 2 : 1;
}

static size_t
collect(const asked *it, const gbx_hook **list, const char **likely)
{
    const gbx_hooks *hooks = &it->source->hooks;
    size_t count = 0;
    for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
        if (rules[r].event != it->record->event) {
            continue;
        }
        *likely = rules[r].likely == NULL ? *likely : rules[r].likely;
        for (size_t i = 0; i < hooks->count && count < hooks->count; i++) {
            const gbx_hook *hook = &hooks->list[i];
            if (strcmp(hook->site.hook, rules[r].hook) == 0 &&
                (rules[r].fits == NULL || rules[r].fits(it, hook))) {
                list[count++] = hook;
            }
        }
    }
    return count;
}

int
gbx_source_emitter(gbx_source *source, const gbx_trace *trace, size_t at, gbx_emitter *out,
                   gbx_error *error)
{
    *out = (gbx_emitter){ .count = 0 };
    if (at >= gbx_trace_count(trace)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "there is no event %zu", at);
    }
    int result = gbx_hooks_read(source, error);
    const gbx_hook **list = result < 0 || source->hooks.count == 0 ? NULL
        : calloc(source->hooks.count, sizeof(*list));
    if (list == NULL) {
        return result < 0 ? result
            : gbx_error_set(error, GBX_ERROR_MISSING, "the source tree has no hooks");
    }
    asked it = { .source = source, .trace = trace, .at = at, .record = gbx_trace_record(trace, at),
                 .where = gbx_trace_where(trace, at) };
    put_together(&it);
    const char *likely = NULL;
    out->count = collect(&it, list, &likely);
    out->count = narrow(&it, can_have_missed, list, out->count);
    out->count = narrow(&it, can_have_resumed, list, out->count);
    size_t listed = 0;
    for (int rank = 0; rank <= 2; rank++) {
        for (size_t i = 0; i < out->count && listed < GBX_EMITTER_LINES; i++) {
            if (how_likely(list[i], likely) == rank) {
                out->lines[listed++] = list[i]->site;
            }
        }
    }
    free(list);
    return out->count > 0 ? 0
        : gbx_error_set(error, GBX_ERROR_MISSING, "no hook in the source tree emits such a '%s'",
                        gbx_event_name(it.record->event));
}
