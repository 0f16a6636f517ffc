// SPDX-License-Identifier: GPL-2.0-only
// Reads just enough of an ELF file to know whether the dynamic loader will honour LD_PRELOAD.
#include <rubato/program.hpp>

#include <elf.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

namespace rubato
{
namespace
{

namespace fs = std::filesystem;

// Program headers and notes stand at the front; the rest of a large file is not read.
constexpr std::size_t head_max = 1024 * 1024;
// The kernel follows no more.
constexpr int interpreters_max = 4;

#if __SIZEOF_POINTER__ == 8
using Ehdr = Elf64_Ehdr;
using Phdr = Elf64_Phdr;
constexpr unsigned char own_class = ELFCLASS64;
#else
using Ehdr = Elf32_Ehdr;
using Phdr = Elf32_Phdr;
constexpr unsigned char own_class = ELFCLASS32;
#endif
constexpr unsigned char own_order =
	std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

using Image = std::span<const std::byte>;

template <typename T>
std::optional<T> read_at(Image image, std::uint64_t at)
{
	if (at > image.size() || image.size() - at < sizeof(T))
		return std::nullopt;
	T value;
	std::memcpy(&value, image.data() + at, sizeof(T));
	return value;
}

std::optional<Image> part(Image image, std::uint64_t at, std::uint64_t size)
{
	if (at > image.size() || image.size() - at < size)
		return std::nullopt;
	return image.subspan(at, size);
}

// Go's linker leaves a note with the owner "Go".
bool has_go_note(Image notes)
{
	while (std::optional<Elf64_Nhdr> note = read_at<Elf64_Nhdr>(notes, 0)) {
		std::optional<Image> name = part(notes, sizeof(*note), note->n_namesz);
		if (!name)
			break;
		const char *text = reinterpret_cast<const char *>(name->data());
		if (std::string_view(text, strnlen(text, name->size())) == "Go")
			return true;
		auto padded = [](std::uint64_t size) { return (size + 3) / 4 * 4; };
		std::uint64_t size =
			sizeof(*note) + padded(note->n_namesz) + padded(note->n_descsz);
		if (size > notes.size())
			break;
		notes = notes.subspan(size);
	}
	return false;
}

Result<std::vector<std::byte>> read_head(const fs::path &path)
{
	std::ifstream file(path, std::ios::binary);
	std::vector<std::byte> head(head_max);
	if (!file)
		return error("{}: {}", path.string(), strerror(errno));
	file.read(reinterpret_cast<char *>(head.data()), static_cast<std::streamsize>(head.size()));
	head.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
	return head;
}

std::vector<std::string> split(std::string_view text, char separator, bool keep_empty)
{
	std::vector<std::string> parts;
	for (;;) {
		std::size_t end = std::min(text.find(separator), text.size());
		if (end || keep_empty)
			parts.emplace_back(text.substr(0, end));
		if (end == text.size())
			return parts;
		text.remove_prefix(end + 1);
	}
}

// The words of a "#!" line; empty if there is none.
std::vector<std::string> script_line(const std::vector<std::byte> &head)
{
	std::string_view text(reinterpret_cast<const char *>(head.data()), head.size());
	if (!text.starts_with("#!"))
		return {};
	std::string line(text.substr(2, std::min(text.find('\n'), text.size()) - 2));
	std::replace(line.begin(), line.end(), '\t', ' ');
	return split(line, ' ', false);
}

// "#!/usr/bin/env -S VAR=x python3": what env will run; empty if it cannot be told.
std::string env_target(const std::vector<std::string> &words)
{
	for (std::size_t i = 1; i < words.size(); i++)
		if (!words[i].starts_with('-') && words[i].find('=') == std::string::npos)
			return words[i];
	return {};
}

// The loader drops LD_PRELOAD for programs that gain privileges.
Result<void> check_privileges(const fs::path &program)
{
	struct stat status;
	if (stat(program.c_str(), &status) < 0)
		return error("{}: {}", program.string(), strerror(errno));
	if (status.st_mode & (S_ISUID | S_ISGID))
		return error(
			"{} is {}: the loader ignores LD_PRELOAD for it, it would use plain TCP",
			program.string(), status.st_mode & S_ISUID ? "setuid" : "setgid");
	if (getxattr(program.c_str(), "security.capability", nullptr, 0) > 0)
		return error(
			"{} has file capabilities: the loader ignores LD_PRELOAD for it, it would "
			"use plain TCP",
			program.string());
	return {};
}

// The preload library is made for the loader that runs this very program.
std::string own_loader()
{
	Result<std::vector<std::byte>> head = read_head("/proc/self/exe");
	Result<Executable> self = head ? read_elf(*head) : head.error();
	return self ? self->loader : std::string();
}

Result<void> check_elf(const fs::path &program, Image head)
{
	Result<Executable> elf = read_elf(head);
	if (!elf)
		return error("{}: {}", program.string(), elf.error().message);
	if (elf->loader.empty())
		return error(
			"{} is statically linked: LD_PRELOAD has no effect on it, it would use "
			"plain TCP",
			program.string());
	if (elf->go)
		return error(
			"{} is a Go program: it makes system calls by itself, it would use plain "
			"TCP",
			program.string());
	std::string own = own_loader();
	if (!own.empty() && fs::path(own).filename() != fs::path(elf->loader).filename())
		return error("{} uses another C library ({}): the preload library cannot be loaded "
			     "into it",
			     program.string(), elf->loader);
	return {};
}

} // namespace

Result<Executable> read_elf(Image image)
{
	std::optional<Ehdr> header = read_at<Ehdr>(image, 0);
	if (image.size() < SELFMAG || std::memcmp(image.data(), ELFMAG, SELFMAG) != 0)
		return error("neither an ELF program nor a script");
	if (image.size() > EI_CLASS && std::to_integer<int>(image[EI_CLASS]) != own_class)
		return error("an ELF program of another word size: the preload library cannot be "
			     "loaded into it");
	if (!header || header->e_ident[EI_DATA] != own_order)
		return error("not an ELF program of this machine");
	if (header->e_phnum && header->e_phentsize != sizeof(Phdr))
		return error("damaged ELF program headers");

	Executable executable;
	for (unsigned i = 0; i < header->e_phnum; i++) {
		std::optional<Phdr> entry =
			read_at<Phdr>(image, header->e_phoff + std::uint64_t{i} * sizeof(Phdr));
		if (!entry)
			return error("truncated ELF program headers");
		if (entry->p_type != PT_INTERP && entry->p_type != PT_NOTE)
			continue;
		std::optional<Image> content = part(image, entry->p_offset, entry->p_filesz);
		if (!content) {
			if (entry->p_type == PT_INTERP)
				return error("the ELF loader's name is beyond the end");
			continue;
		}
		const char *text = reinterpret_cast<const char *>(content->data());
		if (entry->p_type == PT_INTERP)
			executable.loader.assign(text, strnlen(text, content->size()));
		else if (has_go_note(*content))
			executable.go = true;
	}
	return executable;
}

Result<fs::path> find_program(const std::string &name, std::string_view path)
{
	std::vector<fs::path> candidates;
	if (name.find('/') != std::string::npos)
		candidates.push_back(name);
	else if (!name.empty())
		for (const std::string &folder : split(path, ':', true))
			candidates.push_back(fs::path(folder.empty() ? "." : folder) / name);

	bool exists = false;
	for (const fs::path &candidate : candidates) {
		std::error_code ignored;
		if (!fs::is_regular_file(candidate, ignored))
			continue;
		if (access(candidate.c_str(), X_OK) == 0)
			return candidate;
		exists = true;
	}
	if (exists)
		return error("'{}' is not executable", name);
	return error("command '{}' not found", name);
}

Result<void> check_convertible(const fs::path &program, std::string_view path)
{
	fs::path current = program;
	for (int depth = 0; depth <= interpreters_max; depth++) {
		if (Result<void> privileges = check_privileges(current); !privileges)
			return privileges;
		Result<std::vector<std::byte>> head = read_head(current);
		if (!head)
			return head.error();
		std::vector<std::string> words = script_line(*head);
		if (words.empty())
			return check_elf(current, *head);

		std::string next = words.front();
		if (fs::path(next).filename() == "env" && !env_target(words).empty())
			next = env_target(words);
		Result<fs::path> found = find_program(next, path);
		if (!found)
			return error("{}: its interpreter: {}", current.string(),
				     found.error().message);
		current = *found;
	}
	return error("{}: too many interpreters", program.string());
}

} // namespace rubato
