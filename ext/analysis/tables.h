/* tables.h - the table-valued functions, for the table that registers them. Each is given
 * a connection. */
#ifndef EXT_ANALYSIS_TABLES_H
#define EXT_ANALYSIS_TABLES_H

#include "models/connection.h"
#include "sql/tvf.h"

/* tvf_map.c */
extern const tvf tvf_map;
/* tvf_neighbours.c */
extern const tvf tvf_neighbours;
/* tvf_duplicates.c, tvf_duplicate_groups.c */
extern const tvf tvf_duplicates, tvf_duplicate_groups;
/* tvf_clusters.c, tvf_novelty.c */
extern const tvf tvf_clusters, tvf_novelty;
/* tvf_screen.c, tvf_screen_status.c */
extern const tvf tvf_screen, tvf_screen_status;
/* tvf_topics.c */
extern const tvf tvf_topics;

#endif
