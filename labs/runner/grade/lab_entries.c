/* The entries of lab.toml: head, runs, facts, explanations, mechanisms, predictions; see lab_entries.h. */

#include "lab_entries.h"

#include "query.h"
#include "trace.h"                // gbx_class_name()

#include <math.h>
#include <stdio.h>
#include <string.h>

static const gbx_limits DEFAULT_LIMITS = {
    .wall_ms = 10000, .cpu_ms = 10000, .memory_bytes = 512u << 20, .output_bytes = 64u << 10, .processes = 8,
    .disk_bytes = 32u << 20, .disk_files = 64, .open_files = 128,
};

/* --------------------------------------------------------------------- head */

/* A file's name inside a folder, and nothing else. */
static bool
is_plain_name(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length <= 64 && name[0] != '.' && name[0] != '-'
        && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == length;
}

static void
read_names(gbx_from *from, const char *key, const char *names[GBX_LAB_FILES])
{
    size_t i;
    json_t *one;
    const json_t *list = gbx_from_texts(from, key);
    json_array_foreach(list, i, one) {
        if (i + 1 >= GBX_LAB_FILES || !is_plain_name(json_string_value(one))) {
            gbx_from_wrong(from, "'%s' has to be at most %d plain names of files", key, GBX_LAB_FILES - 1);
            return;
        }
        names[i] = json_string_value(one);
    }
}

/* Files that harness and oracle import: of the lab's folder, or of what the learner begins with. */
static void
read_beside(gbx_lab *lab, gbx_from *from)
{
    size_t i;
    json_t *one;
    const json_t *list = gbx_from_texts(from, "beside");
    json_array_foreach(list, i, one) {
        const char *name = json_string_value(one);
        if (i + 1 >= GBX_LAB_FILES || !is_plain_name(strncmp(name, "start/", 6) == 0 ? name + 6 : name)) {
            gbx_from_wrong(from, "'beside' has to be at most %d files of the lab's folder or its start/", GBX_LAB_FILES - 1);
            return;
        }
        lab->beside[i] = name;
    }
}

static int
read_submit(gbx_lab *lab, gbx_error *error)
{
    const json_t *table = json_object_get(lab->data, "submit");
    if (!json_is_object(table)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "lab.toml: it needs a table [submit]");
    }
    gbx_from from = gbx_from_open(table, error, "lab.toml: [submit]");
    read_names(&from, "files", lab->files);
    read_names(&from, "optional", lab->optional);
    lab->most_bytes = (size_t)gbx_from_bytes(&from, "most_bytes", 65536);
    if (lab->files[0] == NULL) {
        gbx_from_wrong(&from, "it needs 'files', what is handed in");
    }
    return gbx_from_close(&from);
}

int
gbx_lab_read_head(gbx_lab *lab, gbx_error *error)
{
    static const char *const tables[] = { "submit", "variant", "limits", "oracle" };
    static const char *const lists[] = { "run", "fact", "explain", "mechanism", "predict" };
    gbx_from from = gbx_from_open(lab->data, error, "lab.toml");
    lab->number = (int)gbx_from_number(&from, "number", 1, 999, NAN);
    lab->station = (int)gbx_from_number(&from, "station", 0, 99, 0);
    lab->minutes = (int)gbx_from_number(&from, "minutes", 1, 6000, 60);
    lab->name = gbx_from_id(&from, "name");
    lab->title = gbx_from_text(&from, "title", NULL);
    read_beside(lab, &from);
    for (size_t i = 0; i < GBX_COUNT(tables); i++) {
        (void)gbx_from_table(&from, tables[i]);
    }
    for (size_t i = 0; i < GBX_COUNT(lists); i++) {
        (void)gbx_from_tables(&from, lists[i]);
    }
    const json_t *oracle = json_object_get(lab->data, "oracle");
    if (oracle != NULL) {
        gbx_from of = gbx_from_open(oracle, error, "lab.toml: [oracle]");
        lab->oracle = gbx_from_text(&of, "program", NULL);
        if (!is_plain_name(lab->oracle)) {
            gbx_from_wrong(&of, "'program' has to be a file of the lab's folder");
        }
        if (gbx_from_close(&of) != 0) {
            return of.status;
        }
    }
    int status = gbx_from_close(&from);
    return status != 0 ? status : read_submit(lab, error);
}

/* --------------------------------------------------------------------- runs */

static uint32_t
milliseconds(gbx_from *from, const char *key, uint32_t missing)
{
    return (uint32_t)(gbx_from_number(from, key, 0.05, 3600, missing / 1000.0) * 1000);
}

