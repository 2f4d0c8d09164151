/* What the files of the doctor share: doctor.c looks at Glassbox's own parts, doctor_machine.c at the
   machine. */

#ifndef GBX_DOCTOR_INTERNAL_H
#define GBX_DOCTOR_INTERNAL_H

#include "doctor.h"
#include "paths.h"

/* One thing to look for.  `look` fills ok, text and remedy; `argument` is the probe's own. */
typedef struct gbx_probe {
    const char *name;
    const char *used_by;
    void (*look)(const struct gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding);
    const char *argument;
    bool required;
    bool checkout;               /* of use in a checkout alone */
} gbx_probe;

extern const gbx_probe gbx_machine_probes[];
extern const size_t gbx_machine_probe_count;

/* Set text, or remedy. */
void gbx_doctor_say(gbx_doctor_finding *finding, bool ok, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void gbx_doctor_advise(gbx_doctor_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
