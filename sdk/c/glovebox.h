/* glovebox.h: write a Glovebox guest (ABI gbx/1) in C or C++.
 *
 * Include it in one file of the module. It defines the exports gbx_abi_1 and
 * gbx_buffers; you define one function for each entry of your manifest:
 *
 *     GBX_EXPORT(visits) int32_t visits(int32_t rows) { ...; return 0; }
 *
 * Tables are numbered as in the manifest: inputs first, then references.
 * Columns, parameters, key fields and metrics are numbered as in the manifest
 * too, from 0. Asking for a column as another type than it has, or for a row
 * that is not there, traps: the unit then counts as failed.
 *
 * It needs no C library and no allocator. All static variables are as they
 * were at start whenever a unit begins. Build:
 *
 *     glovebox module build guest.c
 *
 * which runs
 *
 *     clang-19 --target=wasm32 -O2 -nostdlib -ffreestanding -I sdk/c -c guest.c -o guest.o
 *     wasm-ld-19 --no-entry --strip-all -z stack-size=16384 guest.o -o guest.plain.wasm
 *
 * and adds the manifest. docs/sdk.md shows a module in each language; the byte
 * layout behind it is in docs/formats/guest-abi.md.
 */
#ifndef GLOVEBOX_H
#define GLOVEBOX_H

#include <stdint.h>

#define GBX_EXPORT(name) __attribute__((export_name(#name), visibility("default")))
#define GBX_INLINE static inline __attribute__((always_inline))

typedef struct { uint32_t rows, columns, first, starts; } gbx_table;
typedef struct {
  uint32_t type, flags, length, null_count;
  uint32_t validity, offsets, data, data_len;
  uint32_t reserved[4];
} gbx_column;
typedef struct { union { int64_t i; double f; struct { uint32_t at, len; } s; } v; uint32_t type, zero; } gbx_param;
typedef struct {
  char magic[4];
  uint32_t minor, inputs, references, params, tables_at, columns_at, params_at, rows, window_bytes, max_records, record_bytes;
  uint32_t units;
  uint32_t reserved[3];
} gbx_header;
/* A string inside the window. It does not end with a zero byte. */
typedef struct { const char *ptr; uint32_t len; } gbx_str;
typedef struct { uint8_t bytes[16]; } gbx_token;

_Static_assert(sizeof(gbx_header) == 64, "header");
_Static_assert(sizeof(gbx_table) == 16, "table");
_Static_assert(sizeof(gbx_column) == 48, "column");
_Static_assert(sizeof(gbx_param) == 16, "param");

enum { GBX_STRING = 1, GBX_INT32, GBX_INT64, GBX_FLOAT64, GBX_BOOL, GBX_DATE, GBX_TOKEN };

/* The host's two regions. They lie behind everything else in memory and never
 * move. */
static uint8_t *gbx_in;
static uint8_t *gbx_out;

extern uint8_t __heap_base; /* set by the linker: the first byte after data and stack */

GBX_EXPORT(gbx_abi_1) int32_t gbx_abi_1(void) { return 0; }

GBX_EXPORT(gbx_buffers) int64_t gbx_buffers(int32_t in_bytes, int32_t out_bytes) {
  uint32_t in = ((uint32_t)&__heap_base + 63) & ~63u;
  uint32_t out = (in + (uint32_t)in_bytes + 63) & ~63u;
  uint32_t end = out + (uint32_t)out_bytes;
  uint32_t have = (uint32_t)__builtin_wasm_memory_size(0) << 16;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + 65535) >> 16) == (unsigned long)-1) __builtin_trap();
  gbx_in = (uint8_t *)in;
  gbx_out = (uint8_t *)out;
  return (int64_t)((uint64_t)in << 32 | out);
}

#ifdef __cplusplus
/* Runs the constructors of static objects; the linker makes it. */
extern "C" void __wasm_call_ctors(void);
GBX_EXPORT(_initialize) void gbx_initialize(void) { __wasm_call_ctors(); }
#endif

/* Tables and columns. */

GBX_INLINE const gbx_header *gbx_head(void) { return (const gbx_header *)gbx_in; }

GBX_INLINE const gbx_table *gbx_tab(uint32_t table) {
  const gbx_header *h = gbx_head();
  if (table >= h->inputs + h->references) __builtin_trap();
  return (const gbx_table *)(gbx_in + h->tables_at) + table;
}

