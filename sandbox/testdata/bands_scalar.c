// One record for each bill with a cost, by decade of birth: a function of kind
// map_scalar. Built with multi-value returns; see guest-abi.md.
#include "glovebox.h"

typedef struct {
  int32_t emit;
  int64_t decade;
  double cost;
} record;

GBX_EXPORT(bands) record bands(int32_t born, double cost) {
  if (!(cost > 0)) return (record){0, 0, 0};
  return (record){1, born / 10 * 10, cost};
}
