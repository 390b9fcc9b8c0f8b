// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program as strace sees it for the test of `pinsim import`: it locks, registers,
 * forks, hands its memory over, and runs itself anew. Each call that it makes succeeds on
 * a machine that has it; what is refused stands in the log as refused.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define KIB 1024ul

/* Of the kernel's interface: a structure that io_uring_setup() fills, and two operations. */
#define IO_URING_PARAMS_BYTES 120
enum { REGISTER_BUFFERS, UNREGISTER_BUFFERS };

static void send_fd(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	sendmsg(socket, &message, 0);
}

static void receive_fd(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};

	recvmsg(socket, &message, 0);
}

static int make_ring(void)
{
	char params[IO_URING_PARAMS_BYTES] = { 0 };

	return (int)syscall(SYS_io_uring_setup, 4, params);
}

static void child(int socket, const char *program)
{
	char *own = mmap(NULL, 16 * KIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mlock(own, 8 * KIB);
	receive_fd(socket);
	execl(program, program, "again", NULL);
	_exit(1);
}

static int again(void)
{
	char *memory = mmap(NULL, 64 * KIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mlock(memory, 32 * KIB);
	munmap(memory, 16 * KIB);
	munlock(memory + 16 * KIB, 16 * KIB);
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit limit = { 256 * KIB, 256 * KIB };
	int sockets[2], guest, ring, status;
	struct iovec buffers[2];
	char *ram;

	if (argc > 1)
		return again();
	getrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ 0 });
	if (!geteuid() && setresuid(1234, 1234, 1234))
		return 1;
	setrlimit(RLIMIT_MEMLOCK, &limit);
	guest = memfd_create("guest", MFD_CLOEXEC);
	if (ftruncate(guest, 1024 * KIB))
		return 1;
	ram = mmap(NULL, 1024 * KIB, PROT_READ | PROT_WRITE, MAP_SHARED, guest, 0);
	mlock(ram + 64 * KIB, 128 * KIB);
	mlock(ram + 256 * KIB, 512 * KIB);	/* more than the limit */
	ring = make_ring();
	buffers[0] = (struct iovec){ ram, 64 * KIB };
	buffers[1] = (struct iovec){ ram + 512 * KIB, 4 * KIB };
	syscall(SYS_io_uring_register, ring, REGISTER_BUFFERS, buffers, 2);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		return 1;
	if (!fork())
		child(sockets[1], argv[0]);
	send_fd(sockets[0], guest);
	wait(&status);
	syscall(SYS_io_uring_register, ring, UNREGISTER_BUFFERS, NULL, 0);
	close(ring);
	munlock(ram + 64 * KIB, 128 * KIB);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
