// SPDX-License-Identifier: GPL-2.0-only
#include "report.h"

#include <fnmatch.h>

#include <fstream>
#include <iostream>

namespace oracle
{

namespace
{

std::string trimmed(const std::string &text)
{
	const auto from = text.find_first_not_of(" \t");
	const auto to = text.find_last_not_of(" \t");
	return from == std::string::npos ? "" : text.substr(from, to - from + 1);
}

bool matches(const std::string &pattern, const std::string &text)
{
	return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

} // namespace

std::string read_list(const char *path, std::vector<Entry> &entries)
{
	std::ifstream file(path);
	std::string line;

	if (!file)
		return std::string(path) + ": cannot be read";
	for (unsigned number = 1; std::getline(file, line); number++) {
		const std::string where = std::string(path) + ":" + std::to_string(number);
		line = trimmed(line);
		if (line.empty() || line[0] == '#')
			continue;
		const auto first = line.find('|');
		const auto second = first == std::string::npos ? first : line.find('|', first + 1);
		if (second == std::string::npos || trimmed(line.substr(second + 1)).empty())
			return where + ": not 'row | difference | what decides it'";
		entries.push_back({trimmed(line.substr(0, first)),
				   trimmed(line.substr(first + 1, second - first - 1)),
				   trimmed(line.substr(second + 1)), where});
	}
	return "";
}

void Report::add(const std::string &row, const std::vector<Difference> &differences)
{
	std::set<std::string> seen;

	rows_++;
	differ_ += !differences.empty();
	for (const Difference &difference : differences) {
		if (!seen.insert(difference.what).second)
			continue;
		const Entry *entry = decide(row, difference.what);
		const std::string state = row.substr(0, row.find(' '));
		Group &group = groups_[{entry ? entry->decided : "",
					(entry ? "" : state + ": ") + difference.what}];
		if (!group.rows++) {
			group.first = row;
			group.difference = difference;
		}
	}
}

bool Report::print(bool whole) const
{
	bool good = true;

	for (const auto &[key, group] : groups_) {
		const auto &[decided, what] = key;
		if (!decided.empty()) {
			std::cout << "listed " << group.rows << " x " << what
				  << "\n    by: " << decided << "\n    first: " << group.first
				  << "\n";
			continue;
		}
		good = false;
		std::cout << "UNLISTED " << group.rows << " x " << what
			  << "\n    first: " << group.first << " (" << group.difference.run
			  << ")\n    oracle: " << group.difference.oracle
			  << "\n    core:   " << group.difference.core << "\n";
	}
	for (const Entry &entry : entries_) {
		if (entry.matched || !whole)
			continue;
		good = false;
		std::cout << "STALE " << entry.where << ": nothing differs so: " << entry.row
			  << " | " << entry.difference << "\n";
	}
	std::cout << "oracle: " << rows_ << " rows, " << differ_ << " differ\n";
	return good;
}

const Entry *Report::decide(const std::string &row, const std::string &difference)
{
	for (Entry &entry : entries_) {
		if (!matches(entry.row, row) || !matches(entry.difference, difference))
			continue;
		entry.matched++;
		return &entry;
	}
	return nullptr;
}

} // namespace oracle
