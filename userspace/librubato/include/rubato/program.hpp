// SPDX-License-Identifier: GPL-2.0-only
// Whether LD_PRELOAD works for a program: found out before it runs, because a program that
// ignores the preload library would silently talk plain TCP.
#pragma once

#include <rubato/result.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace rubato
{

// What the ELF image says about itself.
struct Executable {
	std::string loader; // PT_INTERP, empty when static
	bool go = false;    // built by the Go toolchain, which makes its own system calls
};

Result<Executable> read_elf(std::span<const std::byte> image);

// As execvp does: a name with a slash as it is, else the first executable file in PATH.
Result<std::filesystem::path> find_program(const std::string &name, std::string_view path);

// Follows #! lines (env included) down to the ELF file and says why it cannot be converted.
Result<void> check_convertible(const std::filesystem::path &program, std::string_view path);

} // namespace rubato
