/* search_forms.c - where in a statement a search may be: joins in each order, IN,
 * EXISTS, CTEs, compounds, two searches, changes. */
#include "search_forms.h"

#define Y "SELECT id, n FROM y"

/* One a line, however long: they are read beside one another. */
/* clang-format off */
const search_form search_forms[] = {
    {.sql = "SELECT y.id, x.rank FROM y JOIN $A x ON x.rowid = y.id"},
    {.sql = "SELECT y.id, x.rank FROM $A x JOIN y ON x.rowid = y.id"},
    {.sql = "SELECT y.id, x.rank FROM y, $A x WHERE y.id = x.rowid"},
    {.sql = "SELECT y.id, x.rank FROM y CROSS JOIN $A x ON x.rowid = y.id"},
    {.sql = "SELECT y.id, x.rank FROM $A x CROSS JOIN y ON x.rowid = y.id"},
    {.sql = "SELECT y.id, x.rowid FROM y LEFT JOIN $A x ON x.rowid = y.id"},
    {.sql = "SELECT y.id, x.rowid FROM $A x LEFT JOIN y ON x.rowid = y.id"},
    {.sql = "SELECT y.id, x.rowid FROM $A x LEFT JOIN y ON x.rowid = y.id WHERE y.id IS NULL"},
    {.sql = "SELECT y.id, x.rowid FROM y LEFT JOIN $A x ON x.rowid = y.id WHERE x.rowid IS NULL"},
    {.sql = "SELECT y.id, x.rowid FROM y LEFT JOIN $A x ON x.rowid = y.id WHERE x.rowid IS NOT NULL"},
    /* 3.40.1 has it wrong over FTS5 too */
    {.sql = "SELECT y.id, x.rowid FROM y RIGHT JOIN $A x ON x.rowid = y.id", .since = 3053000},
    {.sql = "SELECT y.id, x.rowid FROM $A x RIGHT JOIN y ON x.rowid = y.id", .since = 3039000},
    {.sql = "SELECT y.id, x.rowid FROM y FULL JOIN $A x ON x.rowid = y.id", .since = 3039000},
    {.sql = "SELECT y.id, x.rowid FROM $A x FULL JOIN y ON x.rowid = y.id", .since = 3039000},
    {.sql = "SELECT id FROM y WHERE id IN (SELECT rowid FROM $A)"},
    {.sql = "SELECT id FROM y WHERE id NOT IN (SELECT rowid FROM $A)"},
    {.sql = "SELECT id FROM y WHERE EXISTS (SELECT 1 FROM $A x WHERE x.rowid = y.id)"},
    {.sql = "SELECT id FROM y WHERE NOT EXISTS (SELECT 1 FROM $A x WHERE x.rowid = y.id)"},
    {.sql = "SELECT id FROM y WHERE y.n > 2 OR EXISTS (SELECT 1 FROM $A x WHERE x.rowid = y.id)"},
    {.sql = "SELECT id, (SELECT rank FROM $A x WHERE x.rowid = y.id) FROM y"},
    {.sql = "SELECT id, (SELECT count(*) FROM $A x WHERE x.rowid <= y.id + 0 AND +x.rowid > 1) FROM y WHERE 0"},
    {.sql = "WITH c AS (SELECT rowid AS i, rank FROM $A) SELECT y.id FROM y JOIN c ON c.i = y.id"},
    {.sql = "WITH c AS MATERIALIZED (SELECT rowid AS i FROM $A) SELECT y.id FROM y JOIN c ON c.i = y.id"},
    {.sql = "WITH c AS NOT MATERIALIZED (SELECT rowid AS i FROM $A) SELECT y.id FROM y JOIN c ON c.i = y.id"},
    {.sql = "WITH c AS (SELECT rowid AS i FROM $A) SELECT id FROM y WHERE EXISTS (SELECT 1 FROM c WHERE c.i = y.id)"},
    {.sql = "WITH c AS (SELECT rowid AS i FROM $A) SELECT id FROM y WHERE id IN (SELECT i FROM c) OR id IN (SELECT i + 1 FROM c)"},
    {.sql = "WITH c AS (SELECT rowid AS i FROM $A) SELECT a.i, b.i FROM c a LEFT JOIN c b ON a.i = b.i"},
    {.sql = "SELECT y.id, x.i FROM y JOIN (SELECT rowid AS i FROM $A) x ON x.i = y.id"},
    {.sql = "SELECT y.id, x.i FROM y LEFT JOIN (SELECT rowid AS i FROM $A) x ON x.i = y.id"},
    {.sql = "SELECT y.id, x.i FROM y LEFT JOIN (SELECT rowid AS i FROM $A LIMIT 3) x ON x.i = y.id"},
    {.sql = "SELECT a.rowid, b.rowid FROM $A a JOIN $B b ON a.rowid = b.rowid"},
    {.sql = "SELECT a.rowid, b.rowid FROM $A a CROSS JOIN $B b ON a.rowid = b.rowid"},
    {.sql = "SELECT a.rowid, b.rowid FROM $B b CROSS JOIN $A a ON a.rowid = b.rowid"},
    {.sql = "SELECT a.rowid, b.rowid FROM $A a LEFT JOIN $B b ON a.rowid = b.rowid"},
    {.sql = "SELECT a.rowid, b.rowid FROM $A a LEFT JOIN $B b ON a.rowid = b.rowid WHERE b.rowid IS NULL"},
    {.sql = "SELECT a.rowid, b.rowid FROM $A a FULL JOIN $B b ON a.rowid = b.rowid", .since = 3039000},
    {.sql = "SELECT a.rowid FROM $A a WHERE EXISTS (SELECT 1 FROM $B b WHERE a.rowid = b.rowid)"},
    {.sql = "SELECT a.rowid FROM $A a WHERE NOT EXISTS (SELECT 1 FROM $B b WHERE a.rowid = b.rowid)"},
    {.sql = "SELECT rowid FROM $A INTERSECT SELECT rowid FROM $B"},
    {.sql = "SELECT rowid FROM $A UNION SELECT rowid FROM $B"},
    {.sql = "SELECT rowid FROM $A UNION ALL SELECT rowid FROM $B"},
    {.sql = "SELECT rowid FROM $A EXCEPT SELECT rowid FROM $B"},
    {.sql = "SELECT y.id, a.rowid, b.rowid FROM y LEFT JOIN $A a ON a.rowid = y.id LEFT JOIN $B b ON b.rowid = y.id"},
    {.sql = "SELECT y.id, a.rowid, b.rowid FROM $A a JOIN y ON a.rowid = y.id JOIN $B b ON b.rowid = y.id"},
    {.sql = "SELECT y.id, a.rowid, z.n FROM z JOIN y ON y.n = z.n JOIN $A a ON a.rowid = y.id"},
    {.sql = "SELECT count(*), min(x.rank), max(y.id) FROM y JOIN $A x ON x.rowid = y.id"},
    {.sql = "SELECT y.n, count(x.rowid) FROM y LEFT JOIN $A x ON x.rowid = y.id GROUP BY y.n"},
    {.sql = "SELECT y.id, row_number() OVER (ORDER BY x.rank, y.id) FROM y JOIN $A x ON x.rowid = y.id"},
    {.sql = "DELETE FROM y WHERE id IN (SELECT rowid FROM $A)", .check = Y},
    {.sql = "DELETE FROM y WHERE EXISTS (SELECT 1 FROM $A x WHERE x.rowid = y.id)", .check = Y},
    {.sql = "DELETE FROM y WHERE NOT EXISTS (SELECT 1 FROM $A x WHERE x.rowid = y.id)", .check = Y},
    {.sql = "UPDATE y SET n = -1 WHERE id IN (SELECT rowid FROM $A)", .check = Y},
    {.sql = "UPDATE y SET n = -1 WHERE EXISTS (SELECT 1 FROM $A x WHERE x.rowid = y.id)", .check = Y},
    {.sql = "UPDATE y SET n = x.rowid + 100 FROM $A x WHERE x.rowid = y.id", .check = Y},
    {.sql = "INSERT INTO y(id, n) SELECT rowid + 1000, n FROM $A", .check = Y},
};
/* clang-format on */

const int search_form_count = sizeof search_forms / sizeof search_forms[0];