/* Rows of a table in this unit. */
GBX_INLINE uint32_t gbx_rows(uint32_t table) { return gbx_tab(table)->rows; }

GBX_INLINE const gbx_column *gbx_col(uint32_t table, uint32_t column, uint32_t type) {
  const gbx_table *t = gbx_tab(table);
  if (column >= t->columns) __builtin_trap();
  const gbx_column *c = (const gbx_column *)(gbx_in + gbx_head()->columns_at) + t->first + column;
  if (c->type != type) __builtin_trap();
  return c;
}

/* Whole columns: gbx_rows(table) values. Missing values are zero. */
GBX_INLINE const int32_t *gbx_int32s(uint32_t t, uint32_t c) { return (const int32_t *)(gbx_in + gbx_col(t, c, GBX_INT32)->data); }
GBX_INLINE const int64_t *gbx_int64s(uint32_t t, uint32_t c) { return (const int64_t *)(gbx_in + gbx_col(t, c, GBX_INT64)->data); }
GBX_INLINE const double *gbx_float64s(uint32_t t, uint32_t c) { return (const double *)(gbx_in + gbx_col(t, c, GBX_FLOAT64)->data); }
/* Days since 1970-01-01. */
GBX_INLINE const int32_t *gbx_dates(uint32_t t, uint32_t c) { return (const int32_t *)(gbx_in + gbx_col(t, c, GBX_DATE)->data); }
GBX_INLINE const gbx_token *gbx_tokens(uint32_t t, uint32_t c) { return (const gbx_token *)(gbx_in + gbx_col(t, c, GBX_TOKEN)->data); }

/* Single values. */
GBX_INLINE int gbx_bool(uint32_t t, uint32_t c, uint32_t row) {
  const gbx_column *d = gbx_col(t, c, GBX_BOOL);
  if (row >= d->length) __builtin_trap();
  return gbx_in[d->data + (row >> 3)] >> (row & 7) & 1;
}

GBX_INLINE gbx_str gbx_string(uint32_t t, uint32_t c, uint32_t row) {
  const gbx_column *d = gbx_col(t, c, GBX_STRING);
  if (row >= d->length) __builtin_trap();
  const uint32_t *at = (const uint32_t *)(gbx_in + d->offsets) + row;
  gbx_str s = {(const char *)gbx_in + d->data + at[0], at[1] - at[0]};
  return s;
}

/* Is the value missing? Works for columns of every type. */
GBX_INLINE int gbx_null(uint32_t t, uint32_t c, uint32_t row) {
  const gbx_table *tab = gbx_tab(t);
  if (c >= tab->columns || row >= tab->rows) __builtin_trap();
  const gbx_column *d = (const gbx_column *)(gbx_in + gbx_head()->columns_at) + tab->first + c;
  return d->null_count != 0 && !(gbx_in[d->validity + (row >> 3)] >> (row & 7) & 1);
}

/* Blocks: in a function of kind blocks a table holds the rows of many units,
 * one unit after the other. The rows of unit u of a table are those from
 * gbx_starts(table)[u] up to but not gbx_starts(table)[u + 1]. */
GBX_INLINE uint32_t gbx_units(void) { return gbx_head()->units; }
GBX_INLINE const uint32_t *gbx_starts(uint32_t table) {
  const gbx_table *t = gbx_tab(table);
  if (t->starts == 0) __builtin_trap();
  return (const uint32_t *)(gbx_in + t->starts);
}

/* Rows of a column without a value. Sums need not look: the value is 0 there. */
GBX_INLINE uint32_t gbx_nulls(uint32_t t, uint32_t c) {
  const gbx_table *tab = gbx_tab(t);
  if (c >= tab->columns) __builtin_trap();
  return ((const gbx_column *)(gbx_in + gbx_head()->columns_at) + tab->first + c)->null_count;
}

GBX_INLINE int gbx_token_equal(const gbx_token *a, const gbx_token *b) {
  const uint64_t *x = (const uint64_t *)a, *y = (const uint64_t *)b;
  return x[0] == y[0] && x[1] == y[1];
}

