// SPDX-License-Identifier: GPL-2.0-only
/*
 * A header's options: whatever stands there is read within its bounds, gives only what its kind of
 * segment may carry, and means the same once it is written and read again.
 *
 * Input: the flag byte, then the options.
 */
#include <algorithm>
#include <cstring>
#include <iterator>
#include <vector>

#include "core/core.h"
#include "fuzz.h"

namespace
{

bool same(const rub_seg &a, const rub_seg &b)
{
	const auto range = [](const rub_range &x, const rub_range &y) {
		return x.from == y.from && x.to == y.to;
	};

	return a.mss == b.mss && a.opts == b.opts && a.wscale == b.wscale && a.tsval == b.tsval &&
	       a.tsecr == b.tsecr &&
	       std::equal(a.sack, a.sack + a.n_sack, b.sack, b.sack + b.n_sack, range);
}

/* RFC 9293 section 3.2, RFC 7323 sections 2.2 and 3.2, RFC 2018 sections 2 and 3. */
void expect_legal(const rub_seg &seg)
{
	const bool syn = seg.flags & RUB_SYN;

	EXPECT(seg.n_sack <= RUB_SACK_MAX);
	EXPECT(!(seg.opts & ~(RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_WSCALE)));
	EXPECT(syn || !seg.mss);
	EXPECT(syn || !(seg.opts & (RUB_OPT_SACK | RUB_OPT_WSCALE)));
	EXPECT(!syn || !seg.n_sack);
}

/* What was read, to be written. Four blocks and timestamps do not fit one header (RFC 2018). */
rub_tx to_write(rub_seg &seg)
{
	rub_tx tx = {};

	if (seg.opts & RUB_OPT_TS)
		seg.n_sack = std::min<u8>(seg.n_sack, RUB_SACK_MAX - 1);
	tx.flags = seg.flags;
	tx.mss = seg.mss;
	tx.opts = seg.opts;
	tx.wscale = seg.wscale;
	tx.tsval = seg.tsval;
	tx.tsecr = seg.tsecr;
	tx.n_sack = seg.n_sack;
	std::copy(std::begin(seg.sack), std::end(seg.sack), std::begin(tx.sack));
	return tx;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	if (!size || size > 1 + RUB_OPTIONS_MAX)
		return 0;
	/* A copy of its own size, so that a byte beyond it is noticed. */
	const std::vector<u8> options(data + 1, data + size);
	rub_seg seg = {};

	seg.flags = data[0];
	if (!rub_options_parse(options.data(), static_cast<u32>(options.size()), &seg))
		return 0;
	expect_legal(seg);

	const rub_tx tx = to_write(seg);
	std::vector<u8> written(rub_options_len(&tx));
	rub_seg again = {};

	EXPECT(written.size() <= RUB_OPTIONS_MAX && written.size() % 4 == 0);
	rub_options_write(&tx, written.data());
	again.flags = seg.flags;
	EXPECT(rub_options_parse(written.data(), static_cast<u32>(written.size()), &again));
	EXPECT(same(seg, again));
	return 0;
}
