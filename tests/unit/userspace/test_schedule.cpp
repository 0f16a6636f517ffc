// SPDX-License-Identifier: GPL-2.0-only
// The grammar of schedules, rule by rule, from DESIGN.md section 3.
#include <rubato/clocks.hpp>
#include <rubato/schedule.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

using rubato::format_schedule;
using rubato::parse_schedule;
using testing::AllOf;
using testing::HasSubstr;

namespace
{

constexpr std::uint64_t ms = 1'000'000, s = 1'000 * ms, m = 60 * s;

rubato_schedule parse(const char *text, rubato_clock clock = RUBATO_CLOCK_SYN)
{
	auto parsed = parse_schedule(text, clock);
	EXPECT_TRUE(parsed) << text << ": " << parsed.error().message;
	return parsed ? *parsed : rubato_schedule{};
}

// The error must name the word.
void expect_error(const std::string &text, const char *word, const char *hint,
		  rubato_clock clock = RUBATO_CLOCK_SYN)
{
	auto parsed = parse_schedule(text, clock);
	ASSERT_FALSE(parsed) << "'" << text << "' was taken as " << format_schedule(*parsed);
	EXPECT_THAT(parsed.error().message, AllOf(HasSubstr(word), HasSubstr(hint))) << text;
}

rubato_schedule literal(std::vector<std::uint64_t> gaps)
{
	rubato_schedule schedule = {};
	for (std::uint64_t gap : gaps)
		schedule.gap[schedule.n_gaps++] = gap;
	return schedule;
}

void expect_same(const rubato_schedule &got, const rubato_schedule &want)
{
	EXPECT_TRUE(rubato::same_schedule(got, want))
		<< format_schedule(got) << " is not " << format_schedule(want);
}

} // namespace

TEST(Schedule, LiteralList)
{
	expect_same(parse("6s 24s 45s"), literal({6 * s, 24 * s, 45 * s}));
}

TEST(Schedule, LinearThenDoubling)
{
	rubato_schedule want = literal({s, s, s});
	want.flags = RUBATO_SCHED_FACTOR | RUBATO_SCHED_TRIES;
	want.factor = 2000;
	want.tries = 8;
	expect_same(parse("1s 1s 1s x2 tries=8"), want);
}

TEST(Schedule, RtoWithEverything)
{
	rubato_schedule want = {};
	want.flags = RUBATO_SCHED_RTO | RUBATO_SCHED_FACTOR | RUBATO_SCHED_MAX |
		     RUBATO_SCHED_TRIES | RUBATO_SCHED_GIVE_UP;
	want.factor = 1500;
	want.max = 64 * s;
	want.give_up = 10 * m;
	want.tries = 0;
	expect_same(parse("rto x1.5 max=64s tries=0 give-up=10m"), want);
}

TEST(Schedule, ConstantGap)
{
	rubato_schedule want = literal({75 * s});
	want.flags = RUBATO_SCHED_FACTOR | RUBATO_SCHED_TRIES;
	want.factor = 1000;
	want.tries = 8;
	expect_same(parse("75s x1 tries=8", RUBATO_CLOCK_KEEPALIVE_PROBES), want);
}

TEST(Schedule, GiveUpNeedsNoGrowth)
{
	rubato_schedule want = literal({6 * s, 24 * s});
	want.flags = RUBATO_SCHED_GIVE_UP;
	want.give_up = 20 * s;
	expect_same(parse("6s 24s give-up=20s"), want);
}

TEST(Schedule, OptionsInAnyOrder)
{
	rubato_schedule want = parse("1s x2 max=8s tries=4 give-up=30s");
	expect_same(parse("1s give-up=30s tries=4 max=8s x2"), want);
	expect_same(parse("1s tries=4 x2 give-up=30s max=8s"), want);
}

TEST(Schedule, BlanksDoNotMatter)
{
	expect_same(parse("  6s\t24s   45s "), literal({6 * s, 24 * s, 45 * s}));
}

TEST(Schedule, SixteenGaps)
{
	std::string text = "1s";
	for (int i = 1; i < 16; i++)
		text += " 1s";
	EXPECT_EQ(parse(text.c_str()).n_gaps, 16);
	expect_error(text + " 17s", "'17s'", "at most 16");
}

