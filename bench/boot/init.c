// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first process of the machine that bench/boot boots: mounts what the kernel's test program
 * of iommufd looks at, sets huge pages aside for it, runs it, and has the machine stop.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUGE_PAGES "64\n"

static void mount_one(const char *type, const char *where)
{
	if (mount(type, where, type, 0, NULL))
		perror(where);
}

int main(void)
{
	int console, pages;
	pid_t program;

	mount_one("devtmpfs", "/dev");
	console = open("/dev/console", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(console, fd);
	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");
	mount_one("debugfs", "/sys/kernel/debug");
	pages = open("/proc/sys/vm/nr_hugepages", O_WRONLY);
	if (write(pages, HUGE_PAGES, strlen(HUGE_PAGES)) < 0)
		perror("huge pages");
	close(pages);
	program = fork();
	if (!program) {
		execl("/iommufd", "/iommufd", NULL);
		_exit(127);
	}
	/* its children come here if they outlive it */
	while (program > 0 && wait(NULL) != program)
		;
	/* qemu -no-reboot ends with it */
	reboot(RB_AUTOBOOT);
	return 1;
}
