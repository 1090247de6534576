// The walls that a process can put up for all of its threads only while it has
// one. This runs as a constructor, before Go's runtime starts a thread, and
// only if the process was started as a worker (argv[0]). No foreign byte has
// been read by then. What it did is in glovebox_walls; nothing here fails the
// process: a wall that did not go up is not reported, and policy decides.

#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "raise.h"

uint32_t glovebox_walls = 0;

// close_others closes every descriptor from first on: what the supervisor's own
// parent left open without the flag that closes it (a shell's, a service's) came
// with it to the worker, which could write there.
static void close_others(unsigned first) {
	enum { CLOSE_RANGE = 436 }; // the same on every architecture
	if (syscall(CLOSE_RANGE, first, ~0U, 0) == 0) return;
	struct rlimit most; // a kernel before 5.9
	unsigned end = 1 << 20;
	if (getrlimit(RLIMIT_NOFILE, &most) == 0 && most.rlim_max < end) end = (unsigned)most.rlim_max;
	for (unsigned fd = first; fd < end; fd++) close((int)fd);
}

// show_pagemap keeps one file in sight: which of its own pages the process
// wrote. The tracked way of resetting a guest asks it. It tells nothing about
// other processes, and without it guests are reset in another way.
static void show_pagemap(void) {
	int fd;
	if (mkdir("proc", 0755) != 0 || mkdir("proc/self", 0755) != 0) return;
	if ((fd = open("." GLOVEBOX_PAGEMAP, O_CREAT | O_RDONLY | O_CLOEXEC, 0444)) < 0) return;
	close(fd);
	(void)!mount(GLOVEBOX_PAGEMAP, "." GLOVEBOX_PAGEMAP, NULL, MS_BIND, NULL);
}

// show_fds keeps a loader's or reader's own descriptors in sight, by which
// DuckDB reads what was handed to it.
static void show_fds(void) {
	if (mkdir("proc", 0755) != 0 || mkdir("proc/self", 0755) != 0 || mkdir("." GLOVEBOX_FDS, 0755) != 0) return;
	(void)!mount(GLOVEBOX_FDS, "." GLOVEBOX_FDS, NULL, MS_BIND, NULL);
}

// empty_root puts the worker into a file system of its own in memory that
// holds one empty folder and what is shown above. All else is unmounted. The
// place to mount on only has to be there: what lies under it is about to go.
static int empty_root(int reads) {
	const char *at = "/etc";
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return -1;
	if (mount("tmpfs", at, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=" GLOVEBOX_CACHE_SIZE ",nr_inodes=64,mode=0755") != 0) return -1;
	if (chdir(at) != 0 || mkdir("." GLOVEBOX_CACHE, 0700) != 0) return -1;
	if (reads) show_fds();
	else show_pagemap();
	if (syscall(SYS_pivot_root, ".", ".") != 0) return -1;
	if (umount2(".", MNT_DETACH) != 0) return -1;
	return chdir("/");
}

// no_privs drops every capability, for good.
static int no_privs(void) {
	struct { uint32_t version; int pid; } head = {0x20080522, 0};
	struct { uint32_t effective, permitted, inheritable; } none[2];
	memset(none, 0, sizeof none);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
	return (int)syscall(SYS_capset, &head, none);
}

// Landlock's numbers, which older headers lack. They are the same on every
// architecture.
enum { LL_CREATE = 444, LL_ADD = 445, LL_RESTRICT = 446 };
enum {
	LL_WRITE_FILE = 1 << 1, LL_READ_FILE = 1 << 2, LL_READ_DIR = 1 << 3, LL_REMOVE_FILE = 1 << 5,
	LL_MAKE_DIR = 1 << 7, LL_MAKE_REG = 1 << 8, LL_V1 = (1 << 13) - 1, LL_REFER = 1 << 13, LL_TRUNCATE = 1 << 14, LL_IOCTL_DEV = 1 << 15,
};

// allow_fd adds what a descriptor names to a rule set.
static int allow_fd(int set, int fd, uint64_t rights) {
	struct { uint64_t allowed; int32_t parent; } __attribute__((packed)) under = {rights, fd};
	return syscall(LL_ADD, set, 1, &under, 0) == 0 ? 0 : -1;
}

// allow adds one path to a rule set.
static int allow(int set, const char *path, uint64_t rights) {
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0) return -1;
	int bad = allow_fd(set, fd, rights);
	close(fd);
	return bad;
}

// landlock refuses every path but the two of an own root and, to a loader, the
// file that it reads; on newer kernels every TCP port, abstract socket and
// foreign process too.
static int landlock(int own_root, int loader) {
	struct { uint64_t fs, net, scoped; } rules = {LL_V1, 0, 0};
	size_t size = 8;
	long abi = syscall(LL_CREATE, NULL, 0, 1);
	if (abi < 1) return -1;
	if (abi >= 2) rules.fs |= LL_REFER;
	if (abi >= 3) rules.fs |= LL_TRUNCATE;
	if (abi >= 4) { rules.net = 3; size = 16; }
	if (abi >= 5) rules.fs |= LL_IOCTL_DEV;
	if (abi >= 6) { rules.scoped = 3; size = 24; }
	int set = (int)syscall(LL_CREATE, &rules, size, 0);
	if (set < 0) return -1;
	int bad = 0;
	if (own_root) {
		bad = allow(set, GLOVEBOX_CACHE, (LL_WRITE_FILE | LL_READ_FILE | LL_READ_DIR | LL_REMOVE_FILE | LL_MAKE_DIR | LL_MAKE_REG | LL_REFER | LL_TRUNCATE) & rules.fs);
		(void)allow(set, GLOVEBOX_PAGEMAP, LL_READ_FILE); // it may not be there
	}
	if (!bad && loader) bad = allow_fd(set, GLOVEBOX_SOURCE, LL_READ_FILE);
	if (!bad) bad = syscall(LL_RESTRICT, set, 0) != 0;
	close(set);
	return bad ? -1 : 0;
}

__attribute__((constructor)) static void raise_walls(int argc, char **argv) {
	if (argc != 5 || strcmp(argv[0], GLOVEBOX_ARGV0) != 0) return;
	int loader = strcmp(argv[1], GLOVEBOX_LOADER) == 0;
	close_others(loader ? GLOVEBOX_SOURCE + 1 : GLOVEBOX_SOURCE);
	uint32_t made = (uint32_t)strtoul(argv[2], NULL, 10);
	uint32_t up = made & ~(uint32_t)GLOVEBOX_FILES;
	if ((made & GLOVEBOX_FILES) && empty_root(loader || strcmp(argv[1], GLOVEBOX_READER) == 0) == 0) up |= GLOVEBOX_FILES;
	if (no_privs() == 0) up |= GLOVEBOX_NOPRIVS;
	if (landlock(up & GLOVEBOX_FILES, loader) == 0) up |= GLOVEBOX_LANDLOCK;
	glovebox_walls = up;
}
