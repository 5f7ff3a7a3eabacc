/* test_topics.c - the words that set topics apart. */
#include <stdlib.h>
#include <string.h>

#include "analysis/topics.h"
#include "check.h"

static biobert_str view(const char *text) {
  return (biobert_str){text, strlen(text)};
}

typedef struct document {
  uint32_t topic;
  const char *text;
} document;

enum { MOST = 8 };

/* Each topic's words, "a b c | d e". limit 0: the usual one. */
static const char *words_of(const document *documents, size_t count, size_t topics,
                            size_t most, size_t limit) {
  static char line[1024];
  biobert_topic_words *t = NULL;
  biobert_str words[4 * MOST];
  size_t found[4];
  CHECK_INT(biobert_topic_words_new(topics, NULL, &t, NULL), BIOBERT_OK);
  if (limit) bb_topic_words_limit(t, limit);
  for (size_t i = 0; i < count; i++)
    CHECK_INT(
        biobert_topic_words_add(t, documents[i].topic, view(documents[i].text), NULL),
        BIOBERT_OK);
  CHECK_INT(biobert_topic_words_choose(t, most, words, found, NULL), BIOBERT_OK);
  size_t at = 0;
  line[0] = '\0';
  for (size_t topic = 0; topic < topics; topic++) {
    if (topic) at += (size_t)snprintf(line + at, sizeof line - at, "| ");
    for (size_t i = 0; i < found[topic]; i++) {
      const biobert_str word = words[topic * most + i];
      at += (size_t)snprintf(line + at, sizeof line - at, "%.*s ", (int)word.len,
                             word.data);
    }
  }
  biobert_topic_words_free(t);
  return line;
}

static const struct {
  const char *says;
  document documents[6];
  size_t count, topics, most;
  const char *words;
} cases[] = {
    {"words of one topic come before those of all",
     {{0, "heart trial"}, {0, "heart trial"}, {1, "lung trial"}, {1, "lung trial"}},
     4,                                                                                                      2,
     MOST,                                                                                                         "heart trial | lung trial "},
    {"as many as are asked for",
     {{0, "heart trial"}, {1, "lung trial"}},
     2,                                                                                                      2,
     1,                                                                                                            "heart | lung "            },
    {"none when none are asked for",                                                      {{0, "heart"}}, 1, 1, 0, ""                         },
    {"function words, numbers and short words are left out",
     {{0, "the heart of 20 in p53 as is up, 2019"}},
     1,                                                                                                      1,
     MOST,                                                                                                         "heart "                   },
    {"a word that more of the topic's documents have is first, however often it is said",
     {{0, "lung lung lung lung heart"}, {0, "heart"}, {1, "eye"}},
     3,                                                                                                      2,
     MOST,                                                                                                         "heart lung | eye "        },
    {"upper and lower case are one word, as it is spelt most often",
     {{0, "DNA RNA Aspirin"}, {0, "DNA Rna aspirin"}, {0, "dna RNA aspirin"}},
     3,                                                                                                      1,
     MOST,                                                                                                         "DNA RNA aspirin "         },
    {"of equally frequent spellings the first by its bytes",
     {{0, "dna"}, {0, "DNA"}},
     2,                                                                                                      1,
     MOST,                                                                                                         "DNA "                     },
    {"equal words come by their bytes",
     {{0, "kidney heart lung"}},
     1,                                                                                                      1,
     MOST,                                                                                                         "heart kidney lung "       },
    {"a plural beside its singular says nothing new",
     {{0, "opioids opioid"}, {0, "opioid crises"}, {0, "boxes box"}},
     3,                                                                                                      1,
     MOST,                                                                                                         "opioid box crises "       },
    {"a word with another letter at its end, or two others, is no plural",
     {{0, "gene gener genera geneed genes"}},
     1,                                                                                                      1,
     MOST,                                                                                                         "gene geneed gener genera "},
    {"words beyond ASCII are words",
     {{0, "Herzschw\xC3\xA4"
          "che \xCE\xB2-Blocker"}},
     1,                                                                                                      1,
     MOST,                                                                                                         "Blocker Herzschw\xC3\xA4"
     "che "                                                                                                                         },
    {"a topic without a text has no words",
     {{1, "lung"}, {1, ""}, {1, " . 7"}},
     3,                                                                                                      2,
     MOST,                                                                                                         "| lung "                  },
};

static void tables(void) {
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_begin(cases[i].says);
    CHECK_STR(
        words_of(cases[i].documents, cases[i].count, cases[i].topics, cases[i].most, 0),
        cases[i].words);
  }
}

/* A thousand documents, each with a word of its own and two of its topic. */
static void forgetting(void) {
  enum { COUNT = 1000 };
  static document documents[COUNT];
  static char texts[COUNT][40];
  check_begin("where there is no room for all words, the frequent ones stay");
  for (int i = 0; i < COUNT; i++) {
    snprintf(texts[i], sizeof texts[i], "%s patient rare%c%c%c", i % 2 ? "heart" : "lung",
             'a' + i / 100, 'a' + i / 10 % 10, 'a' + i % 10);
    documents[i] = (document){(uint32_t)i % 2, texts[i]};
  }
  CHECK_STR(words_of(documents, COUNT, 2, 2, 50), "lung patient | heart patient ");
}

static void too_many(void) {
  check_begin("more topics than there can be are refused");
  biobert_topic_words *t = NULL;
  biobert_error err;
  CHECK_INT(biobert_topic_words_new(SIZE_MAX, NULL, &t, &err), BIOBERT_RANGE);
  CHECK(t == NULL);
}

int main(void) {
  tables();
  forgetting();
  too_many();
  return check_report();
}
