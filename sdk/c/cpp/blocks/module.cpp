// What customers spend, over a block of them at once: a function of kind blocks.
// Its tables hold the rows of many people, one person after the other, and it
// may compute over them whatever it likes.
#include "glovebox.h"

// Numbers as in the manifest.
namespace table { enum : uint32_t { person, bills }; }
namespace column { enum : uint32_t { born = 0, cost = 0 }; }
namespace param { enum : uint32_t { born_from }; }

GBX_EXPORT(spending) int32_t spending(int32_t) {
  const uint32_t *person = gbx_starts(table::person), *bill = gbx_starts(table::bills);
  const int32_t *born = gbx_int32s(table::person, column::born);
  const double *cost = gbx_float64s(table::bills, column::cost);
  int64_t from = gbx_param_int64(param::born_from);
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
