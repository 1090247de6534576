//go:build ignore

// The hostile module of the auditor: what it does with a unit is what the
// unit's one row says, so that a data set chooses the attack.
#include "glovebox.h"

enum { ROWS };
enum { DO };

// What a row can ask for. The same numbers are in guest.go.
enum {
  ORDINARY, // one record: key 1, value 1; nothing if a REMEMBER came before
  REMEMBER, // the same, and leaves a mark for the units to come
  TRAP,     // fails
  KEYS,     // one record for each of the keys 1 to 4, value 1
  RECORDS,  // eight records of key 1, value 1
  LARGE,    // one record: key 1, value a million
  ALONE,    // one record: key 77, which nobody else has
  SPIN,     // uses up its fuel
  BUSY,     // burns most of its fuel, then as ORDINARY
  TINY,     // key 1, a value of just above 2^-12
};

static int32_t mark;
static volatile int64_t sink;

static int32_t bare; // records have no value

static void say(int64_t key, double value) {
  uint8_t *r = gbx_emit();
  r = gbx_key_int64(r, key);
  if (!bare) gbx_metric(r, value);
}

GBX_EXPORT(told) int32_t told(int32_t rows) {
  if (rows == 0) return 0;
  int64_t todo = gbx_int64s(ROWS, DO)[0];
  switch (todo) {
  case ORDINARY:
    if (!mark) say(1, 1);
    return 0;
  case REMEMBER:
    mark = 1;
    say(1, 1);
    return 0;
  case TRAP:
    __builtin_trap();
  case KEYS:
    for (int i = 1; i <= 4; i++) say(i, 1);
    return 0;
  case RECORDS:
    for (int i = 0; i < 8; i++) say(1, 1);
    return 0;
  case LARGE:
    say(1, 1e6);
    return 0;
  case ALONE:
    say(77, 1);
    return 0;
  case SPIN:
    for (;;) sink++;
  case BUSY:
    for (int32_t i = 0; i < 2000000; i++) sink++;
    say(1, 1);
    return 0;
  case TINY:
    say(1, 0x1p-12 * (1 + 0x1p-20));
    return 0;
  }
  return 1;
}

// The same for jobs that count and no more.
GBX_EXPORT(counted) int32_t counted(int32_t rows) {
  bare = 1;
  return told(rows);
}

// Mode blocks: what the first unit of the block has in its row.
GBX_EXPORT(first) int32_t first(int32_t rows) {
  if (rows == 0) return 1;
  gbx_metric(gbx_emit(), gbx_int64s(ROWS, DO)[0]);
  return 0;
}
