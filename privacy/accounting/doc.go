// Package accounting adds up what mechanisms and jobs cost.
//
//   - Fits decides whether a ledger can pay: a filter over charges chosen one
//     after the other, in epsilon and delta or in zCDP.
//   - EpsilonAt reads an amount as (epsilon, delta), for people.
//   - Losses composes the privacy loss distributions of a fixed list of
//     mechanisms, for the reading of one job.
//   - Group is what a job costs where a row belongs to several units.
package accounting
