/* SPDX-License-Identifier: GPL-2.0-only */
/* What every target has: libFuzzer's entry, and an expectation that ends the program. */
#ifndef RUBATO_FUZZ_FUZZ_H
#define RUBATO_FUZZ_FUZZ_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace fuzz
{

#define EXPECT(condition) ::fuzz::expect((condition), #condition, __FILE__, __LINE__)

inline void expect(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

} // namespace fuzz

#endif
