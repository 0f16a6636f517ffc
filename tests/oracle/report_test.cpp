// SPDX-License-Identifier: GPL-2.0-only
// What makes the comparison fail: a difference that no list knows, a line that nothing matches, a
// list that cannot be read.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "report.h"

using namespace oracle;

namespace
{

const Difference rst = {"sent: ACK, core RST", "run", "<ACK>", "<RST>"};

class Lists : public testing::Test
{
protected:
	std::string write(const std::string &text)
	{
		std::ofstream(path_) << text;
		return read_list(path_.c_str(), entries_);
	}
	void TearDown() override { std::remove(path_.c_str()); }

	std::string path_ = testing::TempDir() + "oracle-list-" +
			    testing::UnitTest::GetInstance()->current_test_info()->name();
	std::vector<Entry> entries_;
};

// What a report of these differences prints, and whether it is good.
std::pair<std::string, bool> report(std::vector<Entry> entries, bool whole = true)
{
	Report report(std::move(entries));

	report.add("ESTABLISHED / RST seq=beyond", {rst});
	report.add("ESTABLISHED / RST seq=RCV.NXT", {});
	testing::internal::CaptureStdout();
	const bool good = report.print(whole);
	return {testing::internal::GetCapturedStdout(), good};
}

} // namespace

TEST(Report, UnlistedDifferenceFails)
{
	const auto [text, good] = report({});
	EXPECT_FALSE(good);
	EXPECT_NE(text.find("UNLISTED 1 x ESTABLISHED: sent: ACK, core RST"), std::string::npos);
	EXPECT_TRUE(text.ends_with("oracle: 2 rows, 1 differ\n")) << text;
}

TEST(Report, ListedDifferencePassesWithWhatDecidesIt)
{
	const auto [text, good] =
		report({{"* / RST *", "sent: ACK, core *", "RFC 0 section 1", "list:1"}});
	EXPECT_TRUE(good) << text;
	EXPECT_NE(text.find("by: RFC 0 section 1"), std::string::npos) << text;
	EXPECT_TRUE(text.ends_with("oracle: 2 rows, 1 differ\n")) << text;
}

TEST(Report, RowAndDifferenceMustBothMatch)
{
	EXPECT_FALSE(report({{"* / SYN *", "*", "x", "list:1"}}, false).second);
	EXPECT_FALSE(report({{"*", "next: *", "x", "list:1"}}, false).second);
}

TEST(Report, StaleLineFailsOnlyWhenAllRowsRan)
{
	const std::vector<Entry> entries = {{"*", "*", "x", "list:1"},
					    {"*", "eof: *", "y", "list:2"}};
	const auto [text, good] = report(entries);
	EXPECT_FALSE(good);
	EXPECT_NE(text.find("STALE list:2"), std::string::npos) << text;
	EXPECT_TRUE(report(entries, false).second);
}

TEST_F(Lists, ThreeColumnsCommentsAndEmptyLines)
{
	ASSERT_EQ(write("# comment\n\n a * | b: c\t| d | e\n"), "");
	ASSERT_EQ(entries_.size(), 1u);
	EXPECT_EQ(entries_[0].row, "a *");
	EXPECT_EQ(entries_[0].difference, "b: c");
	EXPECT_EQ(entries_[0].decided, "d | e");
}

TEST_F(Lists, ALineWithoutItsReasonIsNamed)
{
	EXPECT_EQ(write("a | b | c\na | b\n"),
		  path_ + ":2: not 'row | difference | what decides it'");
	EXPECT_EQ(write("a | b |  \n"), path_ + ":1: not 'row | difference | what decides it'");
}

TEST_F(Lists, AMissingFileIsNamed)
{
	EXPECT_EQ(read_list("/no/such/list", entries_), "/no/such/list: cannot be read");
}