static int
read_limits(const json_t *table, const char *of, gbx_limits *limits, bool *ctypes, gbx_error *error)
{
    if (table == NULL) {
        return 0;
    }
    gbx_from from = gbx_from_open(table, error, "lab.toml: limits%s", of);
    limits->wall_ms = milliseconds(&from, "wall", limits->wall_ms);
    limits->cpu_ms = milliseconds(&from, "cpu", limits->cpu_ms);
    limits->memory_bytes = gbx_from_bytes(&from, "memory", limits->memory_bytes);
    limits->output_bytes = gbx_from_bytes(&from, "output", limits->output_bytes);
    limits->disk_bytes = gbx_from_bytes(&from, "disk", limits->disk_bytes);
    limits->disk_files = (uint32_t)gbx_from_number(&from, "files", 1, 100000, limits->disk_files);
    limits->open_files = (uint32_t)gbx_from_number(&from, "open", 16, 4096, limits->open_files);
    limits->processes = (uint32_t)gbx_from_number(&from, "processes", 1, 1000, limits->processes);
    *ctypes = gbx_from_bool(&from, "ctypes", *ctypes);
    return gbx_from_close(&from);
}

/* "frame+spec+mark" */
static uint32_t
read_events(gbx_from *from)
{
    uint32_t mask = 0;
    const char *at = gbx_from_text(from, "events", "frame+mark");
    for (bool more = true; more;) {
        size_t length = strcspn(at, "+");
        bool found = false;
        for (unsigned c = 0; c < GBX_CLASS_COUNT && !found; c++) {
            found = strlen(gbx_class_name(c)) == length && strncmp(gbx_class_name(c), at, length) == 0;
            mask |= found ? 1u << c : 0;
        }
        if (!found) {
            gbx_from_wrong(from, "'events' has no class '%.*s'", (int)length, at);
        }
        more = at[length] == '+';
        at += length + more;
    }
    return mask;
}

static int
read_run(gbx_lab *lab, const json_t *table, const gbx_limits *limits, bool ctypes, gbx_error *error)
{
    gbx_lab_run *run = &lab->runs[lab->run_count];
    gbx_from from = gbx_from_open(table, error, "lab.toml: run %zu", lab->run_count + 1);
    *run = (gbx_lab_run){ .limits = *limits };
    run->name = gbx_from_id(&from, "name");
    run->harness = gbx_from_text(&from, "harness", "harness.py");
    run->arguments = gbx_from_texts(&from, "arguments");
    run->events = read_events(&from);
    run->build = gbx_from_text(&from, "build", "gil");
    run->packages = gbx_from_texts(&from, "packages");
    run->variant = gbx_from_table(&from, "variant");
    run->hidden = gbx_from_bool(&from, "hidden", false);
    run->timing = gbx_from_bool(&from, "timing", false);
    run->ctypes = gbx_from_bool(&from, "ctypes", ctypes);
    const json_t *own = gbx_from_table(&from, "limits");
    if (strcmp(run->build, "gil") != 0 && strcmp(run->build, "ft") != 0) {
        gbx_from_wrong(&from, "'build' is \"gil\" or \"ft\"");
    }
    if (!is_plain_name(run->harness)) {
        gbx_from_wrong(&from, "'harness' has to be a file of the lab's folder");
    }
    for (size_t i = 0; i < lab->run_count; i++) {
        if (strcmp(lab->runs[i].name, run->name) == 0) {
            gbx_from_wrong(&from, "there are two runs '%s'", run->name);
        }
    }
    int status = gbx_from_close(&from);
    lab->run_count++;
    return status != 0 ? status : read_limits(own, " of a run", &run->limits, &run->ctypes, error);
}

static int
find_run(const gbx_lab *lab, const char *name, size_t *index)
{
    for (size_t i = 0; i < lab->run_count; i++) {
        if (strcmp(lab->runs[i].name, name) == 0) {
            *index = i;
            return 0;
        }
    }
    return -1;
}

/* -------------------------------------------------------------------- facts */

static gbx_seen
read_seen(gbx_from *from)
{
    static const char *const words[] = { "visible", "hidden", "after_due", "after_published" };
    const char *word = gbx_from_text(from, "visibility", "visible");
    for (size_t i = 0; i < GBX_COUNT(words); i++) {
        if (strcmp(words[i], word) == 0) {
            return (gbx_seen)i;
        }
    }
    gbx_from_wrong(from, "'visibility' is visible, hidden, after_due or after_published");
    return GBX_SEEN_HIDDEN;
}

static const gbx_fact_code *
find_code(const gbx_lab *lab, const char *id)
{
    const gbx_fact_code *code = lab->code == NULL ? NULL : lab->code->facts;
    while (code != NULL && code->id != NULL && strcmp(code->id, id) != 0) {
        code++;
    }
    return code == NULL || code->id == NULL ? NULL : code;
}

