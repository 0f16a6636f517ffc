// SPDX-License-Identifier: GPL-2.0-only
// A value, or the reason why there is none. Everything in librubato that can fail returns one;
// exceptions do not cross its borders.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace rubato
{

// One line for a person; code is the errno behind it, 0 if there is none.
struct Error {
	std::string message;
	int code = 0;
};

template <typename... Args>
[[nodiscard]] Error error(fmt::format_string<Args...> format, Args &&...args)
{
	return {fmt::format(format, std::forward<Args>(args)...), 0};
}

template <typename T>
class [[nodiscard]] Result
{
public:
	Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
	Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

	explicit operator bool() const { return state_.index() == 0; }
	T &operator*() { return std::get<0>(state_); }
	const T &operator*() const { return std::get<0>(state_); }
	T *operator->() { return &std::get<0>(state_); }
	const T *operator->() const { return &std::get<0>(state_); }
	const Error &error() const { return std::get<1>(state_); }

private:
	std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void>
{
public:
	Result() = default;
	Result(Error error) : error_(std::move(error)) {}

	explicit operator bool() const { return !error_; }
	const Error &error() const { return *error_; }

private:
	std::optional<Error> error_;
};

} // namespace rubato
