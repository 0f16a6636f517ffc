/* SPDX-License-Identifier: GPL-2.0-only */
/* Explicit congestion notification of a connection that agreed on it: RFC 3168 section 6.1. */
#include "script.h"

using namespace script;

namespace
{

/* Established, both sides willing. */
void willing(Script &s)
{
	s.connect();
	s.tcb.opts |= RUB_OPT_ECN;
}

Seg data(u32 from)
{
	return seg(ACK, 1 + from, 1, MSS).maybe(PSH).ecn(RUB_ECT0);
}

} // namespace

TEST(Ecn, NewDataIsCapable)
{
	Script s;

	willing(s);
	s.write(2 * MSS);
	s.expect(data(0));
	s.expect(data(MSS));
}

TEST(Ecn, WithoutAgreementNothingIs)
{
	Script s;

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK | ECE, 1, 1 + MSS)); /* nor does its echo mean anything */
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.send(seg(ACK | PSH, 1, 1 + 2 * MSS, 100).ecn(RUB_CE));
	s.expect(seg(ACK, 1 + 2 * MSS, 101));
}

/* Section 6.1.4. */
TEST(Ecn, APureAckIsNot)
{
	Script s;

	willing(s);
	s.send(seg(ACK | PSH, 1, 1, 100).ecn(RUB_ECT0));
	s.expect(seg(ACK, 1, 101).ecn(RUB_NOT_ECT));
}

/* Section 6.1.5. */
TEST(Ecn, ARetransmissionIsNot)
{
	Script s;

	willing(s);
	s.write(MSS);
	s.expect(data(0));
	s.at(RTO);
	s.expect(seg(ACK | PSH, 1, 1, MSS).retransmitted(1).ecn(RUB_NOT_ECT));
}

/* Section 6.1.6. */
TEST(Ecn, AWindowProbeIsNot)
{
	Script s;

	willing(s);
	s.send(seg(ACK, 1, 1).window(0));
	s.write(MSS);
	s.at(s.due());
	s.expect(seg(ACK, 1, 1, 1).as_unit(RUB_UNIT_PROBE).ecn(RUB_NOT_ECT));
}

TEST(Ecn, AFinAloneIsNot)
{
	Script s;

	willing(s);
	s.shutdown();
	s.expect(seg(FIN | ACK, 1, 1).ecn(RUB_NOT_ECT));
}

TEST(Ecn, AResetSaysNothing)
{
	Script s;

	willing(s);
	s.send(seg(ACK | PSH, 1, 1, 100).ecn(RUB_CE));
	s.expect(seg(ACK | ECE, 1, 101));
	s.abort(ECONNABORTED);
	s.expect(seg(RST, 1).ecn(RUB_NOT_ECT));
}

/* Section 6.1.3: on every ACK, data or none, until the sender says CWR. */
TEST(Ecn, AMarkIsEchoedUntilCwr)
{
	Script s;

	willing(s);
	s.send(seg(ACK | PSH, 1, 1, 100).ecn(RUB_CE));
	s.expect(seg(ACK | ECE, 1, 101));
	s.send(seg(ACK | PSH, 101, 1, 100).ecn(RUB_ECT0));
	s.expect(seg(ACK | ECE, 1, 201));
	s.write(100);
	s.expect(seg(ACK | PSH | ECE, 1, 201, 100).ecn(RUB_ECT0));
	s.send(seg(ACK | PSH | CWR, 201, 101, 100).ecn(RUB_ECT0));
	s.expect(seg(ACK, 101, 301));
}

/* The packet that says CWR was marked itself. */
TEST(Ecn, AMarkOnTheCwrPacketIsANewOne)
{
	Script s;

	willing(s);
	s.send(seg(ACK | PSH, 1, 1, 100).ecn(RUB_CE));
	s.expect(seg(ACK | ECE, 1, 101));
	s.send(seg(ACK | PSH | CWR, 101, 1, 100).ecn(RUB_CE));
	s.expect(seg(ACK | ECE, 1, 201));
}

