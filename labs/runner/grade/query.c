/* Declared facts: how the conditions are weighed, and put into words; see query.h. */

#include "query_internal.h"

#include "finding.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { EVIDENCE = 3 };               /* events of a kind that are shown */

/* ------------------------------------------------------------- for the author */

static bool wrong(char *why, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static bool
wrong(char *why, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, size, format, args);
    va_end(args);
    return false;
}

static const char *const forms[] = { "count", "none", "order", "number", "value", "all", "any" };

static const char *
form_of(const json_t *query)
{
    const char *found = NULL;
    for (size_t i = 0; i < GBX_COUNT(forms); i++) {
        if (json_object_get(query, forms[i]) != NULL) {
            if (found != NULL) {
                return NULL;
            }
            found = forms[i];
        }
    }
    return found;
}

static bool
check_kind(const json_t *kind, char *why, size_t size)
{
    bool kinds[256];
    if (!json_is_string(kind) || !gbx_match_kinds(json_string_value(kind), kinds)) {
        return wrong(why, size, "there is no kind of event '%.40s'", json_is_string(kind) ? json_string_value(kind) : "?");
    }
    return true;
}

static bool
check_list(const json_t *list, const char *form, char *why, size_t size)
{
    size_t i;
    json_t *one;
    if (json_array_size(list) == 0) {
        return wrong(why, size, "'%s' has to be a list", form);
    }
    json_array_foreach(list, i, one) {
        bool order = strcmp(form, "order") == 0;
        const json_t *kind = json_is_object(one) ? json_object_get(one, "event") : one;
        if (order ? !check_kind(kind, why, size) : !gbx_query_check(one, why, size)) {
            return false;
        }
    }
    return true;
}

static bool
check_keys(const json_t *query, char *why, size_t size)
{
    static const char *const known[] = {
        "function", "part", "threads", "where", "what", "likely", "least", "most", "equals", "within",
    };
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)query, key, value) {
        bool found = false;
        for (size_t i = 0; i < GBX_COUNT(known); i++) {
            found = found || strcmp(known[i], key) == 0;
        }
        for (size_t i = 0; i < GBX_COUNT(forms); i++) {
            found = found || strcmp(forms[i], key) == 0;
        }
        if (!found) {
            return wrong(why, size, "there is no key '%.40s'", key);
        }
    }
    return true;
}

bool
gbx_query_check(const json_t *query, char *why, size_t size)
{
    const char *form = json_is_object(query) ? form_of(query) : NULL;
    if (form == NULL) {
        return wrong(why, size, "it needs one of count, none, order, number, value, all and any");
    }
    if (!check_keys(query, why, size)) {
        return false;
    }
    const json_t *value = json_object_get(query, form);
    const json_t *equals = json_object_get(query, "equals");
    bool bound = equals != NULL || json_object_get(query, "least") != NULL || json_object_get(query, "most") != NULL;
    if (strcmp(form, "all") == 0 || strcmp(form, "any") == 0 || strcmp(form, "order") == 0) {
        return check_list(value, form, why, size);
    }
    if (strcmp(form, "count") == 0 || strcmp(form, "none") == 0) {
        if (form[0] == 'c' && !bound) {
            return wrong(why, size, "'count' needs least, most or equals");
        }
        return check_kind(value, why, size);
    }
    if (!json_is_string(value) || !(form[0] == 'v' ? equals != NULL : bound)) {
        return wrong(why, size, "'%s' needs a name, such as \"observed.total\", and what it equals", form);
    }
    return true;
}

/* --------------------------------------------------------------------- values */

/* What a bound says: a number, or what a name stands for. */
static const json_t *
resolve(const gbx_lab_look *look, const json_t *value)
{
    const json_t *named = json_is_string(value) ? gbx_query_name(look, json_string_value(value)) : NULL;
    return named != NULL ? named : value;
}

/* False: there is no such bound.  A name without a number is a bound that nothing meets. */
static bool
bound(const gbx_lab_look *look, const json_t *query, const char *key, double *number)
{
    const json_t *value = json_object_get(query, key);
    if (value == NULL) {
        return false;
    }
    value = resolve(look, value);
    *number = json_is_number(value) ? json_number_value(value) : NAN;
    return true;
}

typedef struct {
    bool met;
    char words[96];                  /* "at least 3" */
} weighed;

