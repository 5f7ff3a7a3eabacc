/* default_model.h - the default model: whether there is one, and where models lie. */
#ifndef EXT_CLI_DEFAULT_MODEL_H
#define EXT_CLI_DEFAULT_MODEL_H

#include "cli/library.h"

typedef enum model_state { MODEL_FOUND, MODEL_ABSENT, MODEL_BROKEN } model_state;

/* Loads the default model, if there is one. MODEL_BROKEN is said. */
model_state model_look(database *d);

/* What to type where there is none. */
extern const char *const no_model_advice;

/* A path below the folder that holds the program's data: of an installed program
 * PREFIX/share/biobert, of a checkout the checkout's own; of the first there is.
 * sqlite3_malloc()ed; NULL: none is there. */
char *model_tool_path(bool *checkout);

/* Where `model get` puts a model, and where the program finds it: models/default of a
 * checkout, or $XDG_DATA_HOME/biobert/default. NULL: there is no HOME. */
char *model_default_folder(void);

#endif
