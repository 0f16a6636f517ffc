// SPDX-License-Identifier: GPL-2.0-only
// Which programs LD_PRELOAD converts: ELF images built by hand, scripts, and this test itself.
#include <rubato/program.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

namespace fs = std::filesystem;
using rubato::check_convertible;
using rubato::find_program;
using rubato::read_elf;
using testing::AllOf;
using testing::HasSubstr;

namespace
{

constexpr std::string_view loader = "/lib64/ld-linux-x86-64.so.2";

// A 64-bit little-endian ELF file with the given segments, contents behind the headers.
class Image
{
public:
	void add(std::uint32_t type, std::string_view content)
	{
		segments_.push_back({type, std::string(content)});
	}

	std::vector<std::byte> build() const
	{
		Elf64_Ehdr header = {};
		std::memcpy(header.e_ident, ELFMAG, SELFMAG);
		header.e_ident[EI_CLASS] = ELFCLASS64;
		header.e_ident[EI_DATA] = ELFDATA2LSB;
		header.e_phoff = sizeof(header);
		header.e_phentsize = sizeof(Elf64_Phdr);
		header.e_phnum = static_cast<Elf64_Half>(segments_.size());
		std::vector<std::byte> bytes;
		append(bytes, &header, sizeof(header));
		std::size_t at = sizeof(header) + segments_.size() * sizeof(Elf64_Phdr);
		for (const Segment &segment : segments_) {
			Elf64_Phdr entry = {};
			entry.p_type = segment.type;
			entry.p_offset = at;
			entry.p_filesz = segment.content.size();
			append(bytes, &entry, sizeof(entry));
			at += segment.content.size();
		}
		for (const Segment &segment : segments_)
			append(bytes, segment.content.data(), segment.content.size());
		return bytes;
	}

private:
	struct Segment {
		std::uint32_t type;
		std::string content;
	};

	static void append(std::vector<std::byte> &bytes, const void *data, std::size_t size)
	{
		const auto *begin = static_cast<const std::byte *>(data);
		bytes.insert(bytes.end(), begin, begin + size);
	}

	std::vector<Segment> segments_;
};

std::string note(std::string_view owner)
{
	Elf64_Nhdr header = {static_cast<Elf64_Word>(owner.size() + 1), 4, 4};
	std::string text(reinterpret_cast<const char *>(&header), sizeof(header));
	text += owner;
	text.append(4 - owner.size() % 4, '\0');
	return text + "desc";
}

class ProgramTest : public testing::Test
{
protected:
	void SetUp() override
	{
		std::string pattern = (fs::temp_directory_path() / "rubato-XXXXXX").string();
		ASSERT_NE(mkdtemp(pattern.data()), nullptr);
		folder_ = pattern;
	}
	void TearDown() override { fs::remove_all(folder_); }

	fs::path write(const std::string &name, std::string_view content, mode_t mode = 0755)
	{
		fs::path path = folder_ / name;
		std::ofstream(path, std::ios::binary) << content;
		chmod(path.c_str(), mode);
		return path;
	}
	fs::path write(const std::string &name, const std::vector<std::byte> &content,
		       mode_t mode = 0755)
	{
		return write(name,
			     std::string_view(reinterpret_cast<const char *>(content.data()),
					      content.size()),
			     mode);
	}

	void expect_refused(const fs::path &program, const char *why)
	{
		auto result = check_convertible(program, folder_.string());
		ASSERT_FALSE(result) << program;
		EXPECT_THAT(result.error().message,
			    AllOf(HasSubstr(program.filename().string()), HasSubstr(why)));
	}

	fs::path folder_;
};

} // namespace

TEST(Elf, Dynamic)
{
	Image image;
	image.add(PT_NOTE, note("GNU"));
	image.add(PT_INTERP, std::string(loader) + '\0');
	auto elf = read_elf(image.build());
	ASSERT_TRUE(elf) << elf.error().message;
	EXPECT_EQ(elf->loader, loader);
	EXPECT_FALSE(elf->go);
}

TEST(Elf, Static)
{
	Image image;
	image.add(PT_LOAD, "code");
	auto elf = read_elf(image.build());
	ASSERT_TRUE(elf);
	EXPECT_EQ(elf->loader, "");
}

TEST(Elf, Go)
{
	Image image;
	image.add(PT_INTERP, std::string(loader) + '\0');
	// Go's linker counts the padding as part of the name.
	image.add(PT_NOTE, note("GNU") + note(std::string_view("Go\0", 3)));
	auto elf = read_elf(image.build());
	ASSERT_TRUE(elf);
	EXPECT_TRUE(elf->go);
}

