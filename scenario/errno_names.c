// SPDX-License-Identifier: GPL-2.0-or-later
/* The errnos and signals that a scenario may name: those of Linux on x86-64 (include/uapi/asm-generic/errno*.h). */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <mm_model/syscalls.h>
#include <scenario/program.h>

#define E(name) { #name, name }
static const struct {
	const char *name;
	int value;
} names[] = {
	E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(ENOEXEC), E(EBADF), E(ECHILD), E(EAGAIN),
	E(ENOMEM), E(EACCES), E(EFAULT), E(ENOTBLK), E(EBUSY), E(EEXIST), E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR),
	E(EINVAL), E(ENFILE), E(EMFILE), E(ENOTTY), E(ETXTBSY), E(EFBIG), E(ENOSPC), E(ESPIPE), E(EROFS), E(EMLINK),
	E(EPIPE), E(EDOM), E(ERANGE), E(EDEADLK), E(ENAMETOOLONG), E(ENOLCK), E(ENOSYS), E(ENOTEMPTY), E(ELOOP),
	E(ENODATA), E(ETIME), E(EPROTO), E(EBADMSG), E(EOVERFLOW), E(EBADFD), E(EILSEQ), E(ERESTART), E(EUSERS),
	E(ENOTSOCK), E(EMSGSIZE), E(EOPNOTSUPP), E(EADDRINUSE), E(EADDRNOTAVAIL), E(ENETDOWN), E(ENOBUFS), E(EISCONN),
	E(ENOTCONN), E(ETIMEDOUT), E(ECONNREFUSED), E(EALREADY), E(EINPROGRESS), E(ESTALE), E(EDQUOT), E(ECANCELED),
	E(EOWNERDEAD), E(ENOTRECOVERABLE), E(EHWPOISON),
	/* second names of the same numbers: found by name, not shown */
	E(EWOULDBLOCK), E(EDEADLOCK), E(ENOTSUP),
	{ "SIGBUS", RESULT_SIGNAL(MM_SIGBUS) },
	{ "SIGSEGV", RESULT_SIGNAL(MM_SIGSEGV) },
	{ "SIGKILL", RESULT_SIGNAL(9) },
};

int errno_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].name, name))
			return names[i].value;
	return 0;
}

const char *errno_name(int errnum)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].value == errnum)
			return names[i].name;
	return NULL;
}
