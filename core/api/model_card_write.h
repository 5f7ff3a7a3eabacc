/* model_card_write.h - README.md of a trained model. */
#ifndef BB_MODEL_CARD_WRITE_H
#define BB_MODEL_CARD_WRITE_H

#include "api/folder_contents.h"

/* path: of the folder. */
biobert_status bb_model_card_write(const bb_model_folder *folder, const char *path,
                                   biobert_error *err);

#endif
