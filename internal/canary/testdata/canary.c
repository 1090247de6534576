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
