/* A lab as it was read: what lab.toml, hints.toml, misconceptions.toml and a course's overlay of them say, checked.
   For the grading engine and the commands; who writes a fact reads lab.h alone.

       gbx_lab *lab;
       if (gbx_lab_open(&lab, labs_folder, 1, overlay, gbx_lab_code_find, &error) == 0) {
           json_t *variant = gbx_lab_variant(lab, seed, NULL);
           ...
           gbx_lab_close(lab);
       }

   Everything that is wrong with a lab is its author's affair and said when it is opened: GBX_ERROR_USAGE, and one
   sentence that names the file and the entry.  All texts and JSON values belong to the lab.  This module must not
   run anything, and must not print. */

#ifndef GBX_LAB_INTERNAL_H
#define GBX_LAB_INTERNAL_H

#include "digest.h"
#include "lab.h"
#include "sandbox.h"

enum {
    GBX_LAB_RUNS = 8, GBX_LAB_FACTS = 48, GBX_LAB_EXPLAINS = 12, GBX_LAB_MECHANISMS = 32, GBX_LAB_PREDICTS = 24,
    GBX_LAB_HINTS = 256, GBX_LAB_FILES = 16, GBX_LAB_RUNGS = 4
};

/* When somebody may see it: formats.c. */
typedef enum { GBX_SEEN_VISIBLE, GBX_SEEN_HIDDEN, GBX_SEEN_AFTER_DUE, GBX_SEEN_AFTER_PUBLISHED } gbx_seen;

typedef struct {
    const char *name, *harness;
    const json_t *arguments;             /* of strings, with {{name}}; NULL */
    uint32_t events;                     /* classes, as asked for: GBX_BIT(...) */
    const char *build;                   /* "gil" or "ft" */
    const json_t *packages;              /* of strings; NULL */
    const json_t *variant;               /* parameters that differ in this run; NULL */
    bool hidden, timing;
    bool ctypes;                         /* may load _ctypes and its like, which give a program all of its process */
    gbx_limits limits;
} gbx_lab_run;

typedef struct {
    const char *id, *sentence;
    const char *check;                   /* a name in the lab's code... */
    const json_t *query;                 /* ...or declared: one of the two is NULL */
    const gbx_fact_code *code;           /* what `check` names; NULL */
    double points;
    size_t run;                          /* index of its run */
    const json_t *needs;                 /* ids of facts that come before it; NULL */
    bool partial;
    gbx_seen seen;
    bool full;                           /* show: expected and actual, not the verdict alone */
} gbx_lab_fact;

typedef struct {
    const char *id, *fact, *question;
    const json_t *mechanisms;            /* ids */
    double points, person;
    const json_t *keys;                  /* the rubric's, for the person; NULL */
} gbx_lab_explain;

typedef struct {
    const char *id, *text;
    const json_t *events;                /* kinds that must be cited; NULL where there is a check */
    const gbx_mechanism_code *code;      /* NULL: declared */
    const json_t *anchors;               /* places in the C sources that will do; NULL: any that resolves */
} gbx_lab_mechanism;

typedef struct {
    const char *id, *question, *fact;
    const json_t *choices;               /* of {text, misconception} */
    double points;
} gbx_lab_predict;

typedef struct {
    const char *fact, *kind, *text;
    unsigned rung;                       /* 1... */
    double cost;
} gbx_lab_hint;

typedef struct {
    const char *id, *belief, *because, *fact, *planted;
} gbx_lab_misconception;

typedef struct {
    int number, station, minutes;
    const char *name, *title, *oracle;   /* oracle: NULL: none */
    char *folder;                        /* labs/1-sites, absolute */
    char *overlay;                       /* COURSE/labs/1-sites, absolute; NULL: no such folder */
    char *shared;                        /* the folder that has lab.py */
    const gbx_lab_code *code;            /* NULL: all is declared */
    const char *files[GBX_LAB_FILES];    /* what has to be submitted; ends with NULL */
    const char *optional[GBX_LAB_FILES];
    const char *beside[GBX_LAB_FILES];   /* besides lab.py and the program in /lab, by their base names: "data.py", "start/load.py" */
    size_t most_bytes;
    gbx_lab_run runs[GBX_LAB_RUNS];
    size_t run_count;
    gbx_lab_fact facts[GBX_LAB_FACTS];
    size_t fact_count;
    gbx_lab_explain explains[GBX_LAB_EXPLAINS];
    size_t explain_count;
    gbx_lab_mechanism mechanisms[GBX_LAB_MECHANISMS];
    size_t mechanism_count;
    gbx_lab_predict predicts[GBX_LAB_PREDICTS];
    size_t predict_count;
    gbx_lab_hint hints[GBX_LAB_HINTS];
    size_t hint_count;
    gbx_lab_misconception misconceptions[GBX_LAB_HINTS];
    size_t misconception_count;
    char rubric[GBX_DIGEST_TEXT];                    /* "sha256:..." of all that is judged by: data, hints, harness, oracle */
    json_t *data, *hint_data, *misconception_data;
} gbx_lab;

typedef const gbx_lab_code *gbx_lab_finder(int number);

/* Open lab `number` of the folder `labs` (has lab.py, 1-sites...).  `overlay`: a course's folder, whose labs/N-name may say
   otherwise; may be NULL.  `find` looks up the lab's code (gbx_lab_code_find); NULL: there is none. */
int gbx_lab_open(gbx_lab **out, const char *labs, int number, const char *overlay, gbx_lab_finder *find, gbx_error *error);
/* The same of a lab's own folder, wherever it is; `shared` has lab.py. */
int gbx_lab_open_folder(gbx_lab **out, const char *folder, const char *shared, const char *overlay, gbx_lab_finder *find,
                        gbx_error *error);
void gbx_lab_close(gbx_lab *lab);                        /* NULL is fine */

/* The folder of labs: GLASSBOX_LABS=, else the checkout's or the installation's; the caller frees it.  `root` is
   gbx_paths' root; may be NULL. */
int gbx_labs_folder(const char *root, bool installed, char **out, gbx_error *error);

/* A file of the lab, the course's own before the lab's; the caller frees it.  NULL: out of memory. */
char *gbx_lab_file(const gbx_lab *lab, const char *name);

const gbx_lab_fact *gbx_lab_fact_find(const gbx_lab *lab, const char *id);           /* NULL: none */
const gbx_lab_mechanism *gbx_lab_mechanism_find(const gbx_lab *lab, const char *id);
const gbx_lab_misconception *gbx_lab_misconception_find(const gbx_lab *lab, const char *id);
const gbx_lab_hint *gbx_lab_hint_find(const gbx_lab *lab, const char *fact, unsigned rung);

/* Is it left out when a learner checks: other inputs, or not to be seen at once? */
bool gbx_lab_fact_hidden(const gbx_lab *lab, const gbx_lab_fact *fact);

/* The student's parameters: name -> value, drawn by the seed (64 hex digits); with those of `run` in place (may be
   NULL).  A new reference; NULL without memory. */
json_t *gbx_lab_variant(const gbx_lab *lab, const char *seed, const gbx_lab_run *run);

/* `text` with {{name}} put in from the parameters, and {{student}}; the caller frees *out.  GBX_ERROR_USAGE: it names one that
   is not there. */
int gbx_lab_fill(const char *text, const json_t *variant, const char *student, char **out, gbx_error *error);

#endif
