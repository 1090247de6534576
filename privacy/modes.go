package privacy

import "glovebox.example/glovebox/privacy/blocks"

// AutoBlocks is blocks.AutoCount.
func AutoBlocks(n int64) int { return blocks.AutoCount(n) }
