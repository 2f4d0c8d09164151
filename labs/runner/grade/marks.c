/* Marks: see marks.h. */

#include "marks.h"

#include "claim.h"                // GBX_NO_EVENT
#include "walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAKER_FILE GBX_LAB_FOLDER "lab.py"

static void object(gbx_marks *marks, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The first objection stands. */
static void
object(gbx_marks *marks, const char *name, const char *format, ...)
{
    va_list args;
    if (marks->violation != NULL) {
        return;
    }
    marks->violation = name;
    va_start(args, format);
    vsnprintf(marks->text, sizeof(marks->text), format, args);
    va_end(args);
}

/* Is the frame that many below the top this function of lab.py? */
static bool
is_maker(const gbx_walk *walk, size_t below, const char *name)
{
    if (walk->stack->count <= below) {
        return false;
    }
    const gbx_walk_frame *frame = &walk->stack->frames[walk->stack->count - 1 - below];
    const gbx_code_info *info = gbx_trace_code(walk->trace, walk->process, frame->code);
    return frame->whose == GBX_CODE_HARNESS && info != NULL && strcmp(info->file, MAKER_FILE) == 0
        && strcmp(info->name, name) == 0;
}

/* Was lab.part's method, one below the top, called by a line that says so? */
static bool
is_called_where_it_says(const gbx_walk *walk, const gbx_marks_lines *lines)
{
    int line, column;
    if (walk->stack->count < 3) {
        return false;
    }
    const gbx_walk_frame *method = &walk->stack->frames[walk->stack->count - 2], *caller = method - 1;
    const gbx_code_info *info = gbx_trace_code(walk->trace, walk->process, caller->code);
    return caller->whose == GBX_CODE_HARNESS && info != NULL
        && (lines == NULL || (gbx_code_line(info, method->caller, &line, &column)
                              && lines->says_part(lines->context, info->file, line)));
}

/* Was the mark at this point made by lab.py, for the harness? */
static bool
is_genuine(gbx_walk *walk, bool part, const gbx_marks_lines *lines)
{
    if (walk->stack->foreign != 0 || walk->process != 0 || !is_maker(walk, 0, "_mark") || gbx_walk_top(walk)->marks++ != 0) {
        return false;
    }
    return part ? (is_maker(walk, 1, "part.__enter__") || is_maker(walk, 1, "part.__exit__"))
                      && is_called_where_it_says(walk, lines)
        : is_maker(walk, 1, "main");
}

/* The learner's function that is next on the stack, for a message. */
static const char *
who_runs(gbx_walk *walk)
{
    for (size_t i = walk->stack->count; i-- > 0;) {
        const gbx_walk_frame *frame = &walk->stack->frames[i];
        const gbx_code_info *info = gbx_trace_code(walk->trace, walk->process, frame->code);
        if (frame->whose == GBX_CODE_LEARNER && info != NULL) {
            return info->name;
        }
    }
    return "code outside any function";
}

static gbx_harness_part *
find_part(const gbx_marks *marks, const char *name, size_t length)
{
    for (size_t i = 0; i < marks->count; i++) {
        if (strlen(marks->parts[i].name) == length && strncmp(marks->parts[i].name, name, length) == 0) {
            return &marks->parts[i];
        }
    }
    return NULL;
}

static int
begin_part(gbx_marks *marks, const gbx_walk *walk, const char *name, size_t length)
{
    if (find_part(marks, name, length) != NULL) {
        object(marks, "forged-mark", "the part '%.*s' begins twice", (int)length, name);
        return 0;
    }
    if (marks->count == marks->room) {
        size_t room = marks->room == 0 ? 16 : marks->room * 2;
        gbx_harness_part *more = realloc(marks->parts, room * sizeof(*more));
        if (more == NULL) {
            return -1;
        }
        marks->parts = more;
        marks->room = room;
    }
    gbx_harness_part *part = &marks->parts[marks->count++];
    *part = (gbx_harness_part){ .begin = walk->at, .end = GBX_NO_EVENT, .stream = walk->stream,
                                .process = walk->process };
    snprintf(part->name, sizeof(part->name), "%.*s", (int)length, name);
    return 0;
}

static void
end_part(gbx_marks *marks, const gbx_walk *walk, const char *name, size_t length)
{
    gbx_harness_part *part = find_part(marks, name, length);
    if (part == NULL || part->end != GBX_NO_EVENT || part->stream != walk->stream) {
        object(marks, "forged-mark", "the part '%.*s' ends where it should not", (int)length, name);
        return;
    }
    part->end = walk->at;
}

static int
note_part(gbx_marks *marks, const gbx_walk *walk, const char *text)
{
    const char *space = strrchr(text, ' ');
    size_t length = space == NULL ? 0 : (size_t)(space - text);
    if (length == 0 || length >= GBX_PART_NAME) {
        object(marks, "forged-mark", "a mark says '%.60s'", text);
        return 0;
    }
    if (strcmp(space, " begin") == 0) {
        return begin_part(marks, walk, text, length);
    }
    end_part(marks, walk, text, length);
    return 0;
}

static void
note_whole(gbx_marks *marks, const gbx_walk *walk, const char *text)
{
    bool begin = strcmp(text, "begin") == 0;
    if (marks->ended || (begin ? marks->began : !marks->began)) {
        object(marks, "forged-mark", "the harness's own '%.60s' is there twice", text);
        return;
    }
    *(begin ? &marks->began : &marks->ended) = true;
    marks->failed = !begin && strcmp(text, "end") != 0;
    *(begin ? &marks->first : &marks->last) = walk->at;
}

static int
look_at_mark(gbx_marks *marks, gbx_walk *walk, const gbx_marks_lines *lines)
{
    const gbx_mark *mark = (const gbx_mark *)(const void *)walk->record;
    const char *name = gbx_trace_string(walk->trace, walk->process, mark->name);
    bool part = name != NULL && strcmp(name, "part") == 0;
    if (name == NULL || (!part && strcmp(name, "lab") != 0)) {
        return 0;
    }
    const char *text = mark->h.flags != GBX_VALUE_STRING ? NULL
        : gbx_trace_string(walk->trace, walk->process, (uint32_t)mark->value);
    if (!is_genuine(walk, part, lines)) {
        object(marks, "forged-mark", "a mark '%.8s' of '%.60s' was made by %.60s", name, text == NULL ? "?" : text,
               who_runs(walk));
        return 0;
    }
    if (text == NULL) {
        object(marks, "forged-mark", "a mark '%.8s' says nothing", name);
        return 0;
    }
    if (!part) {
        note_whole(marks, walk, text);
        return 0;
    }
    walk->loaded = walk->loaded || strcmp(text, "load begin") == 0;
    return note_part(marks, walk, text);
}

static int
look_at(gbx_marks *marks, gbx_walk *walk, const gbx_marks_lines *lines)
{
    if (walk->event == GBX_EV_MARK) {
        return look_at_mark(marks, walk, lines);
    }
    if (walk->event == GBX_EV_STREAM_MASK) {
        object(marks, "recorder-switched", "what is recorded was changed while the work ran, by %.60s", who_runs(walk));
    }
    if (walk->event == GBX_EV_CODE_NEW && walk->loaded) {
        uint32_t id = ((const gbx_code *)(const void *)walk->record)->code;
        const gbx_code_info *info = gbx_trace_code(walk->trace, walk->process, id);
        if (info != NULL && strncmp(info->file, GBX_LAB_FOLDER, strlen(GBX_LAB_FOLDER)) == 0) {
            object(marks, "foreign-code", "code '%.60s' was made that says it is of '%.60s'", info->name, info->file);
        }
    }
    return 0;
}

int
gbx_marks_read(gbx_marks *marks, const gbx_trace *trace, const gbx_marks_lines *lines, gbx_error *error)
{
    gbx_walk walk;
    int status = 0;
    *marks = (gbx_marks){ .first = GBX_NO_EVENT, .last = GBX_NO_EVENT };
    for (bool more = gbx_walk_first(&walk, trace); more && status == 0; more = gbx_walk_next(&walk)) {
        status = look_at(marks, &walk, lines);
    }
    bool failed = status != 0 || walk.out_of_memory;
    gbx_walk_clear(&walk);
    return failed ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
}

void
gbx_marks_clear(gbx_marks *marks)
{
    free(marks->parts);
    *marks = (gbx_marks){ .parts = NULL };
}

const gbx_harness_part *
gbx_marks_part(const gbx_marks *marks, const char *name)
{
    const gbx_harness_part *part = find_part(marks, name, strlen(name));
    return part == NULL || part->end == GBX_NO_EVENT ? NULL : part;
}