/* How it is judged: one of check and query. */
static void
read_judge(gbx_lab *lab, gbx_lab_fact *fact, gbx_from *from)
{
    char why[200] = "";
    const char *check = gbx_from_text(from, "check", "");
    fact->query = gbx_from_table(from, "query");
    if ((check[0] != '\0') == (fact->query != NULL)) {
        gbx_from_wrong(from, "it needs 'check' or 'query', one of the two");
    }
    else if (fact->query != NULL && !gbx_query_check(fact->query, why, sizeof(why))) {
        gbx_from_wrong(from, "query: %s", why);
    }
    else if (fact->query == NULL) {
        fact->check = check;
        fact->code = find_code(lab, check);
        if (fact->code == NULL) {
            gbx_from_wrong(from, "the lab's facts.c has no check '%.48s'", check);
        }
    }
}

static int
read_fact(gbx_lab *lab, const json_t *table, gbx_error *error)
{
    gbx_lab_fact *fact = &lab->facts[lab->fact_count];
    gbx_from from = gbx_from_open(table, error, "lab.toml: fact %zu", lab->fact_count + 1);
    *fact = (gbx_lab_fact){ .run = 0 };
    fact->id = gbx_from_id(&from, "id");
    snprintf(from.name, sizeof(from.name), "lab.toml: fact '%s'", fact->id);
    fact->sentence = gbx_from_text(&from, "sentence", NULL);
    fact->points = gbx_from_number(&from, "points", 0, 1000, NAN);
    fact->needs = gbx_from_texts(&from, "needs");
    fact->partial = gbx_from_bool(&from, "partial", false);
    fact->seen = read_seen(&from);
    const char *show = gbx_from_text(&from, "show", "full");
    fact->full = strcmp(show, "full") == 0;
    const char *run = gbx_from_text(&from, "run", lab->runs[0].name);
    if (!fact->full && strcmp(show, "verdict") != 0) {
        gbx_from_wrong(&from, "'show' is full or verdict");
    }
    if (find_run(lab, run, &fact->run) != 0) {
        gbx_from_wrong(&from, "there is no run '%.48s'", run);
    }
    if (gbx_lab_fact_find(lab, fact->id) != NULL) {
        gbx_from_wrong(&from, "there are two of this id");
    }
    read_judge(lab, fact, &from);
    lab->fact_count++;
    return gbx_from_close(&from);
}

/* What a fact needs has to stand before it: so no circle is possible, and facts are judged in their order. */
static int
check_needs(const gbx_lab *lab, gbx_error *error)
{
    for (size_t f = 0; f < lab->fact_count; f++) {
        size_t i;
        json_t *one;
        json_array_foreach(lab->facts[f].needs, i, one) {
            const gbx_lab_fact *needed = gbx_lab_fact_find(lab, json_string_value(one));
            if (needed == NULL || needed >= &lab->facts[f]) {
                return gbx_error_set(error, GBX_ERROR_USAGE, "lab.toml: fact '%s' needs '%.48s', and there is no such "
                                     "fact before it", lab->facts[f].id, json_string_value(one));
            }
        }
    }
    return 0;
}

/* ------------------------------------------------- explanations, predictions */

static int
read_mechanism(gbx_lab *lab, const json_t *table, gbx_error *error)
{
    gbx_lab_mechanism *mechanism = &lab->mechanisms[lab->mechanism_count];
    gbx_from from = gbx_from_open(table, error, "lab.toml: mechanism %zu", lab->mechanism_count + 1);
    mechanism->id = gbx_from_id(&from, "id");
    mechanism->text = gbx_from_text(&from, "text", NULL);
    mechanism->events = gbx_from_texts(&from, "events");
    mechanism->anchors = gbx_from_texts(&from, "anchors");
    const char *check = gbx_from_text(&from, "check", "");
    const gbx_mechanism_code *code = lab->code == NULL ? NULL : lab->code->mechanisms;
    while (code != NULL && code->id != NULL && strcmp(code->id, check) != 0) {
        code++;
    }
    mechanism->code = code == NULL || code->id == NULL ? NULL : code;
    if (check[0] != '\0' && mechanism->code == NULL) {
        gbx_from_wrong(&from, "the lab's facts.c has no check '%.48s'", check);
    }
    if (check[0] == '\0' && json_array_size(mechanism->events) == 0) {
        gbx_from_wrong(&from, "it needs 'events', kinds of event that show it, or a 'check'");
    }
    if (gbx_lab_mechanism_find(lab, mechanism->id) != NULL) {
        gbx_from_wrong(&from, "there are two of this id");
    }
    lab->mechanism_count++;
    return gbx_from_close(&from);
}

