/* subcommands.c - the table of subcommands. To add one: its file, and a row here. */
#include "cli/subcommands.h"

extern const subcommand command_import, command_index, command_search, command_similar,
    command_models, command_model, command_doctor, command_export, command_train,
    command_duplicates, command_screen, command_serve, command_topics, command_map;

const subcommand *const commands[] = {
    &command_import,  &command_index,      &command_search,
    &command_similar, &command_duplicates, &command_topics,
    &command_map,     &command_screen,     &command_serve,
    &command_models,  &command_model,      &command_train,
    &command_doctor,  &command_export,     NULL,
};

const option common_options[] = {
    {"json",  0,   NULL, "answer with JSON, a line an object"},
    {"csv",   0,   NULL, "answer with CSV"                   },
    {"sql",   0,   NULL, "print the SQL that is run, too"    },
    {"quiet", 'q', NULL, "no progress and no remarks"        },
    {"help",  'h', NULL, "how the command is used"           },
    {NULL,    0,   NULL, NULL                                },
};