TEST(Schedule, References)
{
	rubato_schedule want = {};
	want.flags = RUBATO_SCHED_AS;
	want.as = RUBATO_CLOCK_SYN;
	expect_same(parse("as syn", RUBATO_CLOCK_SYNACK), want);
	want.as = RUBATO_CLOCK_KEEPALIVE_PROBES;
	expect_same(parse("as keepalive.probes", RUBATO_CLOCK_PERSIST), want);
}

TEST(Schedule, BadReferences)
{
	expect_error("as", "'as'", "needs the name");
	expect_error("as nothing", "'nothing'", "unknown clock", RUBATO_CLOCK_SYNACK);
	expect_error("as msl", "msl", "not a schedule", RUBATO_CLOCK_SYNACK);
	expect_error("as syn", "'as syn'", "itself", RUBATO_CLOCK_SYN);
	expect_error("as syn x2", "'x2'", "stands alone", RUBATO_CLOCK_SYNACK);
	expect_error("1s as syn", "'as'", "neither", RUBATO_CLOCK_SYNACK);
}

TEST(Schedule, Empty)
{
	expect_error("", "empty schedule", "expected gaps");
	expect_error("   ", "empty schedule", "expected gaps");
}

TEST(Schedule, NoGap)
{
	expect_error("x2 tries=3", "'x2'", "no gap");
	expect_error("give-up=3s", "'give-up=3s'", "no gap");
}

TEST(Schedule, MaxWithoutGrowthIsAnError)
{
	expect_error("6s 24s max=10s", "'max=10s'", "without xN");
}

TEST(Schedule, TriesWithoutGrowthIsAnError)
{
	expect_error("6s 24s tries=10", "'tries=10'", "without xN");
}

TEST(Schedule, RtoNeedsGrowth)
{
	expect_error("rto", "'rto'", "needs xN");
	expect_error("rto give-up=10m", "'rto'", "needs xN");
}

TEST(Schedule, RtoOnlyAlone)
{
	expect_error("rto 1s x2 tries=3", "'1s'", "rto must be the only gap");
	expect_error("1s rto x2 tries=3", "'rto'", "only gap");
	expect_error("rto rto x2 tries=3", "'rto'", "only gap");
}

TEST(Schedule, OnlyPersistMayBeEndless)
{
	for (rubato_clock clock : {RUBATO_CLOCK_SYN, RUBATO_CLOCK_SYNACK, RUBATO_CLOCK_DATA,
				   RUBATO_CLOCK_FIN, RUBATO_CLOCK_KEEPALIVE_PROBES})
		expect_error("rto x2 max=60s", "x2", "only persist", clock);
	rubato_schedule want = {};
	want.flags = RUBATO_SCHED_RTO | RUBATO_SCHED_FACTOR | RUBATO_SCHED_MAX;
	want.factor = 2000;
	want.max = 60 * s;
	expect_same(parse("rto x2 max=60s", RUBATO_CLOCK_PERSIST), want);
}

TEST(Schedule, ListsEndByThemselves)
{
	EXPECT_EQ(parse("1s", RUBATO_CLOCK_DATA).flags, 0);
}

TEST(Schedule, OptionsOnce)
{
	expect_error("1s x2 x3 tries=1", "'x3'", "twice");
	expect_error("1s x2 max=3s max=4s tries=1", "'max=4s'", "twice");
	expect_error("1s x2 tries=1 tries=1", "'tries=1'", "twice");
	expect_error("1s give-up=3s give-up=3s", "'give-up=3s'", "twice");
}

TEST(Schedule, GapsComeFirst)
{
	expect_error("1s x2 2s tries=4", "'2s'", "gaps come first");
	expect_error("x2 rto tries=4", "'rto'", "gaps come first");
	expect_error("1s give-up=9s 3s", "'3s'", "gaps come first");
}

