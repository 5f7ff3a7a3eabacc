/* test_activations.c - each activation against its formula in double precision, and its
 * derivative against a difference of that formula. */
#include <math.h>

#include "base/status.h"
#include "check.h"
#include "model/activations.h"

/* gelu_new is an approximation of its own, and has its own formula. */
static double gelu(double x) {
  return 0.5 * x * (1 + erf(x / sqrt(2.0)));
}
static double gelu_new(double x) {
  return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1.0)) * (x + 0.044715 * x * x * x)));
}
static double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}
static double quick_gelu(double x) {
  return x * sigmoid(1.702 * x);
}
static double silu(double x) {
  return x * sigmoid(x);
}
static double relu(double x) {
  return x > 0 ? x : 0;
}
static double linear(double x) {
  return x;
}

static const struct {
  const char *name;
  double (*formula)(double);
} rows[] = {
    {"gelu",              gelu      },
    {"gelu_python",       gelu      },
    {"gelu_new",          gelu_new  },
    {"gelu_pytorch_tanh", gelu_new  },
    {"gelu_fast",         gelu_new  },
    {"quick_gelu",        quick_gelu},
    {"relu",              relu      },
    {"silu",              silu      },
    {"swish",             silu      },
    {"tanh",              tanh      },
    {"sigmoid",           sigmoid   },
    {"linear",            linear    },
    {"torch.nn.Sigmoid",  sigmoid   },
    {"torch.nn.Identity", linear    },
};

/* Floats of values up to 8: 2^-21 of rounding for a value, twice that for a product; the
 * difference of the formula is exact to its step squared. */
static const double TOLERANCE = 1e-5, STEP = 1e-4;

enum { COUNT = 67 }; /* whole vectors of every instruction set, and a rest */

/* -8 to 8, and never 0, where relu has no derivative. */
static float value_at(size_t i) {
  return ((float)i - 33.25f) * 0.24f;
}

static void check_formula(const bb_activation *a, double (*f)(double)) {
  float x[COUNT], bias[COUNT], d[COUNT];
  bb_kernels k;
  bb_kernels_init(&k, bb_cpu_detect());
  for (size_t i = 0; i < COUNT; i++) {
    bias[i] = 0.5f;
    x[i] = value_at(i) - bias[i];
    d[i] = 2;
  }
  a->backward(&k, d, x, bias, COUNT);
  a->apply(&k, x, bias, COUNT);
  for (size_t i = 0; i < COUNT; i++) {
    const double at = (double)value_at(i);
    const double slope = (f(at + STEP) - f(at - STEP)) / (2 * STEP);
    check_context("%s at %g", a->name, at);
    CHECK(fabs((double)x[i] - f(at)) <= TOLERANCE);
    CHECK(fabs((double)d[i] - 2 * slope) <= 2 * TOLERANCE);
  }
}

int main(void) {
  check_begin("an activation and its derivative are those of its formula");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const bb_activation *a = bb_activation_find(bb_str(rows[i].name));
    check_context("%s", rows[i].name);
    if (CHECK(a != NULL)) check_formula(a, rows[i].formula);
  }
  check_begin("what is no activation is none");
  CHECK(!bb_activation_find(bb_str("gelu_newer")));
  CHECK(!bb_activation_find(bb_str("torch.nn.Tanhshrink")));
  return check_report();
}
