// What raise.c and inside.go both know. TestRaiseAgreesWithGo compares.
#include <stdint.h>

#define GLOVEBOX_ARGV0 "glovebox-worker"
#define GLOVEBOX_CACHE "/cache"
#define GLOVEBOX_CACHE_SIZE "68157440" // cacheBytes: one compiled module and 1 MiB
#define GLOVEBOX_PAGEMAP "/proc/self/pagemap"
#define GLOVEBOX_LOADER "load" // RoleLoad
#define GLOVEBOX_READER "read" // RoleRead
#define GLOVEBOX_FDS "/proc/self/fd"
#define GLOVEBOX_SOURCE 5 // fdSource
#define GLOVEBOX_FILES (1u << 3)
#define GLOVEBOX_NOPRIVS (1u << 7)
#define GLOVEBOX_LANDLOCK (1u << 8)

extern uint32_t glovebox_walls;
