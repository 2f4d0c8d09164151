/* Lab: lab.toml, and a course's overlay of it, into a gbx_lab; see lab_internal.h.

   Entries are read by lab_entries.c, hints and misconceptions by lab_hints.c, parameters drawn by variant.c.  Here are the
   files: where they are, how an overlay is laid over, and the hash of all that is judged by. */

#include "lab_entries.h"

#include "digest.h"
#include "paths.h"
#include "toml.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* ------------------------------------------------------------------- places */

int
gbx_labs_folder(const char *root, bool installed, char **out, gbx_error *error)
{
    const char *chosen = getenv("GLASSBOX_LABS");
    *out = NULL;
    if (chosen != NULL && chosen[0] != '\0') {
        *out = realpath(chosen, NULL);
        return *out != NULL ? 0 : gbx_error_system(error, "find", chosen);
    }
    if (root == NULL) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "this program is neither in its checkout nor installed: name "
                             "the folder of labs with GLASSBOX_LABS=");
    }
    *out = gbx_paths_join(root, installed ? "share/glassbox/labs" : "labs", NULL);
    return *out == NULL ? no_memory(error) : 0;
}

/* The folder "N-..." in `labs`; NULL: there is none, or no memory. */
static char *
numbered(const char *labs, int number)
{
    char prefix[16], *found = NULL;
    DIR *all = opendir(labs);
    snprintf(prefix, sizeof(prefix), "%d-", number);
    for (struct dirent *one; all != NULL && found == NULL && (one = readdir(all)) != NULL;) {
        if (strncmp(one->d_name, prefix, strlen(prefix)) == 0) {
            char *path = gbx_paths_join(labs, one->d_name, "lab.toml", NULL);
            if (path != NULL && access(path, F_OK) == 0) {
                found = gbx_paths_join(labs, one->d_name, NULL);
            }
            free(path);
        }
    }
    if (all != NULL) {
        closedir(all);
    }
    return found;
}

char *
gbx_lab_file(const gbx_lab *lab, const char *name)
{
    char *path = lab->overlay == NULL ? NULL : gbx_paths_join(lab->overlay, name, NULL);
    if (path != NULL && access(path, F_OK) == 0) {
        return path;
    }
    free(path);
    return gbx_paths_join(lab->folder, name, NULL);
}

/* ----------------------------------------------------------------- overlays */

/* The entry of a list that has the same id, or name; NULL. */
static json_t *
same_entry(json_t *list, const json_t *entry)
{
    static const char *const keys[] = { "id", "name" };
    size_t i;
    json_t *one;
    for (size_t k = 0; k < 2; k++) {
        const char *wanted = json_string_value(json_object_get(entry, keys[k]));
        if (wanted == NULL) {
            continue;
        }
        json_array_foreach(list, i, one) {
            const char *name = json_string_value(json_object_get(one, keys[k]));
            if (name != NULL && strcmp(name, wanted) == 0) {
                return one;
            }
        }
        return NULL;
    }
    return NULL;
}

/* Lay `over` on `base`: tables key by key, lists of tables entry by entry (by id or name; new ones are added at the end), all
   else replaced. */
static int
lay_over(json_t *base, const json_t *over)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)over, key, value) {
        json_t *there = json_object_get(base, key);
        if (json_is_object(value) && json_is_object(there)) {
            if (lay_over(there, value) != 0) {
                return -1;
            }
        }
        else if (json_is_array(value) && json_is_array(there) && json_is_object(json_array_get(value, 0))) {
            size_t i;
            json_t *entry;
            json_array_foreach(value, i, entry) {
                json_t *old = same_entry(there, entry);
                if (old != NULL ? json_object_update(old, entry) != 0 : json_array_append(there, entry) != 0) {
                    return -1;
                }
            }
        }
        else if (json_object_set(base, key, value) != 0) {
            return -1;
        }
    }
    return 0;
}

/* NAME of the lab with NAME of the overlay on it.  `needed`: the lab's own has to be there; else *out is an empty table. */
static int
read_layered(const gbx_lab *lab, const char *name, bool needed, json_t **out, gbx_error *error)
{
    json_t *over = NULL;
    char *path = gbx_paths_join(lab->folder, name, NULL);
    int status = path == NULL ? no_memory(error) : gbx_toml_read(out, path, error);
    free(path);
    if (status == GBX_ERROR_MISSING && !needed) {
        *out = json_object();
        status = *out == NULL ? no_memory(error) : 0;
    }
    if (status != 0 || lab->overlay == NULL) {
        return status;
    }
    path = gbx_paths_join(lab->overlay, name, NULL);
    status = path == NULL ? no_memory(error) : gbx_toml_read(&over, path, error);
    free(path);
    if (status == GBX_ERROR_MISSING) {
        return 0;
    }
    if (status == 0 && lay_over(*out, over) != 0) {
        status = no_memory(error);
    }
    json_decref(over);
    return status;
}

/* ------------------------------------------------------------------- rubric */

/* NAME and the hash of the file, into `all`; a file that is not there is left out. */
static int
note_file(const gbx_lab *lab, json_t *all, const char *name, gbx_error *error)
{
    char sum[GBX_DIGEST_TEXT];
    char *path = gbx_lab_file(lab, name);
    int status = path == NULL ? no_memory(error) : gbx_digest_file(sum, path, GBX_TOML_MOST, error);
    free(path);
    if (status == 0 && json_object_set_new(all, name, json_string(sum)) != 0) {
        status = no_memory(error);
    }
    return status;
}

