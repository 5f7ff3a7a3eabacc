/* build_info.c - what this library was built from and runs on. */
#include "api/runtime.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/json_write.h"
#include "kernels/kernels.h"
#include "text/normalize.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

biobert_status biobert_build_info(char **json, biobert_error *err) {
  bb_kernels kernels;
  bb_kernels_init(&kernels, bb_runtime_cpu());
  const struct {
    const char *key, *value;
  } parts[] = {
      {"version",  BIOBERT_VERSION      },
      {"compiler", COMPILER             },
      {"cpu",      kernels.name         },
      {"openblas", "not used"           }, /* the products are our own: kernels/product.h */
      {"utf8proc", bb_utf8proc_version()},
  };
  bb_json_writer w = {0};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    bb_write_raw(&w, i ? "," : "{");
    bb_write_string(&w, bb_str(parts[i].key));
    bb_write_raw(&w, ":");
    bb_write_string(&w, bb_str(parts[i].value));
  }
  bb_write_raw(&w, "}");
  *json = bb_writer_take(&w, NULL);
  return *json ? BIOBERT_OK : bb_no_memory(err, "build information");
}
