/* tex_text.c - not TeX, but what people write in titles, names and abstracts. */
#include "records/tex_text.h"

#include <string.h>

#include "base/ascii.h"
#include "base/status.h"
#include "base/utf8.h"
#include "records/tex_tables.h"

enum { MAX_ACCENTS = 4 }; /* on one letter; also bounds the recursion */

typedef struct tex_reader {
  biobert_str tex;
  size_t at;
  bb_text *out;
  bool formula;
  int accents; /* that this text is under */
} tex_reader;

static void read_text(tex_reader *r);

static char byte_at(const tex_reader *r, size_t at) {
  return at < r->tex.len ? r->tex.data[at] : '\0';
}

static void put(tex_reader *r, const char *text) {
  bb_text_add(r->out, bb_str(text));
}

static void skip_spaces(tex_reader *r) {
  while (r->at < r->tex.len && bb_is_space(r->tex.data[r->at])) r->at++;
}

/* Groups and arguments --------------------------------------------------------------- */

size_t bb_tex_group_end(biobert_str tex, size_t at) {
  size_t depth = 0;
  for (; at < tex.len; at++) {
    if (tex.data[at] == '{') depth++;
    if (tex.data[at] == '}' && --depth == 0) return at + 1;
  }
  return tex.len;
}

static const char accents[] = "`'^\"~=.";
static const char letter_accents[] = "cvuHtdbkr";

/* The command at the `\`: its end, and whether it is an accent. */
static size_t command_end(const tex_reader *r, size_t at, bool *is_accent) {
  size_t end = at + 1;
  while (bb_is_letter(byte_at(r, end))) end++;
  const char c = byte_at(r, at + 1);
  if (end == at + 1) end += at + 1 < r->tex.len;
  *is_accent = end == at + 2 && c && (strchr(accents, c) || strchr(letter_accents, c));
  return end;
}

/* What an accent is on: a group, a character, or a command with its argument. */
static biobert_str argument(tex_reader *r) {
  skip_spaces(r);
  const size_t from = r->at;
  size_t end = from;
  bool is_accent = true;
  for (int i = 0; i <= MAX_ACCENTS && is_accent; i++) {
    is_accent = false;
    if (byte_at(r, end) == '\\') end = command_end(r, end, &is_accent);
  }
  if (byte_at(r, end) == '{' && (end == from || byte_at(r, end - 1) != '\\')) {
    end = bb_tex_group_end(r->tex, end);
  } else if (end == from && end < r->tex.len) {
    uint32_t code;
    end += bb_utf8_next(r->tex.data + end, r->tex.data + r->tex.len, &code);
  } else if (end > from && end < r->tex.len && strchr(accents, byte_at(r, end - 1))) {
    end++; /* \'\^e */
  }
  r->at = end;
  return (biobert_str){r->tex.data + from, end - from};
}

static void skip_group(tex_reader *r) {
  skip_spaces(r);
  if (byte_at(r, r->at) == '{') r->at = bb_tex_group_end(r->tex, r->at);
}

/* Accents ---------------------------------------------------------------------------- */

static uint32_t mark_of(char accent) {
  static const struct {
    char accent;
    uint16_t mark;
  } marks[] = {
      {'`',  0x300},
      {'\'', 0x301},
      {'^',  0x302},
      {'"',  0x308},
      {'~',  0x303},
      {'=',  0x304},
      {'.',  0x307},
      {'c',  0x327},
      {'v',  0x30C},
      {'u',  0x306},
      {'H',  0x30B},
      {'d',  0x323},
      {'b',  0x331},
      {'k',  0x328},
      {'r',  0x30A},
  };
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
    if (marks[i].accent == accent) return marks[i].mark;
  return 0; /* a tie over two letters */
}

/* 0: Unicode has no such letter. */
static uint32_t compose(uint32_t base, uint32_t mark) {
  size_t low = 0, high = bb_tex_letters_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const bb_tex_letter *l = &bb_tex_letters[middle];
    if (l->base == base && l->mark == mark) return l->composed;
    if (l->base < base || (l->base == base && l->mark < mark))
      low = middle + 1;
    else
      high = middle;
  }
  return 0;
}

static void put_code(tex_reader *r, uint32_t code) {
  char bytes[4];
  bb_text_add(r->out, (biobert_str){bytes, bb_utf8_put(code, bytes)});
}

