/* Citations; see cite.h.

   One pass over the trace follows each thread's frames: which function runs, and the last instruction of it that an
   event spoke of.  So each event has a place, a (file, line) with a number; each (place, kind of event) has one, too,
   and counts.  What is kept of an event is its pair and how many of the pair there were before it. */

#include "cite.h"

#include "claim.h"               // GBX_NO_EVENT
#include "numbers.h"

#include <limits.h>

#define NOWHERE    0u                /* the place "?:0" */
#define NO_FRAME   UINT32_MAX
#define MOST_DEPTH (1u << 20)        /* frames of one thread that are followed */

/* ----------------------------------------------------------------- the index */

typedef struct {
    char *name;                      /* "work.py" */
    bool own;
} source_file;

typedef struct {
    uint32_t file, line;
} place;

typedef struct {
    uint32_t place;
    uint32_t count;
    uint8_t event;
} pair;

typedef struct {
    uint32_t code;
    uint32_t place;                  /* of the last instruction of it that is known */
    uint32_t own;                    /* index of the nearest frame of the learner's, this one or below; NO_FRAME */
} frame;

typedef struct {
    frame *frames;
    uint32_t depth, room;
    uint32_t beyond;                 /* frames that are not followed, above the others */
} stack;

typedef struct {                     /* which fields of an event say where; -1: none */
    int8_t code, offset, caller;
    bool known;
} shape;

struct gbx_cites {
    const gbx_trace *trace;
    char *own;
    uint32_t *pair_of, *nth;         /* of each event */
    size_t count;
    source_file *files;
    place *places;
    pair *pairs;
    uint32_t file_count, place_count, pair_count, file_room, place_room, pair_room;
    gbx_numbers by_code;                   /* (process, code) -> file */
    gbx_numbers by_instruction;            /* (process, code, offset) -> place */
    gbx_numbers by_place;                  /* (file, line) -> place */
    gbx_numbers by_pair;                   /* (place, event) -> pair */
    bool failed;                     /* no memory */
    /* while it is made */
    stack *stacks;
    size_t stack_count;
    shape (*shapes)[256];            /* of each process */
};

/* Room for one more of `size` bytes. */
static bool
make_room(gbx_cites *cites, void **items, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room) {
        return true;
    }
    uint32_t more = *room == 0 ? 64 : *room * 2;
    void *bigger = realloc(*items, more * size);
    if (bigger == NULL) {
        cites->failed = true;
        return false;
    }
    *items = bigger;
    *room = more;
    return true;
}

/* What a file is called: from the learner's folder on, or from the library's, else by its whole path. */
static const char *
short_name(const gbx_cites *cites, const char *path, bool *own)
{
    static const char *const libraries[] = { "/Lib/", "/site-packages/", "/python3.13/", "/python3.13t/" };
    size_t length = strlen(cites->own);
    *own = length > 0 && strncmp(path, cites->own, length) == 0 && path[length] != '\0';
    if (*own) {
        return path + length;
    }
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        const char *at = strstr(path, libraries[i]);
        if (at != NULL) {
            return at + strlen(libraries[i]);
        }
    }
    return path[0] == '\0' ? "?" : path;
}

static uint32_t
file_number(gbx_cites *cites, const char *path)
{
    bool own;
    const char *name = short_name(cites, path, &own);
    for (uint32_t i = 0; i < cites->file_count; i++) {
        if (strcmp(cites->files[i].name, name) == 0) {
            if (cites->files[i].own == own) {
                return i;
            }
            name = path;                         /* the learner's json/decoder.py, and the library's */
        }
    }
    if (!make_room(cites, (void **)&cites->files, cites->file_count, &cites->file_room, sizeof(*cites->files))) {
        return 0;
    }
    char *copy = strdup(name);
    if (copy == NULL) {
        cites->failed = true;
        return 0;
    }
    cites->files[cites->file_count] = (source_file){ .name = copy, .own = own };
    return cites->file_count++;
}

