// One record for each bill, by decade of birth and day of the week: a function
// of kind map_scalar. It gets a row's values as parameters and may write no
// memory: no arrays or structs on the stack, no static variable that changes.
#include "glovebox.h"

enum { NOTHING, RECORD, FAIL };

typedef struct {
  int32_t emit;
  int64_t decade, weekday;
  double cost, points;
} record;

GBX_EXPORT(bands) record bands(int32_t born, int32_t day, int32_t member, int64_t points, double cost) {
  if (cost < 0) return (record){FAIL, 0, 0, 0, 0};
  if (cost == 0) return (record){NOTHING, 0, 0, 0, 0};
  int32_t weekday = (day + 3) % 7; // 1970-01-01 was a Thursday; 0 is Monday
  if (weekday < 0) weekday += 7;
  return (record){RECORD, born / 10 * 10, weekday, cost, member ? (double)points : 0};
}
