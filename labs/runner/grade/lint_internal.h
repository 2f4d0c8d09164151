/* Lint's own: what its files share.  See lint.h. */

#ifndef GBX_LINT_INTERNAL_H
#define GBX_LINT_INTERNAL_H

#include "digest.h"
#include "lint.h"

typedef struct {
    const gbx_lint_options *options;
    gbx_lab *lab;
    json_t *cases;                   /* cases.toml: of {"case", "fact"} */
    json_t *report;
    json_t *rule;                    /* that is looked at; borrowed from the report */
    char *folder;                    /* temporary */
    unsigned made;                   /* work folders */
} gbx_linting;

/* Begin a rule; from here on, what is noted is about it. */
void gbx_lint_rule(gbx_linting *lint, const char *id, const char *title);
void gbx_lint_looked(gbx_linting *lint, size_t count);
void gbx_lint_left_out(gbx_linting *lint);
void gbx_lint_defect(gbx_linting *lint, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* lint_words.c: rules that look and do not grade. */
int gbx_lint_words(gbx_linting *lint, gbx_error *error);
int gbx_lint_hints(gbx_linting *lint, gbx_error *error);                    /* lint_hints.c: does one give the answer away? */
/* lint_runs.c: rules that grade. */
int gbx_lint_runs(gbx_linting *lint, gbx_error *error);

/* lint_work.c: the text of a file of a folder, filled in for a student; NULL in *out where there is no such file. */
int gbx_lint_text(const char *folder, const char *name, const json_t *variant, const char *student, char **out,
                  gbx_error *error);
/* The names of a folder's ordinary files, sorted, as an array; empty where there is no folder. */
int gbx_lint_files(const char *folder, json_t **names, gbx_error *error);
/* Grade a submission: the lab's beginning and over it the files of each layer (folders; the list ends with NULL). */
int gbx_lint_grade(gbx_linting *lint, const char *student, const char *const *layers, json_t **result, gbx_error *error);
/* The seed of a student, for practice. */
int gbx_lint_seed(const gbx_linting *lint, const char *student, char seed[GBX_DIGEST_HEX], gbx_error *error);

/* A folder of the solutions, "must-fail/CASE"; the caller frees it. */
char *gbx_lint_solution(const gbx_linting *lint, const char *kind, const char *name);

#endif
