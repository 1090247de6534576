// Go's runtime opens /dev/null in the place of a standard file that is closed,
// before any Go code runs. This constructor looks before that.

#include <fcntl.h>

int glovebox_stdout_closed = 0;

__attribute__((constructor)) static void look(void) { glovebox_stdout_closed = fcntl(1, F_GETFD) < 0; }
