// Sums and counts values by a small integer key: the loop that the benchmarks
// time. Emits the groups that a parameter asks for.
#include "glovebox.h"

#define GROUPS 1000

static double sums[GROUPS];
static int64_t counts[GROUPS];

GBX_EXPORT(group) int32_t group(int32_t rows) {
  const int32_t *key = gbx_int32s(0, 0);
  const double *value = gbx_float64s(0, 1);
  for (int32_t i = 0; i < rows; i++) {
    uint32_t k = (uint32_t)key[i];
    if (k >= GROUPS) return 1;
    sums[k] += value[i];
    counts[k]++;
  }
  int64_t emit = gbx_param_int64(0);
  for (int64_t k = 0; k < emit && k < GROUPS; k++) {
    if (!counts[k]) continue;
    uint8_t *r = gbx_key_int64(gbx_emit(), k);
    gbx_metric(gbx_metric(r, sums[k]), (double)counts[k]);
  }
  return 0;
}
