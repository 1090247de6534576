//go:build ignore

// The spread of incomes and ages. For each person: one record without a key, of
// the income and the age.
#include "glovebox.h"

enum { PUMS };        // table
enum { AGE, INCOME }; // its columns

GBX_EXPORT(spread) int32_t spread(int32_t rows) {
  if (rows == 0) return 0; // the job's filter left nothing of this person
  uint8_t *r = gbx_emit();
  r = gbx_metric(r, gbx_float64s(PUMS, INCOME)[0]);
  gbx_metric(r, gbx_int32s(PUMS, AGE)[0]);
  return 0;
}
