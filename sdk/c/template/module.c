// What patients cost, by ward and decade of birth. The same example is there in
// every language; manifest.json says what goes in and what comes out.
#include "glovebox.h"

enum { PERSON, VISITS, RATES };                   // tables of visits, as in the manifest
enum { BORN };                                    // columns of person
enum { WARD, HOURS, DAY, URGENT, FEE, DOCTOR };   // columns of visits
enum { RATES_WARD, RATES_RATE };                  // columns of rates
enum { SINCE, TYPICAL_HOURS, URGENT_ONLY, SKIP }; // parameters
enum { WIDTH = 12, MOST = 8 };                    // the key's bytes; wards of one person

// The price of an hour in a ward; 0 if nobody lists it.
static int64_t rate(gbx_str ward) {
  const int64_t *rates = gbx_int64s(RATES, RATES_RATE);
  for (uint32_t i = 0; i < gbx_rows(RATES); i++)
    if (gbx_str_equal(gbx_string(RATES, RATES_WARD, i), ward)) return rates[i];
  return 0;
}

// One record for each ward that the person was in. Called once for each
// person, with this person's rows only.
GBX_EXPORT(visits) int32_t visits(int32_t rows) {
  (void)rows;
  static gbx_str wards[MOST];
  static double hours[MOST], cost[MOST], handovers[MOST];
  static uint32_t last[MOST]; // row of the group's last visit
  uint32_t groups = 0;

  if (gbx_rows(PERSON) != 1) return 1; // anything but 0: this person does not count
  int64_t decade = gbx_int32s(PERSON, BORN)[0] / 10 * 10;
  const int32_t *day = gbx_dates(VISITS, DAY);
  const int64_t *fee = gbx_int64s(VISITS, FEE);
  const gbx_token *doctor = gbx_tokens(VISITS, DOCTOR);

  for (uint32_t i = 0; i < gbx_rows(VISITS); i++) {
    if (gbx_null(VISITS, WARD, i) || day[i] < gbx_param_int64(SINCE)) continue;
    gbx_str ward = gbx_string(VISITS, WARD, i);
    if (gbx_str_equal(ward, gbx_param_string(SKIP))) continue;
    // A missing value reads as zero: here, as not urgent.
    if (gbx_param_bool(URGENT_ONLY) && !gbx_bool(VISITS, URGENT, i)) continue;

    uint32_t before = groups;
    int32_t g = gbx_group(wards, &groups, MOST, ward);
    if (g < 0) return 1;
    double h = gbx_null(VISITS, HOURS, i) ? gbx_param_float64(TYPICAL_HOURS) : gbx_float64s(VISITS, HOURS)[i];
    hours[g] += h;
    cost[g] += (double)rate(ward) * h + (double)fee[i];
    if (groups == before && !gbx_token_equal(&doctor[i], &doctor[last[g]])) handovers[g]++;
    last[g] = i;
  }

  for (uint32_t g = 0; g < groups; g++) {
    uint8_t *r = gbx_emit();
    r = gbx_key_string(r, wards[g], WIDTH);
    r = gbx_key_int64(r, decade);
    r = gbx_metric(r, hours[g]);
    r = gbx_metric(r, cost[g]);
    gbx_metric(r, handovers[g]);
  }
  return 0;
}

enum { BILLS };
enum { YEAR, COST };
enum { FROM, TO };

// One record: all costs, and those of some years. Whole columns at once.
GBX_EXPORT(totals) int32_t totals(int32_t rows) {
  (void)rows;
  const int32_t *year = gbx_int32s(BILLS, YEAR);
  const double *cost = gbx_float64s(BILLS, COST);
  uint32_t n = gbx_rows(BILLS);
  int32_t from = (int32_t)gbx_param_int64(FROM), to = (int32_t)gbx_param_int64(TO);
  uint8_t *r = gbx_emit();
  r = gbx_metric(r, gbx_sum(cost, n));
  r = gbx_metric(r, gbx_sum_where(cost, year, n, from, to));
  gbx_metric(r, gbx_count_where(year, n, from, to));
  return 0;
}