static int
read_explain(gbx_lab *lab, const json_t *table, gbx_error *error)
{
    size_t i;
    json_t *one;
    gbx_lab_explain *explain = &lab->explains[lab->explain_count];
    gbx_from from = gbx_from_open(table, error, "lab.toml: explain %zu", lab->explain_count + 1);
    explain->id = gbx_from_id(&from, "id");
    explain->fact = gbx_from_text(&from, "fact", NULL);
    explain->question = gbx_from_text(&from, "question", NULL);
    explain->mechanisms = gbx_from_texts(&from, "mechanisms");
    explain->points = gbx_from_number(&from, "points", 0, 1000, 0);
    explain->person = gbx_from_number(&from, "person", 0, 1000, 0);
    explain->keys = gbx_from_texts(&from, "keys");
    if (gbx_lab_fact_find(lab, explain->fact) == NULL) {
        gbx_from_wrong(&from, "there is no fact '%.48s'", explain->fact);
    }
    json_array_foreach(explain->mechanisms, i, one) {
        if (gbx_lab_mechanism_find(lab, json_string_value(one)) == NULL) {
            gbx_from_wrong(&from, "there is no mechanism '%.48s'", json_string_value(one));
        }
    }
    if (json_array_size(explain->mechanisms) == 0) {
        gbx_from_wrong(&from, "it needs 'mechanisms', to choose from");
    }
    lab->explain_count++;
    return gbx_from_close(&from);
}

static int
read_predict(gbx_lab *lab, const json_t *table, gbx_error *error)
{
    size_t i;
    json_t *one;
    gbx_lab_predict *predict = &lab->predicts[lab->predict_count];
    gbx_from from = gbx_from_open(table, error, "lab.toml: predict %zu", lab->predict_count + 1);
    predict->id = gbx_from_id(&from, "id");
    predict->question = gbx_from_text(&from, "question", NULL);
    predict->fact = gbx_from_text(&from, "fact", NULL);
    predict->choices = gbx_from_tables(&from, "choices");
    predict->points = gbx_from_number(&from, "points", 0, 1000, 0);
    if (gbx_lab_fact_find(lab, predict->fact) == NULL) {
        gbx_from_wrong(&from, "there is no fact '%.48s'", predict->fact);
    }
    if (json_array_size(predict->choices) < 2) {
        gbx_from_wrong(&from, "it needs at least two 'choices'");
    }
    json_array_foreach(predict->choices, i, one) {
        if (!json_is_string(json_object_get(one, "text"))) {
            gbx_from_wrong(&from, "choice %zu has no 'text'", i + 1);
        }
    }
    lab->predict_count++;
    return gbx_from_close(&from);
}

/* -------------------------------------------------------------------- lists */

static int
read_list(gbx_lab *lab, const char *key, size_t most, int (*read)(gbx_lab *, const json_t *, gbx_error *),
          gbx_error *error)
{
    size_t i;
    json_t *one;
    const json_t *list = json_object_get(lab->data, key);
    if (json_array_size(list) > most) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "lab.toml: more than %zu of [[%s]]", most, key);
    }
    json_array_foreach(list, i, one) {
        int status = read(lab, one, error);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int
read_runs(gbx_lab *lab, gbx_error *error)
{
    size_t i;
    json_t *one;
    gbx_limits limits = DEFAULT_LIMITS;
    bool ctypes = false;
    const json_t *list = json_object_get(lab->data, "run");
    int status = read_limits(json_object_get(lab->data, "limits"), "", &limits, &ctypes, error);
    if (status == 0 && (json_array_size(list) == 0 || json_array_size(list) > GBX_LAB_RUNS)) {
        status = gbx_error_set(error, GBX_ERROR_USAGE, "lab.toml: it needs 1 to %d of [[run]]", GBX_LAB_RUNS);
    }
    json_array_foreach(list, i, one) {
        status = status != 0 ? status : read_run(lab, one, &limits, ctypes, error);
    }
    return status;
}

int
gbx_lab_read_entries(gbx_lab *lab, gbx_error *error)
{
    int status = gbx_lab_check_variant(lab, error);
    if (status == 0) {
        status = read_runs(lab, error);
    }
    if (status == 0) {
        status = read_list(lab, "fact", GBX_LAB_FACTS, read_fact, error);
    }
    if (status == 0 && lab->fact_count == 0) {
        status = gbx_error_set(error, GBX_ERROR_USAGE, "lab.toml: it needs a [[fact]]");
    }
    if (status == 0) {
        status = check_needs(lab, error);
    }
    if (status == 0) {
        status = read_list(lab, "mechanism", GBX_LAB_MECHANISMS, read_mechanism, error);
    }
    if (status == 0) {
        status = read_list(lab, "explain", GBX_LAB_EXPLAINS, read_explain, error);
    }
    return status == 0 ? read_list(lab, "predict", GBX_LAB_PREDICTS, read_predict, error) : status;
}
