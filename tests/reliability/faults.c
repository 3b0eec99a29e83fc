/*
 * Preloaded into a process (LD_PRELOAD), counts the operations that change files below one directory
 * and makes the chosen one go wrong. Written for Linux and glibc.
 *
 *   FAULTS_BELOW  the directory, absolute
 *   FAULTS_AT     the operation, from 1; 0 or unset is none
 *   FAULTS_DO     kill: the process dies instead of the operation
 *                 tear: half of what was to be written is, then the process dies
 *                 short: writes take at most half of what they are given, from there on
 *                 ENOSPC, EIO, EACCES...: this one and all that follow fail, removing alone works
 *   FAULTS_LOG    a file that gets a line for each operation
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_int operations;
static char below[PATH_MAX];
static size_t below_length;
static int fault_at;
static int error_code;
static int is_tear, is_short;
static int log_fd = -1;

static const struct {
  const char* name;
  int code;
} CODES[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EACCES", EACCES}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}};

static void* next(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

#define REAL(name) ((__typeof__(&name))next(#name))

__attribute__((constructor)) static void begin(void) {
  const char* directory = getenv("FAULTS_BELOW");
  const char* at = getenv("FAULTS_AT");
  const char* kind = getenv("FAULTS_DO");
  const char* log = getenv("FAULTS_LOG");
  if (directory != NULL) snprintf(below, sizeof below, "%s", directory);
  below_length = strlen(below);
  fault_at = at == NULL ? 0 : atoi(at);
  if (kind != NULL) {
    is_tear = strcmp(kind, "tear") == 0;
    is_short = strcmp(kind, "short") == 0;
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++) {
      if (strcmp(kind, CODES[i].name) == 0) error_code = CODES[i].code;
    }
  }
  if (log != NULL) log_fd = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

/* For programs that fork: starts to count anew, below another directory. */
__attribute__((visibility("default"))) void faults_arm(const char* directory, int at, int tears) {
  snprintf(below, sizeof below, "%s", directory);
  below_length = strlen(below);
  fault_at = at;
  is_tear = tears;
  atomic_store(&operations, 0);
}

/* How many operations were counted. */
__attribute__((visibility("default"))) int faults_count(void) { return atomic_load(&operations); }

static int is_watched(const char* path) {
  if (below_length == 0 || strncmp(path, below, below_length) != 0) return 0;
  return path[below_length] == '/' || path[below_length] == 0;
}

static int path_of_fd(int fd, char* path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return 1;
}

/* The absolute path of a path relative to a directory's descriptor. */
static int path_at(int directory, const char* path, char* whole) {
  char start[PATH_MAX];
  if (path[0] == '/') {
    snprintf(whole, PATH_MAX, "%s", path);
    return 1;
  }
  if (directory == AT_FDCWD) {
    if (getcwd(start, sizeof start) == NULL) return 0;
  } else if (!path_of_fd(directory, start)) {
    return 0;
  }
  return snprintf(whole, PATH_MAX, "%s/%s", start, path) < PATH_MAX;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

enum answer { GO_ON, FAIL, TEAR, SHORT };

/* Counts an operation below the directory and says what becomes of it. */
static enum answer meet(const char* what, const char* path) {
  if (!is_watched(path)) return GO_ON;
  int number = atomic_fetch_add(&operations, 1) + 1;
  int is_due = fault_at > 0 && number >= fault_at;
  if (log_fd >= 0) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%d %s %s\n", number, what, path);
    REAL(write)(log_fd, line, (size_t)length);
  }
  if (!is_due) return GO_ON;
  int is_write = strcmp(what, "write") == 0;
  if (is_short) return is_write ? SHORT : GO_ON;
  if (is_tear && is_write) return TEAR;
  if (error_code == 0) die();
  if (strcmp(what, "remove") == 0) return GO_ON;
  errno = error_code;
  return FAIL;
}

static enum answer meet_at(const char* what, int directory, const char* path) {
  int saved = errno;
  char whole[PATH_MAX];
  enum answer answer = path_at(directory, path, whole) ? meet(what, whole) : GO_ON;
  if (answer != FAIL) errno = saved;
  return answer;
}

static enum answer meet_fd(const char* what, int fd) {
  int saved = errno;
  char path[PATH_MAX];
  enum answer answer = path_of_fd(fd, path) ? meet(what, path) : GO_ON;
  if (answer != FAIL) errno = saved;
  return answer;
}

