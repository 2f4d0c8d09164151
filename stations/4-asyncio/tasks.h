/* Tasks: how the claims of this station find the events of one task by its name.

   This module finds.  It never judges, and adds nothing to a finding but the words for what is missing. */

#ifndef GBX_STATION_4_TASKS_H
#define GBX_STATION_4_TASKS_H

#include "aio.h"
#include "claim.h"
#include "../part.h"

/* The story of the whole run, with this many turns; false, and a word in `finding`, where there is none: the
   caller returns GBX_INSUFFICIENT.  The caller frees it. */
bool gbx_s4_story(const gbx_look *look, gbx_finding *finding, size_t turns, gbx_aio_story **story);

/* The task of this name in the first process; where there is none, says so, and is NULL. */
const gbx_aio_task_info *gbx_s4_task(const gbx_look *look, gbx_finding *finding, const gbx_aio_story *story,
                                     const char *name);

/* The part that mark(name, from) begins, and the task of this name, by its address. */
bool gbx_s4_find(const gbx_look *look, gbx_finding *finding, const char *name, const char *from, const char *task,
                 gbx_part *part, uint64_t *address);

/* The next event of this kind at or after `at` that is about this task or future; GBX_NO_EVENT. */
size_t gbx_s4_next(const gbx_part *part, size_t at, uint8_t event, uint64_t address);

/* "cancel.py:12", where the event at a position says it happened; "". */
const char *gbx_s4_line(const gbx_part *part, size_t at, char *text, size_t size);

/* Where the thread of a turn first lets go of the lock in it, or detaches; GBX_NO_EVENT. */
size_t gbx_s4_lets_go(const gbx_look *look, const gbx_aio_turn *turn);

/* Milliseconds between two events. */
double gbx_s4_ms(const gbx_part *part, size_t from, size_t to);

#endif
