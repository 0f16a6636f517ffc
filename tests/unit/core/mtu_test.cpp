/* SPDX-License-Identifier: GPL-2.0-only */
/* The path takes more or less than before: RFC 1191, RFC 8201; RFC 9293 section 3.7.2. */
#include "script.h"

using namespace script;

TEST(Mtu, SmallerSegmentsAtOnce)
{
	Script s;

	s.connect();
	s.env.path_mss = 400;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.silence();
	s.write(800);
	s.expect(seg(ACK, 1, 1, 400));
	s.expect(seg(ACK | PSH, 401, 1, 400));
	s.send(seg(ACK, 1, 801));
}

TEST(Mtu, LargerSegmentsAgain)
{
	Script s;

	s.connect();
	s.env.path_mss = 400;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.env.path_mss = MSS;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* Never more than the peer announced (MUST-16). */
TEST(Mtu, NeverBeyondThePeersMss)
{
	Script s;

	s.connect();
	s.env.path_mss = 9000;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.write(2 * MSS);
	s.expect(seg(ACK, 1, 1, MSS));
	s.expect(seg(ACK | PSH, 1 + MSS, 1, MSS));
	s.send(seg(ACK, 1, 1 + 2 * MSS));
}

TEST(Mtu, AcceptedConnectionsKnowThePeersMssToo)
{
	Script s;

	s.accept();
	s.env.path_mss = 400;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.env.path_mss = 9000;
	ASSERT_EQ(s.call(RUB_CALL_MTU, 0), 0);
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	s.send(seg(ACK, 1, 1 + MSS));
}

/* What is not open has no path, and remembers no error of one. */
TEST(Mtu, NotOfAConnectionThatIsNotOpen)
{
	Script s;

	s.refuses(RUB_CALL_MTU, 0);
	s.refuses(RUB_CALL_SOFT_ERROR, EHOSTUNREACH);
}
