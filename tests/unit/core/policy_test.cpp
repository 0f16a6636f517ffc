/* SPDX-License-Identifier: GPL-2.0-only */
/* Schedules and policies: what DESIGN.md section 3 allows, and what compiling makes of it. */
#include <map>

#include "script.h"

using namespace script;

namespace
{

constexpr rubato_clock SYN_CLOCK = RUBATO_CLOCK_SYN;

rub_flaw flaw_of(const rubato_schedule &s, rubato_clock clock = SYN_CLOCK)
{
	return rub_schedule_check(&s, clock);
}

rub_flaw flaw_of(std::string_view text, rubato_clock clock = SYN_CLOCK)
{
	return flaw_of(schedule(text), clock);
}

rubato_schedule as(rubato_clock clock)
{
	rubato_schedule s{};

	s.flags = RUBATO_SCHED_AS;
	s.as = static_cast<__u16>(clock);
	return s;
}

rub_flaw flaw_of_config(const std::function<void(rub_config &)> &change, rubato_clock &culprit)
{
	rub_config c = rub_config_builtin;

	culprit = RUBATO_CLOCK_NONE;
	change(c);
	return rub_config_check(&c, &culprit);
}

bool same(const rubato_schedule &a, const rubato_schedule &b)
{
	for (int i = 0; i < RUBATO_GAPS_MAX; i++) {
		if (a.gap[i] != b.gap[i])
			return false;
	}
	return a.max == b.max && a.give_up == b.give_up && a.tries == b.tries &&
	       a.factor == b.factor && a.as == b.as && a.n_gaps == b.n_gaps && a.flags == b.flags;
}

constexpr u64 MSEC = 1'000'000, SEC = 1'000'000'000;

} // namespace

TEST(ScheduleCheck, WhatTheDesignShowsIsGood)
{
	for (const char *text :
	     {"6s 24s 45s", "1s 1s 1s x2 tries=8", "rto x2 max=64s give-up=10m", "75s x1 tries=8",
	      "rto x2 give-up=180s", "1s x2 tries=6", "200ms x2 give-up=5s", "20ms x2 tries=3",
	      "rto x16 tries=0", "1ms", "24h", "1s give-up=1s", "1s x1.5 tries=3"})
		EXPECT_EQ(flaw_of(text), RUB_FLAW_NONE) << text;
}

TEST(ScheduleCheck, OnlyPersistMayBeEndless)
{
	EXPECT_EQ(flaw_of("rto x2", RUBATO_CLOCK_SYN), RUB_FLAW_ENDLESS);
	EXPECT_EQ(flaw_of("rto x2 max=60s", RUBATO_CLOCK_DATA), RUB_FLAW_ENDLESS);
	EXPECT_EQ(flaw_of("1s x1", RUBATO_CLOCK_SYNACK), RUB_FLAW_ENDLESS);
	EXPECT_EQ(flaw_of("1s x1", RUBATO_CLOCK_FIN), RUB_FLAW_ENDLESS);
	EXPECT_EQ(flaw_of("rto x2 max=60s", RUBATO_CLOCK_PERSIST), RUB_FLAW_NONE);
	EXPECT_EQ(flaw_of("1s x1", RUBATO_CLOCK_PERSIST), RUB_FLAW_NONE);
}

TEST(ScheduleCheck, Empty)
{
	EXPECT_EQ(flaw_of(rubato_schedule{}), RUB_FLAW_EMPTY);
}

TEST(ScheduleCheck, Gaps)
{
	rubato_schedule s = schedule("1s 2s 3s");

	s.gap[1] = RUBATO_GAP_MIN - 1;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_GAP);
	s.gap[1] = 0;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_GAP);
	s.gap[1] = RUBATO_GAP_MAX + 1;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_GAP);
	s.gap[1] = ~0ull;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_GAP);
	s.gap[1] = RUBATO_GAP_MAX;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_NONE);
	s.gap[1] = RUBATO_GAP_MIN;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_NONE);
}

TEST(ScheduleCheck, TooManyGaps)
{
	rubato_schedule s{};

	for (auto &gap : s.gap)
		gap = SEC;
	s.n_gaps = RUBATO_GAPS_MAX;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_NONE);
	s.n_gaps = RUBATO_GAPS_MAX + 1;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_TOO_MANY_GAPS);
	s.n_gaps = 255;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_TOO_MANY_GAPS);
}

TEST(ScheduleCheck, RtoGoesAloneAndWithAFactor)
{
	rubato_schedule s = schedule("rto x2 tries=3");

	EXPECT_EQ(flaw_of(s), RUB_FLAW_NONE);
	s.gap[0] = SEC;
	s.n_gaps = 1;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_RTO);
	s = schedule("rto give-up=5s");
	EXPECT_EQ(flaw_of(s), RUB_FLAW_RTO);
}

