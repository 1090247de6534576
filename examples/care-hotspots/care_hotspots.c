//go:build ignore

// Where care is needed. For each resident who is old or severely disabled: one
// record, whose key is the township and whose metrics are
//   need   0..10, from care level, living alone, disability, chronic diseases
//   stays  0..3, settled stays in hospital
// The rows of the five departments are one person's, already put together.
#include "glovebox.h"

enum { POPULATION, ELDERLY, DISABILITY, HEALTH, SETTLEMENTS }; // tables
enum { BIRTH_DATE, TOWNSHIP };                                 // columns of population
enum { LIVES_ALONE, CARE_LEVEL };                              // of elderly
enum { GRADE };                                                // of disability
enum { CHRONIC };                                              // of health
enum { KIND };                                                 // of settlements
enum { MIN_AGE, YEAR };                                        // parameters
enum { WIDTH = 24 };                                           // of the key, in bytes
enum { MOST_NEED = 10, MOST_STAYS = 3, MOST_CHRONIC = 3 };     // caps

static const gbx_str inpatient = {"住院", sizeof "住院" - 1};

// Days from 1970-01-01 to 1 January of a year from 1601 on; 1601 begins a
// cycle of 400 years.
static int32_t new_year(int32_t year) {
  int32_t n = year - 1601;
  return 365 * n + n / 4 - n / 100 + n / 400 - 134774;
}

static int32_t year_of(int32_t days) {
  int32_t year = 1601 + (days + 134774) / 366; // never too late
  while (new_year(year + 1) <= days) year++;
  return year;
}

GBX_EXPORT(care_hotspots) int32_t care_hotspots(int32_t rows) {
  (void)rows;
  if (gbx_rows(POPULATION) == 0) return 0; // not a resident
  int64_t age = gbx_param_int64(YEAR) - year_of(gbx_dates(POPULATION, BIRTH_DATE)[0]);
  int32_t grade = gbx_rows(DISABILITY) ? gbx_int32s(DISABILITY, GRADE)[0] : 0; // 0: none; 1 is the most severe
  if (age < gbx_param_int64(MIN_AGE) && grade != 1 && grade != 2) return 0;

  int32_t need = 0;
  if (gbx_rows(ELDERLY)) {
    need += 2 * gbx_int32s(ELDERLY, CARE_LEVEL)[0];
    if (gbx_bool(ELDERLY, LIVES_ALONE, 0)) need += 2;
  }
  if (grade) need += 5 - grade;
  if (gbx_rows(HEALTH)) {
    int32_t chronic = gbx_int32s(HEALTH, CHRONIC)[0];
    need += chronic < MOST_CHRONIC ? chronic : MOST_CHRONIC;
  }
  if (need > MOST_NEED) need = MOST_NEED;

  int32_t stays = 0;
  for (uint32_t i = 0; i < gbx_rows(SETTLEMENTS) && stays < MOST_STAYS; i++)
    stays += gbx_str_equal(gbx_string(SETTLEMENTS, KIND, i), inpatient);

  uint8_t *r = gbx_key_string(gbx_emit(), gbx_string(POPULATION, TOWNSHIP, 0), WIDTH);
  gbx_metric(gbx_metric(r, need), stays);
  return 0;
}
