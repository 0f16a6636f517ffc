// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which segments the fast path takes, and that it leaves the others untouched. That it does with
 * them what the full way does, every script shows: Script hands each segment to both.
 */
#include "core/tcb.h"
#include "script.h"

using namespace script;

namespace
{

constexpr u32 PEER_TS = 5000;

/* ESTABLISHED with timestamps, SACK and ECN; nothing in flight. */
struct Open : Script {
	Open() : Script(modern)
	{
		open();
		ours = take().at(0).tx.tsval;
		send(seg(SYN | ACK | ECE, 0, 1).with_ts(PEER_TS, ours).with_sack_ok());
		take();
		EXPECT_EQ(tcb.state, RUBATO_ESTABLISHED);
		EXPECT_EQ(tcb.opts & (RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_ECN),
			  RUB_OPT_TS | RUB_OPT_SACK | RUB_OPT_ECN);
	}
	/* The peer's next segment as the fast path wants it: with @len bytes, acknowledging @ack.
	 */
	rub_seg next(u32 len, u32 ack) const
	{
		rub_seg s = {};

		s.seq = tcb.rcv_nxt;
		s.ack = iss + ack;
		s.len = len;
		s.wnd = PEER_WND;
		s.flags = RUB_ACK;
		s.opts = RUB_OPT_TS;
		s.tsval = PEER_TS;
		s.tsecr = ours;
		return s;
	}
	void flies(u32 bytes)
	{
		write(bytes);
		take();
	}
	/* Is it the fast path's? If not, nothing has changed. */
	bool fast(const rub_seg &s)
	{
		const rub_tcb before = tcb;
		rub_rx rx;

		rub_rx_init(&rx);
		if (rub_fast_segment(&tcb, &s, &env, &rx))
			return true;
		EXPECT_EQ(memcmp(&before, &tcb, sizeof(tcb)), 0)
			<< "declined, yet it changed something";
		EXPECT_EQ(rx.mask, 0U);
		return false;
	}
	u32 ours = 0;
};

TEST(FastPath, TakesTextInOrder)
{
	Open s;

	EXPECT_TRUE(s.fast(s.next(100, 1)));
	EXPECT_EQ(s.tcb.rcv_nxt, s.irs + 101);
	EXPECT_TRUE(s.fast(s.next(MSS, 1)));
}

TEST(FastPath, TakesAnAcknowledgement)
{
	Open s;

	s.flies(300);
	EXPECT_TRUE(s.fast(s.next(0, 301)));
	EXPECT_EQ(s.tcb.snd_una, s.iss + 301);
}

TEST(FastPath, TakesTextThatAcknowledges)
{
	Open s;

	s.flies(300);
	EXPECT_TRUE(s.fast(s.next(100, 301)));
	EXPECT_EQ(s.tcb.rcv_nxt, s.irs + 101);
}

TEST(FastPath, TakesWhatIsPushed)
{
	Open s;
	rub_seg in = s.next(100, 1);

	in.flags |= RUB_PSH;
	EXPECT_TRUE(s.fast(in));
}

TEST(FastPath, LeavesEveryOtherFlag)
{
	for (const u8 flag : {RUB_FIN, RUB_SYN, RUB_RST, RUB_URG, RUB_ECE, RUB_CWR}) {
		Open s;
		rub_seg in = s.next(100, 1);

		in.flags |= flag;
		EXPECT_FALSE(s.fast(in)) << flag_names(flag);
	}
	Open s;
	rub_seg in = s.next(100, 1);

	in.flags = RUB_PSH;
	EXPECT_FALSE(s.fast(in)) << "no ACK";
}

TEST(FastPath, LeavesWhatIsNotNext)
{
	Open s;
	rub_seg in = s.next(100, 1);

	in.seq++;
	EXPECT_FALSE(s.fast(in));
	in.seq -= 2;
	EXPECT_FALSE(s.fast(in));
}

TEST(FastPath, LeavesWhatTellsNothingNew)
{
	Open s;

	EXPECT_FALSE(s.fast(s.next(0, 1))) << "a bare ACK of nothing new";
	EXPECT_FALSE(s.fast(s.next(100, 0))) << "an old ACK";
	EXPECT_FALSE(s.fast(s.next(100, 2))) << "an ACK of what was not sent";
	s.flies(300);
	EXPECT_FALSE(s.fast(s.next(100, 1))) << "it may be a sign of loss: something is in flight";
}

TEST(FastPath, LeavesOldAndMissingTimestamps)
{
	Open s;
	rub_seg in = s.next(100, 1);

	in.tsval--;
	EXPECT_FALSE(s.fast(in));
	in.opts = 0;
	EXPECT_FALSE(s.fast(in));
}

TEST(FastPath, LeavesWhatIsMarked)
{
	Open s;
	rub_seg in = s.next(100, 1);

	in.ecn = RUB_CE;
	EXPECT_FALSE(s.fast(in));
}

TEST(FastPath, LeavesWhatDoesNotFitTheWindow)
{
	Open s;
	const u32 room = s.tcb.rcv_edge - s.tcb.rcv_nxt;

	EXPECT_FALSE(s.fast(s.next(room + 1, 1)));
	EXPECT_TRUE(s.fast(s.next(room, 1)));
}

TEST(FastPath, LeavesWhatMayFillAHole)
{
	Open s;

	s.send(seg(ACK, 201, 1, 100).with_ts(PEER_TS, s.ours));
	s.take();
	EXPECT_FALSE(s.fast(s.next(100, 1)));
	EXPECT_FALSE(s.fast(s.next(200, 1)));
}

TEST(FastPath, LeavesWhatComesBeforeAFinThatIsHere)
{
	Open s;

	s.send(seg(FIN | ACK, 101, 1).with_ts(PEER_TS, s.ours));
	s.take();
	EXPECT_FALSE(s.fast(s.next(50, 1)));
}

TEST(FastPath, LeavesBlocksThatMayTellOfADuplicate)
{
	Open s;
	rub_seg in = s.next(100, 1);

	in.n_sack = 1;
	in.sack[0] = {s.iss, s.iss + 1};
	EXPECT_FALSE(s.fast(in));
}

/* RFC 9293 section 3.8.6.1: whatever comes shows that the peer lives, and persist waits afresh. */
TEST(FastPath, LeavesWhatComesWhileTheWindowIsProbed)
{
	Open s;

	s.send(seg(ACK, 1, 1).with_ts(PEER_TS, s.ours).window(0));
	s.flies(300);
	ASSERT_EQ(s.tcb.clock, RUBATO_CLOCK_PERSIST);
	EXPECT_FALSE(s.fast(s.next(100, 1)));
}

TEST(FastPath, LeavesEveryOtherState)
{
	using To = void (Script::*)(where);

	for (const To to : {&Script::to_fin_wait_1, &Script::to_fin_wait_2, &Script::to_closing,
			    &Script::to_close_wait, &Script::to_last_ack}) {
		Script s;
		rub_seg in = {};
		rub_rx rx;

		(s.*to)(where::current());
		in.seq = s.tcb.rcv_nxt;
		in.ack = s.tcb.snd_max;
		in.wnd = PEER_WND;
		in.flags = RUB_ACK;
		in.len = 10;
		rub_rx_init(&rx);
		EXPECT_FALSE(rub_fast_segment(&s.tcb, &in, &s.env, &rx)) << state_name(s.tcb.state);
	}
}

/* Without timestamps there is nothing to be old. */
TEST(FastPath, NeedsNoTimestamps)
{
	Script s;

	s.connect();
	s.deliver(seg(ACK, 1, 1, 100));
	s.drain();
	s.take();
	rub_seg in = {};
	rub_rx rx;

	in.seq = s.tcb.rcv_nxt;
	in.ack = s.tcb.snd_una;
	in.len = 100;
	in.wnd = PEER_WND;
	in.flags = RUB_ACK;
	rub_rx_init(&rx);
	EXPECT_TRUE(rub_fast_segment(&s.tcb, &in, &s.env, &rx));
}

} // namespace
