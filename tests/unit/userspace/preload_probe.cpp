// SPDX-License-Identifier: GPL-2.0-only
// Calls socket(2) with each three arguments and prints what came back.
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

int main(int argc, char **argv)
{
	for (int i = 1; i + 2 < argc; i += 3) {
		errno = 0;
		int fd = socket(std::atoi(argv[i]), std::atoi(argv[i + 1]), std::atoi(argv[i + 2]));
		std::printf("= %d %d\n", fd, errno);
		std::fflush(stdout);
	}
	return 0;
}