TEST(ScheduleCheck, Factor)
{
	rubato_schedule s = schedule("1s x2 tries=3");

	s.factor = RUBATO_FACTOR_ONE - 1;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_FACTOR);
	s.factor = 0;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_FACTOR);
	s.factor = RUBATO_FACTOR_MAX + 1;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_FACTOR);
	s.factor = RUBATO_FACTOR_MAX;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_NONE);
	s.factor = RUBATO_FACTOR_ONE;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_NONE);
}

/* "without it the list is the whole schedule, and max or tries are errors" */
TEST(ScheduleCheck, MaxAndTriesNeedAFactor)
{
	EXPECT_EQ(flaw_of("1s 2s max=5s"), RUB_FLAW_NEEDS_FACTOR);
	EXPECT_EQ(flaw_of("1s 2s tries=5"), RUB_FLAW_NEEDS_FACTOR);
	EXPECT_EQ(flaw_of("1s 2s give-up=5s"), RUB_FLAW_NONE);
}

TEST(ScheduleCheck, Tries)
{
	rubato_schedule s = schedule("1s x2 tries=3");

	s.tries = RUBATO_TRIES_MAX;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_NONE);
	s.tries = RUBATO_TRIES_MAX + 1;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_TRIES);
	s.tries = ~0u;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_TRIES);
}

TEST(ScheduleCheck, MaxAndGiveUpAreDurations)
{
	rubato_schedule s = schedule("1s x2 max=5s tries=3 give-up=1h");

	s.max = 0;
	EXPECT_NE(flaw_of(s), RUB_FLAW_NONE);
	s.max = ~0ull;
	EXPECT_NE(flaw_of(s), RUB_FLAW_NONE);
	s.max = 5 * SEC;
	s.give_up = 0;
	EXPECT_NE(flaw_of(s), RUB_FLAW_NONE);
	s.give_up = ~0ull;
	EXPECT_NE(flaw_of(s), RUB_FLAW_NONE);
}

TEST(ScheduleCheck, Flags)
{
	rubato_schedule s = schedule("1s 2s");

	s.flags |= 0x40;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_FLAGS);
	s.flags = 0x80;
	EXPECT_EQ(flaw_of(s), RUB_FLAW_FLAGS);
}

/* "fields whose flag is clear are zero", and so are unused gaps and what is reserved */
TEST(ScheduleCheck, FieldsWithoutTheirFlag)
{
	const std::function<void(rubato_schedule &)> changes[] = {
		[](rubato_schedule &s) { s.max = SEC; },
		[](rubato_schedule &s) { s.give_up = SEC; },
		[](rubato_schedule &s) { s.tries = 1; },
		[](rubato_schedule &s) { s.factor = 2000; },
		[](rubato_schedule &s) { s.as = RUBATO_CLOCK_DATA; },
		[](rubato_schedule &s) { s.reserved = 1; },
		[](rubato_schedule &s) { s.gap[2] = SEC; },
		[](rubato_schedule &s) { s.gap[15] = SEC; },
	};
	int n = 0;

	for (const auto &change : changes) {
		rubato_schedule s = schedule("1s 2s");

		change(s);
		EXPECT_EQ(flaw_of(s), RUB_FLAW_FLAGS) << "change " << n;
		n++;
	}
}

TEST(ScheduleCheck, Reference)
{
	EXPECT_EQ(flaw_of(as(RUBATO_CLOCK_DATA)), RUB_FLAW_NONE);
	EXPECT_EQ(flaw_of(as(RUBATO_CLOCK_SYN), RUBATO_CLOCK_SYNACK), RUB_FLAW_NONE);
	EXPECT_EQ(flaw_of(as(RUBATO_CLOCK_SYN), RUBATO_CLOCK_SYN), RUB_FLAW_REFERENCE);
	EXPECT_EQ(flaw_of(as(RUBATO_CLOCK_MSL)), RUB_FLAW_REFERENCE);
	EXPECT_EQ(flaw_of(as(RUBATO_CLOCK_NONE)), RUB_FLAW_REFERENCE);
	EXPECT_EQ(flaw_of(as(static_cast<rubato_clock>(999))), RUB_FLAW_REFERENCE);
	for (int field = 0; field < 3; field++) {
		rubato_schedule s = as(RUBATO_CLOCK_DATA);

		if (field == 0) {
			s.gap[0] = SEC;
			s.n_gaps = 1;
		} else if (field == 1) {
			s.flags |= RUBATO_SCHED_GIVE_UP;
			s.give_up = SEC;
		} else {
			s.flags |= RUBATO_SCHED_RTO | RUBATO_SCHED_FACTOR;
			s.factor = 2000;
		}
		EXPECT_NE(flaw_of(s), RUB_FLAW_NONE) << "field " << field;
	}
}

