// SPDX-License-Identifier: GPL-2.0-only
// JSON: the keys are a promise.
#include <rubato/json.hpp>
#include <rubato/schedule.hpp>

#include <linux/rubato_netlink.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cerrno>

using Json = nlohmann::json;

namespace
{

constexpr std::uint64_t ms = 1'000'000, s = 1'000 * ms;

// Order does not matter to readers.
template <typename T>
Json json(const T &thing)
{
	return Json::parse(rubato::to_json(thing).dump());
}

rubato_schedule schedule(const char *text, rubato_clock clock)
{
	return *rubato::parse_schedule(text, clock);
}

rubato::Event event()
{
	rubato::Event event;
	event.seq = 12;
	event.time = 5 * s;
	event.cookie = 7;
	event.local = {*rubato::parse_address("10.0.0.1"), 40112};
	event.peer = {*rubato::parse_address("10.0.0.2"), 80};
	return event;
}

} // namespace

TEST(Json, Info)
{
	EXPECT_EQ(json(rubato::Info{"0.1", 1, 18, 253}),
		  Json::parse(R"({"version":"0.1","abi":1,"family":18,"protocol":253})"));
}

TEST(Json, Schedules)
{
	EXPECT_EQ(json(schedule("6s 24s", RUBATO_CLOCK_SYN)),
		  Json::parse(R"({"rto":false,"gaps_ns":[6000000000,24000000000]})"));
	EXPECT_EQ(json(schedule("rto x1.5 max=64s tries=3 give-up=10m", RUBATO_CLOCK_DATA)),
		  Json::parse(R"({"rto":true,"gaps_ns":[],"factor":1.5,"max_ns":64000000000,
				 "tries":3,"give_up_ns":600000000000})"));
	EXPECT_EQ(json(schedule("as data", RUBATO_CLOCK_FIN)), Json::parse(R"({"as":"data"})"));
}

TEST(Json, Policy)
{
	rubato::Policy policy;
	policy.generation = 5;
	policy.tempo = 2000;
	policy.settings[RUBATO_CLOCK_MSL] = {std::uint64_t{30 * s}, RUBATO_SOURCE_DEFAULT,
					     rubato::Value(std::uint64_t{15 * s})};
	policy.settings[RUBATO_CLOCK_FIN] = {
		schedule("as data", RUBATO_CLOCK_FIN), RUBATO_SOURCE_BUILTIN, {}};
	EXPECT_EQ(json(policy), Json::parse(R"({
		"generation": 5, "tempo": 2.0,
		"clocks": {
			"msl": {"value": "30s", "source": "default",
				"configured": {"text": "30s", "ns": 30000000000},
				"effective": {"text": "15s", "ns": 15000000000}},
			"fin": {"value": "as data", "source": "builtin",
				"configured": {"text": "as data", "schedule": {"as": "data"}}}
		}})"));
}

TEST(Json, Sockets)
{
	rubato::SocketEntry socket;
	socket.state = RUBATO_TIME_WAIT;
	socket.local = {*rubato::parse_address("10.0.0.1"), 40112};
	socket.peer = {*rubato::parse_address("10.0.0.2"), 80};
	socket.cookie = 7;
	socket.clock = RUBATO_CLOCK_MSL;
	socket.remaining = 31'500 * ms;
	rubato::SocketList list;
	list.sockets = {socket};
	list.event_seq = 99;
	EXPECT_EQ(json(list), Json::parse(R"({
		"sockets": [{
			"state": "TIME_WAIT", "recv_queue": 0, "send_queue": 0,
			"local": {"address": "10.0.0.1", "port": 40112},
			"peer": {"address": "10.0.0.2", "port": 80},
			"cookie": 7, "uid": 0, "inode": 0,
			"clock": "msl", "tries": 0, "remaining_ns": 31500000000}],
		"complete": true, "event_seq": 99})"));
}

