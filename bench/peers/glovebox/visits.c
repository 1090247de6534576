//go:build ignore

// One record for each row: its key, one visit, its value. The host adds up the
// records of equal key.
#include "glovebox.h"

enum { VISITS };
enum { KEY, VALUE };

GBX_EXPORT(visits) int32_t visits(int32_t rows) {
  const int64_t *key = gbx_int64s(VISITS, KEY);
  const double *value = gbx_float64s(VISITS, VALUE);
  for (int32_t i = 0; i < rows; i++) {
    uint8_t *r = gbx_emit();
    r = gbx_key_int64(r, key[i]);
    r = gbx_metric(r, 1);
    gbx_metric(r, value[i]);
  }
  return 0;
}
