// SPDX-License-Identifier: GPL-2.0-only
// The rows: as many as conformance.md section 9 says, each reached, and none depending on where the
// numbers start.
#include <gtest/gtest.h>

#include <map>

#include "rows.h"

using namespace oracle;

TEST(Rows, AreElevenTimesSevenHundredAndThirtySix)
{
	EXPECT_EQ(all_rows().size(), 8096u);
}

TEST(Rows, HaveNamesOfTheirOwn)
{
	std::set<std::string> names;
	for (const Row &row : all_rows())
		EXPECT_TRUE(names.insert(row.name()).second) << row.name();
	EXPECT_TRUE(names.contains("FIN_WAIT_1 / FIN+ACK seq=inside-window ack=SND.NXT ts=old"));
	EXPECT_TRUE(names.contains("ESTABLISHED / call close"));
	EXPECT_TRUE(names.contains("TIME_WAIT / clock 2msl"));
}

TEST(Rows, TheirScriptsLeadToTheirStates)
{
	for (bool timestamps : {true, false}) {
		Numbers numbers;
		numbers.timestamps = timestamps;
		for (const Row &row : all_rows()) {
			const Tcp tcp = reached(situation(row), numbers);
			ASSERT_EQ(tcp.tcb().state, row.state) << row.name();
			EXPECT_EQ(tcp.tcb().ts_ok, timestamps && row.state >= State::syn_received);
		}
	}
}

// What the table at the top of rows.h says of each.
TEST(Rows, SituationsAreAsTheTableSays)
{
	const Numbers numbers;
	const auto at = [&](State state, Event event) {
		return reached(situation({state, event}), numbers).tcb();
	};
	const SegmentClass any = {Flags::ack, Seq::exact, Ack::nxt, Ts::good};

	EXPECT_EQ(at(State::established, any).retransmission_queue.size(), 2u);
	EXPECT_EQ(at(State::established, any).rcv.user, 0u);
	EXPECT_EQ(at(State::fin_wait_1, any).rcv.user, 100u);
	EXPECT_TRUE(at(State::fin_wait_1, any).process);
	EXPECT_FALSE(at(State::fin_wait_2, any).process);
	EXPECT_TRUE(at(State::fin_wait_2, Call::receive).process);
	EXPECT_EQ(at(State::fin_wait_2, Call::receive).rcv.user, 2000u);
	EXPECT_EQ(at(State::close_wait, any).rcv.user, 100u);
	EXPECT_EQ(at(State::close_wait, any).retransmission_queue.size(), 2u);
	EXPECT_TRUE(at(State::syn_received, any).passive);
	EXPECT_FALSE(at(State::syn_received, Call::send).passive);
	for (State state : {State::fin_wait_1, State::closing, State::last_ack}) {
		const Tcb tcb = at(state, any);
		ASSERT_EQ(tcb.retransmission_queue.size(), 2u) << name(state);
		EXPECT_EQ(tcb.retransmission_queue[0].len, 1000u) << name(state);
		EXPECT_TRUE(tcb.retransmission_queue[1].fin) << name(state);
	}
	for (State state : {State::established, State::fin_wait_1, State::fin_wait_2,
			    State::close_wait, State::closing, State::last_ack, State::time_wait}) {
		const Tcb tcb = at(state, any);
		EXPECT_EQ(tcb.snd.max_wnd, 4000u) << name(state);
		EXPECT_TRUE(lt(tcb.iss, tcb.snd.una - tcb.snd.max_wnd)) << name(state);
		EXPECT_TRUE(tcb.ts_ok) << name(state);
		EXPECT_FALSE(tcb.ack_owed) << name(state);
		EXPECT_EQ(tcb.last_ack_sent, tcb.rcv.nxt) << name(state);
	}
}

// Every clock has rows in which it runs and rows in which it does not.
TEST(Rows, ClocksRunWhereTheTableSays)
{
	const Numbers numbers;
	std::map<Clock, std::set<State>> runs;
	for (const Row &row : all_rows()) {
		if (const auto *clock = std::get_if<Clock>(&row.event))
			if (reached(situation(row), numbers).running().contains(*clock))
				runs[*clock].insert(row.state);
	}
	using enum State;
	using Set = std::set<State>;
	EXPECT_EQ(runs[Clock::retransmission], (Set{syn_sent, syn_received, established, fin_wait_1,
						    close_wait, closing, last_ack}));
	EXPECT_EQ(runs[Clock::persist],
		  (Set{established, fin_wait_1, close_wait, closing, last_ack}));
	EXPECT_EQ(runs[Clock::keepalive], (Set{established, close_wait, fin_wait_2}));
	EXPECT_EQ(runs[Clock::fin_wait_2], (Set{fin_wait_2}));
	EXPECT_EQ(runs[Clock::delayed_ack], (Set{established, fin_wait_1, fin_wait_2}));
	EXPECT_EQ(runs[Clock::user_timeout],
		  (Set{established, fin_wait_1, close_wait, closing, last_ack}));
	EXPECT_EQ(runs[Clock::loss_probe],
		  (Set{established, fin_wait_1, close_wait, closing, last_ack}));
	EXPECT_EQ(runs[Clock::two_msl], (Set{time_wait}));
}

namespace
{

// An outcome with its numbers counted from where they started.
Outcome normalised(Outcome outcome, const Numbers &numbers)
{
	for (Sent &sent : outcome.sent) {
		// A RST for a segment without ACK has no number of ours.
		if (!((sent.flags & RUB_RST) && (sent.flags & RUB_ACK)))
			sent.seq -= numbers.iss;
		if (sent.flags & RUB_ACK)
			sent.ack -= numbers.irs;
		if (sent.tsecr)
			sent.tsecr -= numbers.peer_ts;
	}
	return outcome;
}

} // namespace

// Invariant 11 of conformance.md section 6, for the oracle itself.
TEST(Rows, DoNotDependOnWhereNumbersStart)
{
	const Numbers base, wrapping = {0xffff'fffd, 0x7fff'ff00, 0xffff'fff0};
	for (const Row &row : all_rows()) {
		Tcp a = reached(situation(row), base), b = reached(situation(row), wrapping);
		const Outcome from_a = outcome_of(row, a, base),
			      from_b = outcome_of(row, b, wrapping);
		ASSERT_EQ(normalised(from_a, base), normalised(from_b, wrapping))
			<< row.name() << "\n"
			<< describe(from_a) << "\n"
			<< describe(from_b);
	}
}

// "A reset must not be sent if it is not clear" (3.5.2), and none ever answers a reset.
TEST(Rows, NoRstIsAnsweredByOne)
{
	const Numbers numbers;
	for (const Row &row : all_rows()) {
		const auto *segment = std::get_if<SegmentClass>(&row.event);
		if (!segment || (segment->flags != Flags::rst && segment->flags != Flags::rst_ack))
			continue;
		Tcp tcp = reached(situation(row), numbers);
		for (const Sent &sent : outcome_of(row, tcp, numbers).sent)
			EXPECT_FALSE(sent.flags & RUB_RST) << row.name();
	}
}

// At most one answer to a segment; none of them acknowledges what was not sent.
TEST(Rows, AnswersAreBounded)
{
	const Numbers numbers;
	for (const Row &row : all_rows()) {
		if (!std::holds_alternative<SegmentClass>(row.event))
			continue;
		Tcp tcp = reached(situation(row), numbers);
		EXPECT_LE(outcome_of(row, tcp, numbers).sent.size(), 1u) << row.name();
	}
}
