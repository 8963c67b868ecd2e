// SPDX-License-Identifier: GPL-2.0-only
// Messages of the daemon, one line each: to stderr (with the journal's "<N>"
// prefix when the journal reads it) or, as a background daemon, to syslog.
#pragma once

#include <fmt/format.h>
#include <initializer_list>
#include <string>
#include <string_view>

namespace scstd {

/// Values of syslog(3).
enum class Level { Error = 3, Warning = 4, Notice = 5, Info = 6, Debug = 7 };

/// verbosity 0: notices and worse, 1: also info, 2 and more: also debug; below 0: errors only.
void log_open(int verbosity, bool to_syslog);

/// What a message is about, for the journal: upper case name and value (systemd.journal-fields(7)).
struct Field {
  std::string_view name;
  std::string value;
};

void log_line(Level level, std::string_view text, std::initializer_list<Field> about = {});

/// Text from the network with every byte outside printable ASCII as \xNN.
std::string printable(std::string_view text);

/// As log(), with fields that a reader of the journal can choose by.
template <typename... Args>
void log_about(std::initializer_list<Field> about, Level level, fmt::format_string<Args...> format,
               Args&&... args) {
  log_line(level, fmt::format(format, std::forward<Args>(args)...), about);
}

template <typename... Args>
void log(Level level, fmt::format_string<Args...> format, Args&&... args) {
  log_line(level, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace scstd
