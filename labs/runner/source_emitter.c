/* Which hook emitted an event.

   The event's id says which macro; source_rules.c says which of that macro's lines can have emitted it.
   Here is put together what the rules look at, and what is left is put in order: first the likeliest,
   and then as the instruction runs.  An order is no verdict: how many can have done it is always said. */

#include "source_internal.h"

#include <stdlib.h>
#include <string.h>

#define ENTRY_PRESENT 255         /* frame.push: the frame was there before the recording */

/* ----------------------------------------------------------- which guard missed */

/* Guards on the type of the very object whose type the recorder notes.  Where that type is the wanted one
   this guard has held; where it is another, none after it was reached.  That second half does not go for
   calls of bound methods, which put the function in the method's place on the way. */
static const struct { const char *part, *check, *type; bool stays; } type_guards[] = {
    { "_CHECK_ATTR_MODULE", "PyModule_CheckExact(owner)", "module", true },
    { "BINARY_SUBSCR_DICT", "PyDict_CheckExact(dict)", "dict", true },
    { "BINARY_SUBSCR_LIST_INT", "PyList_CheckExact(list)", "list", true },
    { "BINARY_SUBSCR_STR_INT", "PyUnicode_CheckExact(str)", "str", true },
    { "BINARY_SUBSCR_TUPLE_INT", "PyTuple_CheckExact(tuple)", "tuple", true },
    { "STORE_SUBSCR_DICT", "PyDict_CheckExact(dict)", "dict", true },
    { "STORE_SUBSCR_LIST_INT", "PyList_CheckExact(list)", "list", true },
    { "_CALL_BUILTIN_O", "PyCFunction_CheckExact(callable)", "builtin_function_or_method", true },
    { "_CALL_BUILTIN_FAST", "PyCFunction_CheckExact(callable)", "builtin_function_or_method", true },
    { "_CALL_BUILTIN_FAST_WITH_KEYWORDS", "PyCFunction_CheckExact(callable)",
      "builtin_function_or_method", true },
    { "_CHECK_FUNCTION_EXACT_ARGS", "PyFunction_Check(callable)", "function", false },
    { "_CHECK_CALL_BOUND_METHOD_EXACT_ARGS", "&PyMethod_Type", "method", false },
};

/* Where the recorder names a guard, the condition that missed has one of these words.  A version is
   compared before anything that has to do with room, and another eval function before all. */
#define WORDS 6
#define ROOM "_PyThreadState_HasStackSpace"
static const struct { uint8_t guard; const char *words[WORDS]; } guard_words[] = {
    { GBX_GUARD_TYPE_VERSION, { "tp_version_tag", "eval_frame" } },
    { GBX_GUARD_KEYS_VERSION, { "dk_version" } },
    { GBX_GUARD_FUNCTION_VERSION, { "func_version", "null != NULL", "eval_frame" } },
    { GBX_GUARD_STACK_SPACE, { ROOM, "co_argcount", "co_kwonlyargcount", "co_flags", "null != NULL",
                               "eval_frame" } },
    { GBX_GUARD_RECURSION, { "py_recursion_remaining", ROOM, "co_argcount", "null != NULL",
                             "eval_frame" } },
    { GBX_GUARD_EVAL_BREAKER, { "eval_breaker" } },
};

static bool
mentions(const char *condition, const char *words)
{
    size_t size = strlen(condition);
    return gbx_find_word(condition, 0, size, words, strlen(words)) < size;
}

/* Is the condition one that the guard can mean? */
static bool
is_meant(uint8_t guard, const char *condition)
{
    bool listed = false;
    for (size_t i = 0; i < sizeof(guard_words) / sizeof(guard_words[0]); i++) {
        for (size_t w = 0; guard_words[i].guard == guard && w < WORDS; w++) {
            const char *word = guard_words[i].words[w];
            if (word != NULL && mentions(condition, word)) {
                return true;
            }
            listed = true;
        }
    }
    return !listed;
}

/* The guards on the keys of a dict: is it a dict, are its keys those.  Version 0 is also that of a dict
   that changed since, and of what is no dict. */
static bool
can_have_missed_keys(const gbx_spec *miss, const char *guard, const gbx_hook *hook)
{
    bool is_guard = strcmp(hook->site.function, guard) == 0;
    if (miss->expected == miss->found) {
        return !is_guard;
    }
    return is_guard && (miss->found == 0 || strstr(hook->arguments[0], "dk_version") != NULL);
}

/* The line of a type guard's check; 0 where the tree has none such. */
static int
line_of_check(const gbx_asked *it, size_t guard)
{
    const gbx_hooks *hooks = &it->source->hooks;
    for (size_t i = 0; i < hooks->count; i++) {
        const gbx_hook *hook = &hooks->list[i];
        if (strcmp(hook->site.function, type_guards[guard].part) == 0 &&
            strstr(hook->arguments[0], type_guards[guard].check) != NULL) {
            return hook->site.line;
        }
    }
    return 0;
}

