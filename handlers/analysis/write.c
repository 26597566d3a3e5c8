/*
 * Members that the answers of several analyses have.
 */
#include "handlers/analysis/write.h"

#include <math.h>

#include "db/reference.h"

void analysis_rows(struct json_writer *w, const char *key, size_t count, void (*row)(struct json_writer *w, const void *context, size_t index),
                   const void *context)
{
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(w);
        row(w, context, i);
        json_object_end(w);
    }
    json_array_end(w);
}

void analysis_groups_write(struct json_writer *w, const char *key, const char *const *names, size_t count,
                           void (*member)(struct json_writer *w, const void *context, size_t group), const void *context)
{
    json_key(w, key);
    json_object_begin(w);
    for (size_t g = 0; g < count; g++) {
        json_key(w, names[g]);
        json_object_begin(w);
        member(w, context, g);
        json_object_end(w);
    }
    json_object_end(w);
}

static void write_left_out(struct json_writer *w, const void *context, size_t index)
{
    const struct analysis_left_out *left_out = (const struct analysis_left_out *)context + index;
    json_member_text(w, left_out->province != NULL ? "province" : "unit", left_out->province != NULL ? left_out->province : left_out->unit);
    if (left_out->year != 0) {
        json_member_integer(w, "year", left_out->year);
    }
    if (left_out->missing != NULL) {
        analysis_texts(w, "missing", left_out->missing, left_out->missing_count);
    }
}

void analysis_answer_close(struct json_writer *w, const struct analysis_left_out *left_out, size_t count)
{
    if (left_out != NULL) {
        analysis_rows(w, "left_out", count, write_left_out, left_out);
    }
    json_object_end(w);
    json_writer_finish(w);
}

static void write_number(struct json_writer *w, double value)
{
    if (isfinite(value)) {
        json_double(w, value);
    } else {
        json_value_null(w);
    }
}

void analysis_number(struct json_writer *w, const char *key, double value)
{
    json_key(w, key);
    write_number(w, value);
}

void analysis_numbers(struct json_writer *w, const double *values, size_t count)
{
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        write_number(w, values[i]);
    }
    json_array_end(w);
}

void analysis_named(struct json_writer *w, const char *const *names, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        analysis_number(w, names[i], values[i]);
    }
}

void analysis_named_object(struct json_writer *w, const char *key, const char *const *names, const double *values, size_t count)
{
    json_key(w, key);
    json_object_begin(w);
    analysis_named(w, names, values, count);
    json_object_end(w);
}

void analysis_texts(struct json_writer *w, const char *key, const char *const *texts, size_t count)
{
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_text(w, texts[i]);
    }
    json_array_end(w);
}

void analysis_integers(struct json_writer *w, const char *key, const int64_t *integers, size_t count)
{
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_value_integer(w, integers[i]);
    }
    json_array_end(w);
}

void analysis_unit_head(struct json_writer *w, const struct analysis_units *units, size_t unit)
{
    json_member_text(w, "dmu", units->ids[unit]);
    if (units->provinces != NULL) {
        json_member_text(w, "name", units->provinces[unit]->name_en);
        json_member_text(w, "belt", units->labels[unit]);
    } else if (units->labels[unit] != NULL) {
        json_member_text(w, "group", units->labels[unit]);
    }
}
