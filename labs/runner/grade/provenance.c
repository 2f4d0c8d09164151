/* Who judges, as one sum; see provenance.h. */

#include "provenance.h"

#include "paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEEPEST = 16, MOST_FILES = 20000 };

typedef struct {
    gbx_digest *sum;
    size_t files;
} judged;

/* A word with its length before it: two lists of words never look the same. */
static void
add_word(judged *this, const char *word, size_t size)
{
    char length[32];
    int digits = snprintf(length, sizeof(length), "%zu:", size);
    gbx_digest_add(this->sum, length, (size_t)digits);
    gbx_digest_add(this->sum, word, size);
}

static int
add_file(judged *this, const char *name, const char *path, gbx_error *error)
{
    char text[GBX_DIGEST_TEXT];
    int status = gbx_digest_file(text, path, 0, error);
    if (status == 0) {
        add_word(this, name, strlen(name));
        add_word(this, text, strlen(text));
    }
    return status;
}

/* What is made while a lab is run from its folder, or hidden in it, judges nothing. */
static int
counts(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && strcmp(entry->d_name, "__pycache__") != 0;
}

/* Beside the labs stands the runner: labs begin with their number. */
static int
is_lab(const struct dirent *entry)
{
    return (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') || strcmp(entry->d_name, "lab.py") == 0;
}

static int add_folder(judged *this, const char *path, int (*which)(const struct dirent *), int depth, gbx_error *error);

static int
add_entry(judged *this, const char *folder, const char *name, int depth, gbx_error *error)
{
    struct stat about;
    char *path = gbx_paths_join(folder, name, NULL);
    int status = path == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : stat(path, &about) != 0 ? gbx_error_system(error, "look at", path)
        : ++this->files > MOST_FILES || depth > DEEPEST ? gbx_error_set(error, GBX_ERROR_LIMIT, "'%s' has too many files for a lab",
                                                                        path) : 0;
    if (status == 0 && S_ISDIR(about.st_mode)) {
        add_word(this, name, strlen(name));
        status = add_folder(this, path, counts, depth + 1, error);
        add_word(this, "..", 2);
    }
    else if (status == 0) {
        status = add_file(this, name, path, error);
    }
    free(path);
    return status;
}

/* In the order of the bytes of the names, on every machine. */
static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int
add_folder(judged *this, const char *path, int (*which)(const struct dirent *), int depth, gbx_error *error)
{
    struct dirent **names;
    int count = scandir(path, &names, which, by_bytes), status = 0;
    if (count < 0) {
        return gbx_error_system(error, "read", path);
    }
    for (int i = 0; i < count; i++) {
        status = status != 0 ? status : add_entry(this, path, names[i]->d_name, depth, error);
        free(names[i]);
    }
    free(names);
    return status;
}

/* A course may have no labs of its own. */
static int
add_course(judged *this, const gbx_provenance_options *options, gbx_error *error)
{
    struct stat about;
    int status = 0;
    if (options->course != NULL) {
        char *labs = gbx_paths_join(options->course, "labs", NULL);
        status = labs == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
            : stat(labs, &about) == 0 ? add_folder(this, labs, is_lab, 0, error) : 0;
        free(labs);
    }
    add_word(this, options->secret == NULL ? "" : options->secret, options->secret == NULL ? 0 : options->secret_size);
    return status;
}

int
gbx_provenance_sum(char text[GBX_DIGEST_TEXT], const gbx_provenance_options *options, gbx_error *error)
{
    judged this = { NULL, 0 };
    unsigned char sum[GBX_DIGEST_BYTES];
    char hex[GBX_DIGEST_HEX];
    gbx_error unsaid;
    int status = gbx_digest_begin(&this.sum, error);
    if (status != 0) {
        return status;
    }
    status = add_file(&this, "program", options->program, error);
    for (size_t i = 0; status == 0 && options->pythons[i] != NULL; i++) {
        status = add_file(&this, "python", options->pythons[i], error);
    }
    status = status != 0 ? status : add_folder(&this, options->labs, is_lab, 0, error);
    status = status != 0 ? status : add_course(&this, options, error);
    for (size_t i = 0; options->options != NULL && options->options[i] != NULL; i++) {
        add_word(&this, options->options[i], strlen(options->options[i]));
    }
    int ended = gbx_digest_end(this.sum, sum, status == 0 ? error : &unsaid);
    snprintf(text, GBX_DIGEST_TEXT, "sha256:%s", ended == 0 ? gbx_digest_hex(sum, hex) : "");
    return status != 0 ? status : ended;
}
