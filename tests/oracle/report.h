// SPDX-License-Identifier: GPL-2.0-only
// What came out, row by row, and the lists of what may.
#ifndef RUBATO_TESTS_ORACLE_REPORT_H
#define RUBATO_TESTS_ORACLE_REPORT_H

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace oracle
{

// A line "row | difference | what decides it" of a list, with fnmatch(3)'s patterns.
struct Entry {
	std::string row, difference, decided;
	std::string where; // file and line
	unsigned matched = 0;
};

// What was wrong with a file, or an empty string.
std::string read_list(const char *path, std::vector<Entry> &entries);

// One difference, and what both made of the row.
struct Difference {
	std::string what, run, oracle, core;
};

class Report
{
public:
	explicit Report(std::vector<Entry> entries) : entries_(std::move(entries)) {}

	// All differences of a row in all runs.
	void add(const std::string &row, const std::vector<Difference> &differences);
	// Groups of rows that differ alike, unlisted ones with both sides; `whole`: lines that
	// match nothing as well. Returns false if there are any of these.
	bool print(bool whole) const;

private:
	struct Group {
		unsigned rows = 0;
		std::string first;
		Difference difference;
	};

	const Entry *decide(const std::string &row, const std::string &difference);

	std::vector<Entry> entries_;
	// By what decides it and the difference.
	std::map<std::pair<std::string, std::string>, Group> groups_;
	unsigned rows_ = 0, differ_ = 0;
};

} // namespace oracle

#endif
