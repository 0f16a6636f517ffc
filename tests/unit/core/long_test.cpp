// SPDX-License-Identifier: GPL-2.0-only
/*
 * One connection, more bytes than there are sequence numbers: what compares two of them must
 * not depend on how much has passed. The core is driven directly, in units of 60,000 bytes.
 */
#include "core/core.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace
{

constexpr u32 UNIT = 60000, PEER = 7000;

class Stream
{
public:
	Stream()
	{
		rub_policy_compile(&rub_config_builtin, RUBATO_TEMPO_ONE, &policy);
		env.now = 1000000000;
		env.policy = &policy;
		env.rcv_free = 65535;
		env.path_mss = env.adv_mss = 1000;
		env.gso_max = UNIT;
		rub_init(&tcb);
		rub_call(&tcb, RUB_CALL_OPEN, 0, &env, &rx);
		first = drain().seq;
		answer(RUB_SYN | RUB_ACK, PEER, first + 1);
		drain();
	}

	/* Sends and has acknowledged @bytes, at most UNIT of them, as the congestion window allows.
	 */
	void pass(u32 bytes)
	{
		rub_call(&tcb, RUB_CALL_SEND, bytes, &env, &rx);
		while (bytes) {
			rub_tx tx = drain();
			u32 passed = tx.seq + tx.len - acked();

			env.now += 1000000;
			answer(RUB_ACK, PEER + 1, tx.seq + tx.len);
			ASSERT_TRUE(rx.mask & RUB_RX_ACKED);
			ASSERT_EQ(rx.acked, passed);
			sent += passed;
			bytes -= passed;
		}
	}

	void pass_all(u64 bytes)
	{
		for (; bytes && !testing::Test::HasFatalFailure();
		     bytes -= std::min<u64>(bytes, UNIT))
			pass(static_cast<u32>(std::min<u64>(bytes, UNIT)));
	}

	/* The last segment that was due; empty flags for none. */
	rub_tx drain()
	{
		rub_tx tx{}, last{};

		for (int n = 0; rub_transmit(&tcb, &env, &tx); n++) {
			EXPECT_LT(n, 100) << "it never stops";
			if (n == 100)
				break;
			last = tx;
			rub_sent(&tcb, &tx, tx.len, &env);
		}
		return last;
	}

	void answer(u8 flags, u32 seq, u32 ack)
	{
		rub_seg seg{};

		seg.flags = flags;
		seg.seq = seq;
		seg.ack = ack;
		seg.wnd = 65535;
		seg.mss = flags & RUB_SYN ? 1000 : 0;
		rub_segment(&tcb, &seg, &env, &rx);
	}

	u32 acked() const { return first + 1 + static_cast<u32>(sent); }

	rub_policy policy;
	rub_env env{};
	rub_tcb tcb;
	rub_rx rx;
	u32 first = 0;
	u64 sent = 0;
};

} // namespace

/* 2^32 - 1 bytes later SND.UNA has ISS's number, and our SYN is as acknowledged as before. */
TEST(Long, SndUnaComesRoundToIss)
{
	Stream s;

	s.pass_all((1ull << 32) - 1);
	ASSERT_EQ(s.sent, (1ull << 32) - 1);
	ASSERT_EQ(s.acked(), s.first);
	rub_call(&s.tcb, RUB_CALL_SEND, 100, &s.env, &s.rx);
	rub_tx tx = s.drain();
	EXPECT_EQ(tx.unit, RUB_UNIT_DATA);
	EXPECT_EQ(tx.len, 100u);
	EXPECT_EQ(tx.seq, s.first);
	s.answer(RUB_ACK, PEER + 1, s.first + 100);
	EXPECT_EQ(s.rx.acked, 100u);
	s.sent += 100;
	s.pass(UNIT);
}

/* RFC 6582: what was recovered 2 GiB ago lies behind us, not ahead. */
TEST(Long, FastRetransmitStillWorksAfterTwoGigabytes)
{
	Stream s;

	s.pass_all((1ull << 31) + 10 * UNIT);
	ASSERT_EQ(s.sent, (1ull << 31) + 10 * UNIT);
	rub_call(&s.tcb, RUB_CALL_SEND, UNIT, &s.env, &s.rx);
	s.drain();
	for (int i = 0; i < 3; i++)
		s.answer(RUB_ACK, PEER + 1, s.acked());
	rub_tx tx = s.drain();
	EXPECT_TRUE(tx.again);
	EXPECT_EQ(tx.seq, s.acked());
	EXPECT_EQ(tx.len, 1000u);
}
