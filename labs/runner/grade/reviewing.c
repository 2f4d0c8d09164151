/* Reviewing; see reviewing.h. */

#include "reviewing.h"

#include "beneath.h"
#include "clean.h"
#include "outcome.h"
#include "slurp.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <time.h>

enum { REVIEWS_MOST = 64 << 20, COMMENTS_MOST = 9, TEXT_MOST = 4000 };

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* ---------------------------------------------------------------- what is there */

/* A text of an object, cleaned, in the reviewing's own memory; "" where there is none, NULL without memory. */
static const char *
keep_text(gbx_reviewing *reviewing, const json_t *from, const char *name)
{
    const char *text = json_string_value(json_object_get(from, name));
    char clean[TEXT_MOST];
    json_t *kept = json_string(gbx_clean(text == NULL ? "" : text, clean, sizeof(clean)));
    return json_array_append_new(reviewing->wholes, kept) == 0 ? json_string_value(kept) : NULL;
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What the group is known by: everything but whose it is and where in the program. */
static int
sum_up(gbx_review *item, gbx_error *error)
{
    const char *kinds[64];
    size_t count = 0, index;
    json_t *event;
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL) {
        return no_memory(error);
    }
    fprintf(to, "%d\n%s\n%s\n%s\n%.9g of %.9g, %.9g\n", item->lab, item->id, item->mechanism, item->anchor,
            item->score, item->points, item->person);
    json_array_foreach(item->events, index, event) {
        const char *ref = json_string_value(json_object_get(event, "ref"));
        if (ref != NULL && count < sizeof(kinds) / sizeof(kinds[0])) {
            kinds[count++] = ref;
        }
    }
    qsort(kinds, count, sizeof(kinds[0]), by_text);
    for (size_t i = 0; i < count; i++) {
        fprintf(to, "%.*s\n", (int)strcspn(kinds[i], "@"), kinds[i]);
    }
    int code = fclose(to) != 0 ? no_memory(error) : gbx_digest_text(item->evidence, text, size, error);
    free(text);
    return code;
}

static double
number_of(const json_t *from, const char *name)
{
    double value = json_number_value(json_object_get(from, name));
    return isfinite(value) && value >= 0 ? value : 0;
}

static int
add_item(gbx_reviewing *reviewing, const gbx_outcome *outcome, const json_t *explanation, gbx_error *error)
{
    gbx_review *more = realloc(reviewing->items, (reviewing->count + 1) * sizeof(*more));
    if (more == NULL) {
        return no_memory(error);
    }
    reviewing->items = more;
    gbx_review *item = &more[reviewing->count];
    const json_t *text = json_object_get(explanation, "prose");
    const char *prose = json_is_string(text) ? json_string_value(text) : "";
    *item = (gbx_review){
        .student = keep_text(reviewing, outcome->all, "student"),
        .submission = keep_text(reviewing, outcome->all, "submission"),
        .id = keep_text(reviewing, explanation, "id"), .fact = keep_text(reviewing, explanation, "fact"),
        .mechanism = keep_text(reviewing, explanation, "mechanism"), .anchor = keep_text(reviewing, explanation, "anchor"),
        .message = keep_text(reviewing, explanation, "message"), .prose = gbx_clean_text(prose, strlen(prose)),
        .events = json_object_get(explanation, "events"), .lab = outcome->number, .points = number_of(explanation, "points"),
        .score = number_of(explanation, "score"), .person = number_of(explanation, "person"),
    };
    bool kept = item->student != NULL && item->submission != NULL && item->id != NULL && item->fact != NULL && item->mechanism != NULL
        && item->anchor != NULL && item->message != NULL && item->prose != NULL;
    if (!kept) {
        free(item->prose);
        return no_memory(error);
    }
    reviewing->count++;
    return sum_up(item, error);
}

