/* hints.toml and misconceptions.toml; see lab_entries.h. */

#include "lab_entries.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int
read_hint(gbx_lab *lab, const json_t *table, gbx_error *error)
{
    static const char *const kinds[GBX_LAB_RUNGS] = { "nudge", "where", "event", "trace" };
    gbx_lab_hint *hint = &lab->hints[lab->hint_count];
    gbx_from from = gbx_from_open(table, error, "hints.toml: hint %zu", lab->hint_count + 1);
    hint->fact = gbx_from_text(&from, "fact", NULL);
    hint->rung = (unsigned)gbx_from_number(&from, "rung", 1, GBX_LAB_RUNGS, NAN);
    hint->kind = gbx_from_text(&from, "kind", kinds[(hint->rung == 0 ? 1 : hint->rung) - 1]);
    hint->cost = gbx_from_number(&from, "cost", 0, 1000, 0);
    hint->text = gbx_from_text(&from, "text", NULL);
    if (gbx_lab_fact_find(lab, hint->fact) == NULL) {
        gbx_from_wrong(&from, "there is no fact '%.48s'", hint->fact);
    }
    if (gbx_lab_hint_find(lab, hint->fact, hint->rung) != NULL) {
        gbx_from_wrong(&from, "there are two of rung %u for '%.48s'", hint->rung, hint->fact);
    }
    lab->hint_count++;
    return gbx_from_close(&from);
}

static int
read_misconception(gbx_lab *lab, const json_t *table, gbx_error *error)
{
    gbx_lab_misconception *it = &lab->misconceptions[lab->misconception_count];
    gbx_from from = gbx_from_open(table, error, "misconceptions.toml: entry %zu", lab->misconception_count + 1);
    it->id = gbx_from_id(&from, "id");
    it->belief = gbx_from_text(&from, "belief", NULL);
    it->because = gbx_from_text(&from, "because", NULL);
    it->fact = gbx_from_text(&from, "fact", NULL);
    it->planted = gbx_from_text(&from, "planted", "");
    if (gbx_lab_fact_find(lab, it->fact) == NULL) {
        gbx_from_wrong(&from, "there is no fact '%.48s'", it->fact);
    }
    if (gbx_lab_misconception_find(lab, it->id) != NULL) {
        gbx_from_wrong(&from, "there are two of '%s'", it->id);
    }
    lab->misconception_count++;
    return gbx_from_close(&from);
}

static int
read_list(gbx_lab *lab, const json_t *data, const char *file, const char *key,
          int (*read)(gbx_lab *, const json_t *, gbx_error *), gbx_error *error)
{
    size_t i;
    json_t *one;
    gbx_from whole = gbx_from_open(data, error, "%s", file);
    const json_t *list = gbx_from_tables(&whole, key);
    if (json_array_size(list) > GBX_LAB_HINTS) {
        gbx_from_wrong(&whole, "more than %d of [[%s]]", GBX_LAB_HINTS, key);
    }
    int status = gbx_from_close(&whole);
    json_array_foreach(list, i, one) {
        status = status != 0 ? status : read(lab, one, error);
    }
    return status;
}

/* A choice of a prediction names a misconception that there is. */
static int
check_choices(const gbx_lab *lab, gbx_error *error)
{
    for (size_t p = 0; p < lab->predict_count; p++) {
        size_t i;
        json_t *one;
        json_array_foreach(lab->predicts[p].choices, i, one) {
            const char *id = json_string_value(json_object_get(one, "misconception"));
            if (id != NULL && gbx_lab_misconception_find(lab, id) == NULL) {
                return gbx_error_set(error, GBX_ERROR_USAGE, "lab.toml: predict '%s': there is no misconception '%.48s'",
                                     lab->predicts[p].id, id);
            }
        }
    }
    return 0;
}

int
gbx_lab_read_hints(gbx_lab *lab, gbx_error *error)
{
    int status = read_list(lab, lab->hint_data, "hints.toml", "hint", read_hint, error);
    if (status == 0) {
        status = read_list(lab, lab->misconception_data, "misconceptions.toml", "misconception", read_misconception,
                           error);
    }
    return status == 0 ? check_choices(lab, error) : status;
}
