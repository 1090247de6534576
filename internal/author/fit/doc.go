// Package fit describes a dataset's columns by noisy counts, so that sample
// rows can resemble real ones: how often each bin of each column is taken, and
// each pair of bins along a tree of columns (MST, McKenna, Miklau and Sheldon
// 2021, simplified: each pair is brought into agreement with its columns, which
// for a tree is all that the inference of a graphical model does).
//
// It promises that bins follow from the dataset's record alone; that counting
// puts one row of each unit into exactly one bin of every column; and that a
// Model is made of what package privacy's Marginals gave back and of nothing
// else of the counts. What is drawn from a Model later is free.
//
// It does not promise that samples are like the data in any other way: columns
// that record no list and no bounds are not fitted, relations of three columns
// or of a unit's rows with one another are lost, and at a small price noise is
// all there is. The package counts and draws; whoever calls it charges first.
package fit
