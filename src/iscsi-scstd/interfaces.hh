// SPDX-License-Identifier: GPL-2.0-only
// The addresses of this machine, and news of them, by rtnetlink(7).
#pragma once

#include "unique_fd.hh"

#include <cstdint>
#include <set>
#include <string>

struct nlmsghdr;

namespace scstd {

class Interfaces {
public:
  /// Opens the socket, which the confined daemon cannot do any more, and asks.
  Interfaces();

  /// Readable when there is news. -1: the kernel does not tell, and there are no addresses.
  int fd() const { return fd_.get(); }
  /// Takes the news. True: the addresses are others now.
  bool update();
  /// Those that other machines may reach, as Address has them.
  const std::set<std::string>& addresses() const { return addresses_; }

private:
  void ask();
  bool take(const nlmsghdr* message);

  UniqueFd fd_;
  bool asked_ = false; ///< the answer is under way
  bool again_ = false; ///< and will be old when it is here
  std::set<std::string> coming_;
  std::set<std::string> addresses_;
};

} // namespace scstd