TEST(Elf, DamagedImages)
{
	Image image;
	image.add(PT_INTERP, std::string(loader) + '\0');
	std::vector<std::byte> whole = image.build();
	for (std::size_t size = 0; size < whole.size(); size++) {
		std::vector<std::byte> cut(whole.begin(),
					   whole.begin() + static_cast<std::ptrdiff_t>(size));
		EXPECT_FALSE(read_elf(cut)) << size;
	}
	std::vector<std::byte> endless = whole;
	reinterpret_cast<Elf64_Ehdr *>(endless.data())->e_phoff = ~0ULL;
	EXPECT_FALSE(read_elf(endless));
	std::vector<std::byte> beyond = whole;
	reinterpret_cast<Elf64_Phdr *>(beyond.data() + sizeof(Elf64_Ehdr))->p_filesz = ~0ULL;
	EXPECT_FALSE(read_elf(beyond));
	std::vector<std::byte> narrow = whole;
	narrow[EI_CLASS] = std::byte{ELFCLASS32};
	EXPECT_THAT(read_elf(narrow).error().message, HasSubstr("word size"));
}

TEST_F(ProgramTest, ThisTestIsConvertible)
{
	auto result = check_convertible("/proc/self/exe", "/usr/bin:/bin");
	EXPECT_TRUE(result) << result.error().message;
}

TEST_F(ProgramTest, StaticIsRefused)
{
	Image image;
	image.add(PT_LOAD, "code");
	expect_refused(write("static", image.build()), "statically linked");
}

TEST_F(ProgramTest, AnotherLoaderIsRefused)
{
	Image image;
	image.add(PT_INTERP, std::string("/lib/ld-musl-x86_64.so.1") + '\0');
	expect_refused(write("musl", image.build()), "another C library");
}

TEST_F(ProgramTest, GoIsRefused)
{
	Image image;
	image.add(PT_INTERP, std::string(loader) + '\0');
	image.add(PT_NOTE, note("Go"));
	expect_refused(write("gopher", image.build()), "Go program");
}

TEST_F(ProgramTest, SetuidIsRefused)
{
	expect_refused(write("raised", "", 04755), "setuid");
	expect_refused(write("grouped", "", 02755), "setgid");
}

TEST_F(ProgramTest, TextIsRefused)
{
	expect_refused(write("poem", "once upon a time"), "neither an ELF program nor a script");
	expect_refused(write("nothing", ""), "neither an ELF program nor a script");
}

TEST_F(ProgramTest, ScriptsAreFollowed)
{
	auto good = check_convertible(write("good", "#!/proc/self/exe -x\n"), "");
	EXPECT_TRUE(good) << good.error().message;

	Image image;
	image.add(PT_LOAD, "code");
	fs::path interpreter = write("interpreter", image.build());
	fs::path script = write("script", "#! " + interpreter.string() + "\tflag\nbody\n");
	auto refused = check_convertible(script, "");
	ASSERT_FALSE(refused);
	EXPECT_THAT(refused.error().message, HasSubstr("interpreter is statically linked"));
}

TEST_F(ProgramTest, EnvIsFollowed)
{
	Image image;
	image.add(PT_LOAD, "code");
	write("odd", image.build());
	fs::path script = write("script", "#!/usr/bin/env -S A=b odd --fast\n");
	auto refused = check_convertible(script, folder_.string());
	ASSERT_FALSE(refused);
	EXPECT_THAT(refused.error().message, HasSubstr("odd is statically linked"));
}

TEST_F(ProgramTest, MissingInterpreter)
{
	expect_refused(write("script", "#!/nowhere/at/all\n"), "'/nowhere/at/all' not found");
}

TEST_F(ProgramTest, ScriptsInACircle)
{
	fs::path script = write("loop", "#!" + (folder_ / "loop").string() + "\n");
	expect_refused(script, "too many interpreters");
}

TEST_F(ProgramTest, FoundInPath)
{
	write("plain", "x", 0644);
	fs::path tool = write("tool", "x");
	std::string path = "/nowhere:" + folder_.string();
	auto found = find_program("tool", path);
	ASSERT_TRUE(found) << found.error().message;
	EXPECT_EQ(*found, tool);
	EXPECT_THAT(find_program("plain", path).error().message,
		    AllOf(HasSubstr("'plain'"), HasSubstr("not executable")));
	EXPECT_THAT(find_program("gone", path).error().message,
		    AllOf(HasSubstr("'gone'"), HasSubstr("not found")));
	EXPECT_FALSE(find_program("", path));
	EXPECT_FALSE(find_program(folder_.string(), path));
	EXPECT_EQ(*find_program(tool.string(), ""), tool);
}
