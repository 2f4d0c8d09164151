/* Citations as texts: taken apart, and listed for who looks for one; see cite.h. */

#include "cite.h"

#include "show.h"

/* A decimal number without sign or blanks, up to `end`. */
static bool
read_number(const char *text, const char *end, uint32_t *number)
{
    uint64_t value = 0;
    if (text == end || end - text > 10) {
        return false;
    }
    for (; text < end; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *number = (uint32_t)value;
    return value <= UINT32_MAX;
}

static uint8_t
event_named(const char *text, size_t length)
{
    for (unsigned event = 1; event < 256; event++) {
        const char *name = gbx_event_name((uint8_t)event);
        if (gbx_event_class((uint8_t)event) >= 0 && strlen(name) == length && strncmp(name, text, length) == 0) {
            return (uint8_t)event;
        }
    }
    return 0;
}

bool
gbx_cite_parse(const char *text, gbx_citation *out)
{
    const char *at = strchr(text, '@'), *hash = strrchr(text, '#'), *colon = hash;
    while (colon != NULL && colon > text && *colon != ':') {
        colon--;
    }
    if (at == NULL || hash == NULL || *colon != ':' || colon <= at + 1) {
        return false;
    }
    out->event = event_named(text, (size_t)(at - text));
    out->file = at + 1;
    out->file_length = (size_t)(colon - at - 1);
    return out->event != 0 && read_number(colon + 1, hash, &out->line)
        && read_number(hash + 1, hash + strlen(hash), &out->nth) && out->nth > 0;
}

/* ------------------------------------------------------------------------ lists */

static int
by_line(const void *a, const void *b)
{
    const gbx_cited *x = a, *y = b;
    int order = strcmp(x->file, y->file);
    return order != 0 ? order : x->line != y->line ? (x->line < y->line ? -1 : 1)
        : strcmp(gbx_event_name(x->event), gbx_event_name(y->event));
}

/* The kinds that the learner's own lines have, in order; *count of them.  NULL: no memory. */
static gbx_cited *
own_kinds(const gbx_cites *cites, size_t *count)
{
    size_t all = gbx_cites_kinds(cites);
    gbx_cited *kinds = malloc((all + 1) * sizeof(*kinds));
    *count = 0;
    for (size_t i = 0; kinds != NULL && i < all; i++) {
        kinds[*count] = gbx_cites_kind(cites, i);
        *count += kinds[*count].own;
    }
    if (kinds != NULL) {
        qsort(kinds, *count, sizeof(*kinds), by_line);
    }
    return kinds;
}

json_t *
gbx_cites_lines(const gbx_cites *cites)
{
    size_t count;
    gbx_cited *kinds = own_kinds(cites, &count);
    json_t *all = kinds == NULL ? NULL : json_array(), *events = NULL;
    for (size_t i = 0; i < count && all != NULL; i++) {
        if (i == 0 || strcmp(kinds[i].file, kinds[i - 1].file) != 0 || kinds[i].line != kinds[i - 1].line) {
            char name[160];
            snprintf(name, sizeof(name), "%.120s:%u", kinds[i].file, kinds[i].line);
            events = json_object();
            json_array_append_new(all, json_pack("{s:s, s:O}", "line", name, "events", events));
            json_decref(events);
        }
        json_object_set_new(events, gbx_event_name(kinds[i].event), json_integer(kinds[i].count));
    }
    free(kinds);
    return all;
}

json_t *
gbx_cites_list(const gbx_cites *cites, const gbx_trace *trace, const char *line, size_t most)
{
    const char *colon = strrchr(line, ':');
    uint32_t number;
    json_t *all = json_array();
    gbx_cited in;
    if (colon == NULL || !read_number(colon + 1, colon + strlen(colon), &number)) {
        return all;
    }
    for (size_t at = 0; gbx_cites_event(cites, at, &in) && json_array_size(all) < most; at++) {
        if (in.line == number && strncmp(in.file, line, (size_t)(colon - line)) == 0 && in.file[colon - line] == '\0') {
            char ref[GBX_CITE_SIZE], text[400];
            gbx_show_fields(trace, at, text, sizeof(text));
            gbx_cite_of(cites, at, ref, sizeof(ref));
            json_array_append_new(all, json_pack("{s:s, s:s}", "ref", ref, "text", text));
        }
    }
    return all;
}
