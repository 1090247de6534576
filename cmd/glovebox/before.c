// What has to happen before Go's runtime starts, in a constructor of the program.
//
// The runtime opens /dev/null in the place of a standard file that is closed: so
// whether stdout is there is looked at here.
//
// The runtime ends with status 2, which means bad input, and prints its own
// insides when it gets no memory or no thread. Where the process was started
// under limits that make that likely, it becomes two: this one, which needs
// nothing more, waits for the other, which is the program, keeps such a crash
// from stderr, says what happened and ends with status 1. GOTRACEBACK shows the
// crash all the same. A worker of internal/worker/jail has no stderr and is left
// as it is.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int glovebox_stdout_closed = 0;

// ended is shared with the program, which sets it before it ends on purpose.
static volatile int *ended = NULL;

void glovebox_end(void) {
	if (ended != NULL) *ended = 1;
}

enum { FEW_THREADS = 512 };

static int below(int what, rlim_t least) {
	struct rlimit l;
	return getrlimit(what, &l) == 0 && l.rlim_cur != RLIM_INFINITY && l.rlim_cur < least;
}

static int limited(void) {
	return below(RLIMIT_AS, RLIM_INFINITY) || below(RLIMIT_DATA, RLIM_INFINITY) || below(RLIMIT_NPROC, FEW_THREADS);
}

static pid_t program = 0;

// pass_on gives the program the signals that were sent to this process alone; a
// terminal sends its own to both.
static void pass_on(int sig, siginfo_t *info, void *context) {
	(void)context;
	if (info->si_code <= 0) kill(program, sig);
}

static void put(const char *p, size_t n) {
	while (n > 0) {
		ssize_t k = write(2, p, n);
		if (k < 0 && errno == EINTR) continue;
		if (k <= 0) return; // nobody reads it
		p += k;
		n -= (size_t)k;
	}
}

// crash says whether a line begins what Go's runtime prints when it gives up.
static int crash(const char *line, size_t n) {
	static const char *const heads[] = {"fatal error: ", "runtime: ", "runtime/cgo: ", "panic: ", "SIGABRT", "SIGSEGV", "SIGBUS", "SIGTRAP", "terminate called", "unexpected fault"};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		if (n >= strlen(heads[i]) && memcmp(line, heads[i], strlen(heads[i])) == 0) return 1;
	return 0;
}

static char line[8 << 10], held[64 << 10];
static size_t in_line = 0, in_held = 0;
static int holding = 0, whole = 1;

// take passes a piece on, line by line, until a crash begins; that is held back.
static void take(const char *p, size_t n) {
	for (size_t i = 0; i < n; i++) {
		line[in_line++] = p[i];
		if (p[i] != '\n' && in_line < sizeof line) continue;
		if (whole && crash(line, in_line)) holding = 1; // whole: from a line's beginning
		whole = p[i] == '\n';
		if (!holding) put(line, in_line);
		else if (in_held + in_line <= sizeof held) {
			memcpy(held + in_held, line, in_line);
			in_held += in_line;
		}
		in_line = 0;
	}
}

static int chinese(int argc, char **argv) {
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--lang=", 7) == 0) return strncmp(argv[i] + 7, "zh", 2) == 0;
		if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc) return strncmp(argv[i + 1], "zh", 2) == 0;
	}
	static const char *const names[] = {"GLOVEBOX_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *v = getenv(names[i]);
		if (v != NULL && *v != 0) return strncmp(v, "zh", 2) == 0;
	}
	return 0;
}

#define OUT_EN "the program got no memory or no thread: the limits that it was started under (ulimit -v, -d or -u) are too small for this command"
#define FIX_EN "raise them and run the same command again: what was done stays done, and nothing is charged twice"
#define OUT_ZH "程序无法取得内存或线程：启动时的资源限制（ulimit -v、-d 或 -u）对本命令过小"
#define FIX_ZH "请提高限制后再次运行同一命令：已完成的步骤保持有效，不会重复扣费"

static void say(int argc, char **argv) {
	const char *text = chinese(argc, argv) ? "glovebox: " OUT_ZH "（" FIX_ZH "）\n" : "glovebox: " OUT_EN " (" FIX_EN ")\n";
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--json=true") == 0)
			text = "{\"error\":{\"code\":\"internal\",\"message\":\"" OUT_EN " (" FIX_EN ")\",\"message_zh\":\"" OUT_ZH "（" FIX_ZH "）\","
			       "\"problems\":[{\"message\":\"" OUT_EN "\",\"message_zh\":\"" OUT_ZH "\",\"fix\":\"" FIX_EN "\",\"fix_zh\":\"" FIX_ZH "\"}]}}\n";
	put(text, strlen(text));
}

// guard waits for the program and ends as it did, or with status 1.
static void guard(int argc, char **argv, int from) {
	struct sigaction act;
	memset(&act, 0, sizeof act);
	act.sa_sigaction = pass_on;
	act.sa_flags = SA_SIGINFO | SA_RESTART;
	static const int passed[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
	for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) sigaction(passed[i], &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	close(0);
	close(1);
	static char piece[8 << 10];
	for (;;) {
		ssize_t n = read(from, piece, sizeof piece);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) break;
		take(piece, (size_t)n);
	}
	int status = 0;
	while (waitpid(program, &status, 0) < 0 && errno == EINTR) {}
	if (!holding) put(line, in_line);
	if (*ended || getenv("GOTRACEBACK") != NULL) put(held, in_held);
	if (*ended && WIFEXITED(status)) _exit(WEXITSTATUS(status));
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGHUP)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	say(argc, argv);
	_exit(1);
}

// split makes the program a process of its own. Where even that cannot be had it
// goes on as it is.
static void split(int argc, char **argv) {
	if (fcntl(2, F_GETFD) < 0) return; // nobody would see what it prints
	void *page = mmap(NULL, sizeof *ended, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ends[2];
	if (page == MAP_FAILED || pipe2(ends, O_CLOEXEC) != 0) return;
	for (int i = 0; i < 2; i++) { // not in the place of a standard file that is closed
		int up = fcntl(ends[i], F_DUPFD_CLOEXEC, 3);
		if (up < 0) return;
		close(ends[i]);
		ends[i] = up;
	}
	ended = page;
	pid_t self = getpid();
	program = fork();
	if (program > 0) {
		close(ends[1]);
		guard(argc, argv, ends[0]);
	}
	if (program == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != self) _exit(1);
		dup2(ends[1], 2);
	}
	close(ends[0]);
	close(ends[1]);
}

__attribute__((constructor)) static void before(int argc, char **argv) {
	glovebox_stdout_closed = fcntl(1, F_GETFD) < 0;
	if (argc > 0 && strcmp(argv[0], "glovebox-worker") != 0 && limited()) split(argc, argv);
}
