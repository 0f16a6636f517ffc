/* SPDX-License-Identifier: GPL-2.0-only */
/* --iss=N and --irs=N: where the two sequence spaces of every script begin. */
#include <cstdlib>
#include <cstring>

#include "script.h"

namespace
{

bool number_after(const char *arg, const char *name, u32 &value)
{
	const size_t n = strlen(name);

	if (strncmp(arg, name, n) != 0)
		return false;
	value = static_cast<u32>(strtoul(arg + n, nullptr, 0));
	return true;
}

} // namespace

int main(int argc, char **argv)
{
	testing::InitGoogleTest(&argc, argv);
	for (int i = 1; i < argc; i++) {
		if (!number_after(argv[i], "--iss=", script::base_iss) &&
		    !number_after(argv[i], "--irs=", script::base_irs)) {
			fprintf(stderr, "%s: unknown argument %s\n", argv[0], argv[i]);
			return 2;
		}
	}
	return RUN_ALL_TESTS();
}
