// SPDX-License-Identifier: GPL-2.0-only
// What a person reads of an event.
#include <rubato/event_text.hpp>

#include <linux/rubato_netlink.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

using rubato::Event;
using rubato::EventText;
using rubato::segment_text;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace
{

constexpr std::uint64_t s = 1'000'000'000;
constexpr std::uint32_t fin = 1, syn = 2, rst = 4, psh = 8, ack = 16;

rubato::Endpoint client()
{
	return {*rubato::parse_address("10.0.0.1"), 40112};
}

rubato::Endpoint server()
{
	return {*rubato::parse_address("10.0.0.2"), 80};
}

Event state(std::uint32_t from, std::uint32_t to, std::uint32_t cause)
{
	Event event;
	event.cookie = 7;
	event.local = client();
	event.peer = server();
	event.old_state = from;
	event.new_state = to;
	event.cause = cause;
	return event;
}

Event with(Event event, rubato::Segment segment)
{
	event.segment = segment;
	return event;
}

std::string line(const Event &event)
{
	return EventText().line(event);
}

} // namespace

// So that the lines of two hosts can be read beside each other.
TEST(EventText, TimeCountsFromTheMomentGiven)
{
	Event event = state(RUBATO_CLOSED, RUBATO_SYN_SENT, RUBATO_CAUSE_SENT);
	event.time = 12 * s + s / 2;
	EXPECT_THAT(EventText({.since = 10 * s}).line(event), StartsWith("  2.500000  "));
	EXPECT_THAT(EventText().line(event), StartsWith("  0.000000  "));
}

TEST(EventText, SynSent)
{
	EXPECT_EQ(line(with(state(RUBATO_CLOSED, RUBATO_SYN_SENT, RUBATO_CAUSE_SENT),
			    {syn, 0, 65535, 1000, {}})),
		  "  0.000000  10.0.0.1:40112  > 10.0.0.2:80      CLOSED -> SYN_SENT         send "
		  "SYN "
		  "seq=1000");
}

TEST(EventText, Established)
{
	EXPECT_EQ(line(with(state(RUBATO_SYN_SENT, RUBATO_ESTABLISHED, RUBATO_CAUSE_RECEIVED),
			    {syn | ack, 0, 65535, 7000, 1001})),
		  "  0.000000  10.0.0.1:40112  < 10.0.0.2:80      SYN_SENT -> ESTABLISHED    recv "
		  "SYN+ACK seq=7000 ack=1001");
}

TEST(EventText, WithoutSequenceNumbers)
{
	EXPECT_THAT(line(with(state(RUBATO_CLOSED, RUBATO_SYN_SENT, RUBATO_CAUSE_SENT),
			      {syn, 0, 65535, {}, {}})),
		    EndsWith("send SYN"));
}

TEST(EventText, TimeCountsFromTheFirstEvent)
{
	EventText text;
	Event event = state(RUBATO_CLOSED, RUBATO_SYN_SENT, RUBATO_CAUSE_SENT);
	event.time = 500 * s;
	EXPECT_THAT(text.line(event), StartsWith("  0.000000  "));
	event.time += 480'000;
	EXPECT_THAT(text.line(event), StartsWith("  0.000480  "));
	event.time = 575 * s;
	EXPECT_THAT(text.line(event), StartsWith(" 75.000000  "));
	event.time = 500 * s - 1000; // another processor's
	EXPECT_THAT(text.line(event), StartsWith(" -0.000001  "));
}

TEST(EventText, ColumnsStayAligned)
{
	EventText text;
	Event event = state(RUBATO_ESTABLISHED, RUBATO_CLOSE_WAIT, RUBATO_CAUSE_RECEIVED);
	std::string wide = text.line(event);
	event.local.port = event.peer.port = 7;
	event.old_state = RUBATO_LAST_ACK;
	event.new_state = RUBATO_CLOSED;
	std::string narrow = text.line(event);
	EXPECT_EQ(wide.find('<'), narrow.find('<'));
	EXPECT_EQ(wide.find("ESTABLISHED"), narrow.find("LAST_ACK"));
	EXPECT_EQ(wide.find("recv"), narrow.find("recv"));
}