GBX_INLINE int gbx_str_equal(gbx_str a, gbx_str b) {
  if (a.len != b.len) return 0;
  for (uint32_t i = 0; i < a.len; i++)
    if (a.ptr[i] != b.ptr[i]) return 0;
  return 1;
}

/* Parameters. */

GBX_INLINE const gbx_param *gbx_par(uint32_t param, uint32_t type) {
  const gbx_header *h = gbx_head();
  if (param >= h->params) __builtin_trap();
  const gbx_param *p = (const gbx_param *)(gbx_in + h->params_at) + param;
  if (p->type != type) __builtin_trap();
  return p;
}

GBX_INLINE int64_t gbx_param_int64(uint32_t p) { return gbx_par(p, GBX_INT64)->v.i; }
GBX_INLINE double gbx_param_float64(uint32_t p) { return gbx_par(p, GBX_FLOAT64)->v.f; }
GBX_INLINE int gbx_param_bool(uint32_t p) { return gbx_par(p, GBX_BOOL)->v.i != 0; }
GBX_INLINE gbx_str gbx_param_string(uint32_t p) {
  const gbx_param *q = gbx_par(p, GBX_STRING);
  gbx_str s = {(const char *)gbx_in + q->v.s.at, q->v.s.len};
  return s;
}

/* Records. gbx_emit begins one and returns where to write it; the fields
 * follow one another: key fields first, then metrics.
 *
 *     uint8_t *r = gbx_emit();
 *     r = gbx_key_string(r, name, 32);
 *     r = gbx_metric(r, hours);
 */
GBX_INLINE uint8_t *gbx_emit(void) {
  uint32_t *count = (uint32_t *)gbx_out;
  if (*count >= gbx_head()->max_records) __builtin_trap();
  return gbx_out + 16 + (*count)++ * gbx_head()->record_bytes;
}

GBX_INLINE uint8_t *gbx_key_int64(uint8_t *r, int64_t v) { *(int64_t *)r = v; return r + 8; }

/* width is the manifest's; a longer string traps, so that no character is cut
 * in two unseen. */
GBX_INLINE uint8_t *gbx_key_string(uint8_t *r, gbx_str s, uint32_t width) {
  if (s.len > width) __builtin_trap();
  for (uint32_t i = 0; i < s.len; i++) r[i] = (uint8_t)s.ptr[i];
  for (uint32_t i = s.len; i < ((width + 7) & ~7u); i++) r[i] = 0;
  return r + ((width + 7) & ~7u);
}

GBX_INLINE uint8_t *gbx_metric(uint8_t *r, double v) { *(double *)r = v; return r + 8; }

/* Whole columns at once, two values with each instruction. All SDKs add in the
 * same order, so that they give the same bits: value i to partial sum i mod 4,
 * then (0 + 2) + (1 + 3). */
typedef double gbx_f64x2 __attribute__((vector_size(16), aligned(8)));
typedef int64_t gbx_i64x2 __attribute__((vector_size(16), aligned(8)));
#define GBX_VECTOR static __attribute__((noinline, target("simd128")))

GBX_INLINE double gbx_rest(gbx_f64x2 a, gbx_f64x2 b, const double *rest, const int32_t *keys, int32_t from, int32_t to, uint32_t n) {
  double p[4] = {a[0], a[1], b[0], b[1]};
  for (uint32_t i = 0; i < n; i++)
    if (!keys || (keys[i] >= from && keys[i] <= to)) p[i] += rest[i];
  return (p[0] + p[2]) + (p[1] + p[3]);
}

/* The sum of n values. */
GBX_VECTOR double gbx_sum(const double *v, uint32_t n) {
  gbx_f64x2 a = {0, 0}, b = {0, 0};
  uint32_t i = 0;
  for (; i + 4 <= n; i += 4) {
    a += *(const gbx_f64x2 *)(v + i);
    b += *(const gbx_f64x2 *)(v + i + 2);
  }
  return gbx_rest(a, b, v + i, 0, 0, 0, n - i);
}