/* Those of a result that a person has to look at. */
static int
add_result(gbx_reviewing *reviewing, const gbx_outcome *outcome, gbx_error *error)
{
    size_t index;
    json_t *one;
    if (strcmp(outcome->verdict, "violation") == 0 || strcmp(outcome->verdict, "infrastructure") == 0) {
        return 0;                                /* it has no score, whatever a person says */
    }
    int code = json_array_append(reviewing->wholes, outcome->all) == 0 ? 0 : no_memory(error);
    json_array_foreach(json_object_get(outcome->all, "explanations"), index, one) {
        bool waits = number_of(one, "person") > 0 && json_is_null(json_object_get(one, "given"));
        if (code == 0 && waits) {
            code = add_item(reviewing, outcome, one, error);
        }
    }
    return code;
}

static void
pass_over(gbx_reviewing *reviewing, const char *path, const char *why)
{
    if (reviewing->passed_over++ == 0) {
        char text[360];
        snprintf(text, sizeof(text), "'%.120s': %.200s", path, why);
        gbx_clean(text, reviewing->first_trouble, sizeof(reviewing->first_trouble));
    }
}

/* One result; what is none is counted, and no error. */
static int
read_result(gbx_reviewing *reviewing, const char *path, const void *key, size_t key_size, gbx_error *error)
{
    gbx_outcome outcome;
    gbx_error local = { 0, "" };
    int code = gbx_outcome_read(&outcome, path, &local);
    if (code == GBX_ERROR_MISSING) {
        return 0;
    }
    if (code == GBX_ERROR_MEMORY) {
        return no_memory(error);
    }
    if (code != 0) {
        pass_over(reviewing, path, local.message);
        return 0;
    }
    if (key != NULL && gbx_outcome_seal_check(outcome.all, key, key_size, &local) != 0) {
        pass_over(reviewing, path, local.message);
    }
    else {
        reviewing->results++;
        code = add_result(reviewing, &outcome, error);
    }
    gbx_outcome_clear(&outcome);
    return code;
}

static int
read_results(gbx_reviewing *reviewing, const void *key, size_t key_size, gbx_error *error)
{
    DIR *folder = opendir(reviewing->folder);
    if (folder == NULL) {
        return gbx_error_system(error, "open", reviewing->folder);
    }
    int code = 0;
    for (struct dirent *entry; code == 0 && (errno = 0, entry = readdir(folder)) != NULL;) {
        char *path;
        bool itself = strcmp(entry->d_name, ".") == 0;
        if (entry->d_name[0] == '.' && !itself) {
            continue;
        }
        if (asprintf(&path, "%s/%s/result.json", reviewing->folder, entry->d_name) < 0) {
            code = no_memory(error);
            break;
        }
        code = read_result(reviewing, path, key, key_size, error);
        free(path);
    }
    closedir(folder);
    return code;
}

/* ---------------------------------------------------------------------- the order */

static int
by_group(const void *a, const void *b)
{
    const gbx_review *x = a, *y = b;
    int order = x->lab != y->lab ? (x->lab < y->lab ? -1 : 1) : strcmp(x->id, y->id);
    order = order != 0 ? order : strcmp(x->evidence, y->evidence);
    return order != 0 ? order : strcmp(x->student, y->student);
}

static bool
same_group(const gbx_review *x, const gbx_review *y)
{
    return x->lab == y->lab && strcmp(x->id, y->id) == 0 && strcmp(x->evidence, y->evidence) == 0;
}

size_t
gbx_reviewing_group(const gbx_reviewing *reviewing, size_t item, size_t *first)
{
    size_t begin = item, end = item;
    while (begin > 0 && same_group(&reviewing->items[begin - 1], &reviewing->items[item])) {
        begin--;
    }
    while (end < reviewing->count && same_group(&reviewing->items[end], &reviewing->items[item])) {
        end++;
    }
    *first = begin;
    return end;
}

typedef struct {
    size_t first, end;
    const gbx_review *items;
} stretch;

