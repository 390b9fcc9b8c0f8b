/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in the test programs for the C library's functions of these names (`calls`). */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <dirent.h>
#include <stddef.h>
#include <sys/types.h>

int program_open(const char *path, int flags, ...);
int program_openat(int dir, const char *path, int flags, ...);
int program_close(int fd);
int program_ioctl(int fd, unsigned long command, ...);
ssize_t program_read(int fd, void *buf, size_t bytes);
ssize_t program_write(int fd, const void *buf, size_t bytes);
ssize_t program_pread(int fd, void *buf, size_t bytes, off_t position);
ssize_t program_pwrite(int fd, const void *buf, size_t bytes, off_t position);
int program_pipe2(int *fds, int flags);
int program_eventfd(unsigned int value, int flags);
DIR *program_opendir(const char *path);
int program_dirfd(DIR *dir);
struct dirent *program_readdir(DIR *dir);
int program_closedir(DIR *dir);

void *program_mmap(void *addr, size_t bytes, int prot, int flags, int fd, off_t offset);
int program_munmap(void *addr, size_t bytes);
void *program_malloc(size_t bytes);
int program_posix_memalign(void **block, size_t align, size_t bytes);
void program_free(void *block);

pid_t program_fork(void);
unsigned int program_alarm(unsigned int seconds);
pid_t program_waitpid(pid_t pid, int *status, int options);
_Noreturn void program_exit(int code);
_Noreturn void program__exit(int code);

#endif
