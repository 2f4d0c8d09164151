/* Stage: what stands where inside the sandbox of a lab's run: interpreter, packages; and what the
   interpreter is told.  It must not start anything. */

#ifndef GBX_STAGE_H
#define GBX_STAGE_H

#include "run.h"

enum { GBX_STAGE_BINDS = 24, GBX_STAGE_WORDS = 40 };

typedef struct {
    char *python;                    /* outside, without links: what the witness looks into */
    char *inside;                    /* inside */
    gbx_bind binds[GBX_STAGE_BINDS];
    size_t bind_count;
    const char *environment[16];
    const char *argv[GBX_STAGE_WORDS];
    char *owned[2 * GBX_STAGE_BINDS + GBX_STAGE_WORDS];
    size_t owned_count;
} gbx_stage;

/* Set it for `program` (a file of /lab) of a run; `lab` is the folder outside that is to be /lab, `work` that is to be
   /learner (NULL: none).  GBX_ERROR_MISSING where a build or a package is not here.  To be cleared in either case. */
int gbx_stage_set(gbx_stage *stage, const gbx_run_place *place, const gbx_lab_run *run, const char *program,
                  const char *lab, const char *work, const json_t *variant, gbx_error *error);
void gbx_stage_clear(gbx_stage *stage);

#endif
