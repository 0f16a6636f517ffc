/* SPDX-License-Identifier: GPL-2.0-only */
/* What every target has: libFuzzer's entry, an expectation that ends the program, and a reader. */
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
	if (holds) [[likely]]
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* With RUBATO_FUZZ_TRACE in the environment a target tells what happens, for who looks into a find.
 */
inline bool told()
{
	static const bool wanted = getenv("RUBATO_FUZZ_TRACE");

	return wanted;
}

#define TELL(...) (::fuzz::told() ? static_cast<void>(fprintf(stderr, __VA_ARGS__)) : void())

/* An input read from its beginning; behind its end it is zeros. */
class Input
{
public:
	Input(const std::uint8_t *data, std::size_t size) : at_(data), end_(data + size) {}

	bool empty() const { return at_ == end_; }
	std::uint8_t byte() { return empty() ? 0 : *at_++; }
	std::uint16_t word() { return static_cast<std::uint16_t>(byte() << 8 | byte()); }
	std::uint32_t number() { return static_cast<std::uint32_t>(word()) << 16 | word(); }
	unsigned long long wide()
	{
		return static_cast<unsigned long long>(number()) << 32 | number();
	}
	bool flip() { return byte() & 1; }
	std::int8_t small() { return static_cast<std::int8_t>(byte()); }
	/* One of a table, by a byte. */
	template <typename T, std::size_t N>
	const T &pick(const T (&table)[N])
	{
		return table[byte() % N];
	}

private:
	const std::uint8_t *at_, *end_;
};

} // namespace fuzz

#endif
