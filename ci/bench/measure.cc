// SPDX-License-Identifier: GPL-2.0-only
#include "measure.hh"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace bench {

namespace {

[[noreturn]] void no_case(const std::string& text) {
  fmt::print(stderr, "'{}' is no case: KIND:BYTES:DEPTH[:SESSIONS[:digest]]\n", text);
  std::exit(2);
}

std::uint32_t number(const std::string& word, const std::string& text) {
  char* end = nullptr;
  unsigned long v = strtoul(word.c_str(), &end, 10);
  if (*end || !v || v > 1u << 24)
    no_case(text);
  return static_cast<std::uint32_t>(v);
}

/// The value that `share` of all values do not exceed. Needs a sorted list.
std::uint32_t percentile(const std::vector<std::uint32_t>& sorted, double share) {
  if (sorted.empty())
    return 0;
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

} // namespace

Case parse_case(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; std::getline(in, word, ':');)
    words.push_back(word);
  if (words.size() < 3 || words.size() > 5)
    no_case(text);
  Case c{text, words[0], number(words[1], text), number(words[2], text)};
  const auto kinds = {"randread", "randwrite", "mix", "read", "write"};
  if (std::none_of(kinds.begin(), kinds.end(), [&c](const char* k) { return c.kind == k; }))
    no_case(text);
  if (words.size() > 3)
    c.sessions = number(words[3], text);
  c.digest = words.size() > 4 && words[4] == "digest";
  if (c.bytes % 4096 || c.sessions > c.depth)
    no_case(text);
  return c;
}

Spent spent() {
  std::ifstream stat("/proc/stat");
  Spent s;
  const std::uint64_t tick_us = 1000000 / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  for (std::string line; std::getline(stat, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == "cpu") {
      // user nice system idle iowait irq softirq: all but the waiting ones.
      std::uint64_t v[7]{};
      for (auto& each : v)
        words >> each;
      s.cpu_us = (v[0] + v[1] + v[2] + v[5] + v[6]) * tick_us;
    } else if (name == "ctxt") {
      words >> s.switches;
    }
  }
  return s;
}

void Meter::begin() {
  latencies_us_.clear();
  latencies_us_.reserve(1u << 20);
  errors_ = 0;
  before_ = spent();
  start_ = Clock::now();
}

void Meter::done(Clock::time_point started) {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started);
  latencies_us_.push_back(static_cast<std::uint32_t>(took.count()));
}

void Meter::print(const Case& c) const {
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const Spent after = spent();
  std::vector<std::uint32_t> sorted = latencies_us_;
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(std::max<std::size_t>(sorted.size(), 1));
  const double rate = static_cast<double>(sorted.size()) / seconds;
  fmt::print("{{\"case\":\"{}\",\"iops\":{:.1f},\"mb_s\":{:.2f},\"p50_us\":{},\"p99_us\":{},"
             "\"errors\":{},\"cpu_us_per_io\":{:.1f},\"switches_per_io\":{:.2f}}}\n",
             c.name, rate, rate * c.bytes / 1e6, percentile(sorted, 0.5), percentile(sorted, 0.99),
             errors_, static_cast<double>(after.cpu_us - before_.cpu_us) / n,
             static_cast<double>(after.switches - before_.switches) / n);
}

} // namespace bench
