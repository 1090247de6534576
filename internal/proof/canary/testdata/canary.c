// The guests of the canary tests.
//
// Four functions look at all that a guest can see: they read their whole
// linear memory, byte by byte, for the markers of the test's data and say how
// many of the two kinds of marker they found. What they look for stands in
// their code, never in their memory, so they cannot find themselves.
//
// The others try to get a marker out: as a key, as a number, by failing, by
// printing it.
#define GBX_LOG_BYTES 1000
#include "glovebox.h"

// "CANARYQX" as a number, and the test's whole numbers: 1777712345 and nine
// more digits.
#define TEXT 0x58515952414E4143ull
#define BASE 1777712345000000000ull
#define SPAN 1000000000ull

static int32_t scan(void) {
  uint32_t end = (uint32_t)__builtin_wasm_memory_size(0) << 16;
  uint32_t texts = 0, numbers = 0;
  for (uint32_t at = 0; at + 8 <= end; at++) {
    uint64_t v;
    __builtin_memcpy(&v, (const void *)at, 8);
    texts |= v == TEXT;
    numbers |= v - BASE < SPAN;
  }
  uint8_t *r = gbx_emit();
  gbx_metric(gbx_metric(r, texts), numbers);
  return 0;
}

GBX_EXPORT(tokens) int32_t tokens(int32_t rows) { return scan(); }
GBX_EXPORT(redacted) int32_t redacted(int32_t rows) { return scan(); }
GBX_EXPORT(other) int32_t other(int32_t rows) { return scan(); }
GBX_EXPORT(plain) int32_t plain(int32_t rows) { return scan(); }

// A unit that has a row counts once.
GBX_EXPORT(present) int32_t present(int32_t rows) {
  if (rows > 0) gbx_emit();
  return 0;
}

GBX_EXPORT(tagged) int32_t tagged(int32_t rows) { return present(rows); }

// Every unit's own text as its key, and one key that all have.
GBX_EXPORT(keys) int32_t keys(int32_t rows) {
  gbx_str all = {"everybody", 9};
  gbx_log_string(gbx_string(0, 0, 0));
  gbx_key_string(gbx_emit(), gbx_string(0, 0, 0), 32);
  gbx_key_string(gbx_emit(), all, 32);
  return 0;
}

GBX_EXPORT(numbers) int32_t numbers(int32_t rows) {
  gbx_log_int64(gbx_int64s(0, 0)[0]);
  gbx_key_int64(gbx_emit(), gbx_int64s(0, 0)[0]);
  gbx_key_int64(gbx_emit(), 7);
  return 0;
}

enum { TRAP = 1, LOOP, STATUS, MANY, FOREIGN, HUGE, NAN_, SOLO };

static volatile uint32_t depth;
static uint32_t fall(uint32_t n) { depth = n; return n < 4000000000u ? fall(n + 1) + depth : n; }

// On one unit only, the one whose text ends with 7, does what the parameter
// says.
GBX_EXPORT(misbehave) int32_t misbehave(int32_t rows) {
  gbx_str note = gbx_string(0, 0, 0), town = {"daye", 4}, solo = {"solo", 4};
  double amount = gbx_float64s(0, 1)[0];
  gbx_log_string(note);
  if (note.len > 0 && note.ptr[note.len - 1] == '7') {
    switch (gbx_param_int64(0)) {
    case TRAP: __builtin_trap();
    case LOOP: for (volatile uint32_t i = 0;; i++) {}
    case STATUS: return 7;
    case MANY: *(uint32_t *)gbx_out = 1 << 20; return 0;
    case FOREIGN: town = note; break;
    case HUGE: amount = amount * 1e290; break;
    case NAN_: amount = (amount - amount) / (amount - amount); break;
    case SOLO: town = solo; break;
    default: return (int32_t)fall(1);
    }
  }
  gbx_metric(gbx_key_string(gbx_emit(), town, 32), amount);
  return 0;
}

// A person's text from every table that has one, and one key that all have.
GBX_EXPORT(three) int32_t three(int32_t rows) {
  gbx_str all = {"everybody", 9};
  for (uint32_t table = 0; table < 3; table++)
    if (gbx_rows(table) > 0) gbx_key_string(gbx_emit(), gbx_string(table, 0, 0), 32);
  gbx_key_string(gbx_emit(), all, 32);
  return 0;
}

// Of kind blocks: what scan sees of a block, and a block that tells what it can.
GBX_EXPORT(token_block) int32_t token_block(int32_t rows) { return scan(); }
GBX_EXPORT(plain_block) int32_t plain_block(int32_t rows) { return scan(); }

// The one person who is told from the others: of the text that ends with 07.
static int is_target(gbx_str s) { return s.len > 1 && s.ptr[s.len - 1] == '7' && s.ptr[s.len - 2] == '0'; }

// Does what the parameter says; 0: nothing. A status, or minus one.
static int32_t fail(int64_t how, double *v) {
  switch (how) {
  case TRAP: __builtin_trap();
  case LOOP: for (volatile uint32_t i = 0;; i++) {}
  case STATUS: return 7;
  case MANY: *(uint32_t *)gbx_out = 1 << 20; return 0;
  case HUGE: *v = *v * 1e290; break;
  case NAN_: *v = (*v - *v) / (*v - *v); break;
  }
  return -1;
}

// Prints all texts and numbers of its block, and gives the last number, how
// many units it has and, for the block with the target, another choice.
GBX_EXPORT(block) int32_t block(int32_t rows) {
  double number = 0, choice = 0;
  const uint32_t *starts = gbx_starts(0);
  for (uint32_t u = 0; u < gbx_units(); u++)
    for (uint32_t i = starts[u]; i < starts[u + 1]; i++) {
      gbx_log_string(gbx_string(0, 0, i));
      gbx_log_int64(number = gbx_int64s(0, 1)[i]);
      choice = choice || is_target(gbx_string(0, 0, i));
    }
  int32_t status = choice ? fail(gbx_param_int64(0), &number) : -1;
  if (status >= 0) return status;
  gbx_metric(gbx_metric(gbx_metric(gbx_emit(), number), gbx_units()), choice);
  return 0;
}

// Of mode train: a person's own number as the vector, and the noisy sum as the
// next state, both printed.
GBX_EXPORT(teach) int32_t teach(int32_t rows) {
  gbx_str note = gbx_string(0, 0, 0);
  double number = gbx_int64s(0, 1)[0];
  gbx_log_string(note);
  gbx_log_int64(gbx_int64s(0, 1)[0]);
  int32_t status = is_target(note) ? fail(gbx_param_int64(0), &number) : -1;
  if (status >= 0) return status;
  gbx_metric(gbx_metric(gbx_emit(), number), gbx_float64s(1, 0)[0]);
  return 0;
}

GBX_EXPORT(learn) int32_t learn(int32_t rows) {
  double first = gbx_float64s(1, 0)[0];
  gbx_log_float64(first);
  int32_t status = gbx_param_int64(0) == LOOP ? -1 : fail(gbx_param_int64(0), &first);
  if (status >= 0) return status;
  gbx_metric(gbx_metric(gbx_emit(), first), gbx_float64s(1, 0)[1]);
  return 0;
}