/* What an administrator reads says what is wrong, and each flaw says something else. */
TEST(ScheduleCheck, EveryFlawHasWords)
{
	const std::map<int, std::string> words = {
		{RUB_FLAW_NONE, "nothing is wrong"},
		{RUB_FLAW_RANGE, "range"},
		{RUB_FLAW_FLAGS, "flags"},
		{RUB_FLAW_EMPTY, "no gap"},
		{RUB_FLAW_TOO_MANY_GAPS, "16 gaps"},
		{RUB_FLAW_GAP, "1 ms to 24 h"},
		{RUB_FLAW_RTO, "rto must be the only gap"},
		{RUB_FLAW_FACTOR, "x1 to x16"},
		{RUB_FLAW_NEEDS_FACTOR, "max and tries need a factor"},
		{RUB_FLAW_TRIES, "1000 tries"},
		{RUB_FLAW_ENDLESS, "never end"},
		{RUB_FLAW_REFERENCE, "refers"},
		{RUB_FLAW_ORDER, "rto-min is above rto-max"},
		{RUB_FLAW_ORDER + 1, "unknown"},
	};

	for (const auto &[flaw, said] : words) {
		const std::string text = rub_flaw_text(static_cast<rub_flaw>(flaw));

		EXPECT_NE(text.find(said), std::string::npos) << text;
		EXPECT_NE(text.back(), '.');
	}
}

TEST(ConfigCheck, TheBuiltInIsGood)
{
	rubato_clock culprit;

	EXPECT_EQ(rub_config_check(&rub_config_builtin, &culprit), RUB_FLAW_NONE);
}

/* The default column of the table. */
TEST(ConfigCheck, TheBuiltInIsTheTables)
{
	const rub_config &c = rub_config_builtin;

	EXPECT_TRUE(same(c.syn, schedule("rto x2 give-up=180s")));
	EXPECT_TRUE(same(c.synack, as(RUBATO_CLOCK_SYN)));
	EXPECT_TRUE(same(c.data, schedule("rto x2 max=64s give-up=10m")));
	EXPECT_TRUE(same(c.fin, as(RUBATO_CLOCK_DATA)));
	EXPECT_TRUE(same(c.persist, schedule("rto x2 max=60s")));
	EXPECT_TRUE(same(c.keepalive_probes, schedule("75s x1 tries=8")));
	EXPECT_EQ(c.msl, 30 * SEC);
	EXPECT_EQ(c.keepalive_idle, 7200 * SEC);
	EXPECT_EQ(c.fin_wait_2, 60 * SEC);
	EXPECT_EQ(c.delack, 40 * MSEC);
	EXPECT_EQ(c.user_timeout, 0u);
	EXPECT_EQ(c.rto_min, 200 * MSEC);
	EXPECT_EQ(c.rto_max, 120 * SEC);
	EXPECT_EQ(c.rto_initial, SEC);
	EXPECT_EQ(c.tw_reuse_delay, SEC);
	EXPECT_EQ(c.knobs.timestamps, 1);
	EXPECT_EQ(c.knobs.sack, 1);
	EXPECT_EQ(c.knobs.window_scale, 1);
	EXPECT_EQ(c.knobs.ecn, 1);
	EXPECT_EQ(c.knobs.congestion, RUBATO_CONGESTION_CUBIC);
	EXPECT_EQ(c.knobs.bind_mode, RUBATO_BIND_LINUX);
	EXPECT_EQ(c.knobs.time_wait_rst, RUBATO_TW_RST_EXACT);
	EXPECT_EQ(c.knobs.time_wait_reuse, 0);
	EXPECT_EQ(c.knobs.keepalive_force, 0);
	EXPECT_EQ(c.knobs.isn, RUBATO_ISN_KEYED);
}

