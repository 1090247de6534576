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

static int32_t bare;  // records have no value
static int32_t texts; // keys are texts

static void say(int64_t key, double value) {
  uint8_t *r = gbx_emit();
  if (texts) {
    char text[] = "key 0";
    text[4] += (char)(key % 10);
    gbx_str s = {text, 5}, solo = {"alone", 5};
    gbx_key_string(r, key == 77 ? solo : s, 8);
    return;
  }
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

// The same with keys that are texts.
GBX_EXPORT(named) int32_t named(int32_t rows) {
  texts = 1;
  return told(rows);
}

// Mode train: a vector of one number, whatever the state.
GBX_EXPORT(taught) int32_t taught(int32_t rows) {
  if (rows == 0) return 0;
  int64_t todo = gbx_int64s(ROWS, DO)[0];
  if (todo == TRAP) __builtin_trap();
  if (todo == REMEMBER) mark = 1;
  gbx_metric(gbx_emit(), todo == LARGE ? 1e6 : mark && todo != REMEMBER ? 0 : 1);
  return 0;
}

// The next state is how many rounds there were, and each round's sum.
GBX_EXPORT(learn) int32_t learn(int32_t rows) {
  (void)rows;
  const double *state = gbx_float64s(0, 0);
  uint8_t *r = gbx_metric(gbx_emit(), state[0] + 1);
  for (uint32_t i = 1; i < gbx_rows(0); i++) r = gbx_metric(r, i == 1 + (uint32_t)state[0] ? gbx_float64s(1, 0)[0] : state[i]);
  return 0;
}

// Mode blocks: what the first unit of the block has in its row.
GBX_EXPORT(first) int32_t first(int32_t rows) {
  if (rows == 0) return 1;
  gbx_metric(gbx_emit(), gbx_int64s(ROWS, DO)[0]);
  return 0;
}