// A segment that a call queues has no window yet; the kernel says 0.
TEST(EventText, NoWindowBeforeASegmentIsBuilt)
{
	EXPECT_THAT(line(with(state(RUBATO_CLOSED, RUBATO_SYN_SENT, RUBATO_CAUSE_SENT),
			      {syn, 0, 0, 1000, {}})),
		    EndsWith("send SYN seq=1000"));
	EXPECT_THAT(line(with(state(RUBATO_ESTABLISHED, RUBATO_CLOSE_WAIT, RUBATO_CAUSE_RECEIVED),
			      {fin | ack, 0, 0, 1000, 7})),
		    EndsWith("ack=7 win=0"));
}

TEST(EventText, LongAddressesWidenTheirColumn)
{
	EventText text;
	Event event = state(RUBATO_ESTABLISHED, RUBATO_CLOSE_WAIT, RUBATO_CAUSE_RECEIVED);
	event.local = {*rubato::parse_address("255.255.255.255"), 65535};
	std::string wide = text.line(event);
	event.local = client();
	EXPECT_EQ(wide.find('<'), text.line(event).find('<'));
}

TEST(EventText, Retransmission)
{
	Event event;
	event.kind = Event::Kind::retransmit;
	event.local = client();
	event.peer = server();
	event.old_state = RUBATO_SYN_SENT;
	event.clock = RUBATO_CLOCK_SYN;
	event.tries = 1;
	event.next = 24 * s;
	event.segment = rubato::Segment{syn, 0, 65535, 1000, {}};
	EXPECT_THAT(line(event), EndsWith("SYN_SENT                   retransmit 1 by syn: SYN "
					  "seq=1000; next in 24s"));
}

TEST(EventText, FastRetransmission)
{
	Event event;
	event.kind = Event::Kind::retransmit;
	event.old_state = RUBATO_ESTABLISHED;
	event.segment = rubato::Segment{ack, 1448, 100, 5, 6};
	EXPECT_THAT(line(event), EndsWith("fast retransmit: ACK seq=5 ack=6 len=1448"));
}

TEST(EventText, GiveUp)
{
	Event event;
	event.kind = Event::Kind::give_up;
	event.old_state = RUBATO_SYN_SENT;
	event.clock = RUBATO_CLOCK_SYN;
	event.tries = 2;
	event.error = ETIMEDOUT;
	event.elapsed = 75'000'312'000;
	EXPECT_THAT(line(event), EndsWith("gives up: syn after 75s, 2 retries: ETIMEDOUT"));
	event.tries = 1;
	EXPECT_THAT(line(event), HasSubstr("1 retry:"));
}

TEST(EventText, TimeWaitIsOver)
{
	Event event = state(RUBATO_TIME_WAIT, RUBATO_CLOSED, RUBATO_CAUSE_CLOCK);
	event.clock = RUBATO_CLOCK_MSL;
	EXPECT_THAT(line(event), EndsWith("2 x msl are over"));
	event.clock = RUBATO_CLOCK_FIN_WAIT_2;
	EXPECT_THAT(line(event), EndsWith("fin-wait-2 ran out"));
}

TEST(EventText, Calls)
{
	EXPECT_THAT(line(state(RUBATO_CLOSED, RUBATO_LISTEN, RUBATO_CAUSE_CALL)),
		    EndsWith("listen"));
	EXPECT_THAT(line(state(RUBATO_LISTEN, RUBATO_CLOSED, RUBATO_CAUSE_CALL)),
		    EndsWith("close"));
	EXPECT_THAT(line(state(RUBATO_ESTABLISHED, RUBATO_FIN_WAIT_1, RUBATO_CAUSE_CALL)),
		    EndsWith("close"));
}

TEST(EventText, ErrorsAreNamed)
{
	Event event = with(state(RUBATO_SYN_SENT, RUBATO_CLOSED, RUBATO_CAUSE_RECEIVED),
			   {rst | ack, 0, 0, 0, 1001});
	event.error = ECONNREFUSED;
	EXPECT_THAT(line(event), EndsWith("recv RST+ACK seq=0 ack=1001: ECONNREFUSED"));
}

TEST(EventText, PolicyChange)
{
	Event event;
	event.kind = Event::Kind::policy;
	event.generation = 5;
	event.tempo = 100'000;
	EXPECT_EQ(line(event), "  0.000000  the clocks were changed, tempo 100 (generation 5)");
}

