/*
 * Figures and their revisions; the statements are in sql/figure.sql.
 */
#include "db/figure.h"

#include "db/rows.h"
#include "db/statement.h"

static enum status read_value(sqlite3_stmt *use, struct arena *arena, void *row)
{
    return statement_text(use, 0, arena, row);
}

enum status db_figure_find(struct db *db, struct arena *arena, const char *indicator, int64_t year,
                           const char *province, const char **value)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_figure_find);
    statement_bind_text(use, 1, indicator);
    statement_bind_integer(use, 2, year);
    statement_bind_text(use, 3, province);
    return rows_one(use, arena, read_value, value);
}

enum status db_figure_put(struct db *db, const struct figure *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_figure_put);
    statement_bind_text(use, 1, row->indicator);
    statement_bind_integer(use, 2, row->year);
    statement_bind_text(use, 3, row->province);
    statement_bind_text(use, 4, row->value);
    statement_bind_integer(use, 5, row->revision);
    return statement_run(use);
}

static enum status read_figure(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct figure *figure = row;
    figure->year = statement_integer(use, 1);
    figure->revision = statement_integer(use, 4);
    enum status status = statement_text(use, 0, arena, &figure->indicator);
    if (status == STATUS_OK) {
        status = statement_text(use, 2, arena, &figure->province);
    }
    return status != STATUS_OK ? status : statement_text(use, 3, arena, &figure->value);
}

enum status db_figure_list(struct db *db, struct arena *arena, const struct figure *after, int64_t limit,
                           const struct figure_filter *filter, const struct order *order, struct figure **out, size_t *count)
{
    const bool is_usual = order_is_usual(order);
    sqlite3_stmt *use = statement_use(db, !is_usual                   ? STATEMENT_figure_list_ordered
                                          : filter->indicator != NULL ? STATEMENT_figure_list_indicator
                                                                      : STATEMENT_figure_list);
    if (!is_usual || filter->indicator == NULL) {
        statement_bind_text(use, 1, after->indicator);
    }
    statement_bind_integer(use, 2, after->year);
    statement_bind_text(use, 3, after->province);
    statement_bind_integer(use, 4, limit);
    statement_bind_text(use, 5, filter->indicator);
    if (filter->year != 0) {
        statement_bind_integer(use, 6, filter->year);
    }
    statement_bind_text(use, 7, filter->province);
    if (!is_usual) {
        statement_bind_integer(use, 8, order->key);
        statement_bind_text(use, 9, order->after);
        statement_bind_integer(use, 10, order->is_descending ? 1 : 0);
    }
    return rows_gather(use, arena, sizeof **out, limit, read_figure, (void **)out, count);
}

static enum status read_figure_of_year(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct figure_of_year *figure = row;
    enum status status = statement_text(use, 0, arena, &figure->province);
    return status != STATUS_OK ? status : statement_text(use, 1, arena, &figure->value);
}

enum status db_figure_year(struct db *db, struct arena *arena, const char *indicator, int64_t year,
                           struct figure_of_year **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_figure_year);
    statement_bind_text(use, 1, indicator);
    statement_bind_integer(use, 2, year);
    return rows_gather(use, arena, sizeof **out, -1, read_figure_of_year, (void **)out, count);
}

static enum status read_integer(sqlite3_stmt *use, struct arena *arena, void *row)
{
    (void)arena;
    *(int64_t *)row = statement_integer(use, 0);
    return STATUS_OK;
}

enum status db_figure_years(struct db *db, struct arena *arena, const char *indicator, int64_t **years, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_figure_years);
    statement_bind_text(use, 1, indicator);
    return rows_gather(use, arena, sizeof **years, -1, read_integer, (void **)years, count);
}

enum status db_figures_revision_insert(struct db *db, const struct figures_revision *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_figures_revision_insert);
    statement_bind_integer(use, 1, row->revision);
    statement_bind_integer(use, 2, row->seq);
    statement_bind_integer(use, 3, row->time_ms);
    statement_bind_integer(use, 4, row->figures);
    statement_bind_integer(use, 5, row->changed);
    statement_bind_text(use, 6, row->digest);
    return statement_run(use);
}

static enum status read_revision(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct figures_revision *revision = row;
    revision->revision = statement_integer(use, 0);
    revision->seq = statement_integer(use, 1);
    revision->time_ms = statement_integer(use, 2);
    revision->figures = statement_integer(use, 3);
    revision->changed = statement_integer(use, 4);
    return statement_text(use, 5, arena, &revision->digest);
}

enum status db_figures_revision_last(struct db *db, struct arena *arena, struct figures_revision *out)
{
    return rows_one(statement_use(db, STATEMENT_figures_revision_last), arena, read_revision, out);
}