TEST(Json, NoSockets)
{
	EXPECT_EQ(json(rubato::SocketList()), Json::parse(R"({"sockets":[],"complete":true})"));
}

TEST(Json, StateEvent)
{
	rubato::Event change = event();
	change.old_state = RUBATO_SYN_SENT;
	change.new_state = RUBATO_ESTABLISHED;
	change.cause = RUBATO_CAUSE_RECEIVED;
	change.segment = rubato::Segment{0x12, 0, 65535, 7000, 1001};
	EXPECT_EQ(json(change), Json::parse(R"({
		"event": "state", "seq": 12, "time_ns": 5000000000, "cookie": 7,
		"local": {"address": "10.0.0.1", "port": 40112},
		"peer": {"address": "10.0.0.2", "port": 80},
		"old_state": "SYN_SENT", "new_state": "ESTABLISHED", "cause": "received",
		"segment": {"flags": ["SYN", "ACK"], "length": 0, "window": 65535,
			    "seq": 7000, "ack": 1001}})"));
}

TEST(Json, SequenceNumbersThatWereNotShownAreAbsent)
{
	rubato::Event change = event();
	change.segment = rubato::Segment{0x02, 0, 65535, {}, {}};
	EXPECT_FALSE(json(change)["segment"].contains("seq"));
	EXPECT_FALSE(json(change)["segment"].contains("ack"));
}

TEST(Json, AckOnlyWithItsFlag)
{
	rubato::Event change = event();
	change.segment = rubato::Segment{0x02, 0, 65535, 1000, 0};
	EXPECT_TRUE(json(change)["segment"].contains("seq"));
	EXPECT_FALSE(json(change)["segment"].contains("ack"));
}

TEST(Json, RetransmitEvent)
{
	rubato::Event again = event();
	again.kind = rubato::Event::Kind::retransmit;
	again.old_state = RUBATO_SYN_SENT;
	again.clock = RUBATO_CLOCK_SYN;
	again.tries = 1;
	again.next = 24 * s;
	Json got = json(again);
	EXPECT_EQ(got["event"], "retransmit");
	EXPECT_EQ(got["clock"], "syn");
	EXPECT_EQ(got["tries"], 1);
	EXPECT_EQ(got["next_ns"], 24 * s);
}

TEST(Json, GiveUpEvent)
{
	rubato::Event end = event();
	end.kind = rubato::Event::Kind::give_up;
	end.clock = RUBATO_CLOCK_SYN;
	end.tries = 2;
	end.error = ETIMEDOUT;
	end.elapsed = 75 * s;
	Json got = json(end);
	EXPECT_EQ(got["event"], "give-up");
	EXPECT_EQ(got["errno"], "ETIMEDOUT");
	EXPECT_EQ(got["elapsed_ns"], 75 * s);
	EXPECT_EQ(got["tries"], 2);
}

TEST(Json, PolicyEventHasNoConnection)
{
	rubato::Event change = event();
	change.kind = rubato::Event::Kind::policy;
	change.generation = 3;
	change.tempo = 10;
	EXPECT_EQ(json(change), Json::parse(R"({"event":"policy","seq":12,"time_ns":5000000000,
						"generation":3,"tempo":0.01})"));
}

TEST(Json, Lost)
{
	EXPECT_EQ(json(rubato::Lost{3}), Json::parse(R"({"event":"lost","count":3})"));
	EXPECT_EQ(json(rubato::Lost{}), Json::parse(R"({"event":"lost","count":null})"));
}

TEST(Json, Stats)
{
	rubato::Stats stats;
	stats.counters = {{"active-opens", 3}, {"orphans", 1}};
	stats.drops = {{RUBATO_REASON_BAD_SEQ, 4}};
	EXPECT_EQ(json(stats), Json::parse(R"({"counters":{"active-opens":3,"orphans":1},
					       "drops":{"bad-seq":4}})"));
}
