/* SPDX-License-Identifier: GPL-2.0-only */
/* The ACK field: RFC 9293 section 3.10.7.4, fifth; RFC 5961 section 5. */
#include "script.h"

using namespace script;

TEST(Ack, WithoutTheBitTheSegmentIsDropped)
{
	Script s;

	s.connect();
	s.send(seg(PSH, 1, 0, 10));
	s.silence();
	s.kept({});
	s.dropped_for(RUBATO_REASON_NO_ACK);
	s.send(seg(FIN, 1));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Ack, OfWhatWasNotSentIsAnsweredAndDropped)
{
	Script s;

	s.connect();
	s.write(100);
	s.expect(seg(ACK | PSH, 1, 1, 100));
	s.send(seg(ACK | PSH, 1, 102, 50));
	s.expect(seg(ACK, 101, 1));
	s.silence();
	s.kept({});
	s.dropped_for(RUBATO_REASON_BAD_ACK);
	EXPECT_FALSE(s.saw(RUB_RX_ACKED));
	EXPECT_EQ(rub_queued(&s.tcb), 100u);
}

TEST(Ack, OfQueuedButUnsentDataIsNotAcceptable)
{
	Script s;

	s.connect(1000);
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + 2 * MSS));
	s.expect(seg(ACK, 1 + MSS, 1));
	EXPECT_EQ(rub_queued(&s.tcb), 2u * MSS);
}

TEST(Ack, OfPartOfASegment)
{
	Script s;

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK, 1, 401));
	s.silence();
	EXPECT_EQ(s.happened.acked, 400u);
	EXPECT_EQ(rub_queued(&s.tcb), 600u);
	s.send(seg(ACK, 1, 1001));
	EXPECT_EQ(s.happened.acked, 600u);
}

TEST(Ack, OldOnesAreIgnored)
{
	Script s;

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + MSS));
	s.send(seg(ACK, 1, 1));
	s.silence();
	EXPECT_FALSE(s.saw(RUB_RX_ACKED));
	s.send(seg(ACK, 1, 500));
	s.silence();
	s.state_is(RUBATO_ESTABLISHED);
}

TEST(Ack, DataWithAnOldAckIsTaken)
{
	Script s;

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + MSS));
	s.send(seg(ACK | PSH, 1, 1, 100));
	s.kept({{1, 101}});
	s.expect(seg(ACK, 1 + MSS, 101));
}

/* RFC 5961 section 5.2: (SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT, else ACK and drop. */
TEST(Ack, OlderThanTheLargestWindowIsRefused)
{
	Script s;

	s.connect();
	s.send(seg(ACK | PSH, 1, 1 - PEER_WND, 10));
	s.kept({{1, 11}});
	s.expect(seg(ACK, 1, 11));
	s.send(seg(ACK | PSH, 11, 1 - PEER_WND - 1, 10));
	s.kept({});
	s.expect(seg(ACK, 1, 11));
	s.dropped_for(RUBATO_REASON_OLD_ACK);
	s.send(seg(ACK | PSH, 11, 1 - 0x40000000u, 10));
	s.kept({});
	s.expect(seg(ACK, 1, 11));
}

/* MAX.SND.WND is the largest ever offered, not the one now. */
TEST(Ack, TheLargestWindowIsRemembered)
{
	Script s;

	s.connect(30000);
	s.send(seg(ACK, 1, 1).window(100));
	s.send(seg(ACK | PSH, 1, 1 - 30000, 10));
	s.kept({{1, 11}});
	s.expect(seg(ACK, 1, 11));
}

/* SND.WL1 and SND.WL2: an old segment does not change the window. */
TEST(Ack, AnOlderSegmentDoesNotChangeTheWindow)
{
	Script s;

	s.connect(3000);
	s.send(seg(ACK, 101, 1).window(5000)); /* newer SEQ */
	s.silence();
	s.send(seg(ACK, 50, 1).window(100)); /* older SEQ: ignored */
	s.silence();
	s.write(5 * MSS);
	for (u32 i = 0; i < 5; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
}

TEST(Ack, SameSeqOlderAckDoesNotChangeTheWindow)
{
	Script s;

	s.connect(3000);
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.send(seg(ACK, 1, 1 + 2 * MSS).window(4000));
	s.send(seg(ACK, 1, 1 + MSS).window(100)); /* overtaken on the way */
	s.silence();
	s.write(4 * MSS);
	for (u32 i = 2; i < 6; i++)
		s.expect(seg(ACK, 1 + i * MSS, 1, MSS).maybe(PSH));
}

TEST(Ack, SameSeqSameAckChangesTheWindow)
{
	Script s;

	s.connect(1000);
	s.write(3 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.send(seg(ACK, 1, 1).window(3000));
	s.expect(seg(ACK, 1 + MSS, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + 2 * MSS, 1, MSS));
}

/* A keepalive of the peer's lies one before RCV.NXT: answered, nothing else. */
TEST(Ack, KeepaliveOfThePeerIsAnswered)
{
	Script s;

	s.connect();
	s.send(seg(ACK, 0, 1));
	s.expect(seg(ACK, 1, 1));
	s.send(seg(ACK, 0, 1, 1));
	s.expect(seg(ACK, 1, 1));
	s.silence();
}

/* No ACK war: a bare acceptable ACK is never answered. */
TEST(Ack, DuplicatesAreNotAnswered)
{
	Script s;

	s.connect();
	for (int i = 0; i < 100; i++) {
		s.send(seg(ACK, 1, 1));
		s.silence();
	}
}

TEST(Ack, FinAndDataAreAcknowledgedSeparately)
{
	Script s;

	s.connect();
	s.write(100);
	s.expect(seg(ACK | PSH, 1, 1, 100));
	s.shutdown();
	s.expect(seg(FIN | ACK, 101, 1));
	s.send(seg(ACK, 1, 101));
	EXPECT_EQ(s.happened.acked, 100u);
	s.state_is(RUBATO_FIN_WAIT_1);
	s.send(seg(ACK, 1, 103)); /* beyond the FIN: never sent */
	s.expect(seg(ACK, 102, 1));
	s.state_is(RUBATO_FIN_WAIT_1);
	s.send(seg(ACK, 1, 102));
	s.state_is(RUBATO_FIN_WAIT_2);
}

/*
 * A retransmission of the peer's that acknowledges more than what came before it: it left later,
 * so its window is the one that holds. Else the right edge would lie beyond any that was offered.
 */
TEST(Ack, OfARetransmissionBringsItsWindow)
{
	Script s;

	s.connect(1000);
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.send(seg(ACK | PSH, 101, 1, 100).window(1000)); /* behind a hole */
	s.expect(seg(ACK, 1 + MSS, 1));
	s.send(seg(ACK | PSH, 1, 1 + MSS, 100).window(0)); /* the hole, sent again */
	s.expect(seg(ACK, 1 + MSS, 201));
	s.silence();
}
