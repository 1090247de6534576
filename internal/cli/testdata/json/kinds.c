//go:build ignore

// For each person: one record without a key, of the income, the age and a vector
// of three. Jobs of every kind of metric can be made of it.
#include "glovebox.h"

enum { PUMS };
enum { AGE, EDUC, INCOME };

GBX_EXPORT(kinds) int32_t kinds(int32_t rows) {
  if (rows == 0) return 0;
  double age = gbx_int32s(PUMS, AGE)[0], educ = gbx_int32s(PUMS, EDUC)[0], income = gbx_float64s(PUMS, INCOME)[0];
  uint8_t *r = gbx_emit();
  r = gbx_metric(r, income);
  r = gbx_metric(r, age);
  r = gbx_metric(r, 1);
  r = gbx_metric(r, age / 100);
  gbx_metric(r, educ / 16);
  return 0;
}
