package role

import "glovebox.example/glovebox/internal/worker/jail"

// Kinds of frames that workers send beside those of every worker.
const (
	FramePartial  jail.Kind = 4  // part number (4 bytes), then a partial aggregate
	FrameCompiled jail.Kind = 6  // machine code
	FrameReason   jail.Kind = 7  // why a module does not compile: printable ASCII
	FrameReady    jail.Kind = 8  // the module was started with the job's inputs: parts can come
	FrameWays     jail.Kind = 9  // what the worker's self-test found: one byte each
	FramePiece    jail.Kind = 18 // as FramePartial, but more of the part follows
	FrameUpdated  jail.Kind = 20 // the next state of mode train: 8 bytes a number; none: the module failed
	// Of a loader only.
	FrameOpened   jail.Kind = 10 // a file of the snapshot begins: its number (2 bytes), its name
	FrameData     jail.Kind = 11 // of a file: its number (2 bytes), bytes
	FrameClosed   jail.Kind = 12 // a file is complete: its number (2 bytes)
	FrameProgress jail.Kind = 13 // done (8 bytes), total (8 bytes)
	FrameLoaded   jail.Kind = 14 // the load is complete: a Loaded
	FrameAside    jail.Kind = 21 // sealed bytes to put aside, which the loader reads again
	FrameRefused  jail.Kind = 15 // it failed: a refusal; of a reader too
	// Of a reader only.
	FrameChecked jail.Kind = 16 // a filter is sound: a Checked
	FrameTable   jail.Kind = 17 // a table: a Table
	// Of a fetcher only, with FrameAside for what it copied.
	FrameFetched jail.Kind = 23 // the table is complete
	FrameLooked  jail.Kind = 22 // what a provider's file looks like: a find.Seen
	// Of a comparer only: part number (4 bytes), units of either and of both (8 bytes each).
	FrameOverlap jail.Kind = 24
)

// Bounds of payloads, in bytes.
const (
	MaxPartial  = 256 << 20      // of one partial aggregate
	MaxCompiled = jail.MaxCached // of one compiled module
	MaxReason   = 300            // of a compiler's text
	maxWays     = 8
	MaxChunk    = 1 << 20 // of a file that is loaded
	maxName     = 64
	MaxLoaded   = 8 << 20
	MaxRefused  = 64 << 10
	MaxChecked  = 256 << 10
	MaxTable    = 64 << 20
	MaxLooked   = 4 << 20
	MaxUpdated  = 8 * 4096 // of a state of mode train
)

// Frames is what a worker in one of this package's roles may send.
func Frames(role string) jail.Frames {
	partial := jail.Size{Most: 4 + MaxPartial}
	switch role {
	case Work:
		return jail.Frames{FrameReady: {Exact: true}, FramePartial: partial, FramePiece: partial, FrameUpdated: {Most: MaxUpdated}}
	case Compile:
		return jail.Frames{FrameCompiled: {Most: MaxCompiled}, FrameReason: {Most: MaxReason, Text: true}}
	case Probe:
		return jail.Frames{FrameWays: {Most: maxWays}}
	case Fit:
		return jail.Frames{FramePartial: partial}
	case Alike:
		return jail.Frames{FrameOverlap: {Most: 4 + 3*8, Exact: true}}
	case Load:
		return jail.Frames{FrameOpened: {Most: 2 + maxName}, FrameData: {Most: 2 + MaxChunk}, FrameClosed: {Most: 2, Exact: true},
			FrameProgress: {Most: 16, Exact: true}, FrameAside: {Most: MaxChunk}, FrameLoaded: {Most: MaxLoaded}, FrameRefused: {Most: MaxRefused}}
	case Fetch:
		return jail.Frames{FrameAside: {Most: MaxChunk}, FrameFetched: {Exact: true}, FrameRefused: {Most: MaxRefused}}
	case Read:
		return jail.Frames{FrameChecked: {Most: MaxChecked}, FrameTable: {Most: MaxTable}, FrameLooked: {Most: MaxLooked}, FrameRefused: {Most: MaxRefused}}
	}
	return nil
}