TEST(ConfigCheck, NamesTheClockAtFault)
{
	rubato_clock culprit;

	EXPECT_EQ(flaw_of_config([](rub_config &c) { c.msl = RUBATO_MSL_MAX + 1; }, culprit),
		  RUB_FLAW_RANGE);
	EXPECT_EQ(culprit, RUBATO_CLOCK_MSL);
	EXPECT_EQ(flaw_of_config([](rub_config &c) { c.fin_wait_2 = RUBATO_FIN_WAIT_2_MAX + 1; },
				 culprit),
		  RUB_FLAW_RANGE);
	EXPECT_EQ(culprit, RUBATO_CLOCK_FIN_WAIT_2);
	EXPECT_EQ(flaw_of_config([](rub_config &c) { c.rto_min = RUBATO_RTO_BOUND_MIN - 1; },
				 culprit),
		  RUB_FLAW_RANGE);
	EXPECT_EQ(culprit, RUBATO_CLOCK_RTO_MIN);
	EXPECT_EQ(flaw_of_config([](rub_config &c) { c.rto_max = RUBATO_RTO_BOUND_MAX + 1; },
				 culprit),
		  RUB_FLAW_RANGE);
	EXPECT_EQ(culprit, RUBATO_CLOCK_RTO_MAX);
	EXPECT_EQ(flaw_of_config([](rub_config &c) { c.rto_initial = 0; }, culprit),
		  RUB_FLAW_RANGE);
	EXPECT_EQ(culprit, RUBATO_CLOCK_RTO_INITIAL);
	EXPECT_EQ(flaw_of_config([](rub_config &c) { c.data = rubato_schedule{}; }, culprit),
		  RUB_FLAW_EMPTY);
	EXPECT_EQ(culprit, RUBATO_CLOCK_DATA);
	EXPECT_EQ(flaw_of_config([](rub_config &c) { c.fin = schedule("1s x1"); }, culprit),
		  RUB_FLAW_ENDLESS);
	EXPECT_EQ(culprit, RUBATO_CLOCK_FIN);
}

TEST(ConfigCheck, ZeroMslIsAllowed)
{
	rubato_clock culprit;

	EXPECT_EQ(flaw_of_config([](rub_config &c) { c.msl = 0; }, culprit), RUB_FLAW_NONE);
	EXPECT_EQ(flaw_of_config([](rub_config &c) { c.msl = RUBATO_MSL_MAX; }, culprit),
		  RUB_FLAW_NONE);
}

TEST(ConfigCheck, RtoBoundsInOrder)
{
	rubato_clock culprit;

	EXPECT_EQ(flaw_of_config(
			  [](rub_config &c) {
				  c.rto_min = 2 * SEC;
				  c.rto_max = SEC;
			  },
			  culprit),
		  RUB_FLAW_ORDER);
	EXPECT_TRUE(culprit == RUBATO_CLOCK_RTO_MIN || culprit == RUBATO_CLOCK_RTO_MAX);
	EXPECT_EQ(flaw_of_config(
			  [](rub_config &c) {
				  c.rto_min = SEC;
				  c.rto_max = SEC;
			  },
			  culprit),
		  RUB_FLAW_NONE);
}

TEST(ConfigCheck, CirclesOfReferences)
{
	rubato_clock culprit;

	EXPECT_EQ(flaw_of_config(
			  [](rub_config &c) {
				  c.syn = as(RUBATO_CLOCK_SYNACK);
				  c.synack = as(RUBATO_CLOCK_SYN);
			  },
			  culprit),
		  RUB_FLAW_REFERENCE);
	EXPECT_EQ(flaw_of_config(
			  [](rub_config &c) {
				  c.syn = as(RUBATO_CLOCK_DATA);
				  c.data = as(RUBATO_CLOCK_FIN);
				  c.fin = as(RUBATO_CLOCK_SYN);
			  },
			  culprit),
		  RUB_FLAW_REFERENCE);
}

/* It ends in what is no schedule, or is no clock at all. */
TEST(ConfigCheck, AReferenceToABadReference)
{
	for (int bad : {int{RUBATO_CLOCK_MSL}, int{RUBATO_KNOB_ECN}, 999}) {
		rubato_clock culprit;

		EXPECT_EQ(flaw_of_config(
				  [bad](rub_config &c) {
					  c.syn = as(RUBATO_CLOCK_DATA);
					  c.data = as(static_cast<rubato_clock>(bad));
				  },
				  culprit),
			  RUB_FLAW_REFERENCE);
		EXPECT_EQ(culprit, RUBATO_CLOCK_SYN);
	}
}

/* The longest chain there can be: six schedules, five references. */
TEST(ConfigCheck, AChainOfReferencesIsNoCircle)
{
	rubato_clock culprit;

	EXPECT_EQ(flaw_of_config(
			  [](rub_config &c) {
				  c.syn = as(RUBATO_CLOCK_SYNACK);
				  c.synack = as(RUBATO_CLOCK_DATA);
				  c.data = as(RUBATO_CLOCK_FIN);
				  c.fin = as(RUBATO_CLOCK_KEEPALIVE_PROBES);
				  c.keepalive_probes = as(RUBATO_CLOCK_PERSIST);
				  c.persist = schedule("1s 2s");
			  },
			  culprit),
		  RUB_FLAW_NONE);
}

/* A reference to an endless schedule is endless. */
TEST(ConfigCheck, ReferenceToPersistIsEndless)
{
	rubato_clock culprit;

	EXPECT_EQ(flaw_of_config([](rub_config &c) { c.data = as(RUBATO_CLOCK_PERSIST); }, culprit),
		  RUB_FLAW_ENDLESS);
	EXPECT_EQ(flaw_of_config(
			  [](rub_config &c) {
				  c.persist = schedule("1s x2 tries=9");
				  c.data = as(RUBATO_CLOCK_PERSIST);
			  },
			  culprit),
		  RUB_FLAW_NONE);
}