/* The letter with the mark, and what else is in the argument. */
static void put_accented(tex_reader *r, biobert_str text, uint32_t mark) {
  uint32_t base;
  const size_t bytes = bb_utf8_next(text.data, text.data + text.len, &base);
  if (base == 0x131) base = 'i'; /* without its dot, which is where the accent goes */
  if (base == 0x237) base = 'j';
  const uint32_t composed = compose(base, mark);
  put_code(r, composed ? composed : base);
  if (!composed && mark) put_code(r, mark);
  bb_text_add(r->out, bb_from(text, bytes));
}

static void put_accent(tex_reader *r, char accent) {
  bb_text letters = {0};
  tex_reader inner = {.tex = argument(r), .out = &letters, .accents = r->accents + 1};
  if (inner.accents <= MAX_ACCENTS) read_text(&inner);
  const biobert_str text = bb_trimmed(bb_text_view(&letters));
  if (text.len)
    put_accented(r, text, mark_of(accent));
  else if (!bb_is_letter(accent))
    bb_text_add_char(r->out, accent); /* \~{} is the character */
  r->out->no_memory |= letters.no_memory;
  bb_text_free(&letters);
}

/* Commands --------------------------------------------------------------------------- */

typedef struct tex_symbol {
  const char *name, *text;
} tex_symbol;

static const tex_symbol letters[] = {
    {"ss",    "ß"},
    {"ae",    "æ"},
    {"AE",    "Æ"},
    {"oe",    "œ"},
    {"OE",    "Œ"},
    {"o",     "ø"},
    {"O",     "Ø"},
    {"aa",    "å"},
    {"AA",    "Å"},
    {"l",     "ł"},
    {"L",     "Ł"},
    {"i",     "ı"},
    {"j",     "ȷ"},
    {"dh",    "ð"},
    {"DH",    "Ð"},
    {"th",    "þ"},
    {"TH",    "Þ"},
    {"dj",    "đ"},
    {"DJ",    "Đ"},
    {"ng",    "ŋ"},
    {"NG",    "Ŋ"},
    {"imath", "ı"},
    {"jmath", "ȷ"},
};

static const tex_symbol symbols[] = {
  /* Greek */
    {"alpha",          "α" },
    {"beta",           "β" },
    {"gamma",          "γ" },
    {"delta",          "δ" },
    {"epsilon",        "ε" },
    {"varepsilon",     "ε" },
    {"zeta",           "ζ" },
    {"eta",            "η" },
    {"theta",          "θ" },
    {"vartheta",       "ϑ" },
    {"iota",           "ι" },
    {"kappa",          "κ" },
    {"lambda",         "λ" },
    {"mu",             "μ" },
    {"nu",             "ν" },
    {"xi",             "ξ" },
    {"omicron",        "ο" },
    {"pi",             "π" },
    {"rho",            "ρ" },
    {"sigma",          "σ" },
    {"varsigma",       "ς" },
    {"tau",            "τ" },
    {"upsilon",        "υ" },
    {"phi",            "φ" },
    {"varphi",         "φ" },
    {"chi",            "χ" },
    {"psi",            "ψ" },
    {"omega",          "ω" },
    {"Gamma",          "Γ" },
    {"Delta",          "Δ" },
    {"Theta",          "Θ" },
    {"Lambda",         "Λ" },
    {"Xi",             "Ξ" },
    {"Pi",             "Π" },
    {"Sigma",          "Σ" },
    {"Upsilon",        "Υ" },
    {"Phi",            "Φ" },
    {"Psi",            "Ψ" },
    {"Omega",          "Ω" },
 /* Formulas */
    {"times",          "×" },
    {"pm",             "±" },
    {"mp",             "∓"},
    {"div",            "÷" },
    {"cdot",           "·" },
    {"ast",            "*"  },
    {"circ",           "°" },
    {"degree",         "°" },
    {"deg",            "°" },
    {"leq",            "≤"},
    {"le",             "≤"},
    {"geq",            "≥"},
    {"ge",             "≥"},
    {"neq",            "≠"},
    {"ne",             "≠"},
    {"approx",         "≈"},
    {"sim",            "~"  },
    {"simeq",          "≃"},
    {"equiv",          "≡"},
    {"propto",         "∝"},
    {"ll",             "≪"},
    {"gg",             "≫"},
    {"lt",             "<"  },
    {"gt",             ">"  },
    {"infty",          "∞"},
    {"partial",        "∂"},
    {"nabla",          "∇"},
    {"sum",            "∑"},
    {"prod",           "∏"},
    {"int",            "∫"},
    {"sqrt",           "√"},
    {"in",             "∈"},
    {"notin",          "∉"},
    {"subset",         "⊂"},
    {"cup",            "∪"},
    {"cap",            "∩"},
    {"forall",         "∀"},
    {"exists",         "∃"},
    {"rightarrow",     "→"},
    {"to",             "→"},
    {"leftarrow",      "←"},
    {"leftrightarrow", "↔"},
    {"Rightarrow",     "⇒"},
    {"Leftrightarrow", "⇔"},
    {"uparrow",        "↑"},
    {"downarrow",      "↓"},
    {"prime",          "′"},
    {"ell",            "ℓ"},
    {"langle",         "⟨"},
    {"rangle",         "⟩"},
    {"mid",            "|"  },
    {"star",           "⋆"},
    {"bullet",         "•"},
    {"quad",           " "  },
    {"qquad",          " "  },
    {"mathbb",         ""   },
 /* Signs */
    {"ldots",          "…"},
    {"dots",           "…"},
    {"cdots",          "⋯"},
    {"S",              "§" },
    {"P",              "¶" },
    {"copyright",      "©" },
    {"pounds",         "£" },
    {"euro",           "€"},
    {"dag",            "†"},
    {"ddag",           "‡"},
    {"dagger",         "†"},
    {"space",          " "  },
    {"newline",        " "  },
    {"par",            " "  },
    {"item",           " "  },
    {"slash",          "/"  },
    {"lbrace",         "{"  },
    {"rbrace",         "}"  },
    {"backslash",      "\\" },
    {"vert",           "|"  },
    {"guillemotleft",  "«" },
    {"guillemotright", "»" },
    {"glqq",           "„"},
    {"grqq",           "“"},
};

