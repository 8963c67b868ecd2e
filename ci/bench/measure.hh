// SPDX-License-Identifier: GPL-2.0-only
// What both load generators count: operations with their latencies, and what the
// machine spent meanwhile. Times are of the monotonic clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

/// One case of the bench, as it is named on the command line and in the results:
/// KIND:BYTES:DEPTH[:SESSIONS[:digest]], KIND one of randread, randwrite, mix, read, write.
struct Case {
  std::string name;
  std::string kind;
  std::uint32_t bytes = 0; ///< of one operation
  unsigned depth = 0;      ///< operations under way, in all sessions together
  unsigned sessions = 1;
  bool digest = false;
};

/// Exits with 2 and a message on what is no case.
Case parse_case(const std::string& text);

/// What the whole machine spent since start-up (/proc/stat).
struct Spent {
  std::uint64_t cpu_us = 0;
  std::uint64_t switches = 0;
};
Spent spent();

/// One measurement: begin(), done() for each operation, print().
class Meter {
public:
  void begin();
  void done(Clock::time_point started);
  void failed() { errors_++; }
  /// One line of JSON with the rates since begin().
  void print(const Case& c) const;

private:
  std::vector<std::uint32_t> latencies_us_;
  std::uint64_t errors_ = 0;
  Clock::time_point start_;
  Spent before_;
};

} // namespace bench