static weighed
weigh(const gbx_lab_look *look, const json_t *query, double actual)
{
    double least, most, equals, within = 0;
    weighed result = { .met = isfinite(actual) };
    size_t used = 0;
    (void)bound(look, query, "within", &within);
    if (bound(look, query, "equals", &equals)) {
        result.met = result.met && fabs(actual - equals) <= (within > 0 ? within : 0);
        used += (size_t)snprintf(result.words, sizeof(result.words), "%.10g", equals);
    }
    if (bound(look, query, "least", &least)) {
        result.met = result.met && actual >= least;
        used += (size_t)snprintf(result.words + used, sizeof(result.words) - used, "%sat least %.10g",
                                 used == 0 ? "" : ", ", least);
    }
    if (bound(look, query, "most", &most)) {
        result.met = result.met && actual <= most;
        snprintf(result.words + used, sizeof(result.words) - used, "%sat most %.10g", used == 0 ? "" : ", ", most);
    }
    return result;
}

static const char *
likely(const json_t *query)
{
    return json_string_value(json_object_get(query, "likely"));
}

/* ------------------------------------------------------------------- counting */

/* "spec.success in hot, in part 'calls'", or the author's own words. */
static const char *
describe(const json_t *query, const char *kind, char *text, size_t size)
{
    const char *what = json_string_value(json_object_get(query, "what"));
    const char *function = json_string_value(json_object_get(query, "function"));
    const char *part = json_string_value(json_object_get(query, "part"));
    if (what != NULL) {
        snprintf(text, size, "%s", what);
    }
    else {
        snprintf(text, size, "%s%s%s%s%s%s", kind, function == NULL ? "" : " in ", function == NULL ? "" : function,
                 part == NULL ? "" : ", part '", part == NULL ? "" : part, part == NULL ? "" : "'");
    }
    return text;
}

static void
fill_match(gbx_match *match, const json_t *query, const char *kind)
{
    (void)gbx_match_kinds(kind, match->kinds);
    match->function = json_string_value(json_object_get(query, "function"));
    match->where = json_object_get(query, "where");
}

static gbx_verdict
judge_count(const json_t *query, const char *kind, const gbx_lab_look *look, bool vague, gbx_finding *finding,
            double *share)
{
    gbx_match match = { .function = NULL };
    gbx_walk walk;
    char what[160], expected[300];
    double least, count = 0;
    if (!gbx_match_part(&match, query, look, finding)) {
        return GBX_INSUFFICIENT;
    }
    fill_match(&match, query, kind);
    describe(query, kind, what, sizeof(what));
    for (bool more = gbx_walk_first(&walk, match.trace); more; more = gbx_walk_next(&walk)) {
        if (gbx_match_event(&match, &walk) && ++count <= EVIDENCE) {
            gbx_finding_event(finding, look->look, walk.at, "%s", what);
        }
    }
    finding->out_of_memory = finding->out_of_memory || walk.out_of_memory;
    gbx_walk_clear(&walk);
    bool none = json_object_get(query, "none") != NULL;
    weighed result = weigh(look, query, count);
    if (none && !bound(look, query, "most", &least)) {
        result.met = result.met && count <= 0;
        snprintf(result.words, sizeof(result.words), "no");
    }
    gbx_finding_number(finding, what, count, "");
    *share = bound(look, query, "least", &least) && least > 0 && count < least ? count / least : 0;
    if (result.met) {
        *share = 1;
        return GBX_PASS;
    }
    snprintf(expected, sizeof(expected), "%s %s", result.words, what);
    return vague ? gbx_finding_fail(finding, expected, count > 0 ? "another number" : "none", likely(query))
        : gbx_finding_failf(finding, expected, likely(query), "%.10g", count);
}

/* ------------------------------------------------------------------ sequences */

static gbx_verdict
judge_order(const json_t *query, const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_match match = { .function = NULL };
    gbx_walk walk;
    const json_t *order = json_object_get(query, "order");
    size_t next = 0, count = json_array_size(order);
    if (!gbx_match_part(&match, query, look, finding)) {
        return GBX_INSUFFICIENT;
    }
    for (bool more = gbx_walk_first(&walk, match.trace); more && next < count; more = gbx_walk_next(&walk)) {
        const json_t *one = json_array_get(order, next);
        const char *kind = json_string_value(json_is_object(one) ? json_object_get(one, "event") : one);
        fill_match(&match, query, kind);
        if (json_is_object(one) && json_object_get(one, "function") != NULL) {
            match.function = json_string_value(json_object_get(one, "function"));
        }
        if (json_is_object(one) && json_object_get(one, "where") != NULL) {
            match.where = json_object_get(one, "where");
        }
        if (gbx_match_event(&match, &walk)) {
            gbx_finding_event(finding, look->look, walk.at, "%zu of %zu: %s", ++next, count, kind);
        }
    }
    finding->out_of_memory = finding->out_of_memory || walk.out_of_memory;
    gbx_walk_clear(&walk);
    *share = count == 0 ? 0 : (double)next / (double)count;
    if (next == count) {
        return GBX_PASS;
    }
    const json_t *missing = json_array_get(order, next);
    return gbx_finding_failf(finding, "these events, one after the other", likely(query), "%s does not come%s",
                             json_string_value(json_is_object(missing) ? json_object_get(missing, "event") : missing),
                             next == 0 ? "" : " after the one before it");
}