/* All that is judged by, but the C of the facts, which the grader's version stands for. */
static int
hash_rubric(gbx_lab *lab, gbx_error *error)
{
    json_t *files = json_object();
    int status = files == NULL ? no_memory(error) : 0;
    for (size_t i = 0; i < lab->run_count && status == 0; i++) {
        status = note_file(lab, files, lab->runs[i].harness, error);
    }
    if (status == 0 && lab->oracle != NULL) {
        status = note_file(lab, files, lab->oracle, error);
    }
    for (size_t i = 0; lab->beside[i] != NULL && status == 0; i++) {
        status = note_file(lab, files, lab->beside[i], error);
    }
    json_t *all = status != 0 ? NULL : json_pack("{s:O, s:O, s:O, s:O}", "lab", lab->data, "hints", lab->hint_data,
                                                 "misconceptions", lab->misconception_data, "files", files);
    char *text = all == NULL ? NULL : json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
    if (status == 0) {
        status = text == NULL ? no_memory(error) : gbx_digest_text(lab->rubric, text, strlen(text), error);
    }
    free(text);
    json_decref(all);
    json_decref(files);
    return status;
}

/* ------------------------------------------------------------------ opening */

static bool
is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static int
find_overlay(gbx_lab *lab, const char *overlay, gbx_error *error)
{
    const char *slash = strrchr(lab->folder, '/');
    if (overlay == NULL) {
        return 0;
    }
    lab->overlay = gbx_paths_join(overlay, "labs", slash == NULL ? lab->folder : slash + 1, NULL);
    if (lab->overlay == NULL) {
        return no_memory(error);
    }
    if (!is_folder(lab->overlay)) {
        free(lab->overlay);
        lab->overlay = NULL;
    }
    return 0;
}

static int
read_all(gbx_lab *lab, gbx_lab_finder *find, gbx_error *error)
{
    int status = read_layered(lab, "lab.toml", true, &lab->data, error);
    if (status == 0) {
        status = read_layered(lab, "hints.toml", false, &lab->hint_data, error);
    }
    if (status == 0) {
        status = read_layered(lab, "misconceptions.toml", false, &lab->misconception_data, error);
    }
    if (status == 0) {
        status = gbx_lab_read_head(lab, error);
    }
    if (status == 0) {
        lab->code = find == NULL ? NULL : find(lab->number);
        status = gbx_lab_read_entries(lab, error);
    }
    if (status == 0) {
        status = gbx_lab_read_hints(lab, error);
    }
    return status == 0 ? hash_rubric(lab, error) : status;
}

int
gbx_lab_open_folder(gbx_lab **out, const char *folder, const char *shared, const char *overlay, gbx_lab_finder *find,
                    gbx_error *error)
{
    *out = NULL;
    gbx_lab *lab = calloc(1, sizeof(*lab));
    if (lab == NULL) {
        return no_memory(error);
    }
    lab->folder = realpath(folder, NULL);
    lab->shared = realpath(shared, NULL);
    int status = lab->folder == NULL ? gbx_error_system(error, "find", folder)
        : lab->shared == NULL ? gbx_error_system(error, "find", shared) : find_overlay(lab, overlay, error);
    if (status == 0) {
        status = read_all(lab, find, error);
    }
    if (status != 0) {
        gbx_lab_close(lab);
        return status;
    }
    *out = lab;
    return 0;
}

int
gbx_lab_open(gbx_lab **out, const char *labs, int number, const char *overlay, gbx_lab_finder *find, gbx_error *error)
{
    *out = NULL;
    char *folder = numbered(labs, number);
    if (folder == NULL) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "there is no lab %d in '%s'", number, labs);
    }
    int status = gbx_lab_open_folder(out, folder, labs, overlay, find, error);
    if (status == 0 && (*out)->number != number) {
        status = gbx_error_set(error, GBX_ERROR_USAGE, "'%s/lab.toml' says that it is lab %d", folder, (*out)->number);
        gbx_lab_close(*out);
        *out = NULL;
    }
    free(folder);
    return status;
}

void
gbx_lab_close(gbx_lab *lab)
{
    if (lab == NULL) {
        return;
    }
    json_decref(lab->data);
    json_decref(lab->hint_data);
    json_decref(lab->misconception_data);
    free(lab->folder);
    free(lab->overlay);
    free(lab->shared);
    free(lab);
}

/* ------------------------------------------------------------------ finding */

const gbx_lab_fact *
gbx_lab_fact_find(const gbx_lab *lab, const char *id)
{
    for (size_t i = 0; i < lab->fact_count; i++) {
        if (strcmp(lab->facts[i].id, id) == 0) {
            return &lab->facts[i];
        }
    }
    return NULL;
}

const gbx_lab_mechanism *
gbx_lab_mechanism_find(const gbx_lab *lab, const char *id)
{
    for (size_t i = 0; i < lab->mechanism_count; i++) {
        if (strcmp(lab->mechanisms[i].id, id) == 0) {
            return &lab->mechanisms[i];
        }
    }
    return NULL;
}

const gbx_lab_misconception *
gbx_lab_misconception_find(const gbx_lab *lab, const char *id)
{
    for (size_t i = 0; i < lab->misconception_count; i++) {
        if (strcmp(lab->misconceptions[i].id, id) == 0) {
            return &lab->misconceptions[i];
        }
    }
    return NULL;
}

const gbx_lab_hint *
gbx_lab_hint_find(const gbx_lab *lab, const char *fact, unsigned rung)
{
    for (size_t i = 0; i < lab->hint_count; i++) {
        if (lab->hints[i].rung == rung && strcmp(lab->hints[i].fact, fact) == 0) {
            return &lab->hints[i];
        }
    }
    return NULL;
}

bool
gbx_lab_fact_hidden(const gbx_lab *lab, const gbx_lab_fact *fact)
{
    return fact->seen != GBX_SEEN_VISIBLE || lab->runs[fact->run].hidden;
}
