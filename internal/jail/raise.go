package jail

// #include "raise.h"
import "C"

// CacheDir is where a worker with an empty root keeps machine code: the only
// folder in it.
const CacheDir = "/cache"

// shared is what the constructor was compiled with, for a test.
type shared struct {
	argv0, cache, size       string
	files, noPrivs, landlock Walls
}

func constructor() shared {
	return shared{C.GLOVEBOX_ARGV0, C.GLOVEBOX_CACHE, C.GLOVEBOX_CACHE_SIZE, C.GLOVEBOX_FILES, C.GLOVEBOX_NOPRIVS, C.GLOVEBOX_LANDLOCK}
}

// raised are the walls that the constructor put up.
func raised() Walls { return Walls(C.glovebox_walls) }
