// SPDX-License-Identifier: GPL-2.0-only
// The command line itself, as far as it does not need the module: help, usage errors, refusals.
// Exit codes: 0 success, 1 failure, 2 usage.
#include "run_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

namespace
{

Outcome rubatoctl(const std::string &arguments)
{
	return test::run(std::string(RUBATOCTL) + " " + arguments + " 2>&1");
}

void expect_usage_error(const std::string &arguments, const char *word)
{
	Outcome outcome = rubatoctl(arguments);
	EXPECT_EQ(outcome.code, 2) << arguments;
	EXPECT_THAT(outcome.output, AllOf(HasSubstr(word), HasSubstr("--help"))) << arguments;
}

} // namespace

TEST(Command, HelpFitsOneScreen)
{
	for (const char *arguments : {"--help", "set --help", "tempo --help", "sockets --help",
				      "monitor -h", "stats --help", "run --help"}) {
		Outcome outcome = rubatoctl(arguments);
		EXPECT_EQ(outcome.code, 0) << arguments;
		EXPECT_THAT(outcome.output, HasSubstr("Usage: rubatoctl")) << arguments;
		EXPECT_LE(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 24)
			<< arguments;
	}
}

TEST(Command, ShowHelpListsEveryClock)
{
	Outcome outcome = rubatoctl("show --help");
	EXPECT_EQ(outcome.code, 0);
	EXPECT_THAT(outcome.output, AllOf(HasSubstr("msl"), HasSubstr("fin-wait-2"),
					  HasSubstr("keepalive.probes"), HasSubstr("isn")));
}

TEST(Command, Version)
{
	Outcome outcome = rubatoctl("--version");
	EXPECT_EQ(outcome.code, 0);
	EXPECT_THAT(outcome.output, HasSubstr("rubatoctl "));
}

TEST(Command, UnknownCommand)
{
	expect_usage_error("dance", "'dance'");
}

TEST(Command, UnknownOptions)
{
	expect_usage_error("--loud", "--loud");
	expect_usage_error("--loud show", "--loud");
	expect_usage_error("show --loud", "--loud");
	expect_usage_error("sockets --sta=listen", "--sta");
	expect_usage_error("run --loud true", "--loud");
	expect_usage_error("--netns", "--netns");
}

TEST(Command, SurplusWords)
{
	expect_usage_error("stats now", "no further words");
	expect_usage_error("tempo 1 2", "'2'");
}

TEST(Command, UnknownClock)
{
	expect_usage_error("show mls", "did you mean msl?");
	expect_usage_error("set mls=1s", "'mls'");
}

TEST(Command, BadValuesNameTheWord)
{
	expect_usage_error("set", "CLOCK=VALUE");
	expect_usage_error("set msl", "'msl'");
	expect_usage_error("set msl=1q", "'1q'");
	expect_usage_error("set 'syn=6s 24s max=3s'", "'max=3s'");
	expect_usage_error("set msl=1s syn=1s msl=2s", "msl is given twice");
	expect_usage_error("set tempo=1 tempo=2", "tempo is given twice");
	expect_usage_error("tempo 0", "0.01 to 1000");
	expect_usage_error("set tempo=fast", "'fast'");
}

TEST(Command, BadFilters)
{
	expect_usage_error("sockets --state tired", "'tired'");
	expect_usage_error("sockets --local 1.2.3", "--local: '1.2.3'");
	expect_usage_error("sockets --peer 1.2.3.4:0", "--peer: '0'");
	expect_usage_error("sockets --local 1.2.3.4 --peer ::1", "different address families");
}

TEST(Command, BadLimits)
{
	expect_usage_error("monitor --count 0", "--count");
	expect_usage_error("monitor --count some", "'some'");
	expect_usage_error("monitor --until-idle 3", "'3'");
}

TEST(Command, RunRefusesWhatItCannotConvert)
{
	Outcome missing = rubatoctl("run -- no-such-program-here");
	EXPECT_EQ(missing.code, 1);
	EXPECT_THAT(missing.output, HasSubstr("'no-such-program-here' not found"));
	expect_usage_error("run", "command to run");
	expect_usage_error("run --", "command to run");
}

TEST(Command, UnknownNamespace)
{
	Outcome outcome = rubatoctl("--netns no-such-namespace show");
	EXPECT_EQ(outcome.code, 1);
	EXPECT_THAT(outcome.output, HasSubstr("no-such-namespace"));
	EXPECT_EQ(rubatoctl("--netns ../../etc/passwd show").code, 1);
}

TEST(Command, AFullDiskIsAFailure)
{
	Outcome outcome = test::run(std::string(RUBATOCTL) + " --help 2>&1 >/dev/full");
	EXPECT_EQ(outcome.code, 1);
	EXPECT_THAT(outcome.output, HasSubstr("cannot write"));
}
