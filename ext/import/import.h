/* import.h - the table-valued functions of biobert_import.so. */
#ifndef EXT_IMPORT_H
#define EXT_IMPORT_H

#include "sql/tvf.h"

extern const tvf tvf_read;    /* biobert_read(path [, format]); shared: the connection */
extern const tvf tvf_formats; /* biobert_formats */

#endif
