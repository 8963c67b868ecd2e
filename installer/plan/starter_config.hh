// SPDX-License-Identifier: GPL-2.0-only
// The text of the first /etc/scst.conf. Pure.
#pragma once

#include <string>
#include <vector>

namespace inst {

struct StarterConfig {
  std::string target;             ///< IQN
  std::string filename;           ///< absolute path of the file or device
  std::vector<std::string> allow; ///< initiator patterns; none: nobody sees the LUN
  std::string secret{};           ///< of CHAP; "" = a name is enough
};

constexpr const char* chap_user = "initiator";

std::string starter_config_text(const StarterConfig& config);

} // namespace inst
