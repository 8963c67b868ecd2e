// SPDX-License-Identifier: GPL-2.0-only
// The text of the first /etc/scst.conf. Pure.
#pragma once

#include <string>
#include <vector>

namespace inst {

/// Ports of one target driver of Fibre Channel.
struct FcTargets {
  std::string driver;             ///< "qla2x00t"
  std::vector<std::string> ports; ///< "21:00:00:1b:32:ab:cd:ef"
};

struct StarterConfig {
  std::string target;             ///< IQN
  std::string filename;           ///< absolute path of the file or device
  std::vector<std::string> allow; ///< initiator patterns; none: nobody sees the LUN
  std::string secret{};           ///< of CHAP; "" = a name is enough
  std::vector<FcTargets> fibre_channel{};
  std::vector<std::string> fc_allow{}; ///< as `allow`, of World Wide Names
};

/// What modprobe has to know before it loads the driver of the ports.
constexpr const char* fc_settings_file = "/etc/modprobe.d/scst-fibre-channel.conf";

constexpr const char* chap_user = "initiator";

std::string starter_config_text(const StarterConfig& config);

} // namespace inst
