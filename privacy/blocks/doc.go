// Package blocks is mode blocks: any statistic that untrusted code computes on
// blocks of units, combined by a private median, mean or vote.
//
// New checks and prices what a job declares. Outputs take one record for each
// block and travel between processes; Release combines those of all blocks, once.
//
// Promised: for any guest code whose record about a block depends on that block's
// units and on public facts only, the table is differentially private, as Plan and
// the table's facts say, for one unit added or removed. Not promised: that the
// combined figure is near the statistic of all units. It is near the middle of what
// the blocks gave. The package cannot see whether each unit is in its own block and
// in no other: Of says which that is.
package blocks