static uint32_t
place_number(gbx_cites *cites, uint32_t file, uint32_t line)
{
    uint64_t key = (uint64_t)file << 32 | line;
    uint32_t found = gbx_numbers_find(&cites->by_place, key);
    if (found != UINT32_MAX) {
        return found;
    }
    if (!make_room(cites, (void **)&cites->places, cites->place_count, &cites->place_room, sizeof(*cites->places))
        || !gbx_numbers_add(&cites->by_place, key, cites->place_count)) {
        cites->failed = true;
        return NOWHERE;
    }
    cites->places[cites->place_count] = (place){ .file = file, .line = line };
    return cites->place_count++;
}

/* Of an instruction; its function's first line where the offset is not known. */
static uint32_t
place_of(gbx_cites *cites, uint32_t process, uint32_t code, uint16_t offset)
{
    uint64_t key = (uint64_t)process << 48 | (uint64_t)code << 16 | offset;
    uint32_t found = gbx_numbers_find(&cites->by_instruction, key);
    const gbx_code_info *info = found == UINT32_MAX ? gbx_trace_code(cites->trace, process, code) : NULL;
    if (found != UINT32_MAX || info == NULL) {
        return found != UINT32_MAX ? found : NOWHERE;
    }
    int line = 0, column;
    uint64_t code_key = (uint64_t)process << 32 | code;
    uint32_t file = gbx_numbers_find(&cites->by_code, code_key);
    if (file == UINT32_MAX) {
        file = file_number(cites, info->file);
        cites->failed = !gbx_numbers_add(&cites->by_code, code_key, file) || cites->failed;
    }
    if (offset == GBX_NO_OFFSET || !gbx_code_line(info, offset, &line, &column)) {
        line = info->first_line < INT_MAX ? (int)info->first_line : 0;
    }
    found = place_number(cites, file, (uint32_t)line);
    cites->failed = !gbx_numbers_add(&cites->by_instruction, key, found) || cites->failed;
    return found;
}

static bool
is_own(const gbx_cites *cites, uint32_t at)
{
    return at != NOWHERE && cites->files[cites->places[at].file].own;
}

/* ------------------------------------------------------------------ the pass */

static void
push(gbx_cites *cites, stack *to, uint32_t process, uint32_t code)
{
    if (to->depth == to->room) {
        uint32_t room = to->room == 0 ? 32 : to->room * 2;
        frame *more = room > MOST_DEPTH ? NULL : realloc(to->frames, room * sizeof(*more));
        if (more == NULL) {
            cites->failed = cites->failed || room <= MOST_DEPTH;
            to->beyond++;
            return;
        }
        to->frames = more;
        to->room = room;
    }
    uint32_t at = place_of(cites, process, code, GBX_NO_OFFSET);
    uint32_t below = to->depth == 0 ? NO_FRAME : to->frames[to->depth - 1].own;
    to->frames[to->depth] = (frame){ .code = code, .place = at, .own = is_own(cites, at) ? to->depth : below };
    to->depth++;
}

static void
pop(stack *from)
{
    if (from->beyond > 0) {
        from->beyond--;
    }
    else if (from->depth > 0) {
        from->depth--;
    }
}

/* Where the thread stands. */
static uint32_t
standing(const stack *at)
{
    if (at->depth == 0) {
        return NOWHERE;
    }
    const frame *top = &at->frames[at->depth - 1];
    return top->own == NO_FRAME ? top->place : at->frames[top->own].place;
}

static const shape *
shape_of(gbx_cites *cites, size_t at, uint32_t process, uint8_t event)
{
    shape *of = &cites->shapes[process][event];
    if (!of->known) {
        *of = (shape){ .code = -1, .offset = -1, .caller = -1, .known = true };
        size_t count = gbx_trace_field_count(cites->trace, at);
        for (size_t i = 0; i < count && i < INT8_MAX; i++) {
            uint8_t kind = gbx_trace_field(cites->trace, at, i).kind;
            int8_t *to = kind == GBX_KIND_CODE ? &of->code : kind == GBX_KIND_OFFSET ? &of->offset
                : kind == GBX_KIND_CALLER_OFFSET ? &of->caller : NULL;
            if (to != NULL && *to < 0) {
                *to = (int8_t)i;
            }
        }
    }
    return of;
}