/* The larger group of one question first; a question's groups stay together. */
static int
by_size(const void *a, const void *b)
{
    const stretch *x = a, *y = b;
    const gbx_review *p = &x->items[x->first], *q = &y->items[y->first];
    int order = p->lab != q->lab ? (p->lab < q->lab ? -1 : 1) : strcmp(p->id, q->id);
    size_t m = x->end - x->first, n = y->end - y->first;
    return order != 0 ? order : m != n ? (m > n ? -1 : 1) : strcmp(p->evidence, q->evidence);
}

static int
sort_items(gbx_reviewing *reviewing, gbx_error *error)
{
    if (reviewing->count == 0) {
        return 0;
    }
    qsort(reviewing->items, reviewing->count, sizeof(reviewing->items[0]), by_group);
    stretch *groups = calloc(reviewing->count, sizeof(*groups));
    gbx_review *sorted = calloc(reviewing->count, sizeof(*sorted));
    size_t count = 0, used = 0;
    if (groups == NULL || sorted == NULL) {
        free(groups);
        free(sorted);
        return no_memory(error);
    }
    for (size_t at = 0, first; at < reviewing->count; at = groups[count++].end) {
        groups[count] = (stretch){ .first = at, .items = reviewing->items };
        groups[count].end = gbx_reviewing_group(reviewing, at, &first);
    }
    qsort(groups, count, sizeof(groups[0]), by_size);
    for (size_t i = 0; i < count; i++) {
        size_t length = groups[i].end - groups[i].first;
        memcpy(&sorted[used], &reviewing->items[groups[i].first], length * sizeof(sorted[0]));
        used += length;
    }
    free(groups);
    free(reviewing->items);
    reviewing->items = sorted;
    return 0;
}

/* ------------------------------------------------------------------ what was said */

static gbx_review *
find(const gbx_reviewing *reviewing, const char *student, const char *id)
{
    for (size_t i = 0; i < reviewing->count; i++) {
        gbx_review *item = &reviewing->items[i];
        if (strcmp(item->student, student) == 0 && strcmp(item->id, id) == 0) {
            return item;
        }
    }
    return NULL;
}

/* The newest first, each once. */
static int
keep_comment(gbx_reviewing *reviewing, const char *id, const char *comment, gbx_error *error)
{
    json_t *list = json_object_get(reviewing->comments, id);
    if (list == NULL) {
        list = json_array();
        if (json_object_set_new(reviewing->comments, id, list) != 0) {
            return no_memory(error);
        }
    }
    for (size_t i = json_array_size(list); i-- > 0;) {
        if (strcmp(json_string_value(json_array_get(list, i)), comment) == 0) {
            json_array_remove(list, i);
        }
    }
    if (json_array_insert_new(list, 0, json_string(comment)) != 0) {
        return no_memory(error);
    }
    if (json_array_size(list) > COMMENTS_MOST) {
        json_array_remove(list, COMMENTS_MOST);
    }
    return 0;
}

static int
set_judgement(gbx_reviewing *reviewing, gbx_review *item, double given, const char *comment, gbx_error *error)
{
    bool says = given >= 0 && comment != NULL && comment[0] != '\0';
    char *copy = says ? strdup(comment) : NULL;
    if (says && copy == NULL) {
        return no_memory(error);
    }
    free(item->comment);
    item->comment = copy;
    item->judged = given >= 0;
    item->given = given >= 0 ? given : 0;
    return says ? keep_comment(reviewing, item->id, comment, error) : 0;
}

/* One line of the file; what cannot be counted is passed over. */
static int
take_line(gbx_reviewing *reviewing, const json_t *line, gbx_error *error)
{
    const char *student = json_string_value(json_object_get(line, "student"));
    const char *id = json_string_value(json_object_get(line, "explanation"));
    const char *submission = json_string_value(json_object_get(line, "submission"));
    const char *comment = json_string_value(json_object_get(line, "comment"));
    const json_t *points = json_object_get(line, "points");
    gbx_review *item = student == NULL || id == NULL ? NULL : find(reviewing, student, id);
    bool back = json_is_null(points);
    double given = back ? -1 : json_number_value(points);
    char clean[TEXT_MOST];
    if (item == NULL || submission == NULL || strcmp(item->submission, submission) != 0
        || (!back && (!json_is_number(points) || !(given >= 0 && given <= item->person)))) {
        reviewing->stale++;
        return 0;
    }
    return set_judgement(reviewing, item, given, comment == NULL ? NULL : gbx_clean(comment, clean, sizeof(clean)), error);
}

