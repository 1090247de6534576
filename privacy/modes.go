package privacy

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/blocks"
)

// Mode blocks is package blocks; these are its names for callers of both modes.
type (
	BlockPlan   = blocks.Plan
	Outputs     = blocks.Outputs
	BlockTable  = blocks.Table
	BlockFigure = blocks.Figure
)

// Bounds of the number of blocks.
const (
	MinBlocks = blocks.MinCount
	MaxBlocks = blocks.MaxCount
)

// NewBlockPlan is blocks.New.
func NewBlockPlan(b glovebox.Blocks, rel glovebox.ReleaseDef) (*BlockPlan, error) {
	return blocks.New(b, rel)
}

// AutoBlocks is blocks.AutoCount.
func AutoBlocks(n int64) int { return blocks.AutoCount(n) }

// BlockOf is blocks.Of.
func BlockOf(token [16]byte, count int) int { return blocks.Of(token, count) }