TEST(Schedule, FactorBounds)
{
	EXPECT_EQ(parse("1s x1 tries=1").factor, 1000u);
	EXPECT_EQ(parse("1s x16 tries=1").factor, 16000u);
	EXPECT_EQ(parse("1s x1.125 tries=1").factor, 1125u);
	expect_error("1s x0 tries=1", "'x0'", "x1 to x16");
	expect_error("1s x0.999 tries=1", "'x0.999'", "x1 to x16");
	expect_error("1s x16.001 tries=1", "'x16.001'", "x1 to x16");
	expect_error("1s x1.0005 tries=1", "'x1.0005'", "three decimals");
	expect_error("1s x tries=1", "'x'", "number from 1 to 16");
	expect_error("1s x2s tries=1", "'x2s'", "number from 1 to 16");
	expect_error("1s x-2 tries=1", "'x-2'", "number from 1 to 16");
}

TEST(Schedule, TriesBounds)
{
	EXPECT_EQ(parse("1s x2 tries=1000").tries, 1000u);
	expect_error("1s x2 tries=1001", "'tries=1001'", "0 to 1000");
	expect_error("1s x2 tries=99999999999", "'tries=99999999999'", "0 to 1000");
	expect_error("1s x2 tries=-1", "'tries=-1'", "whole number");
	expect_error("1s x2 tries=1.5", "'tries=1.5'", "whole number");
	expect_error("1s x2 tries=", "'tries='", "whole number");
	expect_error("1s x2 tries=3s", "'tries=3s'", "whole number");
}

TEST(Schedule, GapBounds)
{
	EXPECT_EQ(parse("1ms").gap[0], ms);
	EXPECT_EQ(parse("24h").gap[0], 24 * 60 * m);
	expect_error("999us", "'999us'", "at least 1ms");
	expect_error("0s", "'0s'", "at least 1ms");
	expect_error("24.1h", "'24.1h'", "at most 24h");
	expect_error("1s x2 max=0.5ms tries=1", "'max=0.5ms'", "at least 1ms");
	expect_error("1s give-up=25h", "'give-up=25h'", "at most 24h");
}

TEST(Schedule, BadDurationsNameTheWord)
{
	expect_error("6s 24q 45s", "'24q'", "unit");
	expect_error("6s 24 45s", "'24'", "no unit");
	expect_error("6s -1s", "'-1s'", "not a duration");
	expect_error("6s 1.5.s", "'1.5.s'", "unit");
	expect_error("1s give-up=10", "'give-up=10'", "no unit");
	expect_error("1s x2 max= tries=1", "'max='", "empty duration");
}

TEST(Schedule, UnknownWords)
{
	expect_error("6s often", "'often'", "neither a gap");
	expect_error("6s RTO", "'RTO'", "neither a gap");
	expect_error("6s, 24s", "'6s,'", "unit");
	expect_error("6s wait=3s", "'wait'", "unknown option");
	expect_error("6s giveup=3s", "'giveup'", "max=, tries= or give-up=");
	expect_error("6s =3s", "'=3s'", "unknown option");
}

TEST(Schedule, Format)
{
	EXPECT_EQ(format_schedule(literal({6 * s, 24 * s, 45 * s})), "6s 24s 45s");
	EXPECT_EQ(format_schedule(parse("rto x2 give-up=180s")), "rto x2 give-up=3m");
	EXPECT_EQ(format_schedule(parse("1s give-up=9s tries=4 max=8s x1.50")),
		  "1s x1.5 max=8s tries=4 give-up=9s");
	EXPECT_EQ(format_schedule(parse("as syn", RUBATO_CLOCK_SYNACK)), "as syn");
}

