// What patients cost, by ward and decade of birth. The same example is there in
// every language; manifest.json says what goes in and what comes out.
#include "glovebox.h"

namespace {

enum { PERSON, VISITS, RATES };                   // tables of visits, as in the manifest
enum { BORN };                                    // columns of person
enum { WARD, HOURS, DAY, URGENT, FEE, DOCTOR };   // columns of visits
enum { RATES_WARD, RATES_RATE };                  // columns of rates
enum { SINCE, TYPICAL_HOURS, URGENT_ONLY, SKIP }; // parameters
constexpr uint32_t WIDTH = 12, MOST = 8;          // the key's bytes; wards of one person

// What is known of one ward.
struct Group {
  double hours = 0, cost = 0, handovers = 0;
  const gbx_token *last = nullptr; // the doctor of the last visit

  void add(double time, double price, const gbx_token &doctor) {
    hours += time;
    cost += price;
    if (last && !gbx_token_equal(last, &doctor)) handovers++;
    last = &doctor;
  }
};

// The price of an hour in a ward; 0 if nobody lists it.
double rate(gbx_str ward) {
  const int64_t *rates = gbx_int64s(RATES, RATES_RATE);
  for (uint32_t i = 0; i < gbx_rows(RATES); i++)
    if (gbx_str_equal(gbx_string(RATES, RATES_WARD, i), ward)) return static_cast<double>(rates[i]);
  return 0;
}

} // namespace

// One record for each ward that the person was in. Called once for each
// person, with this person's rows only.
GBX_EXPORT(visits) int32_t visits(int32_t) {
  gbx_str wards[MOST];
  Group groups[MOST];
  uint32_t found = 0;

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

    int32_t g = gbx_group(wards, &found, MOST, ward);
    if (g < 0) return 1;
    double h = gbx_null(VISITS, HOURS, i) ? gbx_param_float64(TYPICAL_HOURS) : gbx_float64s(VISITS, HOURS)[i];
    groups[g].add(h, rate(ward) * h + static_cast<double>(fee[i]), doctor[i]);
  }

  for (uint32_t g = 0; g < found; g++) {
    uint8_t *r = gbx_emit();
    r = gbx_key_string(r, wards[g], WIDTH);
    r = gbx_key_int64(r, decade);
    r = gbx_metric(r, groups[g].hours);
    r = gbx_metric(r, groups[g].cost);
    gbx_metric(r, groups[g].handovers);
  }
  return 0;
}

namespace {
enum { BILLS };
enum { YEAR, COST };
enum { FROM, TO };
} // namespace

// One record: all costs, and those of some years. Whole columns at once.
GBX_EXPORT(totals) int32_t totals(int32_t) {
  const int32_t *year = gbx_int32s(BILLS, YEAR);
  const double *cost = gbx_float64s(BILLS, COST);
  uint32_t n = gbx_rows(BILLS);
  int32_t from = static_cast<int32_t>(gbx_param_int64(FROM)), to = static_cast<int32_t>(gbx_param_int64(TO));
  uint8_t *r = gbx_emit();
  r = gbx_metric(r, gbx_sum(cost, n));
  r = gbx_metric(r, gbx_sum_where(cost, year, n, from, to));
  gbx_metric(r, gbx_count_where(year, n, from, to));
  return 0;
}
