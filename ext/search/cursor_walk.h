/* cursor_walk.h - from a ranking to the rows that a search returns (cursor_walk.c). */
#ifndef EXT_CURSOR_WALK_H
#define EXT_CURSOR_WALK_H

#include "search/request.h"

/* Which rows count: c->filter, c->open and the limit of the distance. keys: `rowid = x` is
 * one of the conditions. */
int cursor_make_filters(search_cursor *c, const plan *p, sqlite3_value **values,
                        const asked *a, bool keys);
/* Takes all rows at once, those without a distance first. */
int cursor_take_all_by_distance(search_cursor *c);
/* The next row that passes and whose content is there; or c->eof. */
int cursor_next_hit(search_cursor *c);

#endif