TEST(EventText, Lost)
{
	EXPECT_THAT(EventText().line(rubato::Lost{3}), HasSubstr("3 events lost"));
	EXPECT_THAT(EventText().line(rubato::Lost{1}), HasSubstr("1 event lost"));
	EXPECT_THAT(EventText().line(rubato::Lost{}), HasSubstr("events were lost"));
}

TEST(EventText, UnknownNumbersOfANewerModule)
{
	std::string text = line(state(RUBATO_CLOSED, 42, 9));
	EXPECT_THAT(text, HasSubstr("CLOSED -> state 42"));
	EXPECT_THAT(text, HasSubstr("cause 9"));
}

TEST(EventText, ColourOnlyOnDemand)
{
	Event event = state(RUBATO_CLOSED, RUBATO_SYN_SENT, RUBATO_CAUSE_SENT);
	EXPECT_THAT(EventText().line(event), Not(HasSubstr("\033")));
	EXPECT_THAT(EventText({true, false}).line(event), HasSubstr("\033"));
}

// The textbook's handshake: each side counts from its own start.
TEST(EventText, RelativeNumbersOfTheActiveSide)
{
	EventText text({false, true});
	EXPECT_THAT(text.line(with(state(RUBATO_CLOSED, RUBATO_SYN_SENT, RUBATO_CAUSE_SENT),
				   {syn, 0, 65535, 4294967295, {}})),
		    EndsWith("send SYN seq=0"));
	EXPECT_THAT(
		text.line(with(state(RUBATO_SYN_SENT, RUBATO_ESTABLISHED, RUBATO_CAUSE_RECEIVED),
			       {syn | ack, 0, 65535, 7000, 0})),
		EndsWith("recv SYN+ACK seq=0 ack=1"));
	EXPECT_THAT(text.line(with(state(RUBATO_ESTABLISHED, RUBATO_FIN_WAIT_1, RUBATO_CAUSE_SENT),
				   {fin | ack, 0, 100, 9, 7101})),
		    EndsWith("send FIN+ACK seq=10 ack=101"));
}

TEST(EventText, RelativeNumbersOfThePassiveSide)
{
	EventText text({false, true});
	EXPECT_THAT(text.line(with(state(RUBATO_LISTEN, RUBATO_SYN_RCVD, RUBATO_CAUSE_RECEIVED),
				   {syn, 0, 65535, 1000, {}})),
		    EndsWith("recv SYN seq=0"));
	EXPECT_THAT(
		text.line(with(state(RUBATO_SYN_RCVD, RUBATO_ESTABLISHED, RUBATO_CAUSE_RECEIVED),
			       {ack, 0, 65535, 1001, 7001})),
		EndsWith("recv ACK seq=1 ack=1"));
	EXPECT_THAT(
		text.line(with(state(RUBATO_ESTABLISHED, RUBATO_CLOSE_WAIT, RUBATO_CAUSE_RECEIVED),
			       {fin | ack, 0, 65535, 1101, 7001})),
		EndsWith("recv FIN+ACK seq=101 ack=1"));
}

TEST(EventText, RelativeNumbersOfAnUnknownStartStayAbsolute)
{
	EventText text({false, true});
	EXPECT_THAT(
		text.line(with(state(RUBATO_ESTABLISHED, RUBATO_CLOSE_WAIT, RUBATO_CAUSE_RECEIVED),
			       {fin | ack, 0, 65535, 1101, 7001})),
		EndsWith("recv FIN+ACK seq=1101 ack=7001"));
}

TEST(SegmentText, Fields)
{
	EXPECT_EQ(segment_text({syn, 0, 65535, 1000, {}}), "SYN seq=1000");
	EXPECT_EQ(segment_text({psh | ack, 5, 100, 1, 2}), "PSH+ACK seq=1 ack=2 len=5");
	EXPECT_EQ(segment_text({ack, 0, 0, 1, 2}), "ACK seq=1 ack=2 win=0");
	EXPECT_EQ(segment_text({rst, 0, 0, 1, 2}), "RST seq=1");
	EXPECT_EQ(segment_text({0, 0, 1, {}, {}}), "no flags");
}