/* What the event itself says of where the running function is; the place that it names, or NOWHERE. */
static uint32_t
note_instruction(gbx_cites *cites, stack *now, size_t at, uint32_t process, const shape *of)
{
    frame *top = now->depth == 0 || now->beyond > 0 ? NULL : &now->frames[now->depth - 1];
    if (of->caller >= 0) {
        uint16_t offset = (uint16_t)gbx_trace_field(cites->trace, at, (size_t)of->caller).value;
        if (top != NULL && offset != GBX_NO_OFFSET) {
            top->place = place_of(cites, process, top->code, offset);
        }
        return NOWHERE;
    }
    if (of->code < 0 || of->offset < 0) {
        return NOWHERE;
    }
    uint32_t code = (uint32_t)gbx_trace_field(cites->trace, at, (size_t)of->code).value;
    uint16_t offset = (uint16_t)gbx_trace_field(cites->trace, at, (size_t)of->offset).value;
    if (code == 0 || offset == GBX_NO_OFFSET) {
        return NOWHERE;
    }
    uint32_t named = place_of(cites, process, code, offset);
    if (top != NULL && top->code == code) {
        top->place = named;
    }
    return named;
}

static uint32_t
place_of_event(gbx_cites *cites, size_t at, uint8_t event, const gbx_where *where)
{
    const gbx_frame_edge *edge;
    stack *now = &cites->stacks[where->stream];
    const shape *of = shape_of(cites, at, where->process, event);
    uint32_t named = note_instruction(cites, now, at, where->process, of);
    uint32_t found = is_own(cites, named) ? named : standing(now);
    switch (event) {
        case GBX_EV_FRAME_PUSH: case GBX_EV_FRAME_RESUME:
            edge = (const gbx_frame_edge *)(const void *)gbx_trace_record(cites->trace, at);
            push(cites, now, where->process, edge->code);
            break;
        case GBX_EV_FRAME_POP: case GBX_EV_FRAME_SUSPEND: case GBX_EV_FRAME_GENERATOR:
            pop(now);
            break;
        default:
            break;
    }
    return found != NOWHERE ? found : named;
}

static uint32_t
pair_number(gbx_cites *cites, uint32_t at, uint8_t event)
{
    uint64_t key = (uint64_t)at << 8 | event;
    uint32_t found = gbx_numbers_find(&cites->by_pair, key);
    if (found != UINT32_MAX) {
        return found;
    }
    if (!make_room(cites, (void **)&cites->pairs, cites->pair_count, &cites->pair_room, sizeof(*cites->pairs))
        || !gbx_numbers_add(&cites->by_pair, key, cites->pair_count)) {
        cites->failed = true;
        return 0;
    }
    cites->pairs[cites->pair_count] = (pair){ .place = at, .event = event };
    return cites->pair_count++;
}

static void
walk(gbx_cites *cites)
{
    gbx_cursor now;
    for (bool more = gbx_trace_first(cites->trace, &now); more && !cites->failed; more = gbx_trace_next(&now)) {
        gbx_where where = gbx_entry_where(cites->trace, &now.entry);
        uint8_t event = now.entry.record->event;
        uint32_t number = pair_number(cites, place_of_event(cites, now.at, event, &where), event);
        if (!cites->failed) {
            cites->pair_of[now.at] = number;
            cites->nth[now.at] = ++cites->pairs[number].count;
        }
    }
}

static bool
make(gbx_cites *cites)
{
    size_t room = cites->count == 0 ? 1 : cites->count;
    cites->pair_of = malloc(room * sizeof(*cites->pair_of));
    cites->nth = malloc(room * sizeof(*cites->nth));
    cites->stack_count = gbx_trace_stream_count(cites->trace);
    cites->stacks = calloc(cites->stack_count + 1, sizeof(*cites->stacks));
    cites->shapes = calloc(gbx_trace_process_count(cites->trace) + 1, sizeof(*cites->shapes));
    cites->failed = cites->pair_of == NULL || cites->nth == NULL || cites->stacks == NULL || cites->shapes == NULL;
    if (!cites->failed) {
        place_number(cites, file_number(cites, "?"), 0);     /* NOWHERE */
        walk(cites);
    }
    for (size_t i = 0; cites->stacks != NULL && i < cites->stack_count; i++) {
        free(cites->stacks[i].frames);
    }
    free(cites->stacks);
    free(cites->shapes);
    cites->stacks = NULL;
    cites->shapes = NULL;
    return !cites->failed;
}

