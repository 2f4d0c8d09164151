/* What tests of a batch share: a folder with bundles and a list, and a grader that does what a bundle's text says.

   A test program that starts batches begins its main() with

       if (argc > 2 && strcmp(argv[1], "grade") == 0) {
           return batch_stand_in(argc, argv);
       }

   and is then its own grader. */

#ifndef BATCH_TEST_H
#define BATCH_TEST_H

#include "batch.h"

extern char *batch_folder;               /* of the fixture */
extern gbx_error batch_error;
extern gbx_batch_result batch_result;    /* of the last run */

/* The grader: "pass", "partial 3", "fail 0"...; "infra", "once FILE" (fails until there is a FILE, which it makes), "crash", "half",
   "usage", "other", "forged", "nothing", "sleep MS". */
int batch_stand_in(int argc, char **argv);

int batch_set_up(void **state);
int batch_tear_down(void **state);

/* A path in the fixture's folder; good for a few more calls. */
char *batch_at(const char *name);
void batch_put_file(const char *path, const char *text);
char *batch_get_file(const char *path);          /* "" where there is none; to be freed */

/* A bundle, and its line at the end of the list. */
void batch_hand_in(const char *student, const char *what);

gbx_batch_options batch_options_of(void);
int batch_run_with(gbx_batch_options options);
int batch_run(void);
size_t batch_gradings(void);                     /* of the last run */
void batch_assert_table(const char *lines);      /* of the last run, without its head */
void batch_assert_says(const char *part);        /* the last error */

#endif
