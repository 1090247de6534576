// Package privacy turns what untrusted code says about single units (persons,
// enterprises) into one table that is differentially private, and does the
// arithmetic of the budget that pays for it.
//
// # The way of a job
//
// NewPlan checks a job's declaration and prices it; nothing is read off the
// data. Each worker asks the plan for a Bounder and hands it the records that
// the guest made of one unit, unit after unit. The Bounder makes of them a
// bounded contribution: records of equal key summed, keys outside the public
// list dropped, at most max_keys_per_unit keys kept by a keyed pseudo-random
// function, values clamped to the declared range (vectors shortened to the declared
// length) and snapped to a grid of binary fractions; where each record is a value
// of its own (histogram, quantile, distinct, bounds), at most the declared number
// of records, each counted in a public bin. Contributions add up in integers in a
// Partial; partials merge in any order to the same bytes. Plan.Release makes the
// table, once.
//
// In mode blocks the same is done by package blocks for records of blocks of units
// in place of units: any statistic, combined by a private median, mean or vote. In mode train it is done
// in rounds, each with the plan of TrainPlan.Round.
//
// Package bill, below this one, is the price of a job: what noise each part of it
// buys, what all cost together, and the facts that say so. Noise, selections and
// choices are those of package mechanism; package accounting is the arithmetic of
// ledgers and of what many mechanisms cost together.
//
// # What is promised
//
// Neighbours are two data sets of which one holds one unit more. For any guest
// code whatever, as long as what it says about a unit depends on that unit's
// own rows and on public facts only:
//
//   - With release.epsilon, the table is (epsilon, delta)-differentially
//     private; delta is 0 if all keys are public.
//   - With release.rho, it is delta-approximately rho-zero-concentrated
//     differentially private (Bun and Steinke 2016, section 8).
//   - The guarantee holds for the table as printed, floats included: sums are
//     integers, noise is drawn by exact integer samplers (Canonne, Kamath and
//     Steinke 2020), keys are selected by noisy integers above a threshold whose
//     tails are bounded in integers, or with integer probabilities that meet the
//     inequality of the definition by construction, a top's keys and single
//     quantiles are chosen by exact coins, and all that follows is a function of
//     those noisy integers and of the declaration. No float decides anything
//     before the noise is on.
//   - The price is known before any data is read and is never below what the
//     mechanisms use.
//   - Equal contributions give equal partials, byte for byte, whatever the
//     order of units, workers and merges. Rows come out sorted by key.
//
// # What is not promised
//
//   - The package cannot see whether the caller hands every unit in once, with
//     all its rows, and resets the guest between units. If a unit's records are
//     spread over two calls or two bounders, it counts as two units. Two calls
//     in a row with one token are reported by Bounder.Partial; others are not.
//   - In mode blocks, that the combined figure is near the statistic of all
//     units: it is near the middle of what the blocks gave.
//   - Replacing one unit by another counts as two changes and costs twice the
//     budget; a group of k units costs k times.
//   - The noise is as unpredictable as ChaCha8 seeded by the operating system, or
//     by HMAC-SHA-256 under the caller's key (Spool.Source); the guarantee is
//     computational in that sense.
//   - Samplers, choices, selection and Release take time that depends on the
//     noise and on the number of keys, and, where several quantiles are chosen,
//     or one for a price in rho, on how close to one another values lie. Whoever can time them learns something; the caller
//     has to hide it.
//   - Memory grows with the number of distinct keys that occur. With private
//     keys a hostile guest can make that number large; Bounder.Piece and Spool
//     move them to a disk, but for a top that is chosen in rounds, and the caller
//     limits the process. Keys are never dropped to save memory, because which
//     ones would depend on the data.
//   - A Partial decoded from a frame is checked for form and bounds, not for
//     truth: a worker that lies about its units lies within those bounds only,
//     but the guarantee is about honest workers.
//   - Confidence intervals cover the noise alone (of a distinct count also
//     collisions of hashes): not the effect of clamping, of bins, of records and
//     keys dropped beyond max_keys_per_unit, of default contributions or of
//     bad data. They are computed in floats and decide nothing.
//   - The ledger arithmetic says whether a charge fits. Making the charge
//     durable before the first row is read is the caller's part.
//
// Values of this package are not safe for concurrent use, except a Plan, which
// never changes after NewPlan.
package privacy