int
gbx_cites_open(gbx_cites **out, const gbx_trace *trace, const char *own, gbx_error *error)
{
    gbx_cites *cites = calloc(1, sizeof(*cites));
    *out = NULL;
    if (cites != NULL) {
        cites->trace = trace;
        cites->own = strdup(own);
        cites->count = gbx_trace_count(trace);
    }
    if (cites != NULL && cites->count > INT32_MAX) {
        gbx_cites_close(cites);
        return gbx_error_set(error, GBX_ERROR_LIMIT, "the recording has too many events to cite one");
    }
    if (cites == NULL || cites->own == NULL || !make(cites)) {
        gbx_cites_close(cites);
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    *out = cites;
    return 0;
}

void
gbx_cites_close(gbx_cites *cites)
{
    if (cites == NULL) {
        return;
    }
    for (uint32_t i = 0; i < cites->file_count; i++) {
        free(cites->files[i].name);
    }
    free(cites->files);
    free(cites->places);
    free(cites->pairs);
    free(cites->pair_of);
    free(cites->nth);
    free(cites->own);
    gbx_numbers_clear(&cites->by_code);
    gbx_numbers_clear(&cites->by_instruction);
    gbx_numbers_clear(&cites->by_place);
    gbx_numbers_clear(&cites->by_pair);
    free(cites);
}

/* ------------------------------------------------------------------ questions */

size_t
gbx_cites_kinds(const gbx_cites *cites)
{
    return cites->pair_count;
}

gbx_cited
gbx_cites_kind(const gbx_cites *cites, size_t index)
{
    const pair *of = &cites->pairs[index];
    const place *in = &cites->places[of->place];
    const source_file *file = &cites->files[in->file];
    return (gbx_cited){ .file = file->name, .own = file->own, .line = in->line, .count = of->count, .event = of->event };
}

bool
gbx_cites_event(const gbx_cites *cites, size_t at, gbx_cited *out)
{
    if (at >= cites->count) {
        return false;
    }
    *out = gbx_cites_kind(cites, cites->pair_of[at]);
    out->nth = cites->nth[at];
    return true;
}

const char *
gbx_cite_of(const gbx_cites *cites, size_t at, char *text, size_t size)
{
    gbx_cited in;
    text[0] = '\0';
    if (gbx_cites_event(cites, at, &in)) {
        snprintf(text, size, "%s@%.120s:%u#%u", gbx_event_name(in.event), in.file, in.line, in.nth);
    }
    return text;
}

/* The number of the pair that is cited; UINT32_MAX: there is none in this trace. */
static uint32_t
cited_pair(const gbx_cites *cites, const gbx_citation *cited)
{
    for (uint32_t i = 0; i < cites->file_count; i++) {
        const char *name = cites->files[i].name;
        if (strlen(name) == cited->file_length && strncmp(name, cited->file, cited->file_length) == 0) {
            uint32_t in = gbx_numbers_find(&cites->by_place, (uint64_t)i << 32 | cited->line);
            uint32_t found = in == UINT32_MAX ? in : gbx_numbers_find(&cites->by_pair, (uint64_t)in << 8 | cited->event);
            if (found != UINT32_MAX) {
                return found;
            }
        }
    }
    return UINT32_MAX;
}

size_t
gbx_cite_find(const gbx_cites *cites, const char *text)
{
    gbx_citation cited;
    uint32_t number = gbx_cite_parse(text, &cited) ? cited_pair(cites, &cited) : UINT32_MAX;
    if (number == UINT32_MAX || cited.nth > cites->pairs[number].count) {
        return GBX_NO_EVENT;
    }
    for (size_t at = 0; at < cites->count; at++) {
        if (cites->pair_of[at] == number && cites->nth[at] == cited.nth) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

size_t
gbx_cite_count(const gbx_cites *cites, const char *text)
{
    gbx_citation cited;
    uint32_t number = gbx_cite_parse(text, &cited) ? cited_pair(cites, &cited) : UINT32_MAX;
    return number == UINT32_MAX ? 0 : cites->pairs[number].count;
}
