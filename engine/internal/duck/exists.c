// DuckDB asks whether a file of the kernel is there (/proc/self/cgroup, the
// control groups under /sys) and, if it is, opens it without looking whether
// that worked: where such a file can be seen and not read, as behind Landlock or
// in a hardened container, the process aborts. DuckDB asks by access() alone,
// and this one takes the place of the C library's in the program: a file of the
// kernel that cannot be opened is not there.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int of_kernel(const char *path) {
	return strncmp(path, "/sys/", 5) == 0 || (strncmp(path, "/proc/", 6) == 0 && strncmp(path, "/proc/self/fd/", 14) != 0);
}

int access(const char *path, int mode) {
	if (mode == F_OK && path != NULL && of_kernel(path)) {
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd < 0) {
			errno = ENOENT;
			return -1;
		}
		close(fd);
		return 0;
	}
#ifdef SYS_access
	return (int)syscall(SYS_access, path, mode);
#else
	return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
#endif
}
