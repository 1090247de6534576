package jail

// #include "raise.h"
import "C"

// CacheDir is where a worker with an empty root keeps machine code: the only
// folder in it.
const CacheDir = "/cache"

// RoleLoad is the role of workers that read a provider's file: see
// Options.Source. They alone see their own descriptors by path, which is how
// DuckDB reads.
const RoleLoad = "load"

// shared is what the constructor was compiled with, for a test.
type shared struct {
	argv0, cache, size, load string
	source                   int
	files, noPrivs, landlock Walls
}

func constructor() shared {
	return shared{C.GLOVEBOX_ARGV0, C.GLOVEBOX_CACHE, C.GLOVEBOX_CACHE_SIZE, C.GLOVEBOX_LOADER, C.GLOVEBOX_SOURCE, C.GLOVEBOX_FILES, C.GLOVEBOX_NOPRIVS, C.GLOVEBOX_LANDLOCK}
}

// raised are the walls that the constructor put up.
func raised() Walls { return Walls(C.glovebox_walls) }