/* --------------------------------------------------------------------- values */

static gbx_verdict
judge_number(const json_t *query, const gbx_lab_look *look, bool vague, gbx_finding *finding)
{
    char expected[300];
    const char *name = json_string_value(json_object_get(query, "number"));
    const json_t *value = gbx_query_name(look, name);
    const char *what = json_string_value(json_object_get(query, "what"));
    weighed result = weigh(look, query, json_is_number(value) ? json_number_value(value) : NAN);
    snprintf(expected, sizeof(expected), "%s%s%s", what == NULL ? "" : what, what == NULL ? "" : ": ", result.words);
    if (!json_is_number(value)) {
        return gbx_finding_failf(finding, expected, likely(query), "no number '%s'", name);
    }
    gbx_finding_number(finding, what == NULL ? name : what, json_number_value(value), "");
    return result.met ? GBX_PASS
        : vague ? gbx_finding_fail(finding, expected, "another number", likely(query))
        : gbx_finding_failf(finding, expected, likely(query), "%.10g", json_number_value(value));
}

/* A value in a few words; numbers and texts, and the beginning of all else. */
static const char *
in_words(const json_t *value, char *text, size_t size)
{
    char *whole = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS
                                                    | JSON_REAL_PRECISION(10));
    snprintf(text, size, "%s%s", whole == NULL ? "nothing" : whole, "");
    free(whole);
    return text;
}

static gbx_verdict
judge_value(const json_t *query, const gbx_lab_look *look, gbx_finding *finding)
{
    char expected[160], actual[160];
    const json_t *value = gbx_query_name(look, json_string_value(json_object_get(query, "value")));
    const json_t *equals = resolve(look, json_object_get(query, "equals"));
    if (value != NULL && json_equal(value, equals)) {
        return GBX_PASS;
    }
    return gbx_finding_fail(finding, in_words(equals, expected, sizeof(expected)),
                            in_words(value, actual, sizeof(actual)), likely(query));
}

/* -------------------------------------------------------------------- several */

static gbx_verdict
judge_several(const json_t *list, bool all, const gbx_lab_look *look, bool vague,
              gbx_finding *finding, double *share)
{
    size_t i, passed = 0;
    json_t *one;
    double parts = 0, best = 0;
    gbx_verdict worst = GBX_PASS;
    json_array_foreach(list, i, one) {
        double part = 0;
        gbx_verdict verdict = gbx_query_judge(one, look, vague, finding, &part);
        passed += verdict == GBX_PASS;
        worst = verdict > worst ? verdict : worst;
        parts += part;
        best = part > best ? part : best;
    }
    bool met = all ? passed == json_array_size(list) : passed > 0;
    *share = met ? 1 : all ? parts / (double)json_array_size(list) : best;
    return met ? GBX_PASS : worst;
}

gbx_verdict
gbx_query_judge(const json_t *query, const gbx_lab_look *look, bool vague, gbx_finding *finding, double *share)
{
    const char *form = form_of(query);
    const json_t *value = form == NULL ? NULL : json_object_get(query, form);
    gbx_verdict verdict = GBX_BROKEN;
    *share = 0;
    if (form == NULL) {
        return verdict;
    }
    if (strcmp(form, "count") == 0 || strcmp(form, "none") == 0) {
        return judge_count(query, json_string_value(value), look, vague, finding, share);
    }
    if (strcmp(form, "order") == 0) {
        return judge_order(query, look, finding, share);
    }
    if (strcmp(form, "all") == 0 || strcmp(form, "any") == 0) {
        return judge_several(value, form[1] == 'l', look, vague, finding, share);
    }
    verdict = form[0] == 'n' ? judge_number(query, look, vague, finding) : judge_value(query, look, finding);
    *share = verdict == GBX_PASS ? 1 : 0;
    return verdict;
}
