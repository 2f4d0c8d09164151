/* glassbox review: what a person sees of an explanation. */

#include "cmd_review.h"

#include "clean.h"
#include "text.h"

static const gbx_lab *
lab_of(gbx_review_session *now, int number)
{
    gbx_error error = { 0, "" };
    if (number < 1 || number >= GBX_REVIEW_LABS) {
        return NULL;
    }
    if (!now->asked[number]) {
        now->asked[number] = true;
        if (now->labs == NULL
            || gbx_lab_open(&now->lab[number], now->labs, number, now->roster.folder, gbx_lab_code_find, &error) != 0) {
            printf("(The rubric of lab %d cannot be read, so its keys are not shown: %s.)\n", number, error.message);
        }
    }
    return now->lab[number];
}

static const gbx_lab_explain *
asked_of(const gbx_lab *lab, const char *id)
{
    for (size_t i = 0; lab != NULL && i < lab->explain_count; i++) {
        if (strcmp(lab->explains[i].id, id) == 0) {
            return &lab->explains[i];
        }
    }
    return NULL;
}

/* A text of the rubric with the student's parameters, wrapped. */
static void
put_filled(gbx_review_session *now, const gbx_lab *lab, const char *student, const char *text, unsigned column,
           unsigned indent)
{
    char seed[GBX_DIGEST_HEX], *filled = NULL;
    gbx_error error;
    bool known = gbx_roster_seed(&now->roster, lab->number, student, seed, &error) == 0;
    json_t *variant = known ? gbx_lab_variant(lab, seed, NULL) : NULL;
    if (variant == NULL || gbx_lab_fill(text, variant, student, &filled, &error) != 0) {
        filled = NULL;
    }
    gbx_text_wrap(stdout, column, indent, 80, filled == NULL ? text : filled);
    free(filled);
    json_decref(variant);
}

static void
put_events(const gbx_review *item)
{
    size_t index;
    json_t *event;
    char clean[200];
    json_array_foreach(item->events, index, event) {
        const char *ref = json_string_value(json_object_get(event, "ref"));
        bool found = json_is_true(json_object_get(event, "found")), fits = json_is_true(json_object_get(event, "fits"));
        gbx_clean(ref == NULL ? "?" : ref, clean, sizeof(clean));
        if (index < 32) {
            printf("            %-40s %s\n", clean, !found ? "not in the run" : fits ? "there, and fits" : "there");
        }
    }
    if (json_array_size(item->events) == 0) {
        printf("            none\n");
    }
}

/* What all of the group have in common: the question, what to look for, the evidence. */
static void
put_group(gbx_review_session *now, size_t first, size_t end)
{
    const gbx_review *item = &now->all.items[now->at];
    const gbx_lab *lab = lab_of(now, item->lab);
    const gbx_lab_explain *asked = asked_of(lab, item->id);
    const gbx_lab_mechanism *mechanism = lab == NULL ? NULL : gbx_lab_mechanism_find(lab, item->mechanism);
    size_t index, groups = 0, number = 0;
    json_t *key;
    for (size_t at = 0, begin; at < now->all.count; at = gbx_reviewing_group(&now->all, at, &begin)) {
        groups++;
        number = at == first ? groups : number;
    }
    printf("\n--------------------------------------------------------------------------------\n"
           "lab %d, %s: group %zu of %zu, %zu student%s\n", item->lab, item->id, number, groups, end - first, end - first == 1 ? "" : "s");
    if (asked != NULL) {
        printf("\n  ");
        put_filled(now, lab, item->student, asked->question, 2, 2);
        printf("\nLook for:\n");
        json_array_foreach(asked->keys, index, key) {
            printf("  - ");
            put_filled(now, lab, item->student, json_is_string(key) ? json_string_value(key) : "", 4, 4);
        }
    }
    printf("\nThey say:   ");
    if (item->mechanism[0] == '\0') {
        printf("no mechanism\n");
    }
    else if (mechanism == NULL) {
        gbx_text_wrap(stdout, 12, 12, 80, item->mechanism);
    }
    else {
        printf("%s: ", item->mechanism);
        put_filled(now, lab, item->student, mechanism->text, 14 + (unsigned)gbx_text_width(item->mechanism), 12);
    }
    printf("At:         %s\n", item->anchor[0] == '\0' ? "no place" : item->anchor);
}

enum { PROSE_WIDTH = 76 };

static bool
fits(const char *prose)
{
    for (const char *line = prose; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        if (strcspn(line, "\n") > PROSE_WIDTH) {
            return false;
        }
    }
    return true;
}

/* Does a line go on with the one before, where lines are too long to be shown as they were written? */
static bool
goes_on(const char *line)
{
    return strchr(" \n-*", line[0]) == NULL;         /* '\0' is found, too */
}

/* As it was written where that fits; else each paragraph is wrapped anew. */
static void
put_prose(const char *prose)
{
    bool as_written = fits(prose);
    for (const char *line = prose; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        while (!as_written && length > 0 && line[length] == '\n' && goes_on(line + length + 1)) {
            length += 1 + strcspn(line + length + 1, "\n");
        }
        char *copy = strndup(line, length);
        printf("  | %*s", as_written ? (int)strspn(line, " ") : 0, "");
        gbx_text_wrap(stdout, 4, 4, 80, copy == NULL ? "" : copy);
        free(copy);
        line += length + (line[length] == '\n');
    }
}

void
gbx_review_put_item(gbx_review_session *now)
{
    size_t first, end = gbx_reviewing_group(&now->all, now->at, &first);
    const gbx_review *item = &now->all.items[now->at];
    if (now->shown_group != first) {
        put_group(now, first, end);
        now->shown_group = first;
    }
    printf("\n%s (%zu of %zu)\n", item->student, now->at - first + 1, end - first);
    printf("  Events:\n");
    put_events(item);
    printf("  By machine: %g of %g points", item->score, item->points);
    if (item->message[0] != '\0') {
        printf(": ");
        gbx_text_wrap(stdout, 30, 4, 80, item->message);
    }
    else {
        printf("\n");
    }
    put_prose(item->prose);
    if (item->judged) {
        printf("  judged: %g of %g%s%s\n", item->given, item->person, item->comment == NULL ? "" : ", ",
               item->comment == NULL ? "" : item->comment);
    }
}

void
gbx_review_put_list(const gbx_review_session *now)
{
    size_t first, end = gbx_reviewing_group(&now->all, now->at, &first);
    for (size_t i = first; i < end; i++) {
        const gbx_review *item = &now->all.items[i];
        char start[48];
        size_t length = strcspn(item->prose, "\n");
        snprintf(start, sizeof(start), "%.*s", (int)(length < 40 ? length : 40), item->prose);
        gbx_text_mend(start);
        printf("%c %-20s ", i == now->at ? '>' : ' ', item->student);
        item->judged ? printf("%4g  ", item->given) : printf("   -  ");
        printf("%s\n", start);
    }
}

const json_t *
gbx_review_comments_of(const gbx_review_session *now)
{
    return json_object_get(now->all.comments, now->all.items[now->at].id);
}

void
gbx_review_put_comments(const gbx_review_session *now)
{
    size_t index;
    json_t *comment;
    json_array_foreach(gbx_review_comments_of(now), index, comment) {
        printf("#%zu  ", index + 1);
        gbx_text_wrap(stdout, 4, 4, 80, json_string_value(comment));
    }
    if (json_array_size(gbx_review_comments_of(now)) == 0) {
        printf("no comment has been given yet\n");
    }
}
