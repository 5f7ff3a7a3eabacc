/* Spec of core/text/plain.c and markup.c. */
#include "check.h"

#include <stdlib.h>

#include "base/status.h"
#include "text/markup_tables.h"

static const char *plain_of(const char *text) {
  static char out[1024];
  size_t bytes = biobert_plain(bb_str(text), NULL);
  if (!CHECK(bytes < sizeof out)) return "";
  CHECK_INT(biobert_plain(bb_str(text), out), bytes);
  out[bytes] = '\0';
  return out;
}

static void test_rows(void) {
  static const struct {
    const char *says, *text, *plain;
  } rows[] = {
  /* clang-format off */
      {"an empty text stays", "", ""},
      {"a text without markup keeps its white space", " a  b\n\nc ", " a  b\n\nc "},
      {"with tags, white space is folded, and none is at the ends",
       " <p>\n  One\n  two </p> ", "One two"},
      {"paragraphs are lines", "<p>One</p><p>two</p>", "One\ntwo"},
      {"so are lists, rows and headings, and a line break's tag",
       "<h1>A</h1><ul><li>b<li>c</ul>d<br/>e<br>f", "A\nb\nc\nd\ne\nf"},
      {"cells are parted by a space", "<tr><td>a</td><td>b</td></tr><tr><td>c", "a b\nc"},
      {"tags inside of a word leave it together", "CO<sub>2</sub> 10<sup>-3</sup>",
       "CO2 10-3"},
      {"JATS, with and without a prefix",
       "<jats:title>Aim</jats:title><jats:p>of <jats:italic>S. aureus</jats:italic></jats:p>"
       "<sec><title>Methods</title><p>x</p></sec>", "Aim\nof S. aureus\nMethods\nx"},
      {"MathML", "<mml:math><mml:mi>p</mml:mi><mml:mo>&lt;</mml:mo><mml:mn>5</mml:mn>"
       "</mml:math>", "p<5"},
      {"TeX beside MathML is left out",
       "<alternatives><tex-math>\\alpha_1</tex-math><math><mi>a</mi></math></alternatives>",
       "a"},
      {"PubMed's sections are lines",
       "<AbstractText Label=\"AIM\">a</AbstractText><AbstractText>b</AbstractText>", "a\nb"},
      {"what is too long for a name is no tag", "1 <aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa> 2",
       "1 <aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa> 2"},
      {"nor for one of an attribute", "1 <b aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=\"x\"> 2",
       "1 <b aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=\"x\"> 2"},
      {"a name that ends in a colon is none", "1 <b:> 2",
       "1 <b:> 2"},
      {"upper case is as good", "<P>a<BR>b</P>", "a\nb"},
      {"a > in quotes ends no tag", "<a href=\"x>y\" title='>'>z</a>", "z"},
      {"comments, declarations and instructions are left out",
       "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]>x<!-- <p> -->y<!-->z", "xyz"},
      {"scripts and style sheets are left out",
       "<style>p > a{}</style>x<script>if (a<b) c('</p>')</script >y", "xy"},
      {"EndNote's style is around text", "<style face=\"normal\" size=\"100%\">A</style>",
       "A"},
      {"CDATA is text as it stands", "<p><![CDATA[a<b & c&lt;]]></p>", "a<b & c&lt;"},
      {"less than stays", "p < 0.05, n<10, a<b", "p < 0.05, n<10, a<b"},
      {"less than stays beside tags", "<p>p<0.05, a<b and c>d, x<y</p>",
       "p<0.05, a<b and c>d, x<y"},
      {"addresses and placeholders stay", "<john@example.org> <NAME> <http://x.org/>",
       "<john@example.org> <NAME> <http://x.org/>"},
      {"an unknown element is one if it is closed", "<foo>a</foo> <bar>b", "a <bar>b"},
      {"an unknown element is one if it has attributes in quotes", "<foo a=\"1\">b", "b"},
      {"a tag that is cut off is left out", "one <a href=\"http://x", "one"},
      {"a tag that never ends stops at the next one", "<a href=x <b>y</b>", "y"},
      {"a quotation that never ends is none", "<a href=\"x>y</a>", "y"},
      {"a comment that never ends goes to the end", "x<!-- y", "x"},
      {"named references", "&lt;p&gt; &beta;&eacute;&nGt;&nbsp;x",
       "<p> \xCE\xB2\xC3\xA9\xE2\x89\xAB\xE2\x83\x92\xC2\xA0x"},
      {"old names need no semicolon", "&eacute &notit; &copy2", "\xC3\xA9 \xC2\xACit; \xC2\xA9" "2"},
      {"new names do", "&beta &alphabet;", "&beta &alphabet;"},
      {"numbered references", "&#946;&#x3B2;&#X3b2&#946", "\xCE\xB2\xCE\xB2\xCE\xB2\xCE\xB2"},
      {"windows-1252 where C1 controls would be", "&#150;&#x80;&#146;",
       "\xE2\x80\x93\xE2\x82\xAC\xE2\x80\x99"},
      {"no code point is U+FFFD", "&#0;&#xD800;&#x110000;&#99999999999999999999;",
       "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"what is no reference stays", "R&D AT&T & &; &#; &#x; &#xg;", "R&D AT&T & &; &#; &#x; &#xg;"},
      {"references are resolved once", "&amp;lt;", "&lt;"},
      {"ill-formed bytes are U+FFFD", "a\xFF\xC3(", "a\xEF\xBF\xBD\xEF\xBF\xBD("},
      {"white space of every kind is folded", "<p>a\tb\rc\fd\n</p>", "a b c d"},
      {"and may stand in a tag", "a<br\t/>b<br\r/>c<br\f/>d", "a\nb\nc\nd"},
      {"an & at the end stays", "AT&", "AT&"},
      {"a name longer than any stays", "&abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr;",
       "&abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr;"},
      {"what is no letter begins no tag", "a<{b> c<[d> e<5>", "a<{b> c<[d> e<5>"},
      {"a name may have signs in it", "<my_x.y-1 a=\"1\">b", "b"},
      {"a name does not end with a colon", "<p:>x", "<p:>x"},
      {"an attribute begins with a letter", "<p 5>x", "<p 5>x"},
      {"of a known element some need no value", "<ul compact>a</ul>", "a"},
      {"others do", "<p worth>a <foo compact>", "<p worth>a <foo compact>"},
      {"an unknown element has its values in quotes", "<foo a='1'>b<foo a=1>c",
       "b<foo a=1>c"},
      {"each element has its own closing tag", "<foo>a</foo> <bar>b</bar>", "a b"},
      {"another's closes nothing", "<foo>a</bar>", "<foo>a"},
      {"nor does a part of it", "<foo>a</fo", "<foo>a</fo"},
      {"a script ends with its own tag", "a<script>b</scripts></x>c</script>d", "ad"},
      {"a script that is empty, or only ends, hides nothing", "a<script/>b</style>c", "abc"},
  /* clang-format on */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_begin(rows[i].says);
    CHECK_STR(plain_of(rows[i].text), rows[i].plain);
  }
}

static void test_tables(void) {
  check_begin("the tables are sorted, and every name is found");
  for (size_t i = 1; i < bb_elements_count; i++)
    CHECK(strcmp(bb_elements[i - 1].name, bb_elements[i].name) < 0);
  for (size_t i = 0; i < bb_named_characters_count; i++) {
    char text[64];
    check_context("%s", bb_named_characters[i].name);
    snprintf(text, sizeof text, "&%s;", bb_named_characters[i].name);
    CHECK_STR(plain_of(text), bb_named_characters[i].text);
  }
}

/* Each would take minutes, were it not linear. */
static void test_hostile(void) {
  enum { BYTES = 4 << 20 };
  static const char *const units[] = {"<",     "<y>",      "<y></z", "<a x=\"",
                                      "<a x=", "<!--",     "&am",    "<a ",
                                      "</b ",  "<script>", "&#9",    "<p>\n"};
  check_begin("megabytes of what never ends take moments");
  char *text = malloc(BYTES);
  if (!CHECK(text != NULL)) return;
  for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
    size_t length = strlen(units[u]);
    for (size_t at = 0; at < BYTES; at++) text[at] = units[u][at % length];
    check_context("%s", units[u]);
    CHECK(biobert_plain((biobert_str){text, BYTES}, NULL) <= 3 * (size_t)BYTES);
  }
  free(text);
}

int main(void) {
  test_rows();
  test_tables();
  test_hostile();
  return check_report();
}