/* Section 6.1.5: a mark outside the window may be a lie. */
TEST(Ecn, AMarkOutsideTheWindowIsIgnored)
{
	Script s;

	willing(s);
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.expect(seg(ACK, 1, 101));
	s.send(seg(ACK | PSH, 1, 1, 100).ecn(RUB_CE)); /* an old duplicate */
	s.expect(seg(ACK, 1, 101));
	s.send(seg(ACK | PSH, 101 + 2 * BUFFER, 1, 100).ecn(RUB_CE));
	s.expect(seg(ACK, 1, 101));
}

/* Section 6.1.2: as for a loss, and the peer is told on the next new data. */
TEST(Ecn, AnEchoHalvesTheWindowAndIsAnswered)
{
	Script s;

	willing(s);
	s.write(10 * MSS);
	EXPECT_EQ(s.take().size(), 10u);
	s.send(seg(ACK | ECE, 1, 1 + MSS));
	EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
	EXPECT_EQ(s.tcb.cc.cwnd, 5u * MSS);
	s.send(seg(ACK, 1, 1 + 10 * MSS));
	s.write(2 * MSS);
	s.expect(seg(ACK | CWR, 1 + 10 * MSS, 1, MSS).maybe(PSH).ecn(RUB_ECT0));
	s.expect(data(11 * MSS));
}

/* Once for a window of data. */
TEST(Ecn, FurtherEchoesOfTheSameWindowAreNoNews)
{
	Script s;

	willing(s);
	s.write(10 * MSS);
	EXPECT_EQ(s.take().size(), 10u);
	for (u32 i = 1; i <= 10; i++) {
		s.send(seg(ACK | ECE, 1, 1 + i * MSS));
		EXPECT_EQ(s.tcb.cc.ssthresh, 5u * MSS);
		EXPECT_EQ(s.tcb.cc.cwnd, 5u * MSS); /* nor does it grow */
	}
	s.write(4 * MSS);
	EXPECT_EQ(s.take().size(), 4u);
	s.send(seg(ACK | ECE, 1, 1 + 11 * MSS)); /* what left after the reduction */
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
}

/* A loss is told of as well, and an echo of its window is no news. */
TEST(Ecn, ALossIsAReductionToo)
{
	Script s;

	willing(s);
	s.write(5 * MSS);
	EXPECT_EQ(s.take().size(), 5u);
	for (int i = 0; i < 3; i++)
		s.send(seg(ACK, 1, 1));
	s.expect(seg(ACK, 1, 1, MSS).ecn(RUB_NOT_ECT));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2500u);
	s.send(seg(ACK | ECE, 1, 1 + 5 * MSS));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2500u);
	s.write(MSS);
	s.expect(seg(ACK | PSH | CWR, 1 + 5 * MSS, 1, MSS).ecn(RUB_ECT0));
}

TEST(Ecn, ATimeoutIsAReductionToo)
{
	Script s;

	willing(s);
	s.write(MSS);
	s.expect(data(0));
	s.at(RTO);
	s.expect(seg(ACK | PSH, 1, 1, MSS).ecn(RUB_NOT_ECT));
	s.send(seg(ACK | ECE, 1, 1 + MSS));
	EXPECT_EQ(s.tcb.cc.ssthresh, 2u * MSS);
	s.write(MSS);
	s.expect(seg(ACK | PSH | CWR, 1 + MSS, 1, MSS).ecn(RUB_ECT0));
	s.send(seg(ACK, 1, 1 + 2 * MSS));
	s.write(MSS);
	s.expect(data(2 * MSS));
}

/* What was dropped locally has not told the peer. */
TEST(Ecn, CwrThatDidNotLeaveIsSaidAgain)
{
	Script s;

	willing(s);
	s.write(4 * MSS);
	EXPECT_EQ(s.take().size(), 4u);
	s.send(seg(ACK | ECE, 1, 1 + 4 * MSS));
	s.drop_next(1);
	s.write(MSS);
	s.silence();
	s.at(s.due());
	s.expect(seg(ACK | PSH | CWR, 1 + 4 * MSS, 1, MSS).ecn(RUB_ECT0));
}

/* Nothing is in flight that could have been marked. */
TEST(Ecn, AnEchoOfNothingIsIgnored)
{
	Script s;

	willing(s);
	const u32 before = s.tcb.cc.cwnd;
	s.send(seg(ACK | ECE, 1, 1));
	EXPECT_EQ(s.tcb.cc.cwnd, before);
	s.write(MSS);
	s.expect(data(0));
}
