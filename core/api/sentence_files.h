/* sentence_files.h - what sentence-transformers wants beside a model of transformers. */
#ifndef BB_SENTENCE_FILES_H
#define BB_SENTENCE_FILES_H

#include "api/folder_contents.h"
#include "base/folder_write.h"

/* UNSUPPORTED: sentence-transformers has no name for the pooling or for an activation. */
biobert_status bb_sentence_files_check(const bb_model_folder *folder, biobert_error *err);
/* Writes modules.json and what it names, for SENTENCES and CROSS_ENCODER. */
biobert_status bb_sentence_files_write(const bb_model_folder *folder,
                                       const bb_folder_out *out, biobert_error *err);

#endif
