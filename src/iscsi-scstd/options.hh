// SPDX-License-Identifier: GPL-2.0-only
// Command line of iscsi-scstd.
#pragma once

#include "address.hh"

#include <cstdint>
#include <string>
#include <vector>

namespace scstd {

struct Options {
  bool foreground = false;
  bool version = false;
  bool help = false;
  int debug = 0;
  std::string user;  ///< name or number; empty: stay
  std::string group; ///< likewise; empty: the user's
  std::vector<std::string> addresses;
  std::uint16_t port = 3260;
  Address announced; ///< said in discovery instead of where it came to; host "" = do not
  std::string error; ///< not empty: what is wrong with the command line
};

Options parse_options(int argc, char** argv);

extern const char* const kHelp;

} // namespace scstd