TEST(PolicyCompile, ResolvesReferencesThroughEachOther)
{
	rub_config c = rub_config_builtin;
	rub_policy p;

	c.data = schedule("1s 2s 3s");
	c.syn = as(RUBATO_CLOCK_DATA);
	c.synack = as(RUBATO_CLOCK_SYN);
	c.persist = as(RUBATO_CLOCK_SYNACK);
	rub_policy_compile(&c, RUBATO_TEMPO_ONE, &p);
	for (const rubato_schedule *s : {&p.syn, &p.synack, &p.data, &p.fin, &p.persist})
		EXPECT_TRUE(same(*s, schedule("1s 2s 3s")));
}

TEST(PolicyCompile, TempoOneChangesNothing)
{
	rub_config c = rub_config_builtin;
	rub_policy p;

	c.syn = schedule("6s 24s 45s");
	rub_policy_compile(&c, RUBATO_TEMPO_ONE, &p);
	EXPECT_TRUE(same(p.syn, schedule("6s 24s 45s")));
	EXPECT_EQ(p.msl, 30 * SEC);
	EXPECT_EQ(p.rto_min, 200 * MSEC);
	EXPECT_EQ(p.rto_max, 120 * SEC);
}

TEST(PolicyCompile, TempoDividesConfiguredDurations)
{
	rub_config c = rub_config_builtin;
	rub_policy p;

	c.syn = schedule("6s 24s 45s");
	c.data = schedule("1s x2 max=50s tries=8 give-up=10m");
	rub_policy_compile(&c, 100 * RUBATO_TEMPO_ONE, &p);
	EXPECT_TRUE(same(p.syn, schedule("60ms 240ms 450ms")));
	EXPECT_TRUE(same(p.data, schedule("10ms x2 max=500ms tries=8 give-up=6s")));
	EXPECT_EQ(p.msl, 300 * MSEC);
	EXPECT_EQ(p.fin_wait_2, 600 * MSEC);
}

TEST(PolicyCompile, TempoBelowOneStretches)
{
	rub_config c = rub_config_builtin;
	rub_policy p;

	c.syn = schedule("6s 24s");
	rub_policy_compile(&c, RUBATO_TEMPO_ONE / 2, &p);
	EXPECT_TRUE(same(p.syn, schedule("12s 48s")));
	EXPECT_EQ(p.msl, 60 * SEC);
}

/* "Results below 1 ms are raised to 1 ms, zero stays zero." */
TEST(PolicyCompile, TempoHasAFloor)
{
	EXPECT_EQ(rub_tempo(500 * MSEC, RUBATO_TEMPO_MAX), MSEC);
	EXPECT_EQ(rub_tempo(1000 * MSEC, RUBATO_TEMPO_MAX), MSEC);
	EXPECT_EQ(rub_tempo(2000 * MSEC, RUBATO_TEMPO_MAX), 2 * MSEC);
	EXPECT_EQ(rub_tempo(1, RUBATO_TEMPO_MAX), MSEC);
	EXPECT_EQ(rub_tempo(0, RUBATO_TEMPO_MAX), 0u);
	EXPECT_EQ(rub_tempo(0, RUBATO_TEMPO_MIN), 0u);
	EXPECT_EQ(rub_tempo(5 * SEC, RUBATO_TEMPO_ONE), 5 * SEC);
	EXPECT_EQ(rub_tempo(RUBATO_GAP_MAX, RUBATO_TEMPO_MIN), 100 * RUBATO_GAP_MAX);
}

TEST(PolicyCompile, TempoKeepsZeroMslZero)
{
	rub_config c = rub_config_builtin;
	rub_policy p;

	c.msl = 0;
	rub_policy_compile(&c, RUBATO_TEMPO_MAX, &p);
	EXPECT_EQ(p.msl, 0u);
}

/* The clock itself and what is measured are never bent: "rto" stays "rto". */
TEST(PolicyCompile, TempoLeavesRtoGapsToTheMeasurement)
{
	rub_config c = rub_config_builtin;
	rub_policy p;

	rub_policy_compile(&c, 10 * RUBATO_TEMPO_ONE, &p);
	EXPECT_EQ(p.data.flags & RUBATO_SCHED_RTO, RUBATO_SCHED_RTO);
	EXPECT_EQ(p.data.n_gaps, 0);
	EXPECT_EQ(p.data.factor, 2000u);
	EXPECT_EQ(p.data.max, 6400 * MSEC);
	EXPECT_EQ(p.data.give_up, 60 * SEC);
}

