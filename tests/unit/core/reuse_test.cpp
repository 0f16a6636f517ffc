/* SPDX-License-Identifier: GPL-2.0-only */
/* connect() over one's own TIME_WAIT: conformance.md section 2, row by row. */
#include <string>
#include <vector>

#include "reuse_table.h"
#include "script.h"

using namespace script;
using namespace reuse_table;

namespace
{

constexpr rub_ns BEGAN = 1000 * 1000000000ULL, DELAY = 1000000000ULL, MSL = 30 * DELAY;

struct Then {
	bool timestamps;
};
struct Now {
	bool timestamps;
};

int reuse(const Row &row, Then then, Now now, rub_ns age)
{
	rub_policy policy{};
	rub_env env{};
	rub_tw tw{};

	policy.msl = MSL;
	policy.tw_reuse_delay = DELAY;
	policy.knobs.timestamps = now.timestamps;
	policy.knobs.time_wait_reuse = row.tw_reuse;
	env.policy = &policy;
	env.now = BEGAN + age;
	tw.opts = then.timestamps ? RUB_OPT_TS : 0;
	tw.last = BEGAN;
	return rub_tw_reuse(&tw, &env, row.port == Port::PICKED);
}

std::vector<rub_ns> ages(Age age)
{
	if (age == Age::YOUNGER)
		return {0, 1, DELAY / 2, DELAY - 1};
	return {DELAY, DELAY + 1, 2 * DELAY, 2 * MSL - 1, 2 * MSL};
}

} // namespace

TEST(Reuse, EveryRowWithTimestamps)
{
	for (const Row &row : ROWS)
		for (rub_ns age : ages(row.age))
			EXPECT_EQ(reuse(row, Then{true}, Now{true}, age),
				  row.with_timestamps ? 0 : -EADDRNOTAVAIL)
				<< row.name << ", age " << age;
}

TEST(Reuse, EveryRowWithout)
{
	for (const Row &row : ROWS)
		for (rub_ns age : ages(row.age))
			EXPECT_EQ(reuse(row, Then{false}, Now{false}, age),
				  row.without ? 0 : -EADDRNOTAVAIL)
				<< row.name << ", age " << age;
}

/* PAWS needs both: those that the peer remembers, and later ones on the new SYN. */
TEST(Reuse, BothIncarnationsNeedTimestamps)
{
	for (const Row &row : ROWS)
		for (rub_ns age : ages(row.age)) {
			EXPECT_EQ(reuse(row, Then{true}, Now{false}, age), -EADDRNOTAVAIL)
				<< row.name;
			EXPECT_EQ(reuse(row, Then{false}, Now{true}, age), -EADDRNOTAVAIL)
				<< row.name;
		}
}

/* tw-reuse-delay 0: at once. */
TEST(Reuse, NoDelay)
{
	rub_policy policy{};
	rub_env env{};
	rub_tw tw{};

	policy.knobs.timestamps = 1;
	policy.knobs.time_wait_reuse = 1;
	env.policy = &policy;
	env.now = BEGAN;
	tw.opts = RUB_OPT_TS;
	tw.last = BEGAN;
	EXPECT_EQ(rub_tw_reuse(&tw, &env, true), 0);
}

/* "Its ISS exceeds the old SND.NXT": the ISN clock may not have come as far. */
TEST(Reuse, IssIsBeyondTheOldIncarnation)
{
	for (u32 distance : {0u, 1u, 65535u, 1u << 30, (1u << 31) - 1}) {
		rub_policy policy{};
		rub_env env{};
		rub_rx rx{};
		rub_tcb tcb;

		env.policy = &policy;
		env.now = BEGAN;
		rub_init(&tcb);
		ASSERT_EQ(rub_call(&tcb, RUB_CALL_OPEN, 0, &env, &rx), 0);
		const u32 clock = rx.cause_seq, floor = clock + distance;

		env.reincarnates = true;
		env.old_nxt = floor;
		rub_init(&tcb);
		rx = {};
		ASSERT_EQ(rub_call(&tcb, RUB_CALL_OPEN, 0, &env, &rx), 0);
		EXPECT_LT(static_cast<s32>(floor - rx.cause_seq), 0) << distance;
		EXPECT_NE(rx.cause_seq, clock);
	}
}

/* A clock that is ahead already needs no help. */
TEST(Reuse, IssOfTheClockIsKept)
{
	rub_policy policy{};
	rub_env env{};
	rub_rx rx{};
	rub_tcb tcb;

	env.policy = &policy;
	env.now = BEGAN;
	rub_init(&tcb);
	ASSERT_EQ(rub_call(&tcb, RUB_CALL_OPEN, 0, &env, &rx), 0);
	const u32 clock = rx.cause_seq;

	env.reincarnates = true;
	env.old_nxt = clock - 1;
	rub_init(&tcb);
	rx = {};
	ASSERT_EQ(rub_call(&tcb, RUB_CALL_OPEN, 0, &env, &rx), 0);
	EXPECT_EQ(rx.cause_seq, clock);
}
