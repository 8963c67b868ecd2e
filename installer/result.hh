// SPDX-License-Identifier: GPL-2.0-only
// Result<T>: a value or an Error that a user can act on. Exceptions do not cross a folder.
#pragma once

#include "exit_code.hh"

#include <string>
#include <utility>
#include <variant>

namespace inst {

struct Error {
  std::string what;  ///< what was wanted: "copy usr/sbin/scstadmin"
  std::string where; ///< the object: a path, a program, an option
  std::string cause; ///< why it failed
  std::string hint;  ///< the way out; a full sentence
  Exit exit = Exit::internal;

  /// One line, without the hint: "what: where: cause".
  [[nodiscard]] std::string line() const {
    std::string text = what;
    for (const std::string* part : {&where, &cause})
      if (!part->empty())
        text += ": " + *part;
    return text;
  }
};

template <class T> class [[nodiscard]] Result {
public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return *std::get_if<0>(&state_); }
  const T& operator*() const { return *std::get_if<0>(&state_); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  Error& error() { return *std::get_if<1>(&state_); }
  [[nodiscard]] const Error& error() const { return *std::get_if<1>(&state_); }
  [[nodiscard]] T value_or(T other) const { return *this ? **this : std::move(other); }

private:
  std::variant<T, Error> state_;
};

template <> class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  explicit operator bool() const { return !failed_; }
  Error& error() { return error_; }
  [[nodiscard]] const Error& error() const { return error_; }

private:
  Error error_;
  bool failed_ = false;
};

} // namespace inst