TEST(PolicyCompile, TempoLeavesTheMeasuredRttAlone)
{
	Script s;

	s.connect();
	const rub_ns srtt = s.tcb.srtt;
	s.tune(nullptr, 100 * RUBATO_TEMPO_ONE);
	EXPECT_EQ(s.tcb.srtt, srtt);
}

namespace
{

/* Every duration of DESIGN.md section 3's table: where it is, and its bounds. */
const struct {
	rubato_clock clock;
	rub_ns rub_config::*field;
	rub_ns rub_policy::*compiled;
	rub_ns least, most;
} durations[] = {
	{RUBATO_CLOCK_MSL, &rub_config::msl, &rub_policy::msl, 0, 600 * SEC},
	{RUBATO_CLOCK_KEEPALIVE_IDLE, &rub_config::keepalive_idle, &rub_policy::keepalive_idle,
	 MSEC, 86400 * SEC},
	{RUBATO_CLOCK_FIN_WAIT_2, &rub_config::fin_wait_2, &rub_policy::fin_wait_2, MSEC,
	 86400 * SEC},
	{RUBATO_CLOCK_DELACK, &rub_config::delack, &rub_policy::delack, 0, 499 * MSEC},
	{RUBATO_CLOCK_USER_TIMEOUT, &rub_config::user_timeout, &rub_policy::user_timeout, 0,
	 86400 * SEC},
	{RUBATO_CLOCK_RTO_MIN, &rub_config::rto_min, &rub_policy::rto_min, MSEC, 600 * SEC},
	{RUBATO_CLOCK_RTO_MAX, &rub_config::rto_max, &rub_policy::rto_max, MSEC, 600 * SEC},
	{RUBATO_CLOCK_RTO_INITIAL, &rub_config::rto_initial, &rub_policy::rto_initial, MSEC,
	 600 * SEC},
	{RUBATO_CLOCK_TW_REUSE_DELAY, &rub_config::tw_reuse_delay, &rub_policy::tw_reuse_delay, 0,
	 600 * SEC},
};

/* And every schedule. */
const struct {
	rubato_clock clock;
	rubato_schedule rub_config::*field;
	rubato_schedule rub_policy::*compiled;
} schedules[] = {
	{RUBATO_CLOCK_SYN, &rub_config::syn, &rub_policy::syn},
	{RUBATO_CLOCK_SYNACK, &rub_config::synack, &rub_policy::synack},
	{RUBATO_CLOCK_DATA, &rub_config::data, &rub_policy::data},
	{RUBATO_CLOCK_FIN, &rub_config::fin, &rub_policy::fin},
	{RUBATO_CLOCK_PERSIST, &rub_config::persist, &rub_policy::persist},
	{RUBATO_CLOCK_KEEPALIVE_PROBES, &rub_config::keepalive_probes,
	 &rub_policy::keepalive_probes},
};

} // namespace

TEST(ConfigCheck, EveryDurationAtItsBounds)
{
	for (const auto &d : durations) {
		const auto flaw = [&d](rub_ns value, rubato_clock &culprit) {
			return flaw_of_config(
				[&](rub_config &c) {
					c.rto_min = MSEC; /* never above rto-max */
					if (d.clock == RUBATO_CLOCK_RTO_MIN)
						c.rto_max = 600 * SEC;
					c.*d.field = value;
				},
				culprit);
		};
		rubato_clock culprit;

		for (rub_ns good : {d.least, d.most}) {
			EXPECT_EQ(flaw(good, culprit), RUB_FLAW_NONE) << d.clock << ' ' << good;
			EXPECT_EQ(culprit, RUBATO_CLOCK_NONE);
		}
		EXPECT_EQ(flaw(d.most + 1, culprit), RUB_FLAW_RANGE) << d.clock;
		EXPECT_EQ(culprit, d.clock);
		EXPECT_EQ(flaw(~0ull, culprit), RUB_FLAW_RANGE) << d.clock;
		if (d.least) {
			EXPECT_EQ(flaw(d.least - 1, culprit), RUB_FLAW_RANGE) << d.clock;
			EXPECT_EQ(culprit, d.clock);
		}
	}
}

TEST(ConfigCheck, EveryScheduleIsChecked)
{
	for (const auto &s : schedules) {
		rubato_clock culprit;

		EXPECT_EQ(flaw_of_config([&](rub_config &c) { c.*s.field = rubato_schedule{}; },
					 culprit),
			  RUB_FLAW_EMPTY);
		EXPECT_EQ(culprit, s.clock);
	}
}