#define OPEN(name)                                                                             \
  int name(const char* path, int flags, ...) {                                                 \
    va_list list;                                                                              \
    va_start(list, flags);                                                                     \
    mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;                                  \
    va_end(list);                                                                              \
    int changes = flags & (O_CREAT | O_TRUNC);                                                 \
    if (changes && meet_at("create", AT_FDCWD, path) == FAIL) return -1;                       \
    return REAL(name)(path, flags, mode);                                                      \
  }

OPEN(open)
OPEN(open64)

#define OPEN_AT(name)                                                                          \
  int name(int directory, const char* path, int flags, ...) {                                  \
    va_list list;                                                                              \
    va_start(list, flags);                                                                     \
    mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;                                  \
    va_end(list);                                                                              \
    int changes = flags & (O_CREAT | O_TRUNC);                                                 \
    if (changes && meet_at("create", directory, path) == FAIL) return -1;                      \
    return REAL(name)(directory, path, flags, mode);                                           \
  }

OPEN_AT(openat)
OPEN_AT(openat64)

ssize_t write(int fd, const void* bytes, size_t count) {
  enum answer answer = meet_fd("write", fd);
  if (answer == FAIL) return -1;
  if (answer == TEAR) {
    if (count > 1) REAL(write)(fd, bytes, count / 2);
    die();
  }
  if (answer == SHORT && count > 1) count /= 2;
  return REAL(write)(fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  enum answer answer = meet_fd("write", fd);
  if (answer == FAIL) return -1;
  if (answer == TEAR) {
    if (count > 0) REAL(write)(fd, parts[0].iov_base, parts[0].iov_len / 2);
    die();
  }
  if (answer == SHORT && count > 1) count = 1;
  return REAL(writev)(fd, parts, count);
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  enum answer answer = meet_fd("write", fd);
  if (answer == FAIL) return -1;
  if (answer == TEAR) {
    if (count > 1) REAL(pwrite64)(fd, bytes, count / 2, offset);
    die();
  }
  if (answer == SHORT && count > 1) count /= 2;
  return REAL(pwrite64)(fd, bytes, count, offset);
}

#define SEND_FILE(name, type)                                                                  \
  ssize_t name(int to, int from, type* offset, size_t count);                                  \
  ssize_t name(int to, int from, type* offset, size_t count) {                                 \
    enum answer answer = meet_fd("write", to);                                                 \
    if (answer == FAIL) return -1;                                                             \
    if (answer == TEAR) {                                                                      \
      struct stat stat;                                                                        \
      int is_known = fstat(from, &stat) == 0 && (size_t)stat.st_size < count;                  \
      REAL(name)(to, from, offset, (is_known ? (size_t)stat.st_size : count) / 2);             \
      die();                                                                                   \
    }                                                                                          \
    return REAL(name)(to, from, offset, count);                                                \
  }

SEND_FILE(sendfile, off_t)
SEND_FILE(sendfile64, off64_t)

#define ON_FD(name, what)                                                                      \
  int name(int fd) { return meet_fd(what, fd) == FAIL ? -1 : REAL(name)(fd); }

ON_FD(fsync, "sync")
ON_FD(fdatasync, "sync")

#define TRUNCATE(name, type)                                                                   \
  int name(int fd, type length) {                                                              \
    return meet_fd("truncate", fd) == FAIL ? -1 : REAL(name)(fd, length);                      \
  }

TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int mkdir(const char* path, mode_t mode) {
  return meet_at("mkdir", AT_FDCWD, path) == FAIL ? -1 : REAL(mkdir)(path, mode);
}

int mkdirat(int directory, const char* path, mode_t mode) {
  return meet_at("mkdir", directory, path) == FAIL ? -1 : REAL(mkdirat)(directory, path, mode);
}

int rename(const char* from, const char* to) {
  return meet_at("rename", AT_FDCWD, to) == FAIL ? -1 : REAL(rename)(from, to);
}

int renameat(int from_directory, const char* from, int to_directory, const char* to) {
  return meet_at("rename", to_directory, to) == FAIL
             ? -1
             : REAL(renameat)(from_directory, from, to_directory, to);
}

int unlink(const char* path) {
  return meet_at("remove", AT_FDCWD, path) == FAIL ? -1 : REAL(unlink)(path);
}

int unlinkat(int directory, const char* path, int flags) {
  return meet_at("remove", directory, path) == FAIL ? -1 : REAL(unlinkat)(directory, path, flags);
}

int rmdir(const char* path) {
  return meet_at("remove", AT_FDCWD, path) == FAIL ? -1 : REAL(rmdir)(path);
}
