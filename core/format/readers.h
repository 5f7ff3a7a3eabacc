/* readers.h - the readers of the formats. Each adds the tensors of one open file, which
 * has already been added to w as number `file`. */
#ifndef BB_READERS_H
#define BB_READERS_H

#include "format/tensors.h"

typedef biobert_status bb_weights_reader(bb_weights *w, uint32_t file,
                                         biobert_error *err);
bb_weights_reader bb_safetensors_read, bb_pytorch_zip_read, bb_pytorch_legacy_read,
    bb_tensorflow_read, bb_gguf_read;

#endif
