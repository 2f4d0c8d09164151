/* Parts: how the claims of the stations find what they look at.

   An experiment cuts its run into parts by marks: mark("globals", "change") begins the part "change"
   of "globals", and the next such mark of that name, whatever its text, ends it.  A check takes a part and
   walks its events in order.  This module finds and decodes; it never judges, and it adds nothing to a
   finding but the words for a part that is missing.

   A part is of one thread: the one that marked its beginning.  Ids of code objects and strings are a
   process's own, and other threads have business of their own.

   Records, strings and names belong to the trace and live as long as it does. */

#ifndef GBX_STATIONS_PART_H
#define GBX_STATIONS_PART_H

#include "claim.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Positions begin (included) to end (not included) of one thread's events. */
typedef struct {
    const gbx_look *look;
    const gbx_trace *trace;
    size_t begin;
    size_t end;
    uint32_t stream;          /* of the thread */
    uint32_t process;
    const char *file;         /* of the code that marked its beginning; NULL: of any */
} gbx_part;

/* One instruction, as the program saw it: mark("KIND FUNCTION OFFSET OPCODE", value). */
typedef struct {
    char function[64];
    char opcode[48];
    uint16_t offset;          /* in code units */
    const char *value;
} gbx_site;

/* Find the part that mark(name, from) begins.  Where there is none, says so in `finding` and
   returns false: the caller returns GBX_INSUFFICIENT. */
bool gbx_part_find(const gbx_look *look, gbx_finding *finding, const char *name, const char *from,
                   gbx_part *part);

/* The same, from mark(name, from) to the end of the part that mark(name, last) begins. */
bool gbx_part_find_span(const gbx_look *look, gbx_finding *finding, const char *name,
                        const char *from, const char *last, gbx_part *part);

/* All that the program's first thread did; false if nothing was recorded. */
bool gbx_part_whole(const gbx_look *look, gbx_part *part);

/* Whether the interpreter that ran specializes at all.  Where it does not, says so in `finding` and
   returns false: the caller returns GBX_SKIPPED. */
bool gbx_part_specializes(const gbx_look *look, gbx_finding *finding);

/* The same thread's events between two positions, of the part or around it. */
gbx_part gbx_part_cut(const gbx_part *part, size_t begin, size_t end);

/* The first event of this kind at or after `at`, with this code id (0: any), or GBX_NO_EVENT. */
size_t gbx_part_next(const gbx_part *part, size_t at, uint8_t event, uint32_t code);

/* The first specialization event of this kind (0: any kind) at one instruction. */
size_t gbx_part_next_spec(const gbx_part *part, size_t at, uint8_t event, uint32_t code,
                          uint16_t offset);

/* The first specialization event of this kind (0: any kind) in one function at an instruction of
   one family, such as "BINARY_OP". */
size_t gbx_part_next_family(const gbx_part *part, size_t at, uint8_t event, uint32_t code,
                            const char *family);

/* How many events of this kind, with this code id (0: any). */
uint32_t gbx_part_count(const gbx_part *part, uint8_t event, uint32_t code);

/* The code id of the function of this name, of the part's file, that ran in the part, else of the last
   such that ran before it; 0: none. */
uint32_t gbx_part_code(const gbx_part *part, const char *function);

/* The same for a check that cannot do without: where there is none, says so in `finding` and returns
   false, and the caller returns GBX_INSUFFICIENT. */
bool gbx_part_find_code(const gbx_part *part, gbx_finding *finding, const char *function,
                        uint32_t *code);

/* The number that mark(name, number) recorded in the part; false if there is no such mark. */
bool gbx_part_number(const gbx_part *part, const char *name, double *value);

/* The string that mark(name, text) recorded anywhere in the run, or NULL. */
const char *gbx_part_text(const gbx_look *look, const char *name);

/* The next mark of `kind` at or after *at; moves *at past it. */
bool gbx_part_site(const gbx_part *part, const char *kind, size_t *at, gbx_site *site);

/* The record at a position.  The caller knows its kind, from having looked for it. */
const void *gbx_part_record(const gbx_part *part, size_t at);

/* The kind of the event at a position; 0 where it is another thread's. */
uint8_t gbx_part_event(const gbx_part *part, size_t at);

/* The C function that asked for a frame object: the caller of a frame.object_new event.  NULL where
   the interpreter's binary does not say. */
const char *gbx_part_caller(const gbx_part *part, size_t at);

/* Names; "?" where the trace has none. */
const char *gbx_part_string(const gbx_part *part, uint32_t id);
const char *gbx_part_watched(const gbx_part *part, uint32_t id);
const char *gbx_part_opcode(const gbx_part *part, uint8_t opcode);
const char *gbx_part_reason(const gbx_part *part, const gbx_spec *spec);
const char *gbx_part_code_name(const gbx_part *part, uint32_t code);

#endif
