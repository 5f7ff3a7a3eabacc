/* Spec of core/api: the settings of a process, and what it was built with. */
#include "opened_model.h"

static void test_settings(void) {
  static const struct {
    const char *says, *key, *value, *words;
  } rows[] = {
  /* clang-format off */
      {"no thread is refused",
       "threads", "0", "threads takes a whole number from 1 to 64"},
      {"65 threads are refused", "threads", "65", "not '65'"},
      {"a number with text behind it is refused", "threads", "2x", "not '2x'"},
      {"a negative number is refused", "memory_limit", "-1", "takes a number of bytes"},
      {"a number that overflows is refused",
       "memory_limit", "99999999999999999999", "not '9"},
      {"an instruction set that does not exist is refused", "cpu", "sse9", "one of scalar"},
      {"an unknown setting is refused with those that there are", "thread", "1",
       "setting 'thread' is not one of: threads, memory_limit, cpu, locked"},
  /* clang-format on */
  };
  char before[64], value[64];
  CHECK_INT(biobert_setting_get(bb_str("threads"), before, &err), BIOBERT_OK);
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    biobert_status status =
        biobert_setting_set(bb_str(rows[i].key), bb_str(rows[i].value), &err);
    CHECK_INT(status, BIOBERT_RANGE);
    expect_message(rows[i].words);
  }
  CHECK_INT(biobert_setting_get(bb_str("threads"), value, &err), BIOBERT_OK);
  CHECK_STR(value, before);

  check_begin("every setting that is listed can be read, and what was set is read");
  size_t count = 0;
  for (const biobert_setting *s; (s = biobert_setting_at(count)); count++) {
    CHECK_INT(biobert_setting_get(bb_str(s->key), value, &err), BIOBERT_OK);
    CHECK(value[0] && s->meaning[0] && s->standard[0]);
  }
  CHECK_INT(count, 4);
  CHECK_INT(biobert_setting_set(bb_str("threads"), bb_str("3"), &err), BIOBERT_OK);
  CHECK_INT(biobert_setting_get(bb_str("threads"), value, &err), BIOBERT_OK);
  CHECK_STR(value, "3");

  check_begin("a model loaded for other kernels is another, with the same vectors");
  float wide[DIMENSION], narrow[DIMENSION];
  biobert_model *first = open_model(GOLDEN "st_mean", "");
  CHECK_INT(biobert_setting_set(bb_str("cpu"), bb_str("scalar"), &err), BIOBERT_OK);
  biobert_model *second = open_model(GOLDEN "st_mean", "");
  CHECK_STR(biobert_model_get_info(second)->cpu, "scalar");
  CHECK_INT(embed(first, "Aspirin", wide), BIOBERT_OK);
  CHECK_INT(embed(second, "Aspirin", narrow), BIOBERT_OK);
  CHECK(same(wide, narrow));
  biobert_model_close(first);
  biobert_model_close(second);

  check_begin("a lock is for good");
  CHECK(!biobert_is_locked());
  CHECK_INT(biobert_setting_set(bb_str("locked"), bb_str("0"), &err), BIOBERT_OK);
  CHECK_INT(biobert_setting_set(bb_str("locked"), bb_str("1"), &err), BIOBERT_OK);
  CHECK(biobert_is_locked());
  CHECK_INT(biobert_setting_set(bb_str("locked"), bb_str("0"), &err), BIOBERT_RANGE);
  CHECK(biobert_is_locked());
}

static void test_build_info(void) {
  check_begin("the build names its version and what it runs on");
  char *json = NULL;
  CHECK_INT(biobert_build_info(&json, &err), BIOBERT_OK);
  static const char *const parts[] = {"\"version\":\"" BIOBERT_VERSION "\"",
                                      "\"cpu\":", "\"utf8proc\":"};
  for (size_t i = 0; i < COUNT(parts); i++) CHECK(json && strstr(json, parts[i]));
  biobert_free(json);
}

int main(void) {
  folder_begin();
  test_build_info();
  test_settings();
  return check_report();
}