// Every schedule of the table of profiles, as it stands there.
TEST(Schedule, TableOfProfiles)
{
	struct Cell {
		rubato_clock clock;
		const char *text;
	};
	constexpr rubato_clock syn = RUBATO_CLOCK_SYN, synack = RUBATO_CLOCK_SYNACK,
			       data = RUBATO_CLOCK_DATA, fin = RUBATO_CLOCK_FIN,
			       persist = RUBATO_CLOCK_PERSIST,
			       probes = RUBATO_CLOCK_KEEPALIVE_PROBES;
	for (Cell cell : std::vector<Cell>{
		     {syn, "rto x2 give-up=180s"},
		     {syn, "6s 24s 45s"},
		     {syn, "1s x2 tries=6"},
		     {syn, "200ms x2 give-up=5s"},
		     {syn, "20ms x2 tries=3"},
		     {synack, "as syn"},
		     {synack, "1s x2 tries=5"},
		     {data, "rto x2 max=64s give-up=10m"},
		     {data, "rto x2 max=64s tries=12"},
		     {data, "rto x2 max=120s tries=15"},
		     {data, "rto x2 max=1s give-up=10s"},
		     {data, "rto x2 max=100ms give-up=1s"},
		     {fin, "as data"},
		     {persist, "rto x2 max=60s"},
		     {persist, "rto x2 max=120s"},
		     {persist, "rto x2 max=1s"},
		     {persist, "rto x2 max=100ms"},
		     {probes, "75s x1 tries=8"},
		     {probes, "75s x1 tries=7"},
		     {probes, "1s x1 tries=4"},
		     {probes, "20ms x1 tries=3"},
	     }) {
		rubato_schedule schedule = parse(cell.text, cell.clock);
		expect_same(parse(format_schedule(schedule).c_str(), cell.clock), schedule);
	}
}

namespace
{

// Any schedule that the rules allow.
rubato_schedule random_schedule(std::mt19937_64 &random)
{
	auto chance = [&] { return random() % 2 == 0; };
	auto duration = [&] {
		std::uint64_t unit = std::vector<std::uint64_t>{1, 1000, ms, s, m}[random() % 5];
		std::uint64_t ns = ms + random() % 100'000 * unit;
		return std::min<std::uint64_t>(ns, RUBATO_GAP_MAX);
	};
	rubato_schedule schedule = {};
	bool growth = chance();
	if (growth && chance())
		schedule.flags |= RUBATO_SCHED_RTO;
	else
		for (std::size_t n = 1 + random() % RUBATO_GAPS_MAX; n; n--)
			schedule.gap[schedule.n_gaps++] = duration();
	if (growth) {
		schedule.flags |= RUBATO_SCHED_FACTOR;
		schedule.factor = static_cast<std::uint32_t>(
			RUBATO_FACTOR_ONE + random() % (RUBATO_FACTOR_MAX - RUBATO_FACTOR_ONE + 1));
		if (chance()) {
			schedule.flags |= RUBATO_SCHED_MAX;
			schedule.max = duration();
		}
		if (chance()) {
			schedule.flags |= RUBATO_SCHED_TRIES;
			schedule.tries = random() % (RUBATO_TRIES_MAX + 1);
		}
	}
	if (chance()) {
		schedule.flags |= RUBATO_SCHED_GIVE_UP;
		schedule.give_up = duration();
	}
	return schedule;
}

} // namespace

TEST(Schedule, RoundTripOfRandomSchedules)
{
	std::mt19937_64 random(42);
	for (int i = 0; i < 20000; i++) {
		rubato_schedule schedule = random_schedule(random);
		std::string text = format_schedule(schedule);
		auto parsed = parse_schedule(text, RUBATO_CLOCK_PERSIST);
		ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
		ASSERT_TRUE(rubato::same_schedule(*parsed, schedule)) << text;
	}
}

// What is taken must be a schedule whose own text is taken as the same; all else is an error with
// a text. Words are mixed at random.
TEST(Schedule, RandomWords)
{
	const std::vector<std::string> words = {
		"1s",	   "6s",	 "0s",	    "1.5s",	  "24h",	 "rto",	   "as",
		"syn",	   "data",	 "x2",	    "x1.5",	  "x17",	 "max=1s", "max=",
		"tries=3", "tries=9999", "tries=x", "give-up=9s", "give-up=99h", "=",	   "wat",
	};
	std::mt19937_64 random(99);
	int taken = 0;
	for (int i = 0; i < 50000; i++) {
		std::string text;
		for (std::size_t n = random() % 6; n; n--)
			text += words[random() % words.size()] + " ";
		auto parsed = parse_schedule(text, RUBATO_CLOCK_FIN);
		if (!parsed) {
			ASSERT_FALSE(parsed.error().message.empty()) << text;
			continue;
		}
		taken++;
		auto again = parse_schedule(format_schedule(*parsed), RUBATO_CLOCK_FIN);
		ASSERT_TRUE(again) << text;
		ASSERT_TRUE(rubato::same_schedule(*parsed, *again)) << text;
	}
	EXPECT_GT(taken, 0);
}