/* The sum of those of n values whose key lies in from .. to. */
GBX_VECTOR double gbx_sum_where(const double *v, const int32_t *keys, uint32_t n, int32_t from, int32_t to) {
  gbx_f64x2 a = {0, 0}, b = {0, 0};
  uint32_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const int32_t *k = keys + i;
    gbx_i64x2 in0 = {-(int64_t)(k[0] >= from && k[0] <= to), -(int64_t)(k[1] >= from && k[1] <= to)};
    gbx_i64x2 in1 = {-(int64_t)(k[2] >= from && k[2] <= to), -(int64_t)(k[3] >= from && k[3] <= to)};
    a += (gbx_f64x2)(*(const gbx_i64x2 *)(v + i) & in0);
    b += (gbx_f64x2)(*(const gbx_i64x2 *)(v + i + 2) & in1);
  }
  return gbx_rest(a, b, v + i, keys + i, from, to, n - i);
}

/* How many of n keys lie in from .. to. */
GBX_VECTOR uint32_t gbx_count_where(const int32_t *keys, uint32_t n, int32_t from, int32_t to) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < n; i++) count += keys[i] >= from && keys[i] <= to;
  return count;
}

/* Groups within a unit. gbx_group finds a key among *n keys, of at most most,
 * and adds it if it is new. It returns the key's number, from 0 on in order of
 * appearance, for arrays of your own; -1 if there are too many.
 *
 *     static gbx_str wards[8];
 *     uint32_t n = 0;
 *     int32_t g = gbx_group(wards, &n, 8, ward);
 */
GBX_INLINE int32_t gbx_group(gbx_str *keys, uint32_t *n, uint32_t most, gbx_str key) {
  for (uint32_t i = *n; i-- > 0;) /* the last one is the likeliest */
    if (gbx_str_equal(keys[i], key)) return (int32_t)i;
  if (*n == most) return -1;
  keys[*n] = key;
  return (int32_t)(*n)++;
}

GBX_INLINE int32_t gbx_group_int64(int64_t *keys, uint32_t *n, uint32_t most, int64_t key) {
  for (uint32_t i = *n; i-- > 0;)
    if (keys[i] == key) return (int32_t)i;
  if (*n == most) return -1;
  keys[*n] = key;
  return (int32_t)(*n)++;
}

/* Logs, which the host shows on sample data and nobody reads on real data.
 * Without
 *
 *     #define GBX_LOG_BYTES 4000
 *
 * before the include (or -DGBX_LOG_BYTES=4000), they are nothing at all: no
 * export, no memory, no fuel. With it, a unit keeps as many bytes of text, the
 * first ones, and printing costs the same on real data as on samples. */
#ifdef GBX_LOG_BYTES
static struct { uint32_t printed; char text[GBX_LOG_BYTES]; } gbx_log_region __attribute__((aligned(8)));

GBX_EXPORT(gbx_log) int64_t gbx_log(void) {
  return (int64_t)((uint64_t)(uint32_t)&gbx_log_region << 32 | sizeof gbx_log_region);
}

GBX_INLINE void gbx_log_char(char c) {
  if (gbx_log_region.printed < GBX_LOG_BYTES) gbx_log_region.text[gbx_log_region.printed] = c;
  gbx_log_region.printed++;
}
#else
GBX_INLINE void gbx_log_char(char c) { (void)c; }
#endif

/* A text that ends with a zero byte. A line is what lies between two '\n'. */
GBX_INLINE void gbx_log_text(const char *s) { for (; *s; s++) gbx_log_char(*s); }

GBX_INLINE void gbx_log_string(gbx_str s) { for (uint32_t i = 0; i < s.len; i++) gbx_log_char(s.ptr[i]); }

static inline void gbx_log_uint64(uint64_t v, int digits) {
  char d[20];
  int n = 0;
  do { d[n++] = (char)('0' + v % 10); v /= 10; } while (v || n < digits);
  while (n) gbx_log_char(d[--n]);
}

static inline void gbx_log_int64(int64_t v) {
  if (v < 0) gbx_log_char('-');
  gbx_log_uint64(v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 1);
}

/* With six decimals, cut, not rounded. */
static inline void gbx_log_float64(double v) {
  if (!(v > -9e18 && v < 9e18)) { gbx_log_text(v != v ? "nan" : v < 0 ? "-big" : "big"); return; }
  if (v < 0) { gbx_log_char('-'); v = -v; }
  gbx_log_uint64((uint64_t)v, 1);
  gbx_log_char('.');
  gbx_log_uint64((uint64_t)((v - (double)(uint64_t)v) * 1e6), 6);
}

#endif