static int
read_reviews(gbx_reviewing *reviewing, gbx_error *error)
{
    char *path, *text = NULL;
    size_t size = 0;
    if (asprintf(&path, "%s/" GBX_REVIEWS, reviewing->folder) < 0) {
        return no_memory(error);
    }
    int code = gbx_slurp(path, REVIEWS_MOST, &text, &size, error);
    code = code == GBX_ERROR_MISSING ? 0 : code == GBX_ERROR_USAGE ? GBX_ERROR_SYSTEM : code;    /* it is not the command that is wrong */
    for (char *at = text; code == 0 && at != NULL && *at != '\0';) {
        size_t length = strcspn(at, "\n");
        json_t *line = json_loadb(at, length, JSON_REJECT_DUPLICATES, NULL);
        code = take_line(reviewing, line, error);
        json_decref(line);
        at += length + (at[length] == '\n');
    }
    free(text);
    free(path);
    return code;
}

int
gbx_reviewing_open(gbx_reviewing *reviewing, const char *folder, const void *key, size_t key_size, gbx_error *error)
{
    *reviewing = (gbx_reviewing){ .folder = strdup(folder), .wholes = json_array(), .comments = json_object() };
    if (reviewing->folder == NULL || reviewing->wholes == NULL || reviewing->comments == NULL) {
        return no_memory(error);
    }
    int code = read_results(reviewing, key, key_size, error);
    if (code == 0 && reviewing->results == 0) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "there is no result in '%s'%s%s", folder,
                             reviewing->passed_over > 0 ? ": " : "", reviewing->first_trouble);
    }
    if (code == 0) {
        code = sort_items(reviewing, error);
    }
    return code == 0 ? read_reviews(reviewing, error) : code;
}

void
gbx_reviewing_clear(gbx_reviewing *reviewing)
{
    for (size_t i = 0; i < reviewing->count; i++) {
        free(reviewing->items[i].prose);
        free(reviewing->items[i].comment);
    }
    free(reviewing->items);
    free(reviewing->folder);
    json_decref(reviewing->wholes);
    json_decref(reviewing->comments);
    *reviewing = (gbx_reviewing){ .folder = NULL };
}

/* --------------------------------------------------------------------- to judge */

static json_t *
as_line(const gbx_review *item, double given, const char *comment, const char *reviewer)
{
    char when[32], clean[TEXT_MOST], who[128];
    struct tm utc;
    time_t now = time(NULL);
    gmtime_r(&now, &utc);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return json_pack("{s:s, s:i, s:s, s:s, s:o, s:s, s:s, s:s, s:s}", "student", item->student, "lab", item->lab,
                     "submission", item->submission, "explanation", item->id, "points", given < 0 ? json_null() : json_real(given),
                     "comment", gbx_clean(comment == NULL ? "" : comment, clean, sizeof(clean)),
                     "reviewer", gbx_clean(reviewer, who, sizeof(who)), "at", when, "evidence", item->evidence);
}

int
gbx_reviewing_judge(gbx_reviewing *reviewing, size_t item, double given, const char *comment, const char *reviewer,
                    gbx_error *error)
{
    gbx_review *about = &reviewing->items[item];
    if (!(given <= about->person)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "there are %g points to give, not %g", about->person, given);
    }
    json_t *line = as_line(about, given, comment, reviewer);
    int code = gbx_beneath_append(reviewing->folder, GBX_REVIEWS, line, error);
    json_decref(line);
    return code == 0 ? set_judgement(reviewing, about, given, comment, error) : code;
}
