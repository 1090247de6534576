// Package mechanism draws noise and makes private choices, on whole numbers and a
// Source of random words: no float decides anything that privacy depends on.
//
//   - Laplace, Gaussian: exact samplers of discrete noise (Canonne, Kamath and
//     Steinke 2020). CalibrateGaussian finds the smallest variance for an epsilon
//     and a delta (Balle and Wang 2018), certified by bounds in integers.
//   - Selection: whether a key that units bring with them may be shown, by the
//     optimal probabilities (Desfontaines, Voss, Gipson and Mandayam 2022) or by
//     Gaussian noise above a threshold. LaplaceTail and GaussianTail give the
//     threshold for a noisy number that is released anyway.
//   - Chooser: permute-and-flip (McKenna and Sheldon 2020). Argmax and Quantile
//     choose by it among counts and among the points of a grid.
//   - Splits: several quantiles by recursive splitting, each by the exponential
//     mechanism.
//   - Tree: many quantiles of noisy counts on all levels of a tree.
//   - ClipL2: shortens a vector to a length.
//
// Each states its guarantee, its sensitivity and its paper. None counts what it
// costs: who calls it does, see packages privacy and accounting. Samplers and
// choices take time that depends on what is drawn, Splits also on how the counts
// lie; the caller has to hide it.
package mechanism
