// SPDX-License-Identifier: GPL-2.0-only
// Messages of the daemon, one line each: to stderr (with the journal's "<N>"
// prefix when the journal reads it) or, as a background daemon, to syslog.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

namespace scstd {

/// Values of syslog(3).
enum class Level { Error = 3, Warning = 4, Notice = 5, Info = 6, Debug = 7 };

/// verbosity 0: notices and worse, 1: also info, 2 and more: also debug; below 0: errors only.
void log_open(int verbosity, bool to_syslog);

void log_line(Level level, std::string_view text);

/// Text from the network with every byte outside printable ASCII as \xNN.
std::string printable(std::string_view text);

template <typename... Args>
void log(Level level, fmt::format_string<Args...> format, Args&&... args) {
  log_line(level, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace scstd
