// Uses every kind of column, parameter, reference and key that the ABI has.
// For each ward that a person visited: visits, hours, and what they cost by
// the reference table's rates. Tests compare it with the same thing in Go.
#include "glovebox.h"

enum { VISITS, PERSON, RATES };                     // tables
enum { WARD, HOURS, DAY, URGENT, NOTE, DOCTOR };    // columns of visits
enum { BORN };                                      // of person
enum { RATE_WARD, RATE };                           // of rates
enum { SINCE, FACTOR, URGENT_ONLY, SKIP_WARD };     // parameters
enum { WARD_WIDTH = 12, MAX_WARDS = 8 };

static gbx_str wards[MAX_WARDS];
static double hours[MAX_WARDS], cost[MAX_WARDS];
static uint32_t ward_count;

static uint32_t ward_of(gbx_str name) {
  for (uint32_t i = 0; i < ward_count; i++)
    if (gbx_str_equal(wards[i], name)) return i;
  if (ward_count == MAX_WARDS) __builtin_trap();
  wards[ward_count] = name;
  return ward_count++;
}

static double rate_of(gbx_str ward) {
  for (uint32_t i = 0; i < gbx_rows(RATES); i++)
    if (gbx_str_equal(gbx_string(RATES, RATE_WARD, i), ward)) return (double)gbx_int64s(RATES, RATE)[i];
  return 0;
}

GBX_EXPORT(visits) int32_t visits(int32_t rows) {
  if ((uint32_t)rows != gbx_rows(VISITS) + gbx_rows(PERSON)) return 1;
  if (gbx_rows(PERSON) != 1) return 2;
  int32_t born = gbx_int32s(PERSON, BORN)[0];
  const double *h = gbx_float64s(VISITS, HOURS);
  const int32_t *day = gbx_dates(VISITS, DAY);
  for (uint32_t i = 0; i < gbx_rows(VISITS); i++) {
    if (gbx_null(VISITS, WARD, i) || day[i] < gbx_param_int64(SINCE)) continue;
    gbx_str ward = gbx_string(VISITS, WARD, i);
    if (gbx_str_equal(ward, gbx_param_string(SKIP_WARD))) continue;
    if (gbx_param_bool(URGENT_ONLY) && (gbx_null(VISITS, URGENT, i) || !gbx_bool(VISITS, URGENT, i))) continue;
    uint32_t w = ward_of(ward);
    hours[w] += gbx_null(VISITS, HOURS, i) ? 0.5 : h[i];
    cost[w] += rate_of(ward) * gbx_param_float64(FACTOR) + gbx_string(VISITS, NOTE, i).len;
    cost[w] += gbx_tokens(VISITS, DOCTOR)[i].bytes[15];
  }
  for (uint32_t w = 0; w < ward_count; w++) {
    uint8_t *r = gbx_key_string(gbx_emit(), wards[w], WARD_WIDTH);
    r = gbx_key_int64(r, born / 10 * 10);
    gbx_metric(gbx_metric(r, hours[w]), cost[w]);
  }
  return 0;
}
