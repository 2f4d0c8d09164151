/* What `glassbox gradebook --json` says; see cmd_gradebook.h, and the command's help for the fields. */

#include "cmd_gradebook.h"

#include "format.h"

#include <math.h>
#include <string.h>

static json_t *
figure(double value)
{
    return isnan(value) ? json_null() : gbx_format_json_number(value);
}

/* A share or a correlation, to four decimals. */
static json_t *
fine(double value)
{
    return isnan(value) ? json_null() : json_real(round(value * 1e4) / 1e4);
}

static const char *
kind_word(gbx_mark_kind kind)
{
    return kind == GBX_MARK_FACT ? "fact" : kind == GBX_MARK_PREDICTION ? "prediction"
        : kind == GBX_MARK_PERSON ? "person" : "explanation";
}

static json_t *
text_or_null(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

static json_t *
student_json(const gbx_card *card)
{
    json_t *one = json_pack("{s:o, s:s}", "student", text_or_null(card->student), "verdict", card->word);
    if (card->graded) {
        json_object_set_new(one, "score", figure(card->score));
        json_object_set_new(one, "points", figure(card->points));
        json_object_set_new(one, "waiting", figure(card->waiting));
        json_object_set_new(one, "taken_off", figure(card->deducted));
        json_object_set_new(one, "why", text_or_null(card->violation != NULL ? card->violation : card->cause));
    }
    else {
        json_object_set_new(one, "score", json_null());
        json_object_set_new(one, "why", json_string(card->trouble));
    }
    return one;
}

static json_t *
item_json(const gbx_item_statistics *item)
{
    json_t *one = json_pack("{s:s, s:s}", "kind", kind_word(item->kind), "id", item->id);
    json_object_set_new(one, "title", text_or_null(item->title));
    json_object_set_new(one, "points", figure(item->points));
    json_object_set_new(one, "students", json_integer((json_int_t)item->students));
    json_object_set_new(one, "judged", json_integer((json_int_t)item->reached));
    json_object_set_new(one, "difficulty", fine(item->difficulty));
    json_object_set_new(one, "discrimination", fine(item->discrimination));
    json_object_set_new(one, "hinted", json_integer((json_int_t)item->hinted));
    json_object_set_new(one, "mean_rung", figure(item->rungs));
    json_object_set_new(one, "flaky", json_integer((json_int_t)item->flaky));
    json_object_set_new(one, "flaky_rate", fine(item->students > 0 ? (double)item->flaky / (double)item->students : NAN));
    json_object_set_new(one, "waiting", json_integer((json_int_t)item->waiting));
    return one;
}

static json_t *
statistics_json(const gbx_statistics *statistics)
{
    json_t *items = json_array(), *misconceptions = json_array(), *tenths = json_array();
    for (size_t i = 0; i < statistics->count; i++) {
        json_array_append_new(items, item_json(&statistics->items[i]));
    }
    for (size_t i = 0; i < statistics->misconception_count; i++) {
        const gbx_misconception_count *one = &statistics->misconceptions[i];
        json_array_append_new(misconceptions, json_pack("{s:s, s:I, s:I}", "id", one->id, "students",
                                                        (json_int_t)one->students, "sure", (json_int_t)one->sure));
    }
    for (size_t i = 0; i < 10; i++) {
        json_array_append_new(tenths, json_integer((json_int_t)statistics->bins[i]));
    }
    return json_pack("{s:I, s:I, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "students", (json_int_t)statistics->students, "violations", (json_int_t)statistics->violations,
                     "too_few", statistics->students < GBX_STATISTICS_LEAST,
                     "method", "corrected item-total correlation (Pearson; Henrysson 1963)",
                     "points", figure(statistics->points), "least", figure(statistics->least),
                     "most", figure(statistics->most), "mean", figure(statistics->mean),
                     "median", figure(statistics->median), "deviation", figure(statistics->deviation),
                     "tenths", tenths, "items", items, "misconceptions", misconceptions);
}

/* ------------------------------------------------------------------------ differences */

static json_t *
side_json(const gbx_card *card)
{
    return card == NULL ? json_null() : student_json(card);
}

static json_t *
reason_json(const gbx_score *old, const gbx_score *now)
{
    const gbx_score *mark = now != NULL ? now : old;
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "kind", kind_word(mark->kind), "id", mark->id,
                     "old", old == NULL ? json_null() : figure(old->score),
                     "new", now == NULL ? json_null() : figure(now->score),
                     "old_verdict", text_or_null(old == NULL ? NULL : old->word),
                     "new_verdict", text_or_null(now == NULL ? NULL : now->word));
}

static json_t *
regraded_json(const gbx_regraded *student)
{
    const gbx_score *old, *now;
    const gbx_card *card = student->new != NULL ? student->new : student->old;
    json_t *reasons = json_array();
    bool both = student->old != NULL && student->new != NULL && student->old->graded && student->new->graded;
    for (size_t i = 0; both && gbx_difference_mark(student, i, &old, &now); i++) {
        json_array_append_new(reasons, reason_json(old, now));
    }
    return json_pack("{s:o, s:i, s:o, s:o, s:o}", "student", text_or_null(card->student), "direction", student->direction,
                     "old", side_json(student->old), "new", side_json(student->new), "reasons", reasons);
}

static json_t *
difference_json(const gbx_difference *difference)
{
    json_t *students = json_array();
    for (size_t i = 0; i < difference->count; i++) {
        json_array_append_new(students, regraded_json(&difference->students[i]));
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:o}", "up", (json_int_t)difference->up,
                     "down", (json_int_t)difference->down, "same", (json_int_t)difference->same,
                     "gained", (json_int_t)difference->gained, "lost", (json_int_t)difference->lost,
                     "added", (json_int_t)difference->added, "missing", (json_int_t)difference->missing,
                     "rubric_changed", difference->rubric_changed, "students", students);
}

json_t *
gbx_gradebook_json(const gbx_gradebook_told *told)
{
    const gbx_gradebook *book = told->book;
    json_t *students = json_array(), *absent = json_array();
    const char *student = NULL;
    for (size_t i = 0; i < book->count; i++) {
        json_array_append_new(students, student_json(&book->cards[i]));
    }
    for (size_t i = 0, n = gbx_gradebook_absent(told, 0, NULL); i < n; i++) {
        gbx_gradebook_absent(told, i, &student);
        json_array_append_new(absent, json_string(student));
    }
    return json_pack("{s:i, s:o, s:I, s:I, s:I, s:b, s:I, s:{s:I, s:I, s:I}, s:o, s:o, s:o, s:o}", "lab", book->lab,
                     "name", text_or_null(book->lab_name), "results", (json_int_t)book->count,
                     "graded", (json_int_t)book->graded, "rubrics", (json_int_t)book->rubrics,
                     "seals_checked", book->sealed > 0, "unwitnessed", (json_int_t)book->unwitnessed, "reviews", "counted", (json_int_t)book->reviews,
                     "stale", (json_int_t)book->reviews_stale, "broken", (json_int_t)book->reviews_broken,
                     "students", students, "absent", absent, "statistics", statistics_json(told->statistics),
                     "difference", told->difference == NULL ? json_null() : difference_json(told->difference));
}
