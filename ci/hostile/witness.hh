// SPDX-License-Identifier: GPL-2.0-only
// A session that does nothing wrong, and reads all the while.
#ifndef HOSTILE_WITNESS_HH
#define HOSTILE_WITNESS_HH

#include "verdict.hh"

#include <atomic>
#include <thread>

namespace hostile {

class Witness {
public:
  explicit Witness(const World& world);
  ~Witness();
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  /// Reads so far.
  [[nodiscard]] std::uint64_t reads() const { return reads_; }
  /// The longest that one took, in ms.
  [[nodiscard]] std::uint64_t longest() const { return longest_; }
  /// Did it get what was there, always, in the session of the beginning?
  [[nodiscard]] bool content() const { return content_; }

private:
  void read_on();
  Session session_;
  std::atomic<std::uint64_t> reads_ = 0;
  std::atomic<std::uint64_t> longest_ = 0;
  std::atomic<bool> content_ = true;
  std::atomic<bool> enough_ = false;
  std::thread thread_;
};

} // namespace hostile

#endif