/* The field that a name stands for, and no other. */
TEST(PolicyCompile, EveryClockHasItsOwnField)
{
	rub_config c = rub_config_builtin;
	rub_policy p;
	rub_ns n = 3 * SEC;

	for (const auto &s : schedules) {
		EXPECT_EQ(rub_config_schedule(&c, s.clock), &(c.*s.field)) << s.clock;
		EXPECT_EQ(rub_config_duration(&c, s.clock), nullptr) << s.clock;
		c.*s.field = schedule("1s 2s");
		(c.*s.field).gap[1] = n += SEC;
	}
	for (const auto &d : durations) {
		EXPECT_EQ(rub_config_duration(&c, d.clock), &(c.*d.field)) << d.clock;
		EXPECT_EQ(rub_config_schedule(&c, d.clock), nullptr) << d.clock;
		c.*d.field = n += SEC;
	}
	c.knobs = {.isn = RUBATO_ISN_FIXED + 7,
		   .timestamps = 1,
		   .sack = 0,
		   .window_scale = 1,
		   .ecn = 0,
		   .congestion = RUBATO_CONGESTION_NEWRENO,
		   .bind_mode = RUBATO_BIND_TIME_WAIT,
		   .time_wait_rst = RUBATO_TW_RST_IGNORE,
		   .time_wait_reuse = 1,
		   .keepalive_force = 1,
		   .mtu_probing = RUBATO_MTU_PROBING_ALWAYS};
	memset(&p, 0xa5, sizeof(p));
	rub_policy_compile(&c, RUBATO_TEMPO_ONE, &p);
	n = 3 * SEC;
	for (const auto &s : schedules) {
		EXPECT_EQ((p.*s.compiled).gap[0], SEC) << s.clock;
		EXPECT_EQ((p.*s.compiled).gap[1], n += SEC) << s.clock;
		EXPECT_EQ((p.*s.compiled).n_gaps, 2) << s.clock;
	}
	for (const auto &d : durations)
		EXPECT_EQ(p.*d.compiled, n += SEC) << d.clock;
	EXPECT_EQ(memcmp(&p.knobs, &c.knobs, sizeof(p.knobs)), 0);
}

/* Tempo reaches all of them; and every gap of a schedule, its ceiling and its end. */
TEST(PolicyCompile, TempoDividesEveryClock)
{
	rub_config c = rub_config_builtin;
	rub_policy p;

	for (const auto &s : schedules)
		c.*s.field = schedule("1s 2s 3s x2 max=8s tries=9 give-up=40s");
	for (const auto &d : durations)
		c.*d.field = 200 * MSEC;
	rub_policy_compile(&c, 2 * RUBATO_TEMPO_ONE, &p);
	for (const auto &s : schedules)
		EXPECT_TRUE(same(p.*s.compiled,
				 schedule("500ms 1s 1500ms x2 max=4s tries=9 give-up=20s")))
			<< s.clock;
	for (const auto &d : durations)
		EXPECT_EQ(p.*d.compiled, 100 * MSEC) << d.clock;
}

TEST(Clocks, EachHasItsKind)
{
	std::map<int, int> n;

	for (int i = 1; i <= RUBATO_CLOCK_MAX; i++) {
		auto clock = rubato_clock(i);
		rub_config c = rub_config_builtin;
		auto kind = rub_clock_kind(clock);

		n[kind]++;
		EXPECT_EQ(rub_config_schedule(&c, clock) != nullptr, kind == RUB_KIND_SCHEDULE)
			<< i;
		EXPECT_EQ(rub_config_duration(&c, clock) != nullptr, kind == RUB_KIND_DURATION)
			<< i;
	}
	EXPECT_EQ(n[RUB_KIND_SCHEDULE], 6);
	EXPECT_EQ(n[RUB_KIND_DURATION], 9);
	EXPECT_EQ(n[RUB_KIND_KNOB], 11);
	EXPECT_EQ(rub_clock_kind(rubato_clock(RUBATO_CLOCK_MAX + 1)), RUB_KIND_NONE);
	EXPECT_EQ(rub_clock_kind(RUBATO_CLOCK_NONE), RUB_KIND_NONE);
}

