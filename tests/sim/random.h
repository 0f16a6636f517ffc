/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything that a run leaves to chance comes from here, and so from its seed. */
#ifndef RUBATO_SIM_RANDOM_H
#define RUBATO_SIM_RANDOM_H

#include <algorithm>
#include <random>

#include "core/core.h"

namespace sim
{

constexpr rub_ns MSEC = 1'000'000;
constexpr rub_ns SEC = 1000 * MSEC;

class Random
{
public:
	explicit Random(u64 seed) : engine(seed) {}

	u64 bits() { return engine(); }
	/* Both ends included. */
	u64 pick(u64 low, u64 high) { return low + engine() % (high - low + 1); }
	u32 number(u32 low, u32 high) { return static_cast<u32>(pick(low, high)); }
	bool percent(u64 n) { return pick(1, 100) <= n; }
	/* Once in @n. */
	bool once_in(u64 n) { return pick(1, n) == 1; }

private:
	std::mt19937_64 engine;
};

} // namespace sim

#endif
