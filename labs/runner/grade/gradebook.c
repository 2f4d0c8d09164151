/* A folder of results into a gradebook; see gradebook.h.  Which of a result's words are believed is decided in
   gradebook_result.c. */

#include "gradebook.h"
#include "clean.h"
#include "paths.h"
#include "slurp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_RESULT = 8 << 20, MOST_STUDENTS = 200000 };

/* The text of a result as JSON, or NULL and why not in the card. */
static json_t *
parse(gbx_card *card, const char *text, size_t size)
{
    json_error_t why;
    json_t *whole = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
    if (whole == NULL) {
        snprintf(card->trouble, sizeof(card->trouble), "it is no JSON: line %d: %.160s", why.line, why.text);
    }
    return whole;
}

/* The result that stands at `path`, into the next place of the book.  A file that cannot be read is its student's
   trouble, not everybody's. */
static int
add_result(gbx_gradebook *book, const char *path, const char *student, const gbx_gradebook_course *course,
           gbx_error *error)
{
    gbx_card *card = &book->cards[book->count];
    gbx_error why = { 0, "" };
    char *text = NULL;
    size_t size = 0;
    *card = (gbx_card){ .student = NULL };
    int code = gbx_slurp(path, MOST_RESULT, &text, &size, &why);
    if (code == GBX_ERROR_MEMORY) {
        return gbx_error_set(error, code, "out of memory");
    }
    json_t *whole = code == 0 ? parse(card, text, size) : NULL;
    if (code != 0) {
        snprintf(card->trouble, sizeof(card->trouble), "%s",
                 code == GBX_ERROR_MISSING ? "it has no result" : why.message);
    }
    free(text);
    json_t *name = student == NULL ? NULL : json_string(student);
    code = gbx_card_take(card, whole, name == NULL ? NULL : json_string_value(name), course, error);
    card->more = json_array();                  /* keeps what the card points to besides its result */
    if (name != NULL) {
        json_array_append_new(card->more, name);
    }
    book->count++;
    return code;
}

/* ------------------------------------------------------------------------ the folder */

typedef struct {
    char **names;
    size_t count, room;
} names;

static void
clear_names(names *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->names[i]);
    }
    free(all->names);
    *all = (names){ .names = NULL };
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
keep_name(names *all, const char *name)
{
    if (all->count == all->room) {
        size_t room = all->room == 0 ? 64 : all->room * 2;
        char **bigger = realloc(all->names, room * sizeof(*bigger));
        if (bigger == NULL) {
            return false;
        }
        all->names = bigger;
        all->room = room;
    }
    all->names[all->count] = strdup(name);
    return all->names[all->count++] != NULL;
}

static bool
is_text(const char *name)
{
    unsigned number;
    size_t left = strlen(name), one;
    for (; left > 0 && (one = gbx_clean_character(name, left, &number)) > 0; left -= one) {
        name += one;
    }
    return left == 0;
}