/* What is set is read back; what is out of range is refused and changes nothing. */
TEST(Knobs, AreBounded)
{
	const std::map<int, u64> most = {
		{RUBATO_KNOB_TIMESTAMPS, 1},
		{RUBATO_KNOB_SACK, 1},
		{RUBATO_KNOB_WINDOW_SCALE, 1},
		{RUBATO_KNOB_ECN, 1},
		{RUBATO_KNOB_CONGESTION, RUBATO_CONGESTION_NEWRENO},
		{RUBATO_KNOB_BIND_MODE, RUBATO_BIND_TIME_WAIT},
		{RUBATO_KNOB_TW_RST, RUBATO_TW_RST_AFTER_CHALLENGE},
		{RUBATO_KNOB_TW_REUSE, 1},
		{RUBATO_KNOB_KEEPALIVE_FORCE, 1},
		{RUBATO_KNOB_ISN, RUBATO_ISN_FIXED + 0xffffffff},
		{RUBATO_KNOB_MTU_PROBING, RUBATO_MTU_PROBING_ALWAYS},
	};

	for (auto [i, max] : most) {
		auto knob = rubato_clock(i);
		rub_knobs k{};

		ASSERT_EQ(rub_clock_kind(knob), RUB_KIND_KNOB) << i;
		EXPECT_EQ(rub_knob_set(&k, knob, max), RUB_FLAW_NONE) << i;
		EXPECT_EQ(rub_knob_get(&k, knob), max) << i;
		EXPECT_EQ(rub_knob_set(&k, knob, max + 1), RUB_FLAW_RANGE) << i;
		EXPECT_EQ(rub_knob_get(&k, knob), max) << i;
		EXPECT_EQ(rub_knob_set(&k, knob, 0), RUB_FLAW_NONE) << i;
		EXPECT_EQ(rub_knob_get(&k, knob), 0u) << i;
	}
}

/* A name that is no knob has no value, and none can be given to it. */
TEST(Knobs, NoOther)
{
	const rub_knobs before = rub_config_builtin.knobs;
	rub_knobs k = before;

	for (int i = 0; i <= RUBATO_CLOCK_MAX + 1; i++) {
		if (rub_clock_kind(rubato_clock(i)) == RUB_KIND_KNOB)
			continue;
		EXPECT_EQ(rub_knob_get(&k, rubato_clock(i)), 0u) << i;
		EXPECT_EQ(rub_knob_set(&k, rubato_clock(i), 0), RUB_FLAW_RANGE) << i;
	}
	EXPECT_EQ(memcmp(&before, &k, sizeof(k)), 0);
}

/* Each knob is a field of its own. */
TEST(Knobs, DoNotTouchEachOther)
{
	for (int i = 1; i <= RUBATO_CLOCK_MAX; i++) {
		rub_knobs k{};
		const u64 value = i == RUBATO_KNOB_ISN ? RUBATO_ISN_FIXED : 1;

		if (rub_clock_kind(rubato_clock(i)) != RUB_KIND_KNOB)
			continue;
		ASSERT_EQ(rub_knob_set(&k, rubato_clock(i), value), RUB_FLAW_NONE);
		for (int j = 1; j <= RUBATO_CLOCK_MAX; j++)
			EXPECT_EQ(rub_knob_get(&k, rubato_clock(j)), i == j ? value : 0) << j;
	}
}

/* Below 2^32 nothing but 0 means anything. */
TEST(Knobs, IsnIsKeyedOrFixed)
{
	rub_knobs k{};

	EXPECT_EQ(rub_knob_set(&k, RUBATO_KNOB_ISN, 1), RUB_FLAW_RANGE);
	EXPECT_EQ(rub_knob_set(&k, RUBATO_KNOB_ISN, RUBATO_ISN_FIXED - 1), RUB_FLAW_RANGE);
	EXPECT_EQ(rub_knob_set(&k, RUBATO_KNOB_ISN, RUBATO_ISN_FIXED), RUB_FLAW_NONE);
	EXPECT_EQ(k.isn, RUBATO_ISN_FIXED);
}

TEST(Knobs, ABadOneInAConfigurationIsNamed)
{
	const std::map<int, u8 rub_knobs::*> fields = {
		{RUBATO_KNOB_TIMESTAMPS, &rub_knobs::timestamps},
		{RUBATO_KNOB_SACK, &rub_knobs::sack},
		{RUBATO_KNOB_WINDOW_SCALE, &rub_knobs::window_scale},
		{RUBATO_KNOB_ECN, &rub_knobs::ecn},
		{RUBATO_KNOB_CONGESTION, &rub_knobs::congestion},
		{RUBATO_KNOB_BIND_MODE, &rub_knobs::bind_mode},
		{RUBATO_KNOB_TW_RST, &rub_knobs::time_wait_rst},
		{RUBATO_KNOB_TW_REUSE, &rub_knobs::time_wait_reuse},
		{RUBATO_KNOB_KEEPALIVE_FORCE, &rub_knobs::keepalive_force},
	};
	rubato_clock culprit;

	for (const auto &[knob, field] : fields) {
		EXPECT_EQ(flaw_of_config([&](rub_config &c) { c.knobs.*field = 3; }, culprit),
			  RUB_FLAW_RANGE);
		EXPECT_EQ(culprit, knob);
	}
	EXPECT_EQ(flaw_of_config([](rub_config &c) { c.knobs.isn = 1; }, culprit), RUB_FLAW_RANGE);
	EXPECT_EQ(culprit, RUBATO_KNOB_ISN);
}
