// SPDX-License-Identifier: GPL-2.0-only
// A socket(2) for the preload tests: prints what it is asked for, and fails with $FAKE_ERRNO.
#include <cerrno>
#include <cstdio>
#include <cstdlib>

extern "C" int socket(int family, int type, int protocol)
{
	std::printf("%d %d %d\n", family, type, protocol);
	std::fflush(stdout);
	const char *fail = std::getenv("FAKE_ERRNO");
	if (!fail)
		return 42;
	errno = std::atoi(fail);
	return -1;
}