/* Can a guard have missed, as far as the type of the object goes that the recorder looked at? */
static bool
types_allow(const gbx_asked *it, const gbx_hook *hook)
{
    const char *type = gbx_trace_string(it->trace, it->where.process, it->miss->type);
    size_t part = gbx_parts_index(&it->parts, hook->site.function);
    size_t apart = gbx_parts_index(&it->parts, "_INIT_CALL_BOUND_METHOD_EXACT_ARGS");
    if (type != NULL && strcmp(type, "method") == 0 && part > apart) {
        return false;            /* the method had not been taken apart yet */
    }
    for (size_t i = 0; type != NULL && i < sizeof(type_guards) / sizeof(type_guards[0]); i++) {
        size_t guard = gbx_parts_index(&it->parts, type_guards[i].part);
        int line = guard == it->parts.count ? 0 : line_of_check(it, i);
        bool holds = strcmp(type, type_guards[i].type) == 0;
        bool after = part > guard || (part == guard && hook->site.line > line);
        if (line != 0 && ((holds && part == guard && hook->site.line == line) ||
                          (!holds && type_guards[i].stays && after))) {
            return false;
        }
    }
    return true;
}

/* Can the guard in this line have missed?  No only where the event rules it out: the first guard that
   fails is the one. */
static bool
can_have_missed(const gbx_asked *it, const gbx_hook *hook)
{
    if (it->miss == NULL) {
        return true;
    }
    switch (it->miss->guard) {
        case GBX_GUARD_GLOBALS_KEYS:
            return can_have_missed_keys(it->miss, "_GUARD_GLOBALS_VERSION", hook);
        case GBX_GUARD_BUILTINS_KEYS:
            return can_have_missed_keys(it->miss, "_GUARD_BUILTINS_VERSION", hook);
        case GBX_GUARD_OTHER:                    /* the versions that the cache holds were right */
            if (it->miss->expected == it->miss->found && it->miss->found != 0 &&
                (mentions(hook->arguments[0], "tp_version_tag") ||
                 strcmp(hook->site.function, "_CHECK_ATTR_MODULE") == 0)) {
                return false;
            }
            break;
        default:
            break;
    }
    return is_meant(it->miss->guard, hook->arguments[0]) && types_allow(it, hook);
}

/* The word that comes first, or the version of a dict's keys. */
static bool
points_to(const gbx_spec *miss, const gbx_hook *hook)
{
    const char *word = miss->guard == GBX_GUARD_GLOBALS_KEYS || miss->guard == GBX_GUARD_BUILTINS_KEYS
        ? "dk_version" : NULL;
    for (size_t i = 0; word == NULL && i < sizeof(guard_words) / sizeof(guard_words[0]); i++) {
        word = guard_words[i].guard == miss->guard ? guard_words[i].words[0] : NULL;
    }
    return word != NULL && mentions(hook->arguments[0], word);
}

/* A generator's frame that an instruction can have resumed was not linked by C code. */
static bool
can_have_resumed(const gbx_asked *it, const gbx_hook *hook)
{
    return it->record->event != GBX_EV_FRAME_RESUME ||
        strcmp(hook->site.file, "Python/bytecodes.c") == 0;
}

/* Drops the lines that `can` refuses, unless nothing would be left: then it has nothing to say. */
static size_t
narrow(const gbx_asked *it, bool (*can)(const gbx_asked *, const gbx_hook *), const gbx_hook **list,
       size_t count)
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

/* ------------------------------------------------------------------ put together */

