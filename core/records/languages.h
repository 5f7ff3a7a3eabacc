/* languages.h - what files call a language → ISO 639-1. */
#ifndef BB_LANGUAGES_H
#define BB_LANGUAGES_H

#include "biobert.h"

/* "eng", "ENG", "English", "en", "en-US" -> "en"; NULL: not known. */
const char *bb_language_code(biobert_str value);

#endif
