// SPDX-License-Identifier: GPL-2.0-only
/* Runs a target on files, or on every file of folders: libFuzzer's place in the other builds. */
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz.h"

namespace
{

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path &path)
{
	if (!fs::is_directory(path))
		return {path};
	std::vector<fs::path> files;
	for (const auto &entry : fs::directory_iterator(path))
		files.push_back(entry.path());
	std::sort(files.begin(), files.end());
	return files;
}

void replay(const fs::path &path)
{
	std::ifstream file(path, std::ios::binary);
	const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};

	if (!file.is_open()) {
		fprintf(stderr, "replay: cannot read %s\n", path.c_str());
		exit(1);
	}
	// Told before: a crash is the file's that was told last.
	printf("%s\n", path.c_str());
	fflush(stdout);
	LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size());
}

} // namespace

int main(int argc, char **argv)
{
	std::size_t count = 0;

	for (int i = 1; i < argc; i++) {
		for (const fs::path &file : files_of(argv[i])) {
			replay(file);
			count++;
		}
	}
	printf("%zu inputs replayed\n", count);
	return count ? 0 : 1;
}