/* The folders in it that have a result, or had: links are not followed, names with a dot first are nobody's. */
static int
list_students(names *all, int folder, const char *path, gbx_error *error)
{
    int again = dup(folder), code = 0;
    DIR *list = again < 0 ? NULL : fdopendir(again);
    if (list == NULL) {
        if (again >= 0) {
            close(again);
        }
        return gbx_error_system(error, "read", path);
    }
    const struct dirent *entry;
    while (code == 0 && (entry = readdir(list)) != NULL) {
        struct stat about;
        if (entry->d_name[0] == '.' || fstatat(folder, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0
            || !S_ISDIR(about.st_mode)) {
            continue;
        }
        if (!is_text(entry->d_name)) {
            code = gbx_error_set(error, GBX_ERROR_FORMAT, "a folder in '%s' has a name that is no UTF-8, and so is "
                                 "no student's", path);
        }
        else if (all->count >= MOST_STUDENTS) {
            code = gbx_error_set(error, GBX_ERROR_LIMIT, "'%s' has more than %d folders", path, MOST_STUDENTS);
        }
        else if (!keep_name(all, entry->d_name)) {
            code = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
    }
    closedir(list);
    if (all->count > 0) {
        qsort(all->names, all->count, sizeof(all->names[0]), by_name);
    }
    return code;
}

static int
add_student(gbx_gradebook *book, const char *folder, const char *name, const gbx_gradebook_course *course,
            gbx_error *error)
{
    char *path = gbx_paths_join(folder, name, "result.json", NULL);
    int code = path == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : add_result(book, path, name, course, error);
    free(path);
    return code;
}

static int
read_folder(gbx_gradebook *book, int folder, const char *path, const gbx_gradebook_course *course, gbx_error *error)
{
    names all = { .names = NULL };
    int code = list_students(&all, folder, path, error);
    if (code == 0 && all.count == 0) {
        code = gbx_error_set(error, GBX_ERROR_MISSING, "there is no result in '%s' (a folder for each student, with its "
                             "result.json, is what 'glassbox grade --batch' writes)", path);
    }
    if (code == 0 && (book->cards = calloc(all.count, sizeof(book->cards[0]))) == NULL) {
        code = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < all.count && code == 0; i++) {
        code = add_student(book, path, all.names[i], course, error);
    }
    clear_names(&all);
    return code;
}

/* --------------------------------------------------------------------------- the lab */

static int
lab_of(const gbx_card *card)
{
    const json_t *lab = json_object_get(card->whole, "lab");
    return card->graded || card->readable ? (int)json_integer_value(json_object_get(lab, "number")) : 0;
}

/* All are of one lab, or the one that was asked for. */
static int
choose_lab(gbx_gradebook *book, int lab, gbx_error *error)
{
    for (size_t i = 0; i < book->count; i++) {
        gbx_card *card = &book->cards[i];
        int number = lab_of(card);
        if (number == 0) {
            continue;
        }
        if (lab != 0 && number != lab) {
            gbx_card_refuse(card, "it is a result of lab %d", number);
            continue;
        }
        if (book->lab != 0 && book->lab != number) {
            return gbx_error_set(error, GBX_ERROR_USAGE, "there are results of two labs, %d and %d: choose with --lab",
                                 book->lab, number);
        }
        const json_t *about = json_object_get(card->whole, "lab");
        book->lab = number;
        book->lab_name = json_string_value(json_object_get(about, "name"));
        book->lab_title = json_string_value(json_object_get(about, "title"));
    }
    return 0;
}

static void
count_all(gbx_gradebook *book, const gbx_gradebook_course *course)
{
    for (size_t i = 0; i < book->count; i++) {
        const gbx_card *card = &book->cards[i];
        bool known = false;
        if (!card->graded) {
            continue;
        }
        book->graded++;
        book->unwitnessed += !card->witnessed && card->score > 0;
        book->sealed += course != NULL && course->roster.key != NULL;
        for (size_t k = 0; k < i && !known; k++) {
            known = book->cards[k].graded && strcmp(book->cards[k].rubric, card->rubric) == 0;
        }
        book->rubrics += !known;
    }
}

/* ---------------------------------------------------------------------------- outside */

static int
read_reviews(gbx_gradebook *book, const char *path, gbx_error *error)
{
    char *name = gbx_paths_join(path, "reviews.jsonl", NULL);
    int code = name == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : gbx_gradebook_reviews(book, name, error);
    free(name);
    return code;
}

int
gbx_gradebook_read(gbx_gradebook *book, const char *path, int lab, const gbx_gradebook_course *course, gbx_error *error)
{
    *book = (gbx_gradebook){ .lab = 0 };
    int code, folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        book->folder = true;
        code = read_folder(book, folder, path, course, error);
        close(folder);
    }
    else if (errno == ENOTDIR) {
        book->cards = calloc(1, sizeof(book->cards[0]));
        code = book->cards == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
            : add_result(book, path, NULL, course, error);
    }
    else {
        return gbx_error_system(error, "open", path);
    }
    if (code == 0) {
        code = choose_lab(book, lab, error);
    }
    if (code == 0 && folder >= 0) {
        code = read_reviews(book, path, error);
    }
    if (code == 0) {
        count_all(book, course);
    }
    return code;
}

void
gbx_gradebook_clear(gbx_gradebook *book)
{
    for (size_t i = 0; i < book->count; i++) {
        gbx_card_clear(&book->cards[i]);
    }
    free(book->cards);
    *book = (gbx_gradebook){ .lab = 0 };
}

const gbx_card *
gbx_gradebook_find(const gbx_gradebook *book, const char *student)
{
    size_t low = 0, high = book->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *there = book->cards[middle].student;
        int order = strcmp(student, there == NULL ? "" : there);
        if (order == 0) {
            return &book->cards[middle];
        }
        if (order < 0) {
            high = middle;
        }
        else {
            low = middle + 1;
        }
    }
    return NULL;
}
