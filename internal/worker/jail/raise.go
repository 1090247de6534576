package jail

// #include "raise.h"
import "C"

// CacheDir is where a worker with an empty root keeps machine code: the only
// folder in it.
const CacheDir = "/cache"

// Roles of workers that read what people hand in: a provider's file (see
// Options.Source), a developer's filters and tables. They alone see their own
// descriptors by path, which is how DuckDB reads.
const (
	RoleLoad = "load"
	RoleRead = "read"
)

// shared is what the constructor was compiled with, for a test.
type shared struct {
	argv0, cache, size, load, read string
	source                         int
	files, noPrivs, landlock       Walls
}

func constructor() shared {
	return shared{C.GLOVEBOX_ARGV0, C.GLOVEBOX_CACHE, C.GLOVEBOX_CACHE_SIZE, C.GLOVEBOX_LOADER, C.GLOVEBOX_READER, C.GLOVEBOX_SOURCE, C.GLOVEBOX_FILES, C.GLOVEBOX_NOPRIVS, C.GLOVEBOX_LANDLOCK}
}

// raised are the walls that the constructor put up.
func raised() Walls { return Walls(C.glovebox_walls) }