/* Names that begin with "text". */
static const tex_symbol text_symbols[] = {
    {"asciitilde",     "~"  },
    {"asciicircum",    "^"  },
    {"backslash",      "\\" },
    {"bar",            "|"  },
    {"less",           "<"  },
    {"greater",        ">"  },
    {"underscore",     "_"  },
    {"dollar",         "$"  },
    {"braceleft",      "{"  },
    {"braceright",     "}"  },
    {"endash",         "–"},
    {"emdash",         "—"},
    {"quoteleft",      "‘"},
    {"quoteright",     "’"},
    {"quotesingle",    "'"  },
    {"quotedbl",       "\"" },
    {"quotedblleft",   "“"},
    {"quotedblright",  "”"},
    {"registered",     "®" },
    {"trademark",      "™"},
    {"degree",         "°" },
    {"bullet",         "•"},
    {"ellipsis",       "…"},
    {"euro",           "€"},
    {"sterling",       "£" },
    {"section",        "§" },
    {"times",          "×" },
    {"div",            "÷" },
    {"pm",             "±" },
    {"onehalf",        "½" },
    {"onequarter",     "¼" },
    {"perthousand",    "‰"},
    {"ordfeminine",    "ª" },
    {"ordmasculine",   "º" },
    {"exclamdown",     "¡" },
    {"questiondown",   "¿" },
    {"periodcentered", "·" },
    {"primstress",     "ˈ" },
    {"onesuperior",    "¹" },
    {"twosuperior",    "²" },
    {"threesuperior",  "³" },
};

/* Commands whose first argument is not text. */
static const char *const no_text[] = {
    "begin",       "end",      "cite",     "citep",          "citet",
    "ref",         "label",    "href",     "color",          "textcolor",
    "hspace",      "vspace",   "fontsize", "selectlanguage", "foreignlanguage",
    "hyphenation", "noopsort", "index",
};

static const char *find_symbol(const tex_symbol *in, size_t count, biobert_str name) {
  for (size_t i = 0; i < count; i++)
    if (bb_str_equal(name, in[i].name)) return in[i].text;
  return NULL;
}

/* \textalpha is \alpha too. */
static const char *symbol_of(biobert_str name) {
  const char *text = find_symbol(symbols, sizeof symbols / sizeof symbols[0], name);
  if (text || !bb_starts_with(name, "text")) return text;
  name = bb_from(name, 4);
  text = find_symbol(text_symbols, sizeof text_symbols / sizeof text_symbols[0], name);
  if (text) return text;
  text = find_symbol(symbols, sizeof symbols / sizeof symbols[0], name);
  /* \textit, \textsl and the like set type; no letter of Greek has two. */
  return text && name.len > 2 ? text : NULL;
}

