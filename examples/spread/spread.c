//go:build ignore

// Three statistics of a block of people that are no sums: the median income,
// how many dollars a step of schooling is worth (least squares), and the most
// frequent level of schooling.
#include "glovebox.h"

enum { PUMS };         // table
enum { EDUC, INCOME }; // its columns

// The k-th smallest of a[0..n), by quickselect. It moves the values about: they
// are this block's own copy.
static double select_(double *a, int32_t n, int32_t k) {
  for (int32_t from = 0, to = n - 1; from < to;) {
    double pivot = a[(from + to) / 2];
    int32_t i = from, j = to;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (pivot < a[j]) j--;
      if (i <= j) {
        double x = a[i];
        a[i++] = a[j];
        a[j--] = x;
      }
    }
    if (k <= j) to = j;
    else if (k >= i) from = i;
    else break;
  }
  return a[k];
}

static int32_t level(int32_t educ) { return educ < 9 ? 0 : educ == 9 ? 1 : educ < 13 ? 2 : 3; }

GBX_EXPORT(spread) int32_t spread(int32_t rows) {
  const int32_t *educ = gbx_int32s(PUMS, EDUC);
  const double *income = gbx_float64s(PUMS, INCOME);
  double n = rows, x = 0, y = 0, xx = 0, xy = 0;
  int32_t count[4] = {0, 0, 0, 0}, most = 0;
  for (int32_t i = 0; i < rows; i++) {
    x += educ[i];
    y += income[i];
    xx += (double)educ[i] * educ[i];
    xy += educ[i] * income[i];
    count[level(educ[i])]++;
  }
  for (int32_t i = 1; i < 4; i++)
    if (count[i] > count[most]) most = i;
  double var = n * xx - x * x;
  if (rows == 0 || var == 0) return 1; // no slope: the block counts with its default
  double slope = (n * xy - x * y) / var;
  uint8_t *r = gbx_emit();
  r = gbx_metric(r, select_((double *)income, rows, rows / 2));
  r = gbx_metric(r, slope);
  gbx_metric(r, most);
  return 0;
}
