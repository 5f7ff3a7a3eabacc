/* languages.c - the languages in which articles of MEDLINE and Embase are written. */
#include "records/languages.h"

#include <string.h>

#include "records/text_buffer.h"

typedef struct language {
  const char *code; /* ISO 639-1 */
  const char *three,
      *native; /* ISO 639-2/B and /T (Croatian, Serbian: MEDLINE's old ones) */
  const char *name;
} language;

static const language languages[] = {
    {"af", "afr", "afr", "Afrikaans"  },
    {"sq", "alb", "sqi", "Albanian"   },
    {"am", "amh", "amh", "Amharic"    },
    {"ar", "ara", "ara", "Arabic"     },
    {"hy", "arm", "hye", "Armenian"   },
    {"az", "aze", "aze", "Azerbaijani"},
    {"eu", "baq", "eus", "Basque"     },
    {"be", "bel", "bel", "Belarusian" },
    {"bn", "ben", "ben", "Bengali"    },
    {"bs", "bos", "bos", "Bosnian"    },
    {"bg", "bul", "bul", "Bulgarian"  },
    {"my", "bur", "mya", "Burmese"    },
    {"ca", "cat", "cat", "Catalan"    },
    {"zh", "chi", "zho", "Chinese"    },
    {"hr", "hrv", "scr", "Croatian"   },
    {"cs", "cze", "ces", "Czech"      },
    {"da", "dan", "dan", "Danish"     },
    {"nl", "dut", "nld", "Dutch"      },
    {"en", "eng", "eng", "English"    },
    {"eo", "epo", "epo", "Esperanto"  },
    {"et", "est", "est", "Estonian"   },
    {"fo", "fao", "fao", "Faroese"    },
    {"fi", "fin", "fin", "Finnish"    },
    {"fr", "fre", "fra", "French"     },
    {"gl", "glg", "glg", "Galician"   },
    {"ka", "geo", "kat", "Georgian"   },
    {"de", "ger", "deu", "German"     },
    {"el", "gre", "ell", "Greek"      },
    {"he", "heb", "heb", "Hebrew"     },
    {"hi", "hin", "hin", "Hindi"      },
    {"hu", "hun", "hun", "Hungarian"  },
    {"is", "ice", "isl", "Icelandic"  },
    {"id", "ind", "ind", "Indonesian" },
    {"ga", "gle", "gle", "Irish"      },
    {"it", "ita", "ita", "Italian"    },
    {"ja", "jpn", "jpn", "Japanese"   },
    {"kk", "kaz", "kaz", "Kazakh"     },
    {"rw", "kin", "kin", "Kinyarwanda"},
    {"ko", "kor", "kor", "Korean"     },
    {"ky", "kir", "kir", "Kyrgyz"     },
    {"la", "lat", "lat", "Latin"      },
    {"lv", "lav", "lav", "Latvian"    },
    {"lt", "lit", "lit", "Lithuanian" },
    {"mk", "mac", "mkd", "Macedonian" },
    {"mg", "mlg", "mlg", "Malagasy"   },
    {"ms", "may", "msa", "Malay"      },
    {"ml", "mal", "mal", "Malayalam"  },
    {"mn", "mon", "mon", "Mongolian"  },
    {"no", "nor", "nor", "Norwegian"  },
    {"nb", "nob", "nob", "Bokmal"     },
    {"nn", "nno", "nno", "Nynorsk"    },
    {"fa", "per", "fas", "Persian"    },
    {"pl", "pol", "pol", "Polish"     },
    {"ps", "pus", "pus", "Pashto"     },
    {"pt", "por", "por", "Portuguese" },
    {"ro", "rum", "ron", "Romanian"   },
    {"ru", "rus", "rus", "Russian"    },
    {"gd", "gla", "gla", "Gaelic"     },
    {"sa", "san", "san", "Sanskrit"   },
    {"sr", "srp", "scc", "Serbian"    },
    {"si", "sin", "sin", "Sinhala"    },
    {"sk", "slo", "slk", "Slovak"     },
    {"sl", "slv", "slv", "Slovenian"  },
    {"so", "som", "som", "Somali"     },
    {"es", "spa", "spa", "Spanish"    },
    {"sw", "swa", "swa", "Swahili"    },
    {"sv", "swe", "swe", "Swedish"    },
    {"ta", "tam", "tam", "Tamil"      },
    {"th", "tha", "tha", "Thai"       },
    {"bo", "tib", "bod", "Tibetan"    },
    {"tr", "tur", "tur", "Turkish"    },
    {"uk", "ukr", "ukr", "Ukrainian"  },
    {"ur", "urd", "urd", "Urdu"       },
    {"uz", "uzb", "uzb", "Uzbek"      },
    {"vi", "vie", "vie", "Vietnamese" },
    {"cy", "wel", "cym", "Welsh"      },
    {"xh", "xho", "xho", "Xhosa"      },
    {"zu", "zul", "zul", "Zulu"       },
};

/* "en-US", "English (American)", "eng;" */
static biobert_str first_word(biobert_str value) {
  size_t len = 0;
  value = bb_trimmed(value);
  while (len < value.len && !bb_is_space(value.data[len]) &&
         !memchr("-_(;,", value.data[len], 5))
    len++;
  return (biobert_str){value.data, len};
}

const char *bb_language_code(biobert_str value) {
  const biobert_str word = first_word(value);
  for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++) {
    const language *l = &languages[i];
    if (bb_same_word(word, l->code) || bb_same_word(word, l->three) ||
        bb_same_word(word, l->native) || bb_same_word(word, l->name))
      return l->code;
  }
  return NULL;
}
