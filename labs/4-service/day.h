/* What happened in the day of lab 4: its steps, its units of work, and each worker that the harness sent home.

   Gathered in one walk over the part "service" of a run.  This module finds; it judges nothing.  The harness's
   functions are told from others of the same name by their code objects: those that ran in the part
   "warm", before the learner's module was loaded. */

#ifndef GBX_LAB_4_DAY_H
#define GBX_LAB_4_DAY_H

#include "../../stations/part.h"
#include "lab.h"

enum { GBX_L4_TASKS = 64 };

/* A task of the day; positions, GBX_NO_EVENT where there is none. */
typedef struct {
    uint64_t address;
    size_t born, asked, delivered, done;
    size_t swept;                    /* the loop, at its end, found it still running */
    char name[32];
    bool worker;                     /* made by the harness, to serve */
    bool began;                      /* it had a step before it was asked to end */
    uint8_t state;                   /* enum AIO_STATE, once it is done */
    unsigned steps_after;            /* that began after the request was delivered, that one included */
    unsigned leaving;                /* calls of leave() in its steps */
    unsigned left;                   /* of them, those that came to their end after the delivery, and before its own */
} gbx_l4_task;

/* A step of the outermost task that has one. */
typedef struct {
    size_t begin, end;
    unsigned units;
    size_t lets_go;                  /* where the lock is let go in it, for the first time */
    uint32_t task;                   /* index */
} gbx_l4_step;

typedef struct {
    gbx_part part;
    gbx_l4_task tasks[GBX_L4_TASKS];
    size_t task_count;
    bool too_many;                   /* tasks for the room there is */
    unsigned units;                  /* of work, in this part */
    unsigned units_outside;          /* of them, those that were in no step */
    size_t unit_outside;             /* the first of these */
    gbx_l4_step most, waits;         /* the step with the most units, and the first that waits for something */
    unsigned waiting;                /* steps that do */
} gbx_l4_day;

/* false, having said in `finding` what is missing. */
bool gbx_l4_day_read(const gbx_lab_look *look, gbx_finding *finding, gbx_l4_day *day);

#endif