static bool has_no_text(biobert_str name) {
  for (size_t i = 0; i < sizeof no_text / sizeof no_text[0]; i++)
    if (bb_str_equal(name, no_text[i])) return true;
  return false;
}

static void read_url(tex_reader *r) {
  skip_spaces(r);
  if (byte_at(r, r->at) != '{') return;
  const size_t end = bb_tex_group_end(r->tex, r->at);
  bb_tex_add_verbatim(r->out, (biobert_str){r->tex.data + r->at, end - r->at});
  r->at = end;
}

/* A space after a letter only ends its name: Stra\ss e. TeX has it so after all names, but
 * people write "\beta cells". */
static void read_named(tex_reader *r, biobert_str name) {
  const char *letter = find_symbol(letters, sizeof letters / sizeof letters[0], name);
  const char *text = letter ? letter : symbol_of(name);
  if (text) put(r, text);
  if (bb_str_equal(name, "url")) read_url(r);
  if (has_no_text(name)) skip_group(r);
  if (letter || r->formula) skip_spaces(r);
}

static void read_symbol(tex_reader *r, char c) {
  if (c && strchr(",;: \t\r\n\\", c)) {
    put(r, " ");
  } else if (c && !strchr("!/-@()[]", c)) {
    bb_text_add_char(r->out, c);
  }
}

static void read_command(tex_reader *r) {
  bool is_accent;
  const size_t name = r->at + 1, end = command_end(r, r->at, &is_accent);
  r->at = end;
  if (end == name)
    put(r, "\\");
  else if (is_accent && !(r->formula && byte_at(r, name) == 't'))
    put_accent(r, byte_at(r, name));
  else if (bb_is_letter(byte_at(r, name)))
    read_named(r, (biobert_str){r->tex.data + name, end - name});
  else
    read_symbol(r, byte_at(r, name));
}

/* Text ------------------------------------------------------------------------------- */

/* A `$` alone is money. */
static void read_dollar(tex_reader *r) {
  r->at++;
  const bool closed =
      r->at < r->tex.len && memchr(r->tex.data + r->at, '$', r->tex.len - r->at);
  if (!r->formula && !closed)
    put(r, "$");
  else
    r->formula = !r->formula;
}

/* So many of one character stand for another one. */
static void read_run(tex_reader *r, char c, const char *const *texts, size_t longest) {
  size_t count = 0;
  while (count < longest && byte_at(r, r->at + count) == c) count++;
  r->at += count;
  put(r, texts[count - 1]);
}

static void read_special(tex_reader *r, char c) {
  static const char *const dashes[] = {"-", "–", "—"};
  static const char *const left[] = {"‘", "“"}, *const right[] = {"'", "”"};
  if (c == '-')
    read_run(r, c, dashes, r->formula ? 1 : 3);
  else if (c == '`')
    read_run(r, c, left, 2);
  else if (c == '\'')
    read_run(r, c, right, 2);
  else if (c == '$')
    read_dollar(r);
  else if (c == '\\')
    read_command(r);
  else {
    r->at++;
    if (c == '~') put(r, " ");
    if ((c == '^' || c == '_') && !r->formula) bb_text_add_char(r->out, c);
  }
}

static void read_text(tex_reader *r) {
  while (r->at < r->tex.len) {
    size_t end = r->at;
    while (end < r->tex.len && !strchr("\\{}$~-`'^_", r->tex.data[end])) end++;
    bb_text_add(r->out, (biobert_str){r->tex.data + r->at, end - r->at});
    r->at = end;
    if (end < r->tex.len) read_special(r, r->tex.data[end]);
  }
}

void bb_tex_add(bb_text *into, biobert_str tex) {
  tex_reader r = {.tex = tex, .out = into};
  read_text(&r);
}

/* Verbatim --------------------------------------------------------------------------- */

void bb_tex_add_verbatim(bb_text *into, biobert_str tex) {
  for (size_t at = 0; at < tex.len; at++) {
    const biobert_str rest = bb_from(tex, at);
    if (bb_starts_with(rest, "\\textasciitilde")) {
      bb_text_add_char(into, '~');
      at += strlen("\\textasciitilde") - 1;
    } else if (bb_starts_with(rest, "$\\sim$")) {
      bb_text_add_char(into, '~');
      at += strlen("$\\sim$") - 1;
    } else if (bb_starts_with(rest, "\\url")) {
      at += strlen("\\url") - 1;
    } else if (!strchr("{}\\", tex.data[at])) {
      bb_text_add_char(into, tex.data[at]);
    }
  }
}
