/* pickle_names.h - the opcodes that names are for. */
#ifndef BB_PICKLE_NAMES_H
#define BB_PICKLE_NAMES_H

#include "format/pickle_machine.h"

/* GLOBAL, REDUCE and BINPERSID; the argument means nothing. */
biobert_status pickle_global(struct machine *m, uint32_t unused);
biobert_status pickle_reduce(struct machine *m, uint32_t unused);
biobert_status pickle_persistent_id(struct machine *m, uint32_t unused);

#endif
