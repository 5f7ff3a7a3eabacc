/* tex_text.h - TeX as BibTeX files have it → text. */
#ifndef BB_TEX_TEXT_H
#define BB_TEX_TEXT_H

#include "records/text_buffer.h"

/* Braces and commands are dropped, accents, Greek and symbols are their characters,
 * formulas their text: "{\'E}tude of $\beta_2$" -> "Étude of β2". */
void bb_tex_add(bb_text *into, biobert_str tex);

/* An address or a number: `~` and `--` stay as they are, and \url{} is dropped. */
void bb_tex_add_verbatim(bb_text *into, biobert_str tex);

/* The end of the group that begins with the `{` at `at`, after its `}`; the length where
 * it has none. */
size_t bb_tex_group_end(biobert_str tex, size_t at);

#endif
