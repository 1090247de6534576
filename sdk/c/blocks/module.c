// What customers spend, over a block of them at once: a function of kind blocks.
// Its tables hold the rows of many people, one person after the other, and it
// may compute over them whatever it likes.
#include "glovebox.h"

enum { PERSON, BILLS };       // tables, as in the manifest
enum { PERSON_BORN };         // columns of person
enum { BILLS_COST };          // columns of bills
enum { BORN_FROM };           // parameters

GBX_EXPORT(spending) int32_t spending(int32_t rows) {
  (void)rows;
  const uint32_t *person = gbx_starts(PERSON), *bill = gbx_starts(BILLS);
  const int32_t *born = gbx_int32s(PERSON, PERSON_BORN);
  const double *cost = gbx_float64s(BILLS, BILLS_COST);
  int64_t from = gbx_param_int64(BORN_FROM);
  double all = 0, top = 0;
  uint32_t people = 0, without = 0;
  for (uint32_t u = 0; u < gbx_units(); u++) {
    if (person[u] == person[u + 1] || born[person[u]] < from) continue;
    uint32_t bills = bill[u + 1] - bill[u];
    double sum = gbx_sum(cost + bill[u], bills);
    people++;
    without += bills == 0;
    all += sum;
    if (sum > top) top = sum;
  }
  if (people == 0) return 1; // the block counts with the job's default
  uint8_t *r = gbx_emit();
  r = gbx_metric(r, all / people);
  r = gbx_metric(r, all > 0 ? top / all : 0);
  gbx_metric(r, (double)without / people);
  return 0;
}
