/* runtime.c - a table of settings, under a mutex. */
#include "api/runtime.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "base/names.h"
#include "base/os.h"
#include "base/pool.h"
#include "kernels/kernels.h"

static struct {
  pthread_mutex_t lock;
  biobert_model *models;
  size_t threads;        /* 0: all usable cores */
  uint64_t memory_limit; /* 0: a quarter of the memory */
  unsigned cpu_off;      /* instruction sets that are not to be used */
  const char *cpu;       /* as it was set, or NULL */
  bool locked;
} runtime = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A child of fork() must not inherit the lock in another thread's hand. */
static void before_fork(void) {
  pthread_mutex_lock(&runtime.lock);
}
static void after_fork(void) {
  pthread_mutex_unlock(&runtime.lock);
}
static void register_fork_handlers(void) {
  bb_os_at_fork(before_fork, after_fork, after_fork);
}

void bb_runtime_lock(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, register_fork_handlers);
  pthread_mutex_lock(&runtime.lock);
}

void bb_runtime_unlock(void) {
  pthread_mutex_unlock(&runtime.lock);
}

biobert_model **bb_runtime_models(void) {
  return &runtime.models;
}

/* Values ----------------------------------------------------------------------------- */

size_t bb_runtime_threads(void) {
  bb_runtime_lock();
  size_t threads = runtime.threads;
  bb_runtime_unlock();
  return threads ? threads : bb_usable_cores();
}

/* Each name allows the sets up to itself. The integer ones (VNNI) belong to int8 models,
 * and leave the float kernels at the set below. */
static const struct {
  const char *name;
  unsigned allows;
} cpu_names[] = {
    {"scalar",     0                                              },
    {"neon",       BB_CPU_NEON                                    },
    {"avx2",       BB_CPU_AVX2                                    },
    {"avxvnni",    BB_CPU_AVX2 | BB_CPU_AVXVNNI                   },
    {"avx512",     BB_CPU_AVX2 | BB_CPU_AVX512                    },
    {"avx512vnni", BB_CPU_AVX2 | BB_CPU_AVX512 | BB_CPU_AVX512VNNI},
};

unsigned bb_runtime_cpu(void) {
  bb_runtime_lock();
  unsigned off = runtime.cpu_off;
  bb_runtime_unlock();
  return bb_cpu_detect() & ~off;
}

/* clang-format off */
static uint64_t quarter_of_memory(void) {
  const uint64_t memory = bb_os_memory();
  return memory ? memory / 4 : (uint64_t)256 << 20;
}

static void print_threads(char value[64]) {
  snprintf(value, 64, "%zu", runtime.threads ? runtime.threads : bb_usable_cores());
}

static void print_memory_limit(char value[64]) {
  snprintf(value, 64, "%" PRIu64,
           runtime.memory_limit ? runtime.memory_limit : quarter_of_memory());
}

static void print_cpu(char value[64]) {
  bb_kernels k;
  bb_kernels_init(&k, bb_cpu_detect() & ~runtime.cpu_off);
  snprintf(value, 64, "%s", runtime.cpu ? runtime.cpu : k.name);
}

static void print_locked(char value[64]) { snprintf(value, 64, "%d", runtime.locked); }

/* An integer of digits alone, or false. */
static bool parse_whole(biobert_str text, uint64_t *out) {
  uint64_t value = 0;
  if (text.len == 0 || text.len > 18) return false;
  for (size_t i = 0; i < text.len; i++) {
    if (text.data[i] < '0' || text.data[i] > '9') return false;
    value = value * 10 + (uint64_t)(text.data[i] - '0');
  }
  *out = value;
  return true;
}

static bool set_threads(biobert_str text) {
  uint64_t value;
  if (!parse_whole(text, &value) || value < 1 || value > BB_MAX_WORKERS) return false;
  runtime.threads = (size_t)value;
  return true;
}

static bool set_memory_limit(biobert_str text) {
  uint64_t value;
  if (!parse_whole(text, &value) || value < 1) return false;
  runtime.memory_limit = value;
  return true;
}

static bool set_cpu(biobert_str text) {
  for (size_t i = 0; i < sizeof cpu_names / sizeof cpu_names[0]; i++) {
    if (!bb_str_equal(text, cpu_names[i].name)) continue;
    if ((cpu_names[i].allows & bb_cpu_detect()) != cpu_names[i].allows) return false;
    runtime.cpu = cpu_names[i].name;
    runtime.cpu_off = ~cpu_names[i].allows;
    return true;
  }
  return false;
}

/* For good: what was locked for strangers must not be unlocked by them. */
static bool set_locked(biobert_str text) {
  if (!bb_str_equal(text, "1")) return bb_str_equal(text, "0") && !runtime.locked;
  runtime.locked = true;
  return true;
}

static const struct {
  biobert_setting shown;
  const char *takes;
  void (*print)(char value[64]);
  bool (*set)(biobert_str text);
} settings[] = {
    {{"threads", "cores this process may use",
      "threads that work on one text; never more than the affinity mask and cgroup allow by "
      "default"},
     "a whole number from 1 to 64", print_threads, set_threads},
    {{"memory_limit", "a quarter of the memory",
      "bytes that copies kept for speed may take (in-memory copies of an index); weights are "
      "not counted"},
     "a number of bytes", print_memory_limit, set_memory_limit},
    {{"cpu", "the widest this processor has",
      "caps the instruction set of models loaded afterwards, for tests"},
     "one of scalar, avx2, avxvnni, avx512, avx512vnni, neon that this processor has",
     print_cpu, set_cpu},
    {{"locked", "0",
      "1: load, unload, settings and looking for a default model are refused from then on, for "
      "good; for servers where strangers type SQL"},
     "1 (it cannot be taken back)", print_locked, set_locked},
};
/* clang-format on */
enum { SETTING_COUNT = sizeof settings / sizeof settings[0] };

const biobert_setting *biobert_setting_at(size_t index) {
  return index < SETTING_COUNT ? &settings[index].shown : NULL;
}

static biobert_status find_setting(biobert_str key, size_t *index, biobert_error *err) {
  for (*index = 0; *index < SETTING_COUNT; ++*index)
    if (bb_str_equal(key, settings[*index].shown.key)) return BIOBERT_OK;
  return bb_not_one_of(err, "setting", key, BB_NAMES(settings, shown.key));
}

biobert_status biobert_setting_get(biobert_str key, char value[64], biobert_error *err) {
  size_t i;
  biobert_status status = find_setting(key, &i, err);
  if (status) return status;
  bb_runtime_lock();
  settings[i].print(value);
  bb_runtime_unlock();
  return BIOBERT_OK;
}

biobert_status biobert_setting_set(biobert_str key, biobert_str value,
                                   biobert_error *err) {
  size_t i;
  biobert_status status = find_setting(key, &i, err);
  if (status) return status;
  bb_runtime_lock();
  bool done = settings[i].set(value);
  bb_runtime_unlock();
  char quoted[BB_QUOTE_BYTES];
  return done
             ? BIOBERT_OK
             : bb_fail(err, BIOBERT_RANGE, "setting %s takes %s, not '%s'",
                       settings[i].shown.key, settings[i].takes, bb_quote(quoted, value));
}

bool biobert_is_locked(void) {
  bb_runtime_lock();
  bool locked = runtime.locked;
  bb_runtime_unlock();
  return locked;
}
