/* Inside the source module: texts, and what can be found in them.

   A text is a file of the tree, read once.  Its `code` is the same bytes with comments and strings made
   blank, so that a search in it meets only code, at the same offsets.  Lines count from 0 here, and from
   1 in source.h.  Other modules include source.h. */

#ifndef GBX_SOURCE_INTERNAL_H
#define GBX_SOURCE_INTERNAL_H

#include "source.h"

#include <stdint.h>

enum gbx_language { GBX_LANGUAGE_C, GBX_LANGUAGE_PYTHON, GBX_LANGUAGE_OTHER };

typedef struct gbx_text {
    struct gbx_text *next;
    char *name;                  /* below the root */
    char *raw;                   /* `size` bytes and a NUL; no NUL among them */
    char *code;                  /* the same length, blanked; NULL until gbx_text_code() */
    uint32_t *lines;             /* offset of each line; one more at the end */
    size_t size;
    size_t line_count;
    enum gbx_language language;
} gbx_text;

/* Where something is defined: offset of its name, of its last byte, and how many such there are. */
typedef struct {
    size_t at;
    size_t last;
    int count;
} gbx_found;

/* One use of a hook macro in the tree; in the recorder itself, of a function or an event's id. */
typedef struct {
    gbx_emitter_line site;
    const char *arguments[4];    /* as written, without blanks around; "" where there is none */
} gbx_hook;

typedef struct gbx_hooks {
    gbx_hook *list;
    size_t count;
    size_t room;
    bool read;
} gbx_hooks;

struct gbx_source {
    char *root;                  /* resolved */
    gbx_text *texts;
    void *strings;               /* tree of tsearch() */
    gbx_hooks hooks;
    const gbx_trace *trace;      /* the one that the next two are about */
    size_t looked_until;         /* position before which ... */
    bool instrumented;           /* ... an instruction was instrumented */
};

/* ---- texts (source.c) */

/* The text with this name; the source keeps it.  NULL and an error. */
gbx_text *gbx_source_text(gbx_source *source, const char *name, gbx_error *error);
/* A copy that lives as long as the source; NULL when out of memory. */
const char *gbx_source_keep(gbx_source *source, const char *text, size_t length);

const char *gbx_text_code(gbx_text *text);                     /* NULL when out of memory */
size_t gbx_text_line(const gbx_text *text, size_t offset);     /* of the line that holds it */
size_t gbx_text_end(const gbx_text *text, size_t line);        /* offset of its line break */

static inline bool
gbx_is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Offset of the next occurrence of a word as a whole word in [from, to); `to` where there is none. */
size_t gbx_find_word(const char *code, size_t from, size_t to, const char *word, size_t length);

/* ---- blanks (source_blank.c): make what is no code blank; `code` begins as a copy of `raw` */

void gbx_c_blank(char *code, const char *raw, size_t size);
void gbx_python_blank(char *code, const char *raw, size_t size);

/* ---- C (source_c.c) */

bool gbx_c_find(gbx_text *text, const char *symbol, gbx_found *found);

/* The instruction definition ("inst(NAME", "op(NAME", "macro(NAME", "family(NAME") that begins in a line
   of Python/bytecodes.c: its kind ('i', 'o', 'm', 'f', 'p'), the name's offset and length; 0 for none. */
char gbx_c_instruction(const gbx_text *text, size_t line, size_t *name, size_t *length);

/* The matching end of the bracket at `open`; SIZE_MAX where there is none. */
size_t gbx_c_match(const char *code, size_t size, size_t open);

/* What encloses an offset: the name of a #define, an instruction, or a function.  `*is_macro` tells the
   first from the others.  false where nothing does. */
bool gbx_c_enclosing(gbx_text *text, size_t offset, size_t *name, size_t *length, bool *is_macro);

/* ---- the rest (source_text.c) */

bool gbx_python_find(gbx_text *text, const char *symbol, gbx_found *found);
bool gbx_prose_find(gbx_text *text, const char *symbol, gbx_found *found);

/* ---- hooks (source_hooks.c) */

/* Reads the tree's hooks, once.  0 or GBX_ERROR_MEMORY. */
int gbx_hooks_read(gbx_source *source, gbx_error *error);

/* What an instruction of Python/bytecodes.c is made of: itself and, for a macro, its micro-operations,
   in the order in which they run. */
typedef struct {
    const char *names[32];       /* not terminated */
    size_t lengths[32];
    size_t count;
} gbx_parts;

/* Adds those of `opcode`; what an instruction that is not there is made of is nothing. */
void gbx_parts_add(gbx_source *source, const char *opcode, size_t length, gbx_parts *parts);
/* Adds those of the general form that `opcode` was specialized from. */
void gbx_parts_add_general(gbx_source *source, const char *opcode, gbx_parts *parts);
/* Which part a function is: parts->count where it is none of them. */
size_t gbx_parts_index(const gbx_parts *parts, const char *function);

/* ---- which hook (source_rules.c, source_emitter.c) */

/* What is known of an event whose emitter is asked for, put together once. */
typedef struct {
    gbx_source *source;
    const gbx_trace *trace;
    size_t at;
    const gbx_head *record;
    gbx_where where;
    char word[32];               /* label of its stage, step, reason or list as hooks write it: "PARSE" */
    const char *family;          /* spec.*: "LOAD_GLOBAL"; "" unknown */
    const gbx_spec *miss;        /* spec.miss: itself; spec.deopt: the miss before it; NULL */
    uint8_t around;              /* compile stages: the innermost one that was open; 0 not known */
    gbx_parts parts;             /* of the instruction that it is about */
} gbx_asked;

/* The thread's event before `at`; SIZE_MAX where there is none near. */
size_t gbx_asked_before(const gbx_asked *it, size_t at);

/* The innermost stage that was open when the event's own stage began; 0: none, or it is not known. */
uint8_t gbx_asked_stage_around(const gbx_asked *it);

/* Writes the hooks that can have emitted the event to `list`, which has room for all there are; returns
   how many.  *likely becomes the function to name first among several, or stays. */
size_t gbx_rules_collect(const gbx_asked *it, const gbx_hook **list, const char **likely);

/* Can a hook's line have emitted this event?  Each for the events that the rules give it. */
typedef bool gbx_fits(const gbx_asked *it, const gbx_hook *hook);

gbx_fits gbx_fits_buf;           /* source_rules_buf.c */
gbx_fits gbx_fits_gc;            /* source_rules_gc.c */
gbx_fits gbx_fits_gil;           /* source_rules_gil.c */
gbx_fits gbx_fits_aio;           /* source_rules_aio.c */

gbx_fits gbx_fits_reason, gbx_fits_result;       /* source_rules_spec.c: spec.fail */

/* source_rules_memory.c: classes obj, ref, alloc */
gbx_fits gbx_fits_create, gbx_fits_destroy, gbx_fits_revive;
gbx_fits gbx_fits_one, gbx_fits_try, gbx_fits_many, gbx_fits_instead, gbx_fits_first, gbx_fits_second;
gbx_fits gbx_fits_others, gbx_fits_set, gbx_fits_resurrect, gbx_fits_immortalize, gbx_fits_defer;
gbx_fits gbx_fits_born;
gbx_fits gbx_fits_pool_build, gbx_fits_heap, gbx_fits_large, gbx_fits_freelist, gbx_fits_end_of_name;

/* The type's name of the object that an event of class obj or ref is about; NULL unknown. */
const char *gbx_asked_type(const gbx_asked *it);

#endif
