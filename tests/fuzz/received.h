/* SPDX-License-Identifier: GPL-2.0-only */
/* A receiver's buffer, naively: which bytes of the stream are here. */
#ifndef RUBATO_FUZZ_RECEIVED_H
#define RUBATO_FUZZ_RECEIVED_H

#include <algorithm>
#include <iterator>
#include <map>

#include "core/shim.h"

namespace fuzz
{

/* Positions count from the stream's first byte and never wrap. */
class Received
{
public:
	/* Is all of [from, to) here? */
	bool has(u64 from, u64 to) const
	{
		auto i = ranges_.upper_bound(from);

		return i != ranges_.begin() && std::prev(i)->second >= to;
	}
	void add(u64 from, u64 to)
	{
		auto i = ranges_.lower_bound(from);

		if (i != ranges_.begin() && std::prev(i)->second >= from)
			--i;
		while (i != ranges_.end() && i->first <= to) {
			from = std::min(from, i->first);
			to = std::max(to, i->second);
			i = ranges_.erase(i);
		}
		ranges_[from] = to;
	}
	/* Bytes from the first one on without a hole. */
	u64 in_order() const
	{
		auto i = ranges_.find(0);

		return i == ranges_.end() ? 0 : i->second;
	}

private:
	std::map<u64, u64> ranges_; /* disjoint, not touching */
};

} // namespace fuzz

#endif