/* "run_file" as hooks write it. */
static void
write_word(gbx_asked *it, uint8_t enumeration)
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
event_before(const gbx_asked *it)
{
    size_t at = it->at;
    while ((at = gbx_asked_before(it, at)) != SIZE_MAX) {
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
find_entering_parts(gbx_asked *it)
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

/* A miss that used up the site's patience is followed by a deopt, from the same line. */
static const gbx_spec *
find_miss(const gbx_asked *it)
{
    const gbx_spec *own = (const gbx_spec *)(const void *)it->record;
    if (own->h.event != GBX_EV_SPEC_DEOPT) {
        return own->h.event == GBX_EV_SPEC_MISS ? own : NULL;
    }
    size_t before = gbx_asked_before(it, it->at);
    const gbx_spec *miss = before == SIZE_MAX ? NULL
        : (const gbx_spec *)(const void *)gbx_trace_record(it->trace, before);
    return miss != NULL && miss->h.event == GBX_EV_SPEC_MISS && miss->code == own->code &&
        miss->h.arg == own->h.arg ? miss : NULL;
}

static void
put_together_spec(gbx_asked *it)
{
    const gbx_spec *spec = (const gbx_spec *)(const void *)it->record;
    const char *family = gbx_trace_opcode(it->trace, it->where.process, spec->family);
    const char *opcode = gbx_trace_opcode(it->trace, it->where.process, spec->h.flags);
    it->family = family == NULL ? "" : family;
    it->miss = find_miss(it);
    if (opcode != NULL) {
        gbx_parts_add(it->source, opcode, strlen(opcode), &it->parts);
    }
}

static bool
is_of_free_list(uint8_t event)
{
    return event == GBX_EV_FREELIST_HIT || event == GBX_EV_FREELIST_PUT || event == GBX_EV_FREELIST_DROP
        || event == GBX_EV_FREELIST_FOUND;
}

static void
put_together(gbx_asked *it)
{
    uint8_t event = it->record->event;
    bool enters = event == GBX_EV_FRAME_PUSH || event == GBX_EV_FRAME_RESUME;
    bool is_stage = event == GBX_EV_COMPILE_BEGIN || event == GBX_EV_COMPILE_END;
    switch (gbx_event_class(event)) {
        case GBX_CLASS_SPEC:
            put_together_spec(it);
            break;
        case GBX_CLASS_COMPILE:
            write_word(it, GBX_ENUM_STAGE);
            it->around = is_stage ? gbx_asked_stage_around(it) : 0;
            break;
        case GBX_CLASS_IMPORT:
            write_word(it, GBX_ENUM_IMPORT_STEP);
            break;
        case GBX_CLASS_GC:
            write_word(it, event == GBX_EV_GC_VERDICT ? GBX_ENUM_VERDICT : GBX_ENUM_GC_PHASE);
            break;
        case GBX_CLASS_GIL:
            write_word(it, event == GBX_EV_GIL_ENABLE ? GBX_ENUM_ENABLE : GBX_ENUM_GIVE_UP);
            break;
        case GBX_CLASS_AIO:
            write_word(it, GBX_ENUM_AIO_SELECT);
            break;
        case GBX_CLASS_REF:
            write_word(it, GBX_ENUM_REF);
            break;
        case GBX_CLASS_ALLOC:
            write_word(it, is_of_free_list(event) ? GBX_ENUM_FREELIST : GBX_ENUM_DOMAIN);
            break;
        case GBX_CLASS_FRAME:
            write_word(it, GBX_ENUM_POP);
            if (enters && it->record->flags != 0 && it->record->flags != ENTRY_PRESENT) {
                find_entering_parts(it);
            }
            break;
        default:
            break;
    }
}

/* ---------------------------------------------------------------------- in order */

/* The smaller, the earlier: what is likeliest, then the instruction's parts as they run, and at the end
   what only a debugger or a profiler brings about: instrumented forms, and another eval function. */
static size_t
place_in_order(const gbx_asked *it, const gbx_hook *hook, const char *likely)
{
    const char *function = hook->site.function;
    size_t place = 1000;
    if ((likely != NULL && strcmp(function, likely) == 0) ||
        (it->miss != NULL && points_to(it->miss, hook))) {
        place = 0;
    }
    else if (strncmp(function, "INSTRUMENTED_", 13) == 0 ||
             strstr(hook->arguments[0], "interp->eval_frame") != NULL) {
        place = 2000;
    }
    return place + gbx_parts_index(&it->parts, function);
}

static void
put_in_order(const gbx_asked *it, const gbx_hook **list, size_t count, const char *likely)
{
    for (size_t i = 1; i < count; i++) {
        const gbx_hook *hook = list[i];
        size_t place = place_in_order(it, hook, likely), to = i;
        for (; to > 0 && place_in_order(it, list[to - 1], likely) > place; to--) {
            list[to] = list[to - 1];
        }
        list[to] = hook;
    }
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
    if (result < 0) {
        return result;
    }
    const gbx_hook **list = calloc(source->hooks.count + 1, sizeof(*list));
    if (list == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    gbx_asked it = { .source = source, .trace = trace, .at = at, .family = "",
                     .record = gbx_trace_record(trace, at), .where = gbx_trace_where(trace, at) };
    const char *likely = NULL;
    put_together(&it);
    out->count = gbx_rules_collect(&it, list, &likely);
    out->count = narrow(&it, can_have_missed, list, out->count);
    out->count = narrow(&it, can_have_resumed, list, out->count);
    put_in_order(&it, list, out->count, likely);
    for (size_t i = 0; i < out->count && i < GBX_EMITTER_LINES; i++) {
        out->lines[i] = list[i]->site;
    }
    free(list);
    return out->count > 0 ? 0
        : gbx_error_set(error, GBX_ERROR_MISSING, "no hook in the source tree emits such a '%s'",
                        gbx_event_name(it.record->event));
}
