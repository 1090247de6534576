//go:build ignore

// Income by schooling. For each person: one record, whose key is the schooling
// in words and whose metric is the income.
#include "glovebox.h"

enum { PUMS };         // table
enum { EDUC, INCOME }; // its columns
enum { WIDTH = 16 };   // of the key, in bytes

#define TEXT(s) ((gbx_str){(s), sizeof(s) - 1})

// Codes of the census: 9 is a high school diploma, 13 and above are degrees.
static gbx_str schooling(int32_t educ) {
  if (educ < 9) return TEXT("no diploma");
  if (educ == 9) return TEXT("high school");
  if (educ < 13) return TEXT("some college");
  return TEXT("degree");
}

GBX_EXPORT(income) int32_t income(int32_t rows) {
  if (rows == 0) return 0; // the job's filter left nothing of this person
  uint8_t *r = gbx_emit();
  r = gbx_key_string(r, schooling(gbx_int32s(PUMS, EDUC)[0]), WIDTH);
  gbx_metric(r, gbx_float64s(PUMS, INCOME)[0]);
  return 0;
}
